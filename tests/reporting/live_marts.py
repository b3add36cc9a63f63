"""The live marts as their contracts declare them, empty, and readable to analysts as publishing makes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import psycopg
import yaml
from psycopg import sql

from rapport.settings import DBT_PROJECT

Connection = psycopg.Connection[Any]
NIGHT = date(2026, 3, 3)


def create_marts(conn: Connection) -> None:
    """Every mart's table without a row, and the night that is live."""
    for path in sorted((DBT_PROJECT / "models/marts").glob("*/_*__models.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
            _create(conn, path.parent.name, model)
    conn.execute("grant usage on schema activation to rapport_analyst")
    conn.execute(
        "insert into ops.nights (business_date, landing, clock, state) values (%s, '', now(), 'published')", [NIGHT]
    )
    conn.execute(
        "insert into ops.publications (business_date, table_schema, table_name, n_rows, n_inserted, n_updated,"
        " n_deleted, checksum) values (%s, 'customer_360', 'customers', 0, 0, 0, 0, '0')",
        [NIGHT],
    )
    conn.commit()


def insert(conn: Connection, mart: str, *rows: Mapping[str, Any]) -> None:
    """Add rows by column; columns that are left out are null where they may be, else 0, false or empty."""
    schema, table = mart.split(".")
    required = conn.execute(
        "select column_name, data_type from information_schema.columns"
        " where table_schema = %s and table_name = %s and is_nullable = 'NO'",
        [schema, table],
    ).fetchall()
    usual = {"text": "", "boolean": False, "date": NIGHT, "timestamp with time zone": NIGHT}
    for row in rows:
        whole = {name: usual.get(kind, 0) for name, kind in required} | dict(row)
        query = sql.SQL("insert into {} ({}) values ({})").format(
            sql.Identifier(schema, table),
            sql.SQL(", ").join(map(sql.Identifier, whole)),
            sql.SQL(", ").join(sql.Placeholder() for _ in whole),
        )
        conn.execute(query, list(whole.values()))
    conn.commit()


def _create(conn: Connection, schema: str, model: Mapping[str, Any]) -> None:
    columns = [
        sql.SQL("{} {} {}").format(
            sql.Identifier(column["name"]),
            sql.SQL(column["data_type"]),
            sql.SQL("not null" if _is_required(column) else ""),
        )
        for column in model["columns"]
    ]
    table = sql.Identifier(schema, model["name"])
    conn.execute(sql.SQL("create table {} ({})").format(table, sql.SQL(", ").join(columns)))
    readable = [sql.Identifier(column["name"]) for column in model["columns"] if not _is_personal(column)]
    conn.execute(sql.SQL("grant select ({}) on {} to rapport_analyst").format(sql.SQL(", ").join(readable), table))


def _is_required(column: Mapping[str, Any]) -> bool:
    return any(constraint.get("type") == "not_null" for constraint in column.get("constraints", []))


def _is_personal(column: Mapping[str, Any]) -> bool:
    meta = {**column.get("meta", {}), **column.get("config", {}).get("meta", {})}
    return "pii" in meta
