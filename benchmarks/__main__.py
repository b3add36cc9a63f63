"""`make bench`: loading and publishing beside their floors and peers. ROWS sets the size (default 300000)."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import psycopg
from rich.console import Console
from rich.table import Table

from rapport.businesses import load_business
from rapport.landing import load_declarations, load_file
from rapport.nights import open_night
from rapport.publishing import Column, publish
from rapport.publishing import Table as Mart
from rapport.warehouse import connect, ensure_running, warehouse_url

ROWS = int(os.environ.get("ROWS", "300000"))
NIGHT = date(2026, 3, 1)


def main() -> None:
    """Run both benchmarks in a database of their own, which is dropped at the end."""
    console = Console()
    with scratch() as name, TemporaryDirectory() as folder:
        path = write_orders(Path(folder) / "orders_export_2026-03-01.csv")
        size = path.stat().st_size / 2**20
        show(console, f"loading {ROWS:,} Shopify rows ({size:.0f} MB), 0.1 % of them bad", load(name, path))
        show(console, f"publishing {ROWS:,} rows of 13 columns, 0.5 % changed", publishing(name))


@contextmanager
def scratch() -> Iterator[str]:
    name = f"bench_{uuid.uuid4().hex[:8]}"
    with connect(name) as conn:
        open_night(conn, load_business("sample"), NIGHT)
    try:
        yield name
    finally:
        with psycopg.connect(ensure_running(), autocommit=True) as conn:
            conn.execute(f'drop database "rapport_{name}" with (force)')


def write_orders(path: Path) -> Path:
    """An orders export, one line item an order, a thousandth of the rows with an unreadable amount."""
    random = np.random.default_rng(7)
    numbers = np.arange(ROWS)
    times = pd.Timestamp("2025-01-01") + pd.to_timedelta(numbers * 30, unit="s")
    created = pd.Series(times.strftime("%Y-%m-%d %H:%M:%S +0300"))
    price = random.integers(100, 99_999, ROWS) / 100
    total = pd.Series(price.round(2).astype(str))
    total[numbers % 1000 == 0] = "?"
    frame = pd.DataFrame(
        {
            "Name": "#" + pd.Series(numbers + 1000).astype(str),
            "Email": "customer" + pd.Series(numbers % 100_000).astype(str) + "@example.org",
            "Financial Status": "paid",
            "Paid at": created,
            "Currency": "TRY",
            "Subtotal": price,
            "Shipping": "29.90",
            "Taxes": "0.00",
            "Total": total,
            "Discount Amount": "0.00",
            "Created at": created,
            "Lineitem quantity": random.integers(1, 5, ROWS),
            "Lineitem name": "Ceramic bowl no " + pd.Series(numbers % 5000).astype(str),
            "Lineitem price": price,
            "Id": numbers + 5_000_000_000,
        }
    )
    frame.to_csv(path, index=False)
    return path


def load(name: str, path: Path) -> dict[str, float]:
    """Seconds: psycopg COPY of the same file (the floor), Rapport, pandas.to_sql with its defaults."""
    business = load_business("sample")
    declaration = next(found for found in load_declarations(business) if found.raw_table == "shopify__orders")
    header = pd.read_csv(path, nrows=0).columns
    with connect(name, autocommit=True) as conn:
        conn.execute(f"create table raw.floor ({', '.join(f'c{i} text' for i in range(len(header)))})")

        def copy() -> None:
            statement = "copy raw.floor from stdin (format csv, header true)"
            with conn.cursor().copy(statement) as sink, path.open("rb") as file:
                while block := file.read(1 << 20):
                    sink.write(block)

        floor = timed(copy)
    with connect(name) as conn:
        result = None

        def take_in() -> None:
            nonlocal result
            result = load_file(conn, business, declaration, path, NIGHT)

        rapport = timed(take_in)
        assert result is not None
        assert (result.read, result.quarantined) == (ROWS, len(range(0, ROWS, 1000))), result
    import sqlalchemy

    engine = sqlalchemy.create_engine(warehouse_url(name).replace("postgresql://", "postgresql+psycopg2://"))
    part = min(ROWS, 50_000)  # it is slow: a part, scaled up
    frame = pd.read_csv(path, dtype=str, nrows=part)
    to_sql = timed(lambda: frame.to_sql("by_pandas", engine, schema="raw", index=False)) * ROWS / part
    return {"psycopg COPY (floor)": floor, "Rapport": rapport, "pandas.to_sql": to_sql}


def publishing(name: str) -> dict[str, float]:
    """Seconds: a bare MERGE of the same rows (the floor), Rapport's publication of a second night."""
    columns = ", ".join(f"round(random()::numeric * 1000, 2) as c{i}" for i in range(12))
    mart = Mart(
        mart="loyalty",
        name="bench",
        primary_key=("id",),
        columns=tuple(Column(column, "", False) for column in ["id", *(f"c{i}" for i in range(12))]),
        description="",
    )
    with connect(name) as conn:
        conn.execute("create schema build_loyalty")
        conn.execute(f"create table build_loyalty.bench as select id, {columns} from generate_series(1, {ROWS}) as id")
        conn.execute("update ops.nights set state = 'built', claimed_at = now()")
        publish(conn, name, NIGHT, [mart])
        conn.execute("create table raw.bare as select * from loyalty.bench; alter table raw.bare add primary key (id)")
        conn.execute("update build_loyalty.bench set c0 = c0 + 1 where id % 200 = 0")
        conn.execute("analyze build_loyalty.bench; analyze raw.bare; analyze loyalty.bench")
        conn.commit()
        names = [f"c{i}" for i in range(12)]
        merge = (
            "merge into raw.bare as live using build_loyalty.bench as built on live.id = built.id"
            f" when matched and ({', '.join(f'live.{n}' for n in names)}) is distinct from"
            f" ({', '.join(f'built.{n}' for n in names)})"
            f" then update set {', '.join(f'{n} = built.{n}' for n in names)}"
            f" when not matched then insert values (built.id, {', '.join(f'built.{n}' for n in names)})"
            " when not matched by source then delete"
        )
        floor = timed(lambda: (conn.execute(merge), conn.commit()))
        open_night(conn, load_business("sample"), NIGHT + timedelta(days=1))
        conn.execute("update ops.nights set state = 'sent' where business_date = %s", [NIGHT])
        conn.execute("update ops.nights set state = 'built', claimed_at = now() where state = 'open'")
        conn.commit()
        rapport = timed(lambda: publish(conn, name, NIGHT + timedelta(days=1), [mart]))
    return {"bare MERGE (floor)": floor, "Rapport, with checksum and grants": rapport}


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def show(console: Console, title: str, seconds: dict[str, float]) -> None:
    floor = next(iter(seconds.values()))
    table = Table(title=title, title_justify="left", box=None, title_style="bold")
    table.add_column("")
    for heading in ("seconds", "rows/s", "times the floor"):
        table.add_column(heading, justify="right")
    for name, taken in seconds.items():
        table.add_row(name, f"{taken:.2f}", f"{ROWS / taken:,.0f}", f"{taken / floor:.2f}")
    console.print(table)


if __name__ == "__main__":
    main()
