"""`rapport samples`: exports to try Rapport with, invented or from public retailers."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rapport.samples.files import Written

app = typer.Typer(
    help="Exports to try Rapport with: an invented retailer, the Complete Journey, or CDNOW.", no_args_is_help=True
)

FIRST_NIGHT = date(2026, 3, 1)

Out = Annotated[Path, typer.Option("--out", help="Landing folder to write into; one folder a vendor.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")]


@app.command()
def generate(
    out: Out,
    customers: Annotated[int, typer.Option(min=50, help="Persons known before the first night.")] = 2000,
    nights: Annotated[int, typer.Option(min=1, help="Nights of exports; the first brings two years of history.")] = 3,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same files, byte for byte.")] = 7,
    start: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Business date of the first night; 2026-03-01.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the exports of an invented Turkish and Danish retailer; the truth goes to OUT/_truth."""
    from rich.console import Console

    from rapport.samples.nights import generate as generate_nights

    with Console(stderr=True).status("Two years of history") as status:
        written = generate_nights(
            customers,
            nights,
            seed,
            start.date() if start else FIRST_NIGHT,
            out,
            on_night=lambda night, day: status.update(f"Night {night} of {nights}: {day}"),
        )
    _summarise(written, as_json)


@app.command()
def completejourney(out: Out, as_json: AsJson = False) -> None:
    """Write the Complete Journey retailer as exports of a vendor of its own (needs `make realdata`)."""
    from rapport.samples.completejourney import write_completejourney

    _summarise(write_completejourney(out), as_json)


@app.command()
def cdnow(out: Out, as_json: AsJson = False) -> None:
    """Write CDNOW's purchases as the generic export of orders (needs `make realdata`)."""
    from rapport.samples.cdnow import write_cdnow

    _summarise(write_cdnow(out), as_json)


def _summarise(written: Written, as_json: bool) -> None:
    if as_json:
        files = [{"file": name, "rows": rows, "is_new": is_new} for name, rows, is_new in written.files]
        typer.echo(json.dumps({"out": str(written.root), "files": files, "rows": written.n_rows}))
        return
    for name, rows, is_new in written.files:
        typer.echo(f"{rows:>10,}  {name}{'' if is_new else '  (unchanged)'}")
    typer.echo(f"{written.n_rows:>10,}  rows in {len(written.files)} files in {written.root}")
