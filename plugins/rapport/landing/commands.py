"""`rapport ingest` and `rapport quarantine`."""

from __future__ import annotations

import json as json_module
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rapport import settings
from rapport.errors import NightError, UsageError

if TYPE_CHECKING:
    from datetime import date

    import psycopg

    from rapport.businesses import Business
    from rapport.landing.results import LoadResult

app = typer.Typer(
    help="Rows that could not be read: list them, show one, take them in after a fix.", no_args_is_help=True
)

DateOption = Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="night that takes them in")]
BusinessOption = Annotated[str, typer.Option("--business", "-b", help="which business; a file in businesses/")]
JsonOption = Annotated[bool, typer.Option("--json", help="one JSON object a line")]


def ingest(
    path: Annotated[Path, typer.Argument(help="a file, or a folder of files")],
    date: DateOption,
    business: BusinessOption = settings.DEFAULT_BUSINESS,
    vendor: Annotated[str | None, typer.Option(help="whose export it is; else its folder, name or header says")] = None,
    json: JsonOption = False,
) -> None:
    """Take files into raw for a night, or say why not. A refused file makes the exit code 1."""
    results = _ingest(path, date.date(), business, vendor)
    if json:
        for result in results:
            typer.echo(json_module.dumps(result.as_json(), ensure_ascii=False))
    else:
        _show(results)
    if any(result.status == "refused" for result in results):
        raise typer.Exit(1)


@app.command("list")
def list_quarantine(
    business: BusinessOption = settings.DEFAULT_BUSINESS,
    everything: Annotated[bool, typer.Option("--all", help="rows of superseded files too")] = False,
    json: JsonOption = False,
) -> None:
    """Count the rows in quarantine by file and reason."""
    from rapport.warehouse import connect

    columns = (
        "business_date",
        "vendor",
        "table",
        "file",
        "load_id",
        "state",
        "column",
        "reason",
        "rows",
        "first_row",
    )
    with connect(business) as conn:
        found = conn.execute(
            "select loads.business_date, loads.vendor, loads.table_name, loads.file_name, loads.load_id,"
            " quarantine.state, quarantine.column_name, quarantine.reason, count(*),"
            " min(quarantine.row_number)"
            " from quality.quarantine join ops.loads using (load_id) where %s or quarantine.state = 'open'"
            " group by 1, 2, 3, 4, 5, 6, 7, 8 order by loads.load_id, count(*) desc",
            [everything],
        ).fetchall()
    _table(columns, found, json, empty="Nothing is in quarantine.")


@app.command("show")
def show_quarantine(
    load_id: Annotated[int, typer.Argument(help="a load, as `rapport quarantine list` gives it")],
    row: Annotated[int | None, typer.Option(help="number of the row in the file; prints it whole")] = None,
    business: BusinessOption = settings.DEFAULT_BUSINESS,
    limit: Annotated[int, typer.Option(min=1)] = 20,
    json: JsonOption = False,
) -> None:
    """Show the quarantined rows of a load; with --row the row itself, which is personal data."""
    from rapport.warehouse import connect

    columns = ("row", "rule", "column", "reason", "state", *(["raw_row"] if row is not None else []))
    raw = ", raw_row" if row is not None else ""
    with connect(business) as conn:
        found = conn.execute(
            f"select row_number, rule, column_name, reason, state{raw} from quality.quarantine"
            " where load_id = %(load)s and (%(row)s::bigint is null or row_number = %(row)s)"
            " order by row_number limit %(limit)s",
            {"load": load_id, "row": row, "limit": limit},
        ).fetchall()
    _table(columns, found, json, empty="No such row is in quarantine.")


@app.command("replay")
def replay_quarantine(
    date: DateOption,
    loads: Annotated[list[int] | None, typer.Argument(help="loads, as `rapport quarantine list` gives them")] = None,
    file: Annotated[str | None, typer.Option(help="name of a file: its loads")] = None,
    everything: Annotated[bool, typer.Option("--all", help="every load of which rows wait")] = False,
    business: BusinessOption = settings.DEFAULT_BUSINESS,
    json: JsonOption = False,
) -> None:
    """Take quarantined rows in for a night, once their declaration was corrected; the others stay, with their reason.

    Exit code 1 if the rows of a load cannot be tried.
    """
    from rapport.landing.declarations import load_declarations
    from rapport.landing.replaying import Replayed, replay_loads, waiting_loads

    if sum((bool(loads), file is not None, everything)) != 1:
        raise UsageError("Which rows?", where="rapport quarantine replay", fix="name loads, or --file NAME, or --all")
    with _open_night(business, date.date()) as (conn, found):
        wanted = loads or waiting_loads(conn, file_name=file)
        results = replay_loads(conn, found, load_declarations(found), wanted, date.date())
    columns = [field.name for field in fields(Replayed)]
    if not json:
        columns.remove("fix")
        results = [
            replace(result, reason=f"{result.reason}\n→ {result.fix}" if result.fix else result.reason)
            for result in results
        ]
    rows = [[getattr(result, column) for column in columns] for result in results]
    _table(columns, rows, json, empty="Nothing is in quarantine.")
    if any(result.status == "refused" for result in results):
        raise typer.Exit(1)


def _ingest(path: Path, business_date: date, business: str, vendor: str | None) -> list[LoadResult]:
    from rapport.landing.night import ingest_path

    with _open_night(business, business_date) as (conn, found):
        return ingest_path(conn, found, path, business_date, vendor)


@contextmanager
def _open_night(business: str, business_date: date) -> Iterator[tuple[psycopg.Connection[Any], Business]]:
    """A connection, and the business, to take something in for a night. Raises NightError where it is pinned."""
    from rapport.businesses import load_business
    from rapport.nights import open_night
    from rapport.warehouse import connect

    found = load_business(business)
    with connect(business, application_name="rapport ingest") as conn:
        night = open_night(conn, found, business_date)
        if night.claimed_at is not None:
            raise NightError(
                f"The night of {business_date} has been started: what it reads is pinned.",
                where=f"business {business}",
                fix="choose a later --date",
            )
        yield conn, found


def _show(results: Sequence[LoadResult]) -> None:
    from rich.console import Console
    from rich.table import Table

    numbers = ("read", "loaded", "quarantined", "skipped")
    table = Table("file", "vendor", "table", "status", *numbers, "reason", box=None)
    for result in results:
        advice = f"{result.reason or ''}\n→ {result.fix}" if result.fix else result.reason or ""
        counts = (f"{getattr(result, name):,}" for name in numbers)
        table.add_row(result.file, result.vendor, result.table, result.status, *counts, advice)
    Console().print(table if results else "There is no file to take in.")


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]], json: bool, *, empty: str) -> None:
    from rich.console import Console
    from rich.table import Table

    if json:
        for row in rows:
            typer.echo(json_module.dumps(dict(zip(columns, row, strict=True)), default=str, ensure_ascii=False))
        return
    table = Table(*columns, box=None)
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    Console().print(table if rows else empty)
