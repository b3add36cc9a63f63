"""Exports as text, and what the warehouse made of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import Any

import psycopg

from rapport.landing import Declaration

NIGHT = date(2026, 3, 1)
ORDERS = "orders_export_2026-03-01.csv"
ORDER_HEADER = ("Name", "Email", "Currency", "Subtotal", "Total", "Created at", "Paid at")
LINE_HEADER = ("Lineitem quantity", "Lineitem name", "Lineitem price")


def declare(columns: dict[str, dict[str, Any]], **export: Any) -> Declaration:
    """A table `notebook notes` with these columns (name to meta) and ways to be exported."""
    return Declaration.model_validate(
        {
            "vendor": "notebook",
            "table": "notes",
            "kind": "crm",
            "concepts": [],
            "source_file": "models/staging/notebook/_notebook__sources.yml",
            "freshness": {age: {"count": 1, "period": "day"} for age in ("warn_after", "error_after")},
            "export": {"file_pattern": "notes.*", "key": [], "mode": "full", "time_zone": "UTC", **export},
            "columns": [
                {"name": name, "data_type": "text", "description": name, **meta} for name, meta in columns.items()
            ],
        }
    )


def order_table(rows: Sequence[dict[str, str]]) -> list[list[str]]:
    """Header and rows of an orders export."""
    header = [*ORDER_HEADER, *LINE_HEADER]
    header += sorted({name for row in rows for name in row} - set(header))
    return [
        header,
        *([{**good_order(number), **row}.get(name, "") for name in header] for number, row in enumerate(rows)),
    ]


def good_order(number: int) -> dict[str, str]:
    """An order line that breaks no rule."""
    return {
        "Name": f"TR{1001 + number}",
        "Email": f"buyer{number}@example.com",
        "Currency": "TRY",
        "Subtotal": "100.00",
        "Total": "129.90",
        "Created at": "2026-02-28 10:37:33 +0300",
        "Paid at": "",
        "Lineitem quantity": "2",
        "Lineitem name": "Çay bardağı",
        "Lineitem price": "50.00",
    }


def as_csv(table: Sequence[Sequence[str]], **dialect: Any) -> str:
    written = io.StringIO(newline="")
    csv.writer(written, **{"lineterminator": "\n", **dialect}).writerows(table)
    return written.getvalue()


def raw_rows(conn: psycopg.Connection[Any], table: str, *columns: str) -> list[tuple[Any, ...]]:
    """Columns of a raw table in the file's order."""
    return conn.execute(f"select {', '.join(columns)} from raw.{table} order by _load_id, _row_number").fetchall()


def quarantined(conn: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    """Row number, rule and column of every quarantined row."""
    return conn.execute(
        "select row_number, rule, column_name from quality.quarantine order by load_id, row_number"
    ).fetchall()


def assert_books_balance(conn: psycopg.Connection[Any]) -> None:
    """What the ledger says was loaded and quarantined is there, and nothing else is."""
    for load_id, status, table, read, loaded, held, skipped, is_purged in conn.execute(
        "select load_id, status, vendor || '__' || table_name, rows_read, rows_loaded, rows_quarantined,"
        " rows_skipped, purged_at is not null from ops.loads"
    ).fetchall():
        assert read == loaded + held + skipped
        found = conn.execute("select count(*) from quality.quarantine where load_id = %s", [load_id]).fetchone()
        assert found == (held,)
        exists = conn.execute("select to_regclass(%s)", [f"raw.{table}"]).fetchone()
        if exists and exists[0]:
            in_raw = conn.execute(f"select count(*) from raw.{table} where _load_id = %s", [load_id]).fetchone()
            assert in_raw == (loaded,) or is_purged
        if status == "refused":
            assert read == 0
    orphans = [
        name
        for (name,) in conn.execute("select tablename from pg_tables where schemaname = 'raw'").fetchall()
        if conn.execute(
            f"select count(*) from raw.{name} where _load_id not in (select load_id from ops.loads)"
        ).fetchone()
        != (0,)
    ]
    assert orphans == []
    conn.commit()
