"""`rapport report`: the night's report, where it is, or written anew."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from rapport import settings

BusinessOption = Annotated[str, typer.Option("--business", "-b", help="which business; a file in businesses/")]


def report(
    business: BusinessOption = settings.DEFAULT_BUSINESS,
    date: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="night; default: the live one")] = None,
    open_it: Annotated[bool, typer.Option("--open", help="show it in the browser")] = False,
) -> None:
    """Write the report of the live night, or find that of an earlier one, and say where it is."""
    from rapport.businesses import load_business
    from rapport.errors import NightError
    from rapport.reporting.page import keep_report, report_path
    from rapport.reporting.reading import live_night
    from rapport.warehouse import connect

    chosen = load_business(business)
    with connect(chosen.name) as conn:
        live = live_night(conn)
        wanted = date.date() if date else live
        if wanted is None:
            raise NightError("No night is published yet.", where=f"business {business}", fix="make run")
        path = report_path(chosen.name, wanted)
        if wanted == live or not path.is_file():
            path = keep_report(conn, chosen, wanted)
    typer.echo(str(path))
    if open_it:
        typer.launch(path.as_uri())
