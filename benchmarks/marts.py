"""`make bench-marts`: nights of a whole retailer, all new, with a day's news and with none, step by step.

The sample's retailer at another size, through the production code: exports taken in, contact points, identity, every
model with its tests, publishing. Airflow and Great Expectations are not part of it. What is left of a night without
news is what a night costs whatever comes. The floor is the models' statements by themselves (marts_floor.py).
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from contextlib import redirect_stdout
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
from rich.console import Console
from rich.table import Table

from benchmarks.harness import NIGHT, declare, scratch, timed
from benchmarks.marts_floor import floor
from rapport.building import DBT_STEPS, build_night, read_manifest
from rapport.businesses import Business
from rapport.landing import ensure_raw_tables, ingest_path, load_declarations
from rapport.nights import Night, advance, open_night
from rapport.publishing import publish, tables_from_manifest
from rapport.samples.nights import generate
from rapport.warehouse import connect

Connection = psycopg.Connection[Any]
# On the second night every export lists for the first time again whom it has listed before; the third is as any other.
NIGHTS = ("all new", "listed again", "a day's news", "nothing new")
# Lists have a benchmark of their own.
STEPS = [name for name in DBT_STEPS if name not in ("segments", "lists")]


def main(n_customers: int) -> None:
    console = Console(width=120)
    with scratch() as name, tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        business = declare(name, home)
        exports = home / "exports"
        console.print(f"writing exports of {n_customers:,} customers …")
        generate(n_customers, len(NIGHTS) - 1, 7, NIGHT, exports)
        found: list[dict[str, float]] = []
        for number, news in enumerate(NIGHTS):
            console.print(f"a night, {news} …")
            found.append(a_night(business, NIGHT + timedelta(days=number), exports, home / f"landing_{number}"))
            if number == 0:
                console.print("its statements by themselves …")
                alone, others = floor(name)
        with connect(name) as conn:
            sizes = conn.execute(
                "select (select count(*) from customer_360.customers), (select count(*) from customer_360.orders)"
            ).fetchone()
    assert sizes is not None
    console.print(table_of(f"a retailer of {sizes[0]:,} persons and {sizes[1]:,} orders, seconds", found))
    by_dbt = sum(found[0][step] for step in STEPS if step in found[0])
    console.print(
        f"dbt's steps where all is new {by_dbt:.1f} s, their statements by themselves {alone:.1f} s", end=": "
    )
    console.print(f"{by_dbt / alone:.2f} times. Tables that came out otherwise: {', '.join(others) or 'none'}.")


def a_night(business: Business, day: date, exports: Path, landing: Path) -> dict[str, float]:
    """Seconds of each step of that night, over the exports of its day."""
    for path in exports.rglob(f"*{day}*"):
        if "_truth" not in path.parts:
            target = landing / path.parent.name / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    landing.mkdir(exist_ok=True)
    load_declarations(business)  # dbt's parsing is no part of it
    with connect(business.name) as conn:
        night = open_night(conn, business, day)
        conn.commit()
        ensure_raw_tables(conn, load_declarations(business))
        seconds = {"taking exports in": timed(lambda: ingest_path(conn, business, landing, day))}
        conn.execute("update ops.nights set state = 'building', claimed_at = now() where business_date = %s", [day])
        conn.commit()
        with redirect_stdout(io.StringIO()):  # what dbt says of each node
            build_night(business, night, STEPS)
        seconds |= dict(
            conn.execute(
                "select step, extract(epoch from finished_at - started_at)::float from ops.steps"
                " where business_date = %s order by started_at",
                [day],
            ).fetchall()
        )
        seconds["publishing"] = timed(lambda: publish_night(conn, business, night))
    return seconds


def publish_night(conn: Connection, business: Business, night: Night) -> None:
    advance(conn, night.business_date, "built")
    publish(conn, business.name, night.business_date, tables_from_manifest(read_manifest(business.name)))
    conn.execute("update ops.nights set state = 'sent', sent_at = now()")
    conn.commit()


def table_of(title: str, found: list[dict[str, float]]) -> Table:
    table = Table(title=title, title_justify="left", box=None, title_style="bold")
    table.add_column("")
    for news in NIGHTS:
        table.add_column(news, justify="right")
    for step in found[0]:
        table.add_row(step.replace("_", " "), *(f"{seconds[step]:.1f}" for seconds in found))
    totals = [sum(seconds.values()) for seconds in found]
    table.add_row("together", *(f"{total:.1f}" for total in totals), style="bold")
    table.add_row("of the night that was all new", *(f"{total / totals[0]:.0%}" for total in totals))
    return table


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 200_000)
