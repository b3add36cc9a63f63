"""Everything that is held about a person, with where each row is from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

from rapport.businesses import Business
from rapport.landing.declarations import Declaration
from rapport.privacy.person import Person
from rapport.privacy.raw_rows import find_raw_rows
from rapport.privacy.tables import FINGERPRINTS, LEDGERS, StoredTable, learn_numbers, stored_tables

Connection = psycopg.Connection[Any]

LIVE_SCHEMAS = ("customer_360", "loyalty", "engagement")


def everything(conn: Connection, business: Business, tables: Sequence[Declaration], person: Person) -> dict[str, Any]:
    """The person's rows as JSON values: of exports as they were loaded, of quarantine, of all tables made of them.

    `exports` and `quarantine` name the file and row of each; `tables` are by schema and table; `sends` is the ledger.
    """
    found = find_raw_rows(conn, business, tables, person)
    built = stored_tables(conn)
    learn_numbers(conn, built, person)
    return {
        "customer_ids": sorted(person.customer_ids),
        "exports": {name: _raw_rows(conn, name, places) for name, places in sorted(found.loaded.items()) if places},
        "quarantine": _as_json(
            conn,
            sql.SQL(
                "select to_jsonb(held) from (select loads.file_name, quarantine.row_number, quarantine.reason,"
                " quarantine.raw_row from quality.quarantine inner join ops.loads using (load_id)"
                " where quarantine_id = any({}) order by quarantine_id) as held"
            ).format(sql.Literal(found.quarantined)),
        ),
        "tables": rows_by_table(conn, person, [table for table in built if table.schema not in FINGERPRINTS]),
        "sends": sends(conn, person),
    }


def rows_by_table(conn: Connection, person: Person, tables: Sequence[StoredTable]) -> dict[str, list[dict[str, Any]]]:
    """The person's rows of tables, of those that have any; primary keys in order."""
    found = {}
    for table in tables:
        if (condition := table.condition(person)) is not None:
            query = sql.SQL("select to_jsonb(stored) from {} as stored where {}").format(table.identifier, condition)
            if rows := _as_json(conn, query):
                found[table.label] = sorted(rows, key=lambda row: json.dumps(row, default=str))
    return found


def sends(conn: Connection, person: Person) -> list[dict[str, Any]]:
    """The lists that were delivered with the person on them."""
    rows = []
    for schema, name in LEDGERS:
        rows += _as_json(
            conn,
            sql.SQL("select to_jsonb(sent) - 'contact_hash' from {} as sent where customer_id = any({})").format(
                sql.Identifier(schema, name), sql.Literal(sorted(person.customer_ids))
            ),
        )
    return sorted(rows, key=lambda row: (row["business_date"], row["segment"]))


def _raw_rows(conn: Connection, table: str, places: list[tuple[int, int]]) -> list[dict[str, Any]]:
    load_ids, numbers = map(list, zip(*places, strict=True))
    return _as_json(
        conn,
        sql.SQL(
            "select jsonb_build_object('file', loads.file_name, 'row', stored._row_number,"
            " 'night', loads.business_date, 'values', jsonb_strip_nulls(to_jsonb(stored) - '_load_id' - '_row_number'))"
            " from {} as stored inner join ops.loads on stored._load_id = loads.load_id"
            " inner join unnest({}::bigint[], {}::bigint[]) as place (load_id, row_number)"
            " on stored._load_id = place.load_id and stored._row_number = place.row_number"
            " order by stored._load_id, stored._row_number"
        ).format(sql.Identifier("raw", table), sql.Literal(load_ids), sql.Literal(numbers)),
    )


def _as_json(conn: Connection, query: sql.Composed) -> list[dict[str, Any]]:
    return [row for (row,) in conn.execute(query)]
