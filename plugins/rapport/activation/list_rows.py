"""Which rows a list has: all of a night's, or those that are new against the list before it, or those that are gone.

A member is told from another by person, channel and contact point: with another address somebody leaves the list and
enters it. Whose ids were merged since is one person.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import partial
from typing import Any, Literal

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from rapport.activation.lists import LIST_COLUMNS, ListOf
from rapport.ahead import ahead

Connection = psycopg.Connection[Any]

# A recall names everybody its night's list left at the place.
# built: as dbt built the list; going: less those whom a last look left out; kept: as activation.memberships has it.
Rows = Literal["built", "going", "kept"]
BLOCK_BYTES = 4 * 2**20

_SAME_LIST = "segment = %(segment)s and destination = %(destination)s"
_NOW = {
    "built": f"select * from build_activation.lists where business_date = %(night)s and {_SAME_LIST}",
    # Who was on a list when it was delivered stays on it: of one destination it may be out before somebody withdraws,
    # who is then left out of the next destination's.
    "going": f"""
        select * from build_activation.lists where business_date = %(night)s and {_SAME_LIST}
        and customer_id not in (
            select customer_id from activation.exclusions
            where business_date = %(night)s and segment = %(segment)s and stage = 'last look'
            except select customer_id from activation.delivery_members
            where business_date = %(night)s and {_SAME_LIST}
        ) and customer_id <> all (%(left_out)s::text[])""",
    "kept": f"""
        select %(night)s::date as business_date, * from activation.memberships
        where {_SAME_LIST} and from_night <= %(night)s and (until_night is null or until_night > %(night)s)""",
}
# What stood on the last delivered list before this night; nothing if that was recalled.
_BEFORE = f"""
    select %(night)s::date as business_date, * from activation.memberships
    where {_SAME_LIST} and from_night < %(night)s and (until_night is null or until_night >= %(night)s)
    and recalled_at is null"""
_TIMES = ("valid_until", "send_not_before", "send_not_after")


def rows_of(which: ListOf, rows: Rows, *, left_out: Collection[str] = ()) -> tuple[str, dict[str, Any]]:
    """A query of the list's rows, one per member, with the columns of LIST_COLUMNS and more; and its parameters.

    left_out: more customers who are not on a list that goes.
    """
    query = _NOW[rows]
    if which.kind in ("add", "remove"):
        wanted, others = ("before", "tonight") if which.kind == "remove" else ("tonight", "before")
        query = f"""
        with tonight as materialized ({_with_person(_NOW[rows])}), before as materialized ({_with_person(_BEFORE)})
        select * from {wanted} as wanted where not exists (
            select from {others} as others where others.person = wanted.person
            and others.channel = wanted.channel and others.contact = wanted.contact
        )"""
    return query, {
        "night": which.business_date,
        "segment": which.segment,
        "destination": which.destination,
        "left_out": list(left_out),
    }


def _with_person(query: str) -> str:
    return (
        f"select rows.*, coalesce(aliases.customer_id, rows.customer_id) as person from ({query}) as rows"
        " left join customer_360.customer_aliases as aliases on aliases.alias_id = rows.customer_id"
    )


def count_rows(conn: Connection, which: ListOf, rows: Rows) -> int:
    """How many rows the list has."""
    query, parameters = rows_of(which, rows)
    found = conn.execute(f"select count(*) from ({query}) as listed", parameters).fetchone()  # type: ignore[arg-type]
    assert found is not None
    return int(found[0])


def read_rows(
    conn: Connection,
    which: ListOf,
    rows: Rows,
    columns: Sequence[str] = LIST_COLUMNS,
    *,
    left_out: Collection[str] = (),
) -> Iterator[pa.RecordBatch]:
    """These columns of the list's rows as text, by customer_id; days and times in ISO 8601, UTC.

    In blocks, so that memory does not grow with the list.
    """
    query, parameters = rows_of(which, rows, left_out=left_out)
    selected = ", ".join(f"{name} at time zone 'UTC'" if name in _TIMES else name for name in columns)
    ordered = f'select {selected} from ({query}) as listed order by customer_id collate "C", contact collate "C"'
    conn.execute("set local datestyle = 'ISO, YMD'")
    with conn.cursor().copy(f"copy ({ordered}) to stdout (format csv)", parameters) as copy:  # type: ignore[arg-type]
        for batches in ahead(map(partial(_parsed, columns=columns), _blocks(copy))):
            yield from batches


def _blocks(copy: psycopg.Copy) -> Iterator[bytes]:
    """The server sends a row at a time; a block ends with a row."""
    pieces: list[bytes] = []
    n_bytes = 0
    for piece in copy:
        pieces.append(bytes(piece))
        n_bytes += len(piece)
        if n_bytes >= BLOCK_BYTES:
            yield b"".join(pieces)
            pieces, n_bytes = [], 0
    if pieces:
        yield b"".join(pieces)


_PARSE = csv.ParseOptions(newlines_in_values=True)


def _parsed(block: bytes, columns: Sequence[str]) -> list[pa.RecordBatch]:
    schema = pa.schema([(name, pa.string()) for name in columns])
    reading = csv.ReadOptions(column_names=list(columns), block_size=2 * BLOCK_BYTES, use_threads=False)
    converting = csv.ConvertOptions(
        column_types=schema, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
    )
    parsed: list[pa.RecordBatch] = csv.read_csv(pa.BufferReader(block), reading, _PARSE, converting).to_batches()
    return [
        pa.RecordBatch.from_arrays(
            [_iso(column) if name in _TIMES else column for name, column in zip(columns, batch.columns, strict=True)],
            schema=schema,
        )
        for batch in parsed
    ]


def _iso(times: pa.StringArray) -> pa.StringArray:
    """Times of UTC as Postgres writes them, to the second in ISO 8601: much faster here, as a list has few of them."""
    coded = times.dictionary_encode()
    seconds = pc.replace_substring(pc.utf8_slice_codeunits(coded.dictionary, 0, 19), " ", "T")
    return pc.take(pc.binary_join_element_wise(seconds, "Z", ""), coded.indices)
