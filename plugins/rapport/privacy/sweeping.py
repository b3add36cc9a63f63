"""A person's identifiers amid text, in every column of every table of a database: counted, or put out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql

from rapport.privacy.person import ERASED, Person

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class TextTable:
    """A table, and its columns that can hold text, each with its type."""

    schema: str
    name: str
    columns: dict[str, str]

    @property
    def label(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.name)


def text_tables(conn: Connection) -> list[TextTable]:
    """All tables of the database, whoever made them, that have text, JSON, arrays of text, or bytes."""
    return [TextTable(schema, name, columns) for schema, name, columns in conn.execute(_TEXT_TABLES)]


def count_mentions(conn: Connection, person: Person) -> dict[str, int]:
    """How many rows of each table name the person; of those that do."""
    found = {}
    for table, names in _naming(conn, person):
        row = conn.execute(sql.SQL("select count(*) from {} where {}").format(table.identifier, names)).fetchone()
        if row is not None and row[0]:
            found[table.label] = row[0]
    return found


def put_out(conn: Connection, person: Person) -> dict[str, int]:
    """Write `(erased)` over what names the person, wherever it stands; how many rows of each table that changed."""
    counts = {}
    conn.execute("set local rapport.is_erasing = 'on'")  # what else is never changed
    for table, names in _naming(conn, person):
        changes = [
            sql.SQL("{0} = " + _REWRITTEN.get(kind, _REWRITTEN["text"])).format(
                sql.Identifier(column), sql.Literal(person.pattern), sql.Literal(ERASED), sql.SQL(kind)
            )
            for column, kind in table.columns.items()
        ]
        n_rows = conn.execute(
            sql.SQL("update {} set {} where {}").format(table.identifier, sql.SQL(", ").join(changes), names)
        ).rowcount
        if n_rows:
            counts[table.label] = n_rows
    conn.execute("set local rapport.is_erasing = 'off'")
    return counts


def _naming(conn: Connection, person: Person) -> Iterator[tuple[TextTable, sql.Composed]]:
    """Tables that may name the person, each with what is true of its rows that do."""
    if not person.pattern:
        return
    for table in text_tables(conn):
        texts = [
            sql.SQL(_AS_TEXT.get(kind, "{}::text")).format(sql.Identifier(column))
            for column, kind in table.columns.items()
        ]
        if suspects := _suspects(conn, table, texts, person.hints):
            exactly = [sql.SQL("{} ~* {}").format(text, sql.Literal(person.pattern)) for text in texts]
            yield (
                table,
                sql.SQL("ctid = any({}::tid[]) and ({})").format(sql.Literal(suspects), sql.SQL(" or ").join(exactly)),
            )


def _suspects(conn: Connection, table: TextTable, texts: list[sql.Composed], hints: list[str]) -> list[str]:
    """Where the rows are that have in them, in any column, what each naming text has.

    Read here instead of by Postgres: it sets out anew on a regular expression with each row, and takes twenty times as
    long for all of them.
    """
    found: list[str] = []
    query = sql.SQL("copy (select ctid, concat_ws(' ', {}) from {}) to stdout").format(
        sql.SQL(", ").join(texts), table.identifier
    )
    # As COPY writes it: of what the hint looks for only backslashes come otherwise.
    hints = [hint.replace(r"\\", r"\\\\") for hint in hints]
    with conn.cursor().copy(query) as copy:
        for rows in _blocks(copy):
            for hint in hints:
                if pc.match_substring_regex(pa.scalar(rows), hint, ignore_case=True).as_py():
                    lines = pa.array(rows.split("\n"))
                    found += pc.filter(lines, pc.match_substring_regex(lines, hint, ignore_case=True)).to_pylist()
    return [line.partition("\t")[0] for line in found]


def _blocks(copy: Iterable[bytes | bytearray | memoryview]) -> Iterator[str]:
    """What COPY sends, in blocks of whole lines."""
    kept: list[bytes] = []
    n_bytes = 0
    for data in copy:
        kept.append(bytes(data))
        n_bytes += len(data)
        if n_bytes > _BLOCK and kept[-1].endswith(b"\n"):
            yield b"".join(kept).decode()
            kept, n_bytes = [], 0
    if kept:
        yield b"".join(kept).decode()


_BLOCK = 1 << 20
# Bytes, such as pickled values, are read as Latin letters: identifiers are ASCII.
_AS_TEXT = {"bytea": "encode({}, 'escape')"}
# A number without quotes cannot become words.
_JSON = """(
    case
        when pg_input_is_valid(regexp_replace({0}::text, {1}, {2}, 'gi'), 'json')
            then regexp_replace({0}::text, {1}, {2}, 'gi')
        else to_json({2}::text)::text
    end
)::{3}"""
_REWRITTEN = {
    "text": "regexp_replace({0}::text, {1}, {2}, 'gi')::{3}",
    "json": _JSON,
    "jsonb": _JSON,
    # Empty, since a column may not be null.
    "bytea": "case when encode({0}, 'escape') ~* {1} then ''::bytea else {0} end",
}
_TEXT_TABLES = """
    select nspname, relname, jsonb_object_agg(attname, format_type(atttypid, null))
    from pg_class
    inner join pg_namespace on relnamespace = pg_namespace.oid
    inner join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
    inner join pg_type on atttypid = pg_type.oid
    where relkind in ('r', 'p') and not relispartition and nspname !~ '^pg_' and nspname <> 'information_schema'
        and attgenerated = ''
        and (typcategory = 'S' or typname in ('json', 'jsonb', 'bytea', '_text', '_varchar', '_json', '_jsonb'))
    group by nspname, relname
    order by nspname, relname
"""
