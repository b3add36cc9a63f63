"""A table with personal data has a view beside it, `<table>_masked`, in which analysts may read every column."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from rapport.publishing.tables import Table

Connection = psycopg.Connection[Any]
# By kind of personal data; whatever has another kind, or is no text, is hidden altogether.
_MASKS = {"email": "ops.mask_email", "phone": "ops.mask_phone", "name": "ops.mask_name"}
_NAMES = ("first_name", "last_name")


def mask(conn: Connection, table: Table, columns: dict[str, str], customers: dict[str, str], analyst: str) -> None:
    """Create the masked view of a live table, or bring it up to date; drop it where nothing needs a mask.

    `columns` (name -> type) are the live table's in its order, `customers` those of customer_360.customers, whose names
    are taken out of free text. A view that is as it should be is left alone: to replace it waits for its readers.
    """
    kinds = {column.name: column.pii for column in table.columns if column.pii and column.name in columns}
    found = conn.execute(
        "select to_regclass(%(view)s) is not null, obj_description(to_regclass(%(view)s), 'pg_class')",
        {"view": table.masked.as_string(conn)},
    ).fetchone()
    assert found is not None
    is_there, comment = found
    if not kinds:
        if is_there:
            conn.execute(sql.SQL("drop view {}").format(table.masked))
        return
    has_names = "free_text" in kinds.values() and {"customer_id", *_NAMES} <= set(customers)
    has_names &= "customer_id" in columns and table.label != "customer_360.customers"
    query = _query(table, columns, kinds, has_names).as_string(conn)
    told = f"{table.description}\nPersonal data is masked: {', '.join(sorted(kinds))}.\n{query}"
    if comment == told:
        return
    conn.execute(sql.SQL("create or replace view {} as ").format(table.masked) + sql.SQL(query))  # type: ignore[arg-type]
    conn.execute(sql.SQL("comment on view {} is {}").format(table.masked, sql.Literal(told)))
    conn.execute(sql.SQL("grant select on {} to {}").format(table.masked, sql.Identifier(analyst)))


def _query(table: Table, columns: dict[str, str], kinds: dict[str, str], has_names: bool) -> sql.Composed:
    shown = [_shown(name, columns[name], kinds.get(name), has_names) for name in columns]
    query = sql.SQL("select {} from {} as live").format(sql.SQL(", ").join(shown), table.live)
    if has_names:
        query += sql.SQL(" left join customer_360.customers as person on person.customer_id = live.customer_id")
    return query


def _shown(name: str, kind_of_column: str, pii: str | None, has_names: bool) -> sql.Composed:
    column = sql.Identifier("live", name)
    match pii, kind_of_column:
        case None, _:
            return sql.Composed([column])
        case "free_text", "text":
            names = "ops.names_pattern(person.first_name, person.last_name)" if has_names else "null"
            masked = sql.SQL("ops.redact({}, " + names + ")").format(column)
        case _, "text":
            masked = sql.SQL(_MASKS.get(pii, "ops.mask_other") + "({})").format(column)
        case _, "date":
            masked = sql.SQL("ops.mask_day({})").format(column)
        case _:
            masked = sql.SQL("cast(null as " + kind_of_column + ")").format()
    return sql.SQL("{} as {}").format(masked, sql.Identifier(name))
