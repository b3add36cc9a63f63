"""`rapport segments`: what is declared, and what a night's lists are."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from rapport import settings

app = typer.Typer(help="Segments and the lists they become.", no_args_is_help=True)
BusinessOption = Annotated[str, typer.Option("--business", "-b", help="which business; a file in businesses/")]


@app.command("list")
def list_segments(business: BusinessOption = settings.DEFAULT_BUSINESS) -> None:
    """Show the declared segments, checked, in the order in which they compete for a person."""
    from rich.console import Console
    from rich.table import Table

    from rapport.activation.destinations import check_destinations, declared_destinations
    from rapport.activation.segments import declared_segments
    from rapport.building import read_manifest

    segments = declared_segments(read_manifest(business))
    check_destinations(segments, declared_destinations())
    table = Table("", "segment", "by", "permission", "cap", "held out", "to", box=None)
    for segment in segments:
        table.add_row(
            str(segment.priority),
            segment.name,
            segment.channel,
            segment.consent_purpose if segment.audience == "customer" else "none: for staff",
            f"{segment.cap_days} days" if segment.cap_days else "none",
            f"{segment.holdout_share:.0%}",
            ", ".join(segment.destinations),
        )
    Console().print(table)


@app.command("lists")
def show_lists(
    business: BusinessOption = settings.DEFAULT_BUSINESS,
    date: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="night; default: the latest")] = None,
) -> None:
    """Show a night's lists from the send ledger: how many are on each, what became of it, where it is."""
    from rapport.warehouse import connect

    with connect(business) as conn:
        rows = conn.execute(
            "select business_date, segment, destination, status, n_rows, coalesce(location, ''),"
            " coalesce(reason, '')"
            " from activation.deliveries"
            " where business_date = coalesce(%s, (select max(business_date) from activation.deliveries))"
            " order by segment, destination",
            [date.date() if date else None],
        ).fetchall()
    if not rows:
        typer.echo(f"No lists were prepared for {business}{f' on {date:%Y-%m-%d}' if date else ''}.")
        return
    for night, segment, destination, status, n_rows, location, reason in rows:
        typer.echo(f"{night}  {segment} → {destination}: {status}, {n_rows} rows {location} {reason}".rstrip())
