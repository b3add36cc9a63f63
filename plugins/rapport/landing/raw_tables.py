"""Tables of schema raw: one a declared source, its columns as text, with each row's origin."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg import sql

from rapport.landing.declarations import Declaration
from rapport.landing.records import ensure_records_function, stores_differences


def ensure_raw_tables(conn: psycopg.Connection[Any], declarations: Iterable[Declaration]) -> None:
    """Create the raw tables that are absent and add the columns they lack; nothing is ever taken away.

    Staging reads a table whether or not a file has ever arrived for it. A transaction a table.
    """
    for declaration in declarations:
        with conn.transaction():
            lock_raw_table(conn, declaration)
            _ensure(conn, declaration)
            if stores_differences(declaration):
                ensure_records_function(conn, declaration)


def analyse_raw_tables(conn: psycopg.Connection[Any], tables: Iterable[tuple[str, str]]) -> None:
    """Renew the planner's statistics of the raw tables (vendor, table). Commits."""
    for vendor, table in sorted(tables):
        conn.execute(sql.SQL("analyze {}").format(sql.Identifier("raw", f"{vendor}__{table}")))
    conn.commit()


def lock_raw_table(conn: psycopg.Connection[Any], declaration: Declaration) -> None:
    """Keep others from loading into a raw table, or changing its columns, until the transaction ends."""
    conn.execute("select pg_advisory_xact_lock(hashtext(%s))", [f"landing {declaration.raw_table}"])


def _ensure(conn: psycopg.Connection[Any], declaration: Declaration) -> None:
    present = {
        name
        for (name,) in conn.execute(
            "select attname from pg_attribute where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped",
            [f"raw.{declaration.raw_table}"],
        )
    }
    table = sql.Identifier("raw", declaration.raw_table)
    columns = {column.name: column.description for column in declaration.loaded_columns}
    if not present:
        # Landing alone writes them, and never a null: to have that checked costs a twentieth of loading a wide table.
        lines = [
            sql.SQL("_load_id bigint"),
            sql.SQL("_row_number bigint"),
            *(sql.SQL("{} text").format(sql.Identifier(name)) for name in columns),
            sql.SQL("_extra jsonb"),
        ]
        conn.execute(sql.SQL("create table {} ({})").format(table, sql.SQL(", ").join(lines)))
        # A load's rows lie together: its books are balanced without a look at all the others'.
        conn.execute(sql.SQL("create index on {} using brin (_load_id)").format(table))
        return
    missing = [name for name in columns if name not in present]
    if missing:
        additions = [sql.SQL("add column {} text").format(sql.Identifier(name)) for name in missing]
        conn.execute(sql.SQL("alter table {} {}").format(table, sql.SQL(", ").join(additions)))
