"""`make bench-load`: taking an orders export in, beside the floor and named peers, each in a fresh process.

The floor is psycopg's COPY of the same file into a table of text. Rapport recognises nothing here but does all the
rest: row checks, quarantine of the 0.1 % bad rows, lineage, ledger; the Great Expectations suite is timed apart.
Peers load the same file with no checks at all: ADBC with pandas, dlt with Arrow, pandas.to_sql with its defaults.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.harness import NIGHT, Measured, in_its_own_process, peak_mib, report, scratch, show, timed
from rapport.samples.headers import SHOPIFY_ORDERS
from rapport.warehouse import connect, warehouse_url

# What one shop fills in of the 79 columns.
NARROW = [
    *("Name", "Email", "Financial Status", "Paid at", "Currency", "Subtotal", "Shipping", "Taxes", "Total"),
    *("Discount Amount", "Created at", "Lineitem quantity", "Lineitem name", "Lineitem price", "Id"),
]
SHAPES = {"15 columns": NARROW, "all 79 columns": list(SHOPIFY_ORDERS)}
# What takes minutes gets a part of the rows, scaled up.
SLOW_ROWS = 300_000
FULL_ROWS = 1_000_000
_BLOCK_ROWS = 500_000


def main(sizes: list[int]) -> None:
    """Load files of so many rows, small ones first, by every contender."""
    with tempfile.TemporaryDirectory() as folder:
        for n_rows, (shape, columns) in product(sizes, SHAPES.items()):
            path = write_orders(Path(folder) / "orders_export_2026-03-01.csv", n_rows, columns)
            part = write_orders(Path(folder) / "part.csv", min(n_rows, SLOW_ROWS), columns)
            size = f"{path.stat().st_size / 2**20:,.0f} MiB"
            title = f"loading {n_rows:,} Shopify rows, {shape} ({size}), 0.1 % of them bad"
            show(title, contend(path, part, n_rows), n_rows)


def contend(path: Path, part: Path, n_rows: int) -> list[Measured]:
    """Every contender once; the best of three for the two that are compared most closely."""
    found = []
    for name, (_, is_slow) in CONTENDERS.items():
        n_part = min(n_rows, SLOW_ROWS) if is_slow else n_rows
        if name == "adbc" and n_rows > FULL_ROWS:
            continue  # pandas would hold the whole file in memory
        runs = []
        for _ in range(3 if name in ("floor", "rapport") else 1):
            with scratch() as database:
                runs.append(in_its_own_process("benchmarks.load", name, str(part if is_slow else path), database))
        best = min(runs, key=lambda run: run["seconds"])
        shown = TITLES[name]
        found.append(Measured(shown, best["seconds"], best["peak_mib"], n_part if n_part != n_rows else None))
        if "suite_seconds" in best:
            with_suite = best["seconds"] + best["suite_seconds"]
            found.append(Measured("Rapport and the landing suite", with_suite, best["suite_peak_mib"]))
    return found


def write_orders(path: Path, n_rows: int, columns: list[str]) -> Path:
    """A Shopify orders export of these columns, one line item an order; a thousandth of the rows is bad."""
    random = np.random.default_rng(7)
    for start in range(0, n_rows, _BLOCK_ROWS):
        numbers = np.arange(start, min(start + _BLOCK_ROWS, n_rows))
        number = pd.Series(numbers)
        times = pd.Timestamp("2016-01-01") + pd.to_timedelta(numbers * 30, unit="s")
        created = pd.Series(times.strftime("%Y-%m-%d %H:%M:%S +0300"))
        price = random.integers(100, 99_999, len(numbers)) / 100
        total = pd.Series(price.round(2).astype(str))
        total[numbers % 1000 == 0] = "?"
        person = "Kunde " + (number % 100_000).astype(str)
        street = "Nørregade " + (number % 300).astype(str)
        address = {
            "Name": person,
            "Street": street,
            "Address1": street,
            "City": "Aarhus C",
            "Zip": "8000",
            "Country": "DK",
            "Phone": "+4520" + (number % 1_000_000).astype(str).str.zfill(6),
        }
        filled = {
            "Name": "#" + (number + 1000).astype(str),
            "Email": "customer" + (number % 100_000).astype(str) + "@example.org",
            "Financial Status": "paid",
            "Paid at": created,
            "Fulfillment Status": "fulfilled",
            "Fulfilled at": created,
            "Accepts Marketing": "no",
            "Currency": "TRY",
            "Subtotal": price,
            "Shipping": "29.90",
            "Taxes": "0.00",
            "Total": total,
            "Discount Amount": "0.00",
            "Shipping Method": "Standard",
            "Created at": created,
            "Lineitem quantity": random.integers(1, 5, len(numbers)),
            "Lineitem name": "Ceramic bowl no " + (number % 5000).astype(str),
            "Lineitem price": price,
            "Lineitem sku": "HH-" + (number % 5000).astype(str),
            "Lineitem requires shipping": "true",
            "Lineitem taxable": "true",
            "Lineitem fulfillment status": "fulfilled",
            "Payment Method": "Shopify Payments",
            "Refunded Amount": "0.00",
            "Vendor": "Hane & Hjem",
            "Outstanding Balance": "0.00",
            "Id": numbers + 5_000_000_000,
            "Source": "web",
            **{f"{side} {part}": cells for side in ("Billing", "Shipping") for part, cells in address.items()},
        }
        frame = pd.DataFrame(filled).reindex(columns=columns)
        frame.to_csv(path, index=False, mode="a" if start else "w", header=not start)
    return path


def floor(path: Path, database: str) -> None:
    header = pd.read_csv(path, nrows=0).columns
    with connect(database, autocommit=True) as conn:
        conn.execute(f"create table raw.floor ({', '.join(f'c{i} text' for i in range(len(header)))})")

        def copy() -> None:
            statement = "copy raw.floor from stdin (format csv, header true)"
            with conn.cursor().copy(statement) as sink, path.open("rb") as file:
                while block := file.read(1 << 20):
                    sink.write(block)

        report(timed(copy))


def rapport(path: Path, database: str) -> None:
    from rapport.businesses import load_business
    from rapport.landing import load_declarations, load_file

    business = load_business("sample")
    declaration = next(found for found in load_declarations(business) if found.raw_table == "shopify__orders")
    with connect(database) as conn:
        results = []
        seconds = timed(lambda: results.append(load_file(conn, business, declaration, path, NIGHT)))
    peak = peak_mib()
    result = results[0]
    assert (result.status, result.quarantined) == ("loaded", -(-result.read // 1000)), result
    assert result.load_id is not None

    import rapport.quality.data_docs
    import rapport.quality.validation  # noqa: F401  a gate's task pays for the import once
    from rapport.quality.gates import run_gate
    from rapport.quality.suites import Target

    targets = [Target("shopify__orders", (result.load_id,))]
    suite = timed(lambda: run_gate(warehouse_url(database), database, NIGHT, "landing", targets))
    report(seconds, peak_mib=peak, suite_seconds=suite, suite_peak_mib=peak_mib())


def adbc(path: Path, database: str) -> None:
    import adbc_driver_postgresql.dbapi

    url = warehouse_url(database)

    def load() -> None:
        frame = pd.read_csv(path, dtype_backend="pyarrow", engine="pyarrow")
        with adbc_driver_postgresql.dbapi.connect(url) as conn:
            frame.to_sql("by_adbc", conn, index=False)
            conn.commit()

    report(timed(load))


def dlt(path: Path, database: str) -> None:
    os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "CRITICAL"}
    import dlt as peer
    import pyarrow.csv

    with tempfile.TemporaryDirectory() as folder:
        pipeline = peer.pipeline(
            "bench",
            destination=peer.destinations.postgres(warehouse_url(database)),
            dataset_name="by_dlt",
            pipelines_dir=folder,
        )

        @peer.resource(name="orders")
        def orders():  # type: ignore[no-untyped-def]
            with pyarrow.csv.open_csv(path) as stream:
                for batch in stream:
                    yield pyarrow.Table.from_batches([batch])

        report(timed(lambda: pipeline.run(orders())))


def to_sql(path: Path, database: str) -> None:
    import sqlalchemy

    engine = sqlalchemy.create_engine(warehouse_url(database).replace("postgresql://", "postgresql+psycopg2://"))
    report(timed(lambda: pd.read_csv(path).to_sql("by_pandas", engine, schema="raw", index=False)))


CONTENDERS: dict[str, tuple[Callable[[Path, str], None], bool]] = {
    "floor": (floor, False),
    "rapport": (rapport, False),
    "adbc": (adbc, False),
    "dlt": (dlt, True),
    "to_sql": (to_sql, True),
}
TITLES = {
    "floor": "psycopg COPY (floor)",
    "rapport": "Rapport",
    "adbc": "ADBC with pandas",
    "dlt": "dlt with Arrow",
    "to_sql": "pandas.to_sql",
}

if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in CONTENDERS:
        CONTENDERS[sys.argv[1]][0](Path(sys.argv[2]), sys.argv[3])
    else:
        main([int(size) for size in sys.argv[1:]] or [1_000_000, 10_000_000])
