"""The `rapport` command. Each room brings its own commands; heavy libraries are imported only when used."""

from __future__ import annotations

import importlib
import signal
import sys
from typing import Annotated

import typer

from rapport import settings
from rapport.errors import RapportError

app = typer.Typer(
    name="rapport",
    help="One history per customer, who is loyal and why, and lists that are safe to send.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
warehouse_app = typer.Typer(help="The Postgres warehouse: start, stop, url.", no_args_is_help=True)
app.add_typer(warehouse_app, name="warehouse")

BusinessOption = Annotated[str, typer.Option("--business", "-b", help="which business; a file in businesses/")]


@warehouse_app.command("start")
def warehouse_start(business: BusinessOption = settings.DEFAULT_BUSINESS) -> None:
    """Start Postgres if it is not running and prepare the business's warehouse."""
    from rapport.businesses import load_business
    from rapport.warehouse import connect

    connect(load_business(business).name).close()
    typer.echo(f"The warehouse of {business} is running; `rapport warehouse url` gives its address.")


@warehouse_app.command("stop")
def warehouse_stop() -> None:
    """Stop the embedded Postgres."""
    from rapport.warehouse import stop

    typer.echo("Postgres has stopped." if stop() else "Postgres was not running.")


@warehouse_app.command("delete")
def warehouse_delete(
    yes: Annotated[bool, typer.Option("--yes", prompt="Delete all warehouses and their history for good?")],
) -> None:
    """Delete the embedded Postgres with everything in it."""
    from rapport.warehouse import embedded

    if yes:
        embedded.delete()
        typer.echo("Deleted.")


@warehouse_app.command("url")
def warehouse_url(business: BusinessOption = settings.DEFAULT_BUSINESS) -> None:
    """Print the URL of the business's warehouse (it carries the password); starts Postgres if need be."""
    from rapport.businesses import load_business
    from rapport.warehouse import connect
    from rapport.warehouse import warehouse_url as url_of

    connect(load_business(business).name).close()
    typer.echo(url_of(business))


# name of a group -> (module, attribute); a room's commands appear once the room has them
GROUPS = {
    "samples": ("rapport.samples.commands", "app"),
    "quarantine": ("rapport.landing.commands", "app"),
    "survey": ("rapport.surveys.commands", "app"),
    "identity": ("rapport.identity.commands", "app"),
    "value": ("rapport.value.commands", "app"),
    "metrics": ("rapport.metrics.commands", "app"),
    "segments": ("rapport.activation.commands", "app"),
    "nights": ("rapport.nights.commands", "nights_app"),
    "customer": ("rapport.privacy.commands", "app"),
}
COMMANDS = {
    "ingest": ("rapport.landing.commands", "ingest"),
    "run": ("rapport.nights.commands", "run"),
    "up": ("rapport.nights.commands", "up"),
    "down": ("rapport.nights.commands", "down"),
    "docs": ("rapport.nights.commands", "docs"),
    "report": ("rapport.reporting.commands", "report"),
    "dbt": ("rapport.building.commands", "dbt"),
    "with-warehouse": ("rapport.building.commands", "with_warehouse"),
}


def _attach() -> None:
    for name, (module, attribute) in GROUPS.items():
        app.add_typer(getattr(importlib.import_module(module), attribute), name=name)
    for name, (module, attribute) in COMMANDS.items():
        settings_of = (
            {"context_settings": {"ignore_unknown_options": True}} if name in ("dbt", "with-warehouse") else {}
        )
        app.command(name, **settings_of)(getattr(importlib.import_module(module), attribute))  # type: ignore[arg-type]


def main() -> None:
    """Entry point: expected errors become a clear message and their exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # whoever is asked to end leaves in order
    try:
        _attach()
        app()
    except RapportError as error:
        from rich.console import Console

        Console(stderr=True).print(f"[bold red]error:[/] {_escaped(str(error))}", highlight=False)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)
