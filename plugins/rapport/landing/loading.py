"""Taking one file in: streamed to its raw table with its ledger row in one transaction; or refused whole."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from rapport.businesses import Business
from rapport.errors import LandingError
from rapport.landing import ledger
from rapport.landing.checks import checks_of
from rapport.landing.declarations import Declaration
from rapport.landing.delimited import DelimitedReader
from rapport.landing.encodings import choose_encoding
from rapport.landing.fixed_width import FixedWidthReader
from rapport.landing.full_exports import Merged, create_incoming, merge_incoming, note_withheld
from rapport.landing.headers import Layout, read_layout
from rapport.landing.raw_tables import ensure_raw_tables, lock_raw_table
from rapport.landing.reading import BLOCK_BYTES, LARGEST_BLOCK_BYTES, Reader, RecordTooLong
from rapport.landing.recognition import Recognised
from rapport.landing.records import stores_differences
from rapport.landing.results import LoadResult, Quarantined
from rapport.landing.sorting import COPY_DELIMITER, RowSorter, Sorted

Connection = psycopg.Connection[Any]

# Quarantined rows are held back until so many, as Postgres takes one COPY at a time.
_QUARANTINE_BATCH = 5_000


class StillArriving(LandingError):
    """The file changed while it was read: it is left alone until it is whole."""


def load_file(
    conn: Connection,
    business: Business,
    declaration: Declaration,
    path: Path,
    business_date: date,
    *,
    file_date: date | None = None,
    others: Iterable[Declaration] = (),
) -> LoadResult:
    """Take a file into its raw table for a night that is open; commits, including what the caller had not.

    loaded: all its rows are in raw or in quarantine, and it supersedes an earlier file of its name.
    unchanged: this content is in already. refused: nothing of it is in; the ledger says why.
    `others` are the tables it might belong to instead, named in a refusal. Raises StillArriving when the file
    changes meanwhile, and what Postgres or the disk raise: both pass, and nothing is half-done.
    """
    if file_date is None and declaration.export.names(path.name):
        written = declaration.export.date_in(path.name)
        file_date = date.fromisoformat(written) if written else None
    result = LoadResult(
        file=path.name,
        vendor=declaration.vendor,
        table=declaration.table,
        kind=declaration.kind,
        status="loaded",
        business_date=business_date,
    )
    begin_anew(conn)
    try:
        with conn.transaction():
            lock_raw_table(conn, declaration)
            known = ledger.same_content(conn, declaration, path, file_date)
            if known is not None:
                return _unchanged(known, path)
            return _load(conn, business, declaration, path, file_date, result, others)
    except StillArriving:
        raise
    except (LandingError, psycopg.DataError) as error:
        with conn.transaction():
            return ledger.write_refusal(conn, result, path, file_date, _as_refusal(error, path))


def refuse_file(conn: Connection, recognised: Recognised, business_date: date, kind: str) -> LoadResult:
    """Write down a file that belongs to no declared table; commits, including what the caller had not."""
    path = recognised.path
    result = LoadResult(path.name, recognised.vendor, "", kind, "refused", business_date)
    begin_anew(conn)
    with conn.transaction():
        error = LandingError(recognised.reason, where=path.name, fix=recognised.fix)
        return ledger.write_refusal(conn, result, path, recognised.file_date, error)


def _load(
    conn: Connection,
    business: Business,
    declaration: Declaration,
    path: Path,
    file_date: date | None,
    result: LoadResult,
    others: Iterable[Declaration],
) -> LoadResult:
    before = path.stat()
    own_encodings = business.dialect_of(declaration.vendor).encodings
    encoding = choose_encoding(path, own_encodings or declaration.export.encodings, is_certain=bool(own_encodings))
    layout = read_layout(path, encoding, declaration, others)
    ensure_raw_tables(conn, [declaration])
    found = ledger.loads_before(conn, declaration, path.name, file_date, result.business_date)
    result = replace(
        result,
        encoding=encoding,
        delimiter=layout.delimiter,
        supersedes=found.replaced[0] if found.replaced else None,
        scope=found.scope,
        # Questions of a survey are no news.
        new_columns=layout.new_columns if declaration.export.header_rows == ["name"] else (),
        missing_columns=layout.missing,
    )
    result = replace(result, load_id=ledger.open_load(conn, result, file_date, before))
    ledger.write_columns(conn, result, layout)
    reader, result = _copy_with_room(conn, declaration, path, encoding, layout, result, found)
    after = path.stat()
    if (before.st_size, before.st_mtime_ns, before.st_size) != (
        after.st_size,
        after.st_mtime_ns,
        reader.n_bytes,
    ):
        raise StillArriving("The file is still being written.", where=path.name, fix="wait until it is whole")
    if result.read == result.skipped and not declaration.export.may_be_empty:
        raise LandingError(
            "The file has a header and no rows.",
            where=path.name,
            fix="export it again and drop it in anew; or declare `may_be_empty: true` if that is normal",
        )
    ledger.close_load(conn, result, reader.sha256)
    return result


def _copy_with_room(
    conn: Connection,
    declaration: Declaration,
    path: Path,
    encoding: str,
    layout: Layout,
    result: LoadResult,
    found: ledger.Before,
) -> tuple[Reader, LoadResult]:
    """Copy the file's rows, reading it again in large blocks if a record does not fit into a small one."""
    for block_bytes in (BLOCK_BYTES, LARGEST_BLOCK_BYTES):
        reader = _open(path, encoding, layout, declaration, block_bytes)
        try:
            with conn.transaction():
                return reader, _copy(conn, declaration, reader, layout, result, found)
        except RecordTooLong as error:
            too_long = error
    raise too_long.as_refusal(path.name)


