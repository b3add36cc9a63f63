"""Tables between Postgres and Arrow, by COPY: several times faster than fetching and inserting rows."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.csv as arrow_csv
from psycopg import sql

Connection = psycopg.Connection[Any]


def copy_out(conn: Connection, query: sql.Composable, columns: dict[str, pa.DataType]) -> pa.Table:
    """The result of a query as an Arrow table of these columns; a null is null, an empty text empty."""
    buffer = io.BytesIO()
    statement = sql.SQL("copy ({}) to stdout (format csv, header)").format(query)
    with conn.cursor().copy(statement) as copy:
        for block in copy:
            buffer.write(block)
    buffer.seek(0)
    return arrow_csv.read_csv(
        buffer,
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(
            column_types=columns,
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
        ),
    )


def copy_in(conn: Connection, table: str, rows: pa.Table) -> None:
    """Append rows to a table by the names of their columns; `table` may be a temporary one."""
    buffer = io.BytesIO()
    arrow_csv.write_csv(rows, buffer, arrow_csv.WriteOptions(include_header=False))
    statement = sql.SQL("copy {} ({}) from stdin (format csv)").format(
        sql.Identifier(*table.split(".")), sql.SQL(", ").join(map(sql.Identifier, rows.column_names))
    )
    with conn.cursor().copy(statement) as copy:
        copy.write(buffer.getbuffer())


@contextmanager
def indexes_built_last(conn: Connection, table: str) -> Iterator[None]:
    """Fill a table that is empty: its indexes are built when the rows are there. In the caller's transaction.

    Kept up row by row they take most of the time.
    """
    indexes = conn.execute(_INDEXES, [table]).fetchall()
    for dropping, _ in indexes:
        conn.execute(dropping)
    yield
    for _, making in indexes:
        conn.execute(making)


# Of each index of a table, which may be a constraint's, the statements that drop and make it.
_INDEXES = """
    select
        coalesce(
            'alter table ' || indrelid::regclass || ' drop constraint ' || quote_ident(conname),
            'drop index ' || indexrelid::regclass
        ),
        coalesce(
            'alter table ' || indrelid::regclass || ' add constraint ' || quote_ident(conname) || ' '
            || pg_get_constraintdef(pg_constraint.oid),
            pg_get_indexdef(indexrelid)
        )
    from pg_index
    left join pg_constraint on conindid = indexrelid and contype in ('p', 'u')
    where indrelid = %s::regclass
    order by indexrelid
"""
