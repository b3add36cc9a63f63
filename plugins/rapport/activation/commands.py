"""`rapport segments`: what is declared, and what a night's lists are."""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rapport import settings

if TYPE_CHECKING:
    from rapport.activation.segments import Segment

app = typer.Typer(help="Segments and the lists they become.", no_args_is_help=True)
BusinessOption = Annotated[str, typer.Option("--business", "-b", help="which business; a file in businesses/")]
SegmentArgument = Annotated[str, typer.Argument(help="name, as `rapport segments list` shows it")]


class ListKindOption(StrEnum):
    """As destinations.ListKind has them."""

    FULL = "full"
    ADD = "add"
    REMOVE = "remove"


JsonOption = Annotated[bool, typer.Option("--json", help="one JSON object, for programs")]


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
            "select business_date, segment, destination, list_kind, status, n_rows, coalesce(location, ''),"
            " coalesce(reason, '')"
            " from activation.deliveries"
            " where business_date = coalesce(%s, (select max(business_date) from activation.deliveries))"
            " order by segment, destination, list_kind",
            [date.date() if date else None],
        ).fetchall()
    if not rows:
        typer.echo(f"No lists were prepared for {business}{f' on {date:%Y-%m-%d}' if date else ''}.")
        return
    for night, segment, destination, kind, status, n_rows, location, reason in rows:
        which = segment if kind == "full" else f"{segment} ({kind})"
        typer.echo(f"{night}  {which} → {destination}: {status}, {n_rows} rows {location} {reason}".rstrip())


@app.command("show")
def show_segment(
    name: SegmentArgument, business: BusinessOption = settings.DEFAULT_BUSINESS, as_json: JsonOption = False
) -> None:
    """Show what a segment is for, its rules, its latest list, who was left out and why, and what it achieves so far."""
    from rapport.activation.insight import history, left_out, lift
    from rapport.warehouse import connect

    segment = _declared(business, name)
    with connect(business) as conn:
        latest = history(conn, name, nights=len(segment.destinations))
        found = {"latest": latest, "left_out": left_out(conn, name), "lift": lift(conn, name)}
    if as_json:
        _print_json(segment.model_dump(exclude={"path"}) | found)
        return
    typer.echo(f"{segment.name}: {segment.purpose}\n{' '.join(segment.description.split())}")
    who = "customers" if segment.audience == "customer" else "colleagues, who act by hand"
    typer.echo(
        f"To {who} by {segment.channel}; permission: {segment.consent_purpose}; priority {segment.priority};"
        f" cap: {f'{segment.cap_days} days' if segment.cap_days else 'none'}; held out: {segment.holdout_share:.0%}."
    )
    _print_rows("latest list", latest, ("business_date", "destination", "status", "n_rows", "n_new", "n_gone"))
    _print_rows("left out", found["left_out"], ("n_customers", "reason_code", "meaning"))
    columns = ("measure", "window_days", "verdict", "difference", "difference_low", "difference_high")
    # Of too few there is nothing to read, and of arms that lost somebody neither.
    told = ("higher", "lower", "no_difference_seen")
    hidden = dict.fromkeys(columns[3:])
    lift_rows = [row if row["verdict"] in told else row | hidden for row in found["lift"]]
    _print_rows("achieved so far", lift_rows, columns)


@app.command("preview")
def preview_segment(
    name: SegmentArgument,
    business: BusinessOption = settings.DEFAULT_BUSINESS,
    limit: Annotated[int, typer.Option(help="rows shown", min=1)] = 20,
    unmasked: Annotated[bool, typer.Option("--unmasked", help="show personal data")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show rows of a segment's list as it is built now, each with its reason; personal data masked."""
    from rapport.activation.insight import preview
    from rapport.warehouse import connect

    _declared(business, name)
    with connect(business) as conn:
        rows = preview(conn, name, limit=limit, is_masked=not unmasked)
    if as_json:
        _print_json({"segment": name, "rows": rows})
        return
    _print_rows(f"{name}, first rows", rows, ("customer_id", "contact", "first_name", "reason", "offer"))


@app.command("history")
def segment_history(
    name: SegmentArgument,
    business: BusinessOption = settings.DEFAULT_BUSINESS,
    nights: Annotated[int, typer.Option(help="lists shown, newest first", min=1)] = 30,
    as_json: JsonOption = False,
) -> None:
    """Show a segment's lists of earlier nights: sizes, who is new, who is gone, what became of them."""
    from rapport.activation.insight import history
    from rapport.warehouse import connect

    _declared(business, name)
    with connect(business) as conn:
        rows = history(conn, name, nights=nights)
    if as_json:
        _print_json({"segment": name, "lists": rows})
        return
    columns = (
        "business_date",
        "destination",
        "list_kind",
        "status",
        "n_rows",
        "n_new",
        "n_gone",
        "receipt",
        "n_refused",
        "reason",
    )
    _print_rows(f"lists of {name}", rows, columns)


@app.command("rebuild")
def rebuild_list(
    name: SegmentArgument,
    date: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="night of the list")],
    business: BusinessOption = settings.DEFAULT_BUSINESS,
    destination: Annotated[str, typer.Option(help="where it went")] = "drop",
    kind: Annotated[ListKindOption, typer.Option(help="which of the night's lists")] = ListKindOption.FULL,
) -> None:
    """Write a delivered list of an earlier night to standard output once more, without those erased since."""
    import sys

    from rapport.activation.lists import ListOf
    from rapport.activation.memberships import rebuild
    from rapport.warehouse import connect

    with connect(business) as conn:
        content = rebuild(conn, ListOf(date.date(), name, destination, kind.value))
    sys.stdout.buffer.write(content)


def _declared(business: str, name: str) -> Segment:
    from rapport.activation.insight import segment_named
    from rapport.activation.segments import declared_segments
    from rapport.building import read_manifest

    return segment_named(declared_segments(read_manifest(business)), name)


def _print_rows(title: str, rows: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
    from rich.console import Console
    from rich.table import Table

    if not rows:
        typer.echo(f"\n{title}: nothing yet")
        return
    table = Table(*(column.removeprefix("n_").replace("_", " ") for column in columns), title=title, box=None)
    table.title_justify = "left"
    for row in rows:
        table.add_row(*("" if row[column] is None else str(row[column]) for column in columns))
    Console().print("", table)


def _print_json(found: dict[str, Any]) -> None:
    typer.echo(json.dumps(found, default=str, ensure_ascii=False, indent=2))
