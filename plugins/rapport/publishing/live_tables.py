"""The shape of a live table: created once, grown by columns, commented, and readable without personal data.

A live table is never dropped, swapped or rewritten: grants, analysts' own views and open snapshots hang on
it. (ALTER TABLE … TYPE rewrites the table, and a snapshot older than that would see it empty.)
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from rapport.errors import RapportError
from rapport.publishing.masked_views import mask
from rapport.publishing.tables import Table

Connection = psycopg.Connection[Any]
ANALYST = "rapport_analyst"
PERSONAL_DATA = "rapport_personal_data"

_COLUMNS = """
    select attname, format_type(atttypid, atttypmod) from pg_attribute
    where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum
"""


def columns_of(conn: Connection, relation: sql.Identifier) -> dict[str, str]:
    """Column name -> type as Postgres writes it, in the table's order; empty when there is no such table."""
    return dict(conn.execute(_COLUMNS, [relation.as_string(conn)]).fetchall())


def prepare(conn: Connection, table: Table) -> dict[str, str]:
    """Make the live table fit the built one; returns the built table's columns and types.

    Creates and fills it, or adds columns. Raises RapportError when the built table is missing, lost a column that
    analysts have, or changed a type: somebody has to decide about those.
    """
    built, live = columns_of(conn, table.built), columns_of(conn, table.live)
    if not built:
        raise RapportError(
            f"{table.label} has not been built.",
            where=table.built.as_string(conn),
            fix=f"build it first: `rapport dbt -- build --select {table.name}`",
        )
    missing_key = [name for name in table.primary_key if name not in built]
    if missing_key:
        raise RapportError(
            f"The primary key of {table.label} names {', '.join(missing_key)}, which it does not have.",
            where=table.built.as_string(conn),
            fix="correct the primary_key constraint in the model's yml",
        )
    if not live:
        _create(conn, table, built)
    else:
        _refuse_what_would_break(conn, table, built, live)
        for name in (name for name in built if name not in live):
            statement = sql.SQL("alter table {} add column {} {}")
            conn.execute(statement.format(table.live, sql.Identifier(name), sql.SQL(built[name])))
    _comment(conn, table, built)
    _grant(conn, table, built)
    customers = columns_of(conn, sql.Identifier("customer_360", "customers"))
    mask(conn, table, columns_of(conn, table.live), customers, ANALYST)
    return built


def _create(conn: Connection, table: Table, built: dict[str, str]) -> None:
    mart, analyst = sql.Identifier(table.mart), sql.Identifier(ANALYST)
    conn.execute(sql.SQL("create schema if not exists {}").format(mart))
    conn.execute(sql.SQL("grant usage on schema {} to {}").format(mart, analyst))
    columns = [sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in built.items()]
    conn.execute(sql.SQL("create table {} ({})").format(table.live, sql.SQL(", ").join(columns)))
    key = sql.SQL(", ").join(map(sql.Identifier, table.primary_key))
    # filled before its index is built: half the time of a merge into the empty table
    conn.execute(sql.SQL("insert into {} select * from {}").format(table.live, table.built))
    conn.execute(sql.SQL("alter table {} add primary key ({})").format(table.live, key))


def _refuse_what_would_break(conn: Connection, table: Table, built: dict[str, str], live: dict[str, str]) -> None:
    name_of = table.live.as_string(conn)
    drop_view = f"drop view if exists {table.masked.as_string(conn)}"  # publishing makes it again
    gone = [name for name in live if name not in built]
    if gone:
        raise RapportError(
            f"{table.label} lost {', '.join(gone)}, which analysts may be using.",
            where=f"{name_of}: the live table has it, the built one has not",
            fix="put it back in the model; or tell the analysts, then "
            + "; ".join([drop_view, *(f'alter table {name_of} drop column "{name}"' for name in gone)]),
        )
    changed = [name for name in live if live[name] != built[name]]
    if changed:
        raise RapportError(
            f"{table.label} changed the type of "
            + ", ".join(f"{name} from {live[name]} to {built[name]}" for name in changed)
            + ".",
            where=name_of,
            fix="keep the type or give the column a new name; or, when no analyst is connected, "
            + "; ".join(
                [drop_view, *(f'alter table {name_of} alter column "{name}" type {built[name]}' for name in changed)]
            ),
        )
    key = conn.execute(
        "select array_agg(attname::text order by attname) from pg_index"
        " join pg_attribute on attrelid = indrelid and attnum = any(indkey)"
        " where indisprimary and indrelid = %s::regclass",
        [name_of],
    ).fetchone()
    if key is None or key[0] != sorted(table.primary_key):
        raise RapportError(
            f"The primary key of {table.label} is now {', '.join(table.primary_key)}.",
            where=f"{name_of} has {', '.join(key[0] or []) if key else 'none'}",
            fix="keep the grain of the table; another grain is another table",
        )


def _comment(conn: Connection, table: Table, built: dict[str, str]) -> None:
    """Write descriptions that differ from what the table says; a comment unchanged costs no lock."""
    name_of = table.live.as_string(conn)
    stored = dict(
        conn.execute(
            "select coalesce(attname, ''), description from pg_description"
            " left join pg_attribute on attrelid = objoid and attnum = objsubid and objsubid > 0"
            " where objoid = %s::regclass and classoid = 'pg_class'::regclass",
            [name_of],
        ).fetchall()
    )
    if table.description and stored.get("") != table.description:
        conn.execute(sql.SQL("comment on table {} is {}").format(table.live, sql.Literal(table.description)))
    for column in table.columns:
        if column.name in built and column.description and stored.get(column.name) != column.description:
            target = sql.Identifier(table.mart, table.name, column.name)
            conn.execute(sql.SQL("comment on column {} is {}").format(target, sql.Literal(column.description)))


def _grant(conn: Connection, table: Table, built: dict[str, str]) -> None:
    """Let analysts read the columns declared free of personal data; undeclared ones stay closed.

    Who has the role for personal data reads all of them.
    """
    name_of = table.live.as_string(conn)
    if conn.execute("select has_table_privilege(%s, %s, 'select')", [PERSONAL_DATA, name_of]).fetchone() == (False,):
        conn.execute(sql.SQL("grant select on {} to {}").format(table.live, sql.Identifier(PERSONAL_DATA)))
    readable = {column.name for column in table.columns if column.name in built and not column.pii}
    granted = {
        name
        for (name,) in conn.execute(
            "select attname from pg_attribute"
            " where attrelid = %(table)s::regclass and attnum > 0 and not attisdropped"
            " and has_column_privilege(%(role)s, attrelid, attnum, 'select')",
            {"table": name_of, "role": ANALYST},
        )
    }
    if granted == readable:
        return
    analyst = sql.Identifier(ANALYST)
    conn.execute(sql.SQL("revoke all on {} from {}").format(table.live, analyst))
    if readable:
        columns = sql.SQL(", ").join(map(sql.Identifier, sorted(readable)))
        conn.execute(sql.SQL("grant select ({}) on {} to {}").format(columns, table.live, analyst))
