"""Which rows of which tables are a person's: told by their columns, so that no table has to be listed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from rapport.privacy.person import Person

Connection = psycopg.Connection[Any]

# Who was sent what stays provable: these rows are kept, the person in them is a keyed hash.
LEDGERS = (("activation", "delivery_members"),)
# Their rows are told by the columns their sources declare (raw_rows), or hold keyed hashes and file names only.
_APART = {("quality", "quarantine"), ("ops", "tombstones"), ("ops", "erasures"), ("ops", "erased_files")}
# Hashes of a person's rows, by which a night tells who changed: they say nothing beside the rows themselves. Those of
# live tables note each row that goes, so their turn comes after.
FINGERPRINTS = ("build_fingerprints", "live_fingerprints")
# Decisions of past nights: what a record belonged to once says nothing of whom it belongs to.
PAST = "history"
# Its tables are as vendors have it: a customer_id there is the vendor's own.
_STAGING = "build_staging"


@dataclass(frozen=True)
class StoredTable:
    """A table of the warehouse: its text columns, and the one column, if it is text, that is its primary key."""

    schema: str
    name: str
    text_columns: tuple[str, ...]
    own_id: str | None

    @property
    def label(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.name)

    @property
    def is_owned(self) -> bool:
        """Whether a column says whose each row is."""
        return self.names_customers or any(map(_names_a_record, self.text_columns))

    @property
    def names_customers(self) -> bool:
        """Whether its customer_id says whose each row is."""
        return "customer_id" in self.text_columns and self.schema != _STAGING

    @property
    def is_derived(self) -> bool:
        """Whether its rows are made of exports; what people and programs write besides may coincide with a name."""
        return self.schema == PAST or (self.schema.startswith("build_") and self.schema != "build_seeds")

    def condition(self, person: Person) -> sql.Composable | None:
        """What is true of the person's rows, or None where the table has none by its columns.

        Where there is a customer_id it decides, in history a record's id as well; else any id of a record, or of what
        hangs on one. A table that says nothing of owners, such as a list of addresses, is told by values that only this
        person has.
        """
        by_id = [
            _is_one_of(column, found)
            for column in self.text_columns
            if column != "customer_id" and (found := _ids_in(column, person))
        ]
        if self.names_customers:
            whose = [_is_one_of("customer_id", person.customer_ids)] if person.customer_ids else []
            if by_id:
                # What a record once was of somebody else is the record's history, not theirs.
                template = sql.SQL("({})" if self.schema == PAST else "(customer_id is null and ({}))")
                whose.append(template.format(sql.SQL(" or ").join(by_id)))
            return sql.SQL(" or ").join(whose) if whose else None
        if not self.is_owned and self.is_derived and (only_theirs := person.values | person.addresses | person.phones):
            by_id += [_is_one_of(column, only_theirs) for column in self.text_columns]
        return sql.SQL(" or ").join(by_id) if by_id else None


def stored_tables(conn: Connection) -> list[StoredTable]:
    """Every table of the warehouse but raw ones, ledgers, and those told apart; views show what tables hold."""
    found = conn.execute(_TABLES).fetchall()
    return [
        StoredTable(schema, name, tuple(columns), own_id)
        for schema, name, columns, own_id in sorted(found, key=lambda table: table[0] in FINGERPRINTS)
        if schema != "raw" and (schema, name) not in _APART and (schema, name) not in LEDGERS
    ]


def grow(conn: Connection, tables: Iterable[StoredTable], person: Person) -> None:
    """Add the ids of what hangs on the person, such as orders and their lines, until no table shows any more."""
    tables = [table for table in tables if table.schema != PAST]
    own_ids = {table.own_id for table in tables if table.own_id and table.is_owned} - {"customer_id", "segment"}
    n_before = -1
    while (n_now := len(person.records) + sum(map(len, person.ids.values()))) != n_before:
        n_before = n_now
        for table in tables:
            condition = (
                table.condition(person) if table.is_owned or set(table.text_columns) & person.ids.keys() else None
            )
            shown = [
                column
                for column in table.text_columns
                if column in ("source_record_id", "customer_record_id")
                or (column == table.own_id and column in own_ids)
            ]
            if condition is None or not shown:
                continue
            query = sql.SQL("select {} from {} where {}").format(
                sql.SQL(", ").join(map(sql.Identifier, shown)), table.identifier, condition
            )
            for row in conn.execute(query):
                for column, value in zip(shown, row, strict=True):
                    if value is not None:
                        known = (
                            person.records if column.endswith("_record_id") else person.ids.setdefault(column, set())
                        )
                        known.add(value)


def learn_numbers(conn: Connection, tables: Iterable[StoredTable], person: Person) -> None:
    """Of tables that say nothing of owners, learn which columns hold the person's numbers, such as those of orders.

    An export's further lines of an order bear its number and nothing else of the buyer. A number is short: it is
    looked for only in columns that hold one in a row which is the person's anyway.
    """
    numbers = person.numbers | {record.split(":", 2)[-1] for record in person.records}
    for table in tables:
        if table.is_owned or not table.is_derived or (condition := table.condition(person)) is None:
            continue
        holds = [sql.SQL("bool_or({})").format(_is_one_of(column, numbers)) for column in table.text_columns]
        query = sql.SQL("select {} from {} where {}").format(sql.SQL(", ").join(holds), table.identifier, condition)
        row = conn.execute(query).fetchone()
        for column, is_held in zip(table.text_columns, row or (), strict=True):
            if is_held:
                person.ids.setdefault(column, set()).update(numbers)


def _names_a_record(column: str) -> bool:
    return column.endswith(("_record_id", "_customer_id"))


def _ids_in(column: str, person: Person) -> set[str]:
    if column.endswith("_record_id"):
        return person.records
    if column.endswith("_customer_id"):
        return person.customer_ids
    return person.ids.get(column, set())


def _is_one_of(column: str, values: Iterable[str]) -> sql.Composed:
    return sql.SQL("{} = any({})").format(sql.Identifier(column), sql.Literal(sorted(values)))


_TABLES = """
    select
        pg_namespace.nspname, pg_class.relname,
        coalesce(array_agg(attname::text order by attnum) filter (where typcategory = 'S'), '{}'),
        (
            select min(keyed.attname::text)
            from pg_constraint
            inner join pg_attribute as keyed on keyed.attrelid = conrelid and keyed.attnum = conkey[1]
            where conrelid = pg_class.oid and contype = 'p' and cardinality(conkey) = 1
        )
    from pg_class
    inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid
    inner join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
    inner join pg_type on atttypid = pg_type.oid
    where pg_class.relkind in ('r', 'p') and not relispartition
        and nspname !~ '^pg_' and nspname <> 'information_schema'
    group by pg_class.oid, nspname, relname
    order by nspname, relname
"""
