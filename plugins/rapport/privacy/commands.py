"""`rapport customer`: what is held about a person, shown, handed over, or erased."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import Annotated

import typer

from rapport import settings

app = typer.Typer(
    help="One person: show the whole record, hand it over (right of access), erase it.", no_args_is_help=True
)

BusinessOption = Annotated[str, typer.Option("--business", "-b", help="which business; a file in businesses/")]
Key = Annotated[
    str,
    typer.Argument(
        help="customer_id (an earlier one too), e-mail, phone, vendor's id, source_record_id, or order number",
        show_default=False,
    ),
]


@app.command()
def show(
    key: Key,
    business: BusinessOption = settings.DEFAULT_BUSINESS,
    json: Annotated[bool, typer.Option("--json", help="for programs, on standard output")] = False,
) -> None:
    """Show a person's whole record: sources and why they are one, permissions, orders, contacts, value, timeline.

    Read from the live marts. Exit code 2: nobody, or more than one person, has this key.
    """
    from rich.console import Console

    from rapport.businesses import load_business
    from rapport.privacy.finding import find_person, unknown
    from rapport.privacy.held import LIVE_SCHEMAS, rows_by_table, sends
    from rapport.privacy.screen import show_person
    from rapport.privacy.tables import stored_tables
    from rapport.warehouse import connect

    chosen = load_business(business)
    with connect(chosen.name, application_name="rapport customer show") as conn:
        person = find_person(conn, chosen, key)
        if not person.customer_ids:
            raise unknown(chosen)
        live = [table for table in stored_tables(conn) if table.schema in LIVE_SCHEMAS]
        record, sent = rows_by_table(conn, person, live), sends(conn, person)
    if json:
        typer.echo(json_module.dumps({**record, "lists": sent}, ensure_ascii=False, indent=2))
        return
    console = Console()
    show_person(console if console.is_terminal else Console(width=160), record, sent)


@app.command()
def export(
    key: Key,
    out: Annotated[Path, typer.Option("--out", help="JSON file to write, for its owner's eyes only")],
    business: BusinessOption = settings.DEFAULT_BUSINESS,
) -> None:
    """Write everything that is held about a person: exports as they came, all tables, quarantine, sends."""
    from rapport.building import read_manifest
    from rapport.businesses import load_business
    from rapport.errors import UsageError
    from rapport.files import write_whole
    from rapport.landing import read_declarations
    from rapport.privacy.finding import find_person, require_latest_build, unknown
    from rapport.privacy.held import everything
    from rapport.warehouse import connect

    chosen = load_business(business)
    if not out.absolute().parent.is_dir():
        raise UsageError("There is no such folder.", where=f"--out {out}", fix="make it, or choose another")
    tables = read_declarations(read_manifest(chosen.name))
    with connect(chosen.name, application_name="rapport customer export") as conn:
        require_latest_build(conn, chosen)
        held = everything(conn, chosen, tables, find_person(conn, chosen, key))
    if not any(held.values()):
        raise unknown(chosen)
    write_whole(out, json_module.dumps(held, ensure_ascii=False, indent=2) + "\n")
    n_rows = sum(len(rows) for part in (held["exports"], held["tables"]) for rows in part.values())
    typer.echo(f"{n_rows + len(held['quarantine']) + len(held['sends']):,} rows written to {out}")


@app.command()
def erase(
    key: Key,
    business: BusinessOption = settings.DEFAULT_BUSINESS,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    json: Annotated[bool, typer.Option("--json", help="the proof for programs, on standard output")] = False,
) -> None:
    """Forget a person everywhere, for good, and print the proof. Repeat it if it was interrupted.

    Exit code 1: a night is at work, or something was left; 2: nobody, or more than one person, has this key.
    """
    from rich.console import Console

    from rapport.building import read_manifest
    from rapport.businesses import load_business
    from rapport.landing import read_declarations
    from rapport.privacy.erasing import EarlierProof
    from rapport.privacy.erasing import erase as erase_person

    chosen = load_business(business)
    if not yes:
        typer.confirm(f"Erase this person from {chosen.title} for good?", abort=True, err=True)
    with Console(stderr=True).status("erasing") as status:
        proof = erase_person(
            chosen,
            read_declarations(read_manifest(chosen.name)),
            key,
            say=lambda what: status.update(f"erasing: {what}"),
        )
    if json:
        typer.echo(json_module.dumps(proof.as_json(), ensure_ascii=False, indent=2))
    else:
        typer.echo(("Erased already.\n\n" if isinstance(proof, EarlierProof) else "") + proof.as_text())
