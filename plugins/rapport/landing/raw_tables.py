"""Tables of schema raw: one a declared source, its columns as text, with each row's origin."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg import sql

from rapport.landing.declarations import Declaration


def ensure_raw_tables(conn: psycopg.Connection[Any], declarations: Iterable[Declaration]) -> None:
    """Create the raw tables that are absent and add the columns they lack; nothing is ever taken away."""
    for declaration in declarations:
        _ensure(conn, declaration)


def _ensure(conn: psycopg.Connection[Any], declaration: Declaration) -> None:
    present = {
        name
        for (name,) in conn.execute(
            "select attname from pg_attribute"
            " where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped",
            [f"raw.{declaration.raw_table}"],
        )
    }
    table = sql.Identifier("raw", declaration.raw_table)
    columns = {column.name: column.description for column in declaration.loaded_columns}
    if not present:
        lines = [
            sql.SQL("_load_id bigint not null"),
            sql.SQL("_row_number bigint not null"),
            *(sql.SQL("{} text").format(sql.Identifier(name)) for name in columns),
            sql.SQL("_extra jsonb"),
        ]
        # Two nights' first files may arrive at once.
        conn.execute(sql.SQL("create table if not exists {} ({})").format(table, sql.SQL(", ").join(lines)))
        return
    missing = [name for name in columns if name not in present]
    if missing:
        additions = [
            sql.SQL("add column if not exists {} text").format(sql.Identifier(name)) for name in missing
        ]
        conn.execute(sql.SQL("alter table {} {}").format(table, sql.SQL(", ").join(additions)))
