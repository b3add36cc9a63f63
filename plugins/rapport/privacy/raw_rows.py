"""A person's rows in raw and in quarantine: found as a load finds rows of erased persons, and removed with the books
kept balanced."""

from __future__ import annotations

import io
import json
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg
import pyarrow as pa
import pyarrow.csv
from psycopg import sql

from rapport.businesses import Business
from rapport.landing.declarations import Declaration, snake_case
from rapport.landing.raw_tables import lock_raw_table
from rapport.privacy.normal_keys import Kind, hashed, record_key
from rapport.privacy.person import Person
from rapport.privacy.probes import BITS, Prober
from rapport.privacy.tombstones import Tombstones

Connection = psycopg.Connection[Any]
Places = list[tuple[int, int]]


@dataclass
class RawRows:
    """Where a person's rows are: load and row number, by raw table; and ids of rows in quarantine."""

    loaded: dict[str, Places] = field(default_factory=dict)
    quarantined: list[int] = field(default_factory=list)


def matcher(person: Person, default_country: str) -> Tombstones:
    """What finds the person's rows as tombstones would; its secret is thrown away with it."""
    secret = secrets.token_bytes(32)
    prober = Prober(secret)
    hashes: set[str] = set()
    probes: dict[Kind, npt.NDArray[np.bool_]] = {}
    for kind, keys in person.keys.items():
        listed = sorted(keys)
        if listed:
            probed = [key.split(":", 2)[2] if kind == "record" else key for key in listed]
            probes[kind] = np.zeros(1 << BITS, dtype=bool)
            probes[kind][prober.of_keys(kind, probed)] = True
            hashes |= {hashed(kind, key, secret) for key in listed}
    return Tombstones(frozenset(hashes), probes, secret, default_country)


def find_raw_rows(conn: Connection, business: Business, tables: Sequence[Declaration], person: Person) -> RawRows:
    """The person's rows; records that only these show, as an order of a superseded file, are added to the person."""
    present = {name for (name,) in conn.execute("select tablename from pg_tables where schemaname = 'raw'")}
    there = [table for table in tables if table.raw_table in present]
    n_known = -1
    found = RawRows()
    while n_known != len(person.records):  # what an order is found by may be another file's
        n_known = len(person.records)
        known = matcher(person, business.default_country)
        found = RawRows({table.raw_table: _in_table(conn, table, known, person) for table in there})
        found.quarantined = list(_in_quarantine(conn, tables, known, person))
    return found


def remove_raw_rows(conn: Connection, tables: Sequence[Declaration], found: RawRows) -> dict[str, int]:
    """Remove the rows, and what full exports say of them; in the books they move to those skipped. Counts by table."""
    counts, loads = {}, Counter[int]()
    for table in tables:
        places = found.loaded.get(table.raw_table, [])
        lock_raw_table(conn, table)
        if not places:
            continue
        load_ids, numbers = map(list, zip(*places, strict=True))
        given = "(select * from unnest(%s::bigint[], %s::bigint[]))"
        conn.execute(
            f"delete from ops.sightings where (row_load_id, row_number) in {given}",  # type: ignore[arg-type]
            [load_ids, numbers],
        )
        statement = sql.SQL("delete from {} where (_load_id, _row_number) in " + given)
        counts[f"raw.{table.raw_table}"] = conn.execute(
            statement.format(sql.Identifier("raw", table.raw_table)), [load_ids, numbers]
        ).rowcount
        loads.update(load_ids)
    _move_to_skipped(conn, "rows_loaded", loads)
    rows = conn.execute(
        "delete from quality.quarantine where quarantine_id = any(%s) returning load_id", [found.quarantined]
    ).fetchall()
    _move_to_skipped(conn, "rows_quarantined", Counter(load_id for (load_id,) in rows))
    return counts | ({"quality.quarantine": len(rows)} if rows else {})


def _move_to_skipped(conn: Connection, column: str, n_rows: Counter[int]) -> None:
    conn.cursor().executemany(
        sql.SQL(
            "update ops.loads set {column} = {column} - %(n)s, rows_skipped = rows_skipped + %(n)s,"
            " rows_erased = rows_erased + %(n)s where load_id = %(load)s"
        ).format(column=sql.Identifier(column)),
        [{"n": n, "load": load_id} for load_id, n in n_rows.items()],
    )