def _open(path: Path, encoding: str, layout: Layout, declaration: Declaration, block_bytes: int) -> Reader:
    if layout.delimiter is None:
        return FixedWidthReader(path, encoding, layout, declaration.export, block_bytes)
    return DelimitedReader(path, encoding, layout, block_bytes)


def _copy(
    conn: Connection,
    declaration: Declaration,
    reader: Reader,
    layout: Layout,
    result: LoadResult,
    found: ledger.Before,
) -> LoadResult:
    assert result.load_id is not None
    sorter = RowSorter(layout, checks_of(declaration), result.load_id, declaration.export.footer)
    is_compared = stores_differences(declaration) and bool(found.load_ids)
    target = create_incoming(conn, declaration) if is_compared else sql.Identifier("raw", declaration.raw_table)
    statement = sql.SQL("copy {} ({}) from stdin (format csv, delimiter {})").format(
        target, sql.SQL(", ").join(map(sql.Identifier, sorter.copy_columns)), COPY_DELIMITER
    )
    n_loaded = n_skipped = n_quarantined = 0
    reasons: Counter[str] = Counter()
    blocks = _ahead(_sorted(reader, sorter))
    is_done = False
    while not is_done:
        held: list[Quarantined] = []
        with conn.cursor().copy(statement) as copy:
            is_done = True
            for block in blocks:
                copy.write(block.rows)
                n_loaded += block.n_loaded
                n_skipped += block.n_skipped
                held += block.quarantined
                if len(held) >= _QUARANTINE_BATCH:
                    is_done = False
                    break
        _quarantine(conn, result.load_id, held)
        n_quarantined += len(held)
        reasons.update(row.fault.reason for row in held)
        if stores_differences(declaration):
            note_withheld(conn, declaration, result.load_id, _keys_of(held, declaration, layout))
    merged = Merged(n_loaded, 0)
    if is_compared:
        merged = merge_incoming(conn, declaration, result.load_id, before=found.load_ids, replaced=found.replaced)
    n_known = n_loaded - merged.n_loaded
    return replace(
        result,
        read=reader.n_rows,
        loaded=merged.n_loaded,
        skipped=n_skipped + n_known,
        quarantined=n_quarantined,
        known=n_known,
        closed=merged.n_closed,
        reason=_told(reasons, n_known, merged.n_closed, found, result),
    )


def _sorted(reader: Reader, sorter: RowSorter) -> Iterator[Sorted]:
    yield from map(sorter.sort, reader.blocks())
    yield sorter.end()
    if reader.cut_off is not None and not sorter.ends_with_footer:
        raise reader.cut_off


def _told(reasons: Counter[str], n_known: int, n_closed: int, found: ledger.Before, result: LoadResult) -> str | None:
    """What the counts of a load do not say by themselves."""
    told = [f"{count} x {reason}" for reason, count in reasons.most_common(5)]
    if n_known:
        told.append(f"{n_known:,} rows say what is known already")
    if n_closed:
        told.append(f"{n_closed:,} records are listed no longer")
    if found.newest_export is not None and found.newest_export > found.export_date:
        told.append(f"older than the newest export, of {found.newest_export}: what that one lists stays as it is")
    return "; ".join(told) or None


def _keys_of(held: Iterable[Quarantined], declaration: Declaration, layout: Layout) -> Iterator[dict[str, Any]]:
    """Row number and key columns of quarantined rows, of those that could be split into columns."""
    names = [*declaration.export.key, *declaration.export.key_fallback]
    headers = {name: layout.shown[layout.columns[name]] for name in names if name in layout.columns}
    for row in held:
        if row.fault.rule != "ragged_row":
            cells = json.loads(row.raw_row)
            keys = {name: cells.get(header) for name, header in headers.items()}
            yield {"row_number": row.row_number, **keys}


def _ahead(blocks: Iterator[Sorted]) -> Iterator[Sorted]:
    """Prepare the next block in another thread while this one is on its way to Postgres."""
    with ThreadPoolExecutor(1, thread_name_prefix="landing") as pool:
        coming = pool.submit(next, blocks, None)
        while (block := coming.result()) is not None:
            coming = pool.submit(next, blocks, None)
            yield block


def _quarantine(conn: Connection, load_id: int, rows: list[Quarantined]) -> None:
    if not rows:
        return
    statement = "copy quality.quarantine (load_id, row_number, raw_row, rule, column_name, reason) from stdin"
    with conn.cursor().copy(statement) as copy:
        for row in rows:
            fault = row.fault
            copy.write_row((load_id, row.row_number, row.raw_row, fault.rule, fault.column or None, fault.reason))


def _unchanged(known: LoadResult, path: Path) -> LoadResult:
    reason = "loaded already"
    if known.file != path.name:
        reason = f"the same content as {known.file}, which is loaded already"
    return replace(known, file=path.name, reason=f"{reason} (load {known.load_id}, night {known.business_date})")


def _as_refusal(error: LandingError | psycopg.DataError, path: Path) -> LandingError:
    if isinstance(error, LandingError):
        return error
    # Its message may quote a value.
    return LandingError(
        f"Postgres cannot hold a value in it ({type(error).__name__}).",
        where=path.name,
        fix="export it again without such values",
    )


def begin_anew(conn: Connection) -> None:
    """End the transaction the caller left open, so that the next one is landing's own."""
    if conn.info.transaction_status == TransactionStatus.INTRANS:
        conn.commit()
