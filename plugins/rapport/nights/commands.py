"""`rapport run`, `rapport up`, `rapport down`: a night, and the stack it runs on."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from rapport import settings

BusinessOption = Annotated[str, typer.Option("--business", "-b", help="which business; a file in businesses/")]


def run(
    business: BusinessOption = settings.DEFAULT_BUSINESS,
    landing: Annotated[Path | None, typer.Option(help="folder of exports; default: the business's own")] = None,
    date: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="business date; default: the latest in the folder")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="build the lists, deliver nothing")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="the summary for programs, on standard output")] = False,
) -> None:
    """Run one night, whole, through the real scheduler, and show what it did.

    Exit code 0: the night's lists went out (or were rehearsed); 1: it failed, or a gate stopped something;
    2: it cannot be run so.
    """
    from rich.console import Console

    from rapport.airflow.stack import only_command, stack
    from rapport.businesses import load_business
    from rapport.errors import NightError, UsageError
    from rapport.nights.ledger import open_night
    from rapport.nights.order import waits_for
    from rapport.nights.progress import Watcher
    from rapport.nights.running import run_night
    from rapport.nights.screen import show
    from rapport.nights.summary import summarise
    from rapport.warehouse import connect

    console = Console(stderr=as_json)
    chosen = load_business(business)
    if landing is not None and not landing.is_dir():
        raise UsageError(f"{landing} is not a folder.", where="--landing", fix="give the folder the exports are in")
    folder = (landing or chosen.landing_folder()).absolute()
    ui = None
    with only_command():
        _prepare_landing(chosen.name, folder, asked=landing is not None, console=console)
        business_date = date.date() if date else _latest_date(folder) or _yesterday(chosen)
        with connect(chosen.name) as conn:
            night = open_night(conn, chosen, business_date, landing=folder, dry_run=dry_run)
            if earlier := waits_for(conn, business_date):
                raise NightError(
                    f"The night of {business_date} has to wait: that of {earlier} is open before it.",
                    where="ops.nights",
                    fix=f"run that one first (`--date {earlier}`); a file that was tried may have opened it",
                )
            conn.commit()
        if night.state == "sent":
            console.print(f"The night of {business_date} is done already: nothing is loaded or sent twice.")
        else:
            watcher = Watcher(console, f"{chosen.title} · night of {business_date}")
            with watcher, stack(chosen.name, say=watcher.say) as up:
                ui = up.url if not up.processes else None
                watcher.say("waiting for the DAGs")
                night = run_night(chosen, business_date, up, landing=folder, dry_run=dry_run, watch=watcher.watch)
    with connect(chosen.name) as conn:
        summary = summarise(conn, chosen, business_date)
    if as_json:
        typer.echo(json.dumps(summary, default=str, indent=2, ensure_ascii=False))
    else:
        url_command = ".venv/bin/rapport warehouse url" + (f" --business {business}" if business != "sample" else "")
        if not console.is_terminal:
            console = Console(width=120)
        show(summary, console, url_command=url_command, ui=ui)
    has_stopped = any(stage["stopped"] for stage in summary["checks"])
    raise typer.Exit(0 if night.state == "sent" and not has_stopped else 1)


nights_app = typer.Typer(help="Nights: list them, replay one.", no_args_is_help=True)


@nights_app.command("list")
def list_nights(business: BusinessOption = settings.DEFAULT_BUSINESS) -> None:
    """The latest nights and how far each came."""
    from rich.console import Console
    from rich.table import Table

    from rapport.businesses import load_business
    from rapport.warehouse import connect

    with connect(load_business(business).name) as conn:
        rows = conn.execute(
            "select business_date, state, is_dry_run, published_at, sent_at, coalesce(failed_step, '') from ops.nights"
            " order by business_date desc limit 30"
        ).fetchall()
    table = Table("night", "state", "dry run", "published", "sent", "failed at", box=None)
    for night, state, is_dry_run, published_at, sent_at, failed_step in rows:
        times = (f"{at:%Y-%m-%d %H:%M:%S}" if at else "" for at in (published_at, sent_at))
        table.add_row(str(night), state, "yes" if is_dry_run else "", *times, failed_step)
    Console().print(table if rows else "No night has been opened yet: `make run`.")


@nights_app.command("replay")
def replay_night(
    date: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="a night that was published")],
    business: BusinessOption = settings.DEFAULT_BUSINESS,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Build a night again from the loads it had pinned and compare; publishes and sends nothing.

    Exit code 1 if a table or a list came out differently.
    """
    import contextlib
    import sys

    from rich.console import Console

    from rapport.businesses import load_business
    from rapport.nights.replay import replay

    console = Console(stderr=True)
    with console.status("replaying") as status, contextlib.redirect_stdout(sys.stderr):
        found = replay(load_business(business), date.date(), say=lambda name: status.update(f"replaying: {name}"))
    if as_json:
        typer.echo(json.dumps({"date": str(found.business_date), "tables": found.tables, "lists": found.lists}))
    else:
        for name, is_equal in (found.tables | found.lists).items():
            typer.echo(f"{'equal    ' if is_equal else 'DIFFERENT'}  {name}")
    raise typer.Exit(0 if found.is_equal else 1)


