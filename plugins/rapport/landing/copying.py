"""Copying a file's rows to its raw table and its quarantine, within the transaction of whoever asks."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import psycopg
from psycopg import sql

from rapport.ahead import ahead
from rapport.businesses import Business
from rapport.landing.checks import ask, checks_of
from rapport.landing.contents import Contents
from rapport.landing.declarations import Declaration
from rapport.landing.dialects import Evidence, InDoubt
from rapport.landing.full_exports import Merged, create_incoming, merge_incoming, note_withheld
from rapport.landing.headers import Layout
from rapport.landing.ledger import Before
from rapport.landing.profiles import write_profile
from rapport.landing.reading import BLOCK_BYTES, LARGEST_BLOCK_BYTES, Reader, RecordTooLong
from rapport.landing.records import stores_differences
from rapport.landing.results import LoadResult, Quarantined
from rapport.landing.sorting import COPY_DELIMITER, RowSorter, Sorted
from rapport.landing.value_forms import ValueDialect
from rapport.privacy.tombstones import Tombstones, erect

Connection = psycopg.Connection[Any]

# Quarantined rows are held back until so many, as Postgres takes one COPY at a time.
_QUARANTINE_BATCH = 5_000


def copy_as_written(
    conn: Connection,
    business: Business,
    declaration: Declaration,
    contents: Contents,
    layout: Layout,
    result: LoadResult,
    found: Before,
) -> tuple[Reader, LoadResult]:
    """Copy the rows of a load; returns the reader that has read them, and the load with its counts.

    Reads the file again if a record needs larger blocks, or if a value speaks against the dialect that was taken for
    granted. Raises LandingError for a file that cannot be read, or can be in two ways.
    """

    def reader() -> Reader:
        return contents.reader(layout, declaration, block_bytes)

    def quarantine(rows: list[Quarantined]) -> None:
        assert result.load_id is not None
        _quarantine(conn, result.load_id, rows)
        if declaration.export.key:
            note_withheld(conn, declaration, result.load_id, _keys_of(rows, declaration, layout, dialect))

    tombstones = Tombstones.read(conn, business.default_country)
    block_bytes, is_surveyed = BLOCK_BYTES, False
    while True:
        evidence = Evidence(declaration.export.formats, business.dialect_of(declaration.vendor))
        dialect = evidence.taken
        try:
            if is_surveyed:
                dialect = survey(reader(), layout, declaration, evidence, result.file)
            left = None if is_surveyed else evidence
            assert result.load_id is not None
            sorter = RowSorter(layout, declaration, result.load_id, dialect, left, tombstones=tombstones)
            with conn.transaction():
                read = copy_rows(conn, declaration, reader(), sorter, result, found, quarantine)
                write_profile(conn, declaration, result.load_id, sorter.profile)
                if sorter.erased is not None:
                    erect(conn, None, {"record": sorter.erased.keys})
                return read
        except RecordTooLong as error:
            if block_bytes == LARGEST_BLOCK_BYTES:
                raise error.as_refusal(contents.file.name) from None
            block_bytes = LARGEST_BLOCK_BYTES
        except InDoubt:
            is_surveyed = True


def survey(reader: Reader, layout: Layout, declaration: Declaration, evidence: Evidence, where: str) -> ValueDialect:
    """The dialect by all values of a file. Raises LandingError where they can be read in two ways."""
    checks = checks_of(declaration, evidence.taken)
    for block in reader.blocks():
        declared = {name: block.columns[position] for name, position in layout.columns.items()}
        ask(declared, block.row_numbers, checks, evidence)
    return evidence.dialect(where)


def copy_rows(
    conn: Connection,
    declaration: Declaration,
    reader: Reader,
    sorter: RowSorter,
    result: LoadResult,
    found: Before,
    hold: Callable[[list[Quarantined]], None],
) -> tuple[Reader, LoadResult]:
    """Copy what a reader gives; `hold` takes the rows that stay out, some at a time.

    Raises LandingError where the dialect cannot be told, and InDoubt where a value speaks against it.
    """
    assert result.load_id is not None
    is_compared = stores_differences(declaration) and bool(found.load_ids)
    target = create_incoming(conn, declaration) if is_compared else sql.Identifier("raw", declaration.raw_table)
    columns = sql.SQL(", ").join(map(sql.Identifier, sorter.copy_columns))
    n_loaded = n_skipped = n_quarantined = n_erased = 0
    reasons: Counter[str] = Counter()
    blocks = ahead(_sorted(reader, sorter))
    block = next(blocks, None)
    while block is not None:
        is_csv, held = block.is_csv, list[Quarantined]()
        statement = sql.SQL("copy {} ({}) from stdin (format {}, delimiter {}, null '')").format(
            target, columns, sql.SQL("csv" if is_csv else "text"), COPY_DELIMITER
        )
        with conn.cursor().copy(statement) as copy:
            while block is not None and block.is_csv == is_csv and len(held) < _QUARANTINE_BATCH:
                copy.write(block.rows)
                n_loaded += block.n_loaded
                n_skipped += block.n_skipped
                n_erased += block.n_erased
                held += block.quarantined
                block = next(blocks, None)
        hold(held)
        n_quarantined += len(held)
        reasons.update(row.fault.reason for row in held)
    dialect = sorter.dialect(result.file)
    merged = Merged(n_loaded, 0)
    if is_compared:
        merged = merge_incoming(conn, declaration, result.load_id, before=found.load_ids, replaced=found.replaced)
    n_known = n_loaded - merged.n_loaded
    result = replace(
        result,
        decimal=dialect.decimal,
        date_order=dialect.date_order,
        read=reader.n_rows,
        loaded=merged.n_loaded,
        skipped=n_skipped + n_known,
        quarantined=n_quarantined,
        known=n_known,
        closed=merged.n_closed,
        erased=n_erased,
        reason=told(reasons, n_known, merged.n_closed, n_erased, found),
    )
    return reader, result


def _sorted(reader: Reader, sorter: RowSorter) -> Iterator[Sorted]:
    yield from map(sorter.sort, ahead(reader.blocks()))
    yield sorter.end()
    if reader.cut_off is not None and not sorter.ends_with_footer:
        raise reader.cut_off


def _quarantine(conn: Connection, load_id: int, rows: list[Quarantined]) -> None:
    if not rows:
        return
    statement = "copy quality.quarantine (load_id, row_number, raw_row, rule, column_name, reason) from stdin"
    with conn.cursor().copy(statement) as copy:
        for row in rows:
            fault = row.fault
            copy.write_row((load_id, row.row_number, row.raw_row, fault.rule, fault.column or None, fault.reason))


def told(reasons: Counter[str], n_known: int, n_closed: int, n_erased: int, found: Before) -> str | None:
    """What the counts of a load do not say by themselves."""
    notes = [f"{count} x {reason}" for reason, count in reasons.most_common(5)]
    if n_known:
        notes.append(f"{n_known:,} rows say what is known already")
    if n_closed:
        notes.append(f"{n_closed:,} records are listed no longer")
    if n_erased:
        notes.append(f"{n_erased:,} rows of erased persons are left out")
    if found.newest_export is not None and found.newest_export > found.export_date:
        notes.append(f"older than the newest export, of {found.newest_export}: what that one lists stays as it is")
    return "; ".join(notes) or None


def _keys_of(
    held: Iterable[Quarantined], declaration: Declaration, layout: Layout, dialect: ValueDialect
) -> Iterator[dict[str, Any]]:
    """Row number and key columns, as they are stored, of quarantined rows that could be split into columns."""
    names = [*declaration.export.key, *declaration.export.key_fallback]
    headers = {name: layout.shown[layout.columns[name]] for name in names if name in layout.columns}
    typed = {check.column.name: check for check in checks_of(declaration, dialect) if check.is_typed}
    for row in held:
        if row.fault.rule != "ragged_row":
            cells = json.loads(row.raw_row)
            keys = {name: cells.get(header) for name, header in headers.items()}
            stored = {name: typed[name].stored(cell) for name, cell in keys.items() if cell and name in typed}
            yield {"row_number": row.row_number, **keys, **stored}
