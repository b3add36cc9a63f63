"""`rapport dbt`: dbt by hand, on a business's warehouse and with a night's variables."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from rapport import settings


def dbt(
    arguments: Annotated[list[str], typer.Argument(help="what dbt is asked, after `--`")],
    business: Annotated[str, typer.Option("--business", "-b")] = settings.DEFAULT_BUSINESS,
    date: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="night; default: the latest")] = None,
) -> None:
    """Run dbt on a business's warehouse, as the nightly steps do: `rapport dbt -- build --select staging`."""
    from rapport.building.project import invoke
    from rapport.businesses import load_business
    from rapport.nights import find_night, latest_night
    from rapport.warehouse import connect

    chosen = load_business(business)
    with connect(business) as conn:
        night = find_night(conn, date.date()) if date else latest_night(conn)
    result = invoke(chosen, arguments, night=night, target="by_hand")
    raise typer.Exit(0 if result.success else 1)


def with_warehouse(
    command: Annotated[list[str], typer.Argument(help="a program and its arguments, after `--`")],
    business: Annotated[str, typer.Option("--business", "-b")] = settings.DEFAULT_BUSINESS,
) -> None:
    """Run a program that reads dbt_project/profiles.yml (dbt itself, a linter) on a business's warehouse."""
    import os

    from rapport.building.project import environment
    from rapport.businesses import load_business

    os.execvpe(command[0], command, os.environ | environment(load_business(business).name))