def docs(business: BusinessOption = settings.DEFAULT_BUSINESS) -> None:
    """Write the dbt docs of the latest night and say where they are."""
    from rapport.building import build_docs
    from rapport.businesses import load_business
    from rapport.errors import NightError
    from rapport.nights import latest_night
    from rapport.warehouse import connect

    chosen = load_business(business)
    with connect(chosen.name) as conn:
        night = latest_night(conn)
    if night is None:
        raise NightError("There is no night to document yet.", fix="make run")
    typer.echo(str(build_docs(chosen, night, application_name="rapport docs")))


def up(business: BusinessOption = settings.DEFAULT_BUSINESS) -> None:
    """Start Postgres and Airflow and leave them running, started again if they die; nights come by the clock."""
    from rich.console import Console

    from rapport.airflow.environment import admin_password
    from rapport.airflow.stack import only_command, running_stack, start_kept
    from rapport.businesses import load_business
    from rapport.warehouse import connect

    console = Console()
    chosen = load_business(business)
    with only_command(), console.status("starting"):
        connect(chosen.name).close()
        found = running_stack() or start_kept(chosen.name)
        found.client().wait_for_dags(["build_marts", "send_segments"])
        _wake_up(found, chosen.name)
    console.print(f"Airflow UI   {found.url}  (user admin, password {admin_password()})")
    console.print(f'Warehouse    psql "$(.venv/bin/rapport warehouse url --business {business})"')
    if not chosen.is_scheduled:
        console.print(f"{chosen.title} has no clock (is_scheduled: false): start nights with `make run` or in the UI.")
    console.print("`make down` stops everything.")


def down() -> None:
    """Stop the night that is running, Airflow and the embedded Postgres, whatever state they are in."""
    from rapport.airflow.stack import stop as stop_airflow
    from rapport.warehouse import stop as stop_postgres

    count = stop_airflow()
    was_running = stop_postgres()
    typer.echo(f"Stopped {count} Airflow process(es){' and Postgres' if was_running else ''}.")


def _wake_up(found: Any, business: str) -> None:
    """A night that a crash interrupted goes on now, not at the next deadline; skips when there is none."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    for dag_id in ("build_marts", "send_segments"):
        found.client().trigger(dag_id, {"business": business}, f"start_{stamp}")


def _prepare_landing(business: str, folder: Path, *, asked: bool, console: Any) -> None:
    from rapport.errors import UsageError

    if folder.is_dir() and any(folder.iterdir()):
        if business == settings.DEFAULT_BUSINESS and not asked and not (folder / "shopify").exists():
            command = f"`rapport samples generate --nights 3 --out {folder}`"
            console.print(f"{folder} holds files already: no sample exports are written into it ({command} does).")
        return
    if business == settings.DEFAULT_BUSINESS and not asked:
        from rapport.samples.nights import generate

        part = folder.with_name(f".{folder.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        with console.status("writing sample exports"):
            generate(n_customers=2000, n_nights=3, seed=7, start=date(2026, 3, 1), out=part)
        part.replace(folder)  # all of it or none: what a killed command left would be taken for a night's exports
        return
    folder.mkdir(parents=True, exist_ok=True)
    if asked:
        raise UsageError(f"{folder} is empty.", where="--landing", fix="put the exports there, a folder per vendor")
    if business == "completejourney":
        raise UsageError(
            "There are no Complete Journey exports yet.",
            where=str(folder),
            fix=f"make realdata && .venv/bin/rapport samples completejourney --out {folder}",
        )


def _latest_date(folder: Path) -> date | None:
    """The latest date a file name in the folder carries."""
    import re

    found = [
        match.group()
        for path in folder.rglob("*")
        if path.is_file() and not any(part.startswith(("_", ".")) for part in path.relative_to(folder).parts)
        for match in re.finditer(r"\d{4}-\d{2}-\d{2}", path.name)
    ]
    dates = []
    for text in found:
        try:
            dates.append(date.fromisoformat(text))
        except ValueError:
            continue
    return max(dates, default=None)


def _yesterday(business: Any) -> date:
    return datetime.now(business.zone).date() - timedelta(days=1)