def _in_table(conn: Connection, table: Declaration, known: Tombstones, person: Person) -> Places:
    names = [column.name for column in table.loaded_columns if column.pii in ("email", "phone")]
    names = list(dict.fromkeys([*names, *table.record_columns]))
    places: Places = []
    if names:
        read = sql.SQL("copy (select _load_id, _row_number, {} from {}) to stdout (format csv)").format(
            sql.SQL(", ").join(map(sql.Identifier, names)), sql.Identifier("raw", table.raw_table)
        )
        for batch in _batches(conn, read, ["_load_id", "_row_number", *names]):
            declared = {name: batch.column(name) for name in names}
            rows = sorted(known.erased_rows(table, declared, {}))
            places += zip(*(batch.column(i).take(pa.array(rows, pa.int64())).to_pylist() for i in (0, 1)), strict=True)
    places += _by_extras(conn, table, person)
    places = [(int(load_id), int(number)) for load_id, number in dict.fromkeys(places)]
    if places and table.own_id:
        places = _with_the_whole_record(conn, table, places, person)
    return places


def _batches(conn: Connection, query: sql.Composed, names: list[str]) -> Iterator[pa.RecordBatch]:
    buffer = io.BytesIO()
    with conn.cursor().copy(query) as copy:
        for block in copy:
            buffer.write(block)
    if not buffer.tell():
        return
    buffer.seek(0)
    yield from pyarrow.csv.open_csv(
        buffer,
        pyarrow.csv.ReadOptions(column_names=names),
        pyarrow.csv.ParseOptions(newlines_in_values=True),
        pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), null_values=[""], strings_can_be_null=True
        ),
    )


def _by_extras(conn: Connection, table: Declaration, person: Person) -> Places:
    """Rows of which an undeclared column holds one of the addresses."""
    return conn.execute(
        sql.SQL(
            "select _load_id, _row_number from {} where _extra::text like '%%@%%' and exists"
            " (select from jsonb_each_text(_extra) as extra where lower(btrim(extra.value)) = any(%s))"
        ).format(sql.Identifier("raw", table.raw_table)),
        [sorted(person.addresses)],
    ).fetchall()


def _with_the_whole_record(conn: Connection, table: Declaration, places: Places, person: Person) -> Places:
    """All rows of the records that the rows are of, such as the further lines of an order; the person gains them."""
    assert table.own_id is not None
    raw, own = sql.Identifier("raw", table.raw_table), sql.Identifier(table.own_id)
    load_ids, numbers = map(list, zip(*places, strict=True))
    ids = conn.execute(
        sql.SQL(
            "select distinct {own} from {raw} where {own} <> ''"
            " and (_load_id, _row_number) in (select * from unnest(%s::bigint[], %s::bigint[]))"
        ).format(own=own, raw=raw),
        [load_ids, numbers],
    ).fetchall()
    of = table.record_columns.get(table.own_id)
    if of is None:
        return places
    person.records |= {record_key(table.vendor, of, value) for (value,) in ids}
    more = conn.execute(
        sql.SQL("select _load_id, _row_number from {raw} where {own} = any(%s)").format(own=own, raw=raw),
        [[value for (value,) in ids]],
    ).fetchall()
    return list(dict.fromkeys([*places, *more]))


def _in_quarantine(conn: Connection, tables: Iterable[Declaration], known: Tombstones, person: Person) -> Iterator[int]:
    declared = {(table.vendor, table.table): table for table in tables}
    rows = conn.execute(
        "select quarantine_id, vendor, table_name, delimiter, rule = 'ragged_row', raw_row"
        " from quality.quarantine inner join ops.loads using (load_id)"
    )
    for quarantine_id, vendor, table_name, delimiter, is_text, raw_row in rows:
        table = declared.get((vendor, table_name))
        if person.is_in(raw_row) or (table is not None and _is_theirs(table, known, delimiter, is_text, raw_row)):
            yield quarantine_id


def _is_theirs(table: Declaration, known: Tombstones, delimiter: str | None, is_text: bool, raw_row: str) -> bool:
    if is_text:
        return known.know_any(raw_row.split(delimiter) if delimiter else [raw_row], table)
    try:
        held = {snake_case(header): cell for header, cell in json.loads(raw_row).items()}
    except (ValueError, AttributeError):
        return False
    cells_of = {
        column.name: next((held[name] for header in column.headers if (name := snake_case(header)) in held), None)
        for column in table.loaded_columns
    }
    values = {name: pa.array([cell], pa.string()) for name, cell in cells_of.items() if isinstance(cell, str)}
    return bool(known.erased_rows(table, values, {}))
