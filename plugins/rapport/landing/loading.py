"""Taking one file in: streamed to its raw table with its ledger row in one transaction; or refused whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from rapport.businesses import Business
from rapport.errors import LandingError
from rapport.landing import ledger
from rapport.landing.contents import Contents, is_text, open_binary, open_text
from rapport.landing.copying import copy_as_written
from rapport.landing.declarations import Declaration
from rapport.landing.encodings import Undecodable, choose_encoding, detect_encoding
from rapport.landing.headers import require_columns
from rapport.landing.packing import ExportFile
from rapport.landing.raw_tables import ensure_raw_tables, lock_raw_table
from rapport.landing.recognition import Recognised
from rapport.landing.results import LoadResult
from rapport.warehouse import telling_a_full_disk

Connection = psycopg.Connection[Any]


class StillArriving(LandingError):
    """The file changed while it was read: it is left alone until it is whole."""


def load_file(
    conn: Connection,
    business: Business,
    declaration: Declaration,
    file: ExportFile | Path,
    business_date: date,
    *,
    file_date: date | None = None,
    others: Iterable[Declaration] = (),
) -> LoadResult:
    """Take a file, or a member of an archive, into its raw table for a night that is open; commits, including what the
    caller had not.

    loaded: all its rows are in raw or in quarantine, and it supersedes an earlier file of its name.
    unchanged: this content is in already. refused: nothing of it is in; the ledger says why.
    `others` are the tables it might belong to instead, named in a refusal. Raises StillArriving when the file
    changes meanwhile, WarehouseError when Postgres' disk is full, and what Postgres raises besides: all of it passes,
    and nothing is half-done.
    """
    file = ExportFile.whole(file) if isinstance(file, Path) else file
    if file_date is None and declaration.export.names(file.names[0]):
        written = declaration.export.date_in(file.names[0])
        file_date = date.fromisoformat(written) if written else None
    result = LoadResult(
        file=file.name,
        vendor=declaration.vendor,
        table=declaration.table,
        kind=declaration.kind,
        status="loaded",
        business_date=business_date,
    )
    begin_anew(conn)
    try:
        with telling_a_full_disk(conn, file.name), conn.transaction():
            lock_raw_table(conn, declaration)
            if file.fault is not None:
                raise file.fault
            known = ledger.same_content(conn, declaration, file, file_date)
            if known is not None:
                return _unchanged(known, file)
            return _load(conn, business, declaration, file, file_date, result, others)
    except StillArriving:
        raise
    except (LandingError, psycopg.DataError) as error:
        with conn.transaction():
            return ledger.write_refusal(conn, result, file, file_date, _as_refusal(error, file))


def refuse_file(conn: Connection, recognised: Recognised, business_date: date, kind: str) -> LoadResult:
    """Write down a file that belongs to no declared table; commits, including what the caller had not."""
    file = recognised.file
    result = LoadResult(file.name, recognised.vendor, "", kind, "refused", business_date)
    begin_anew(conn)
    with conn.transaction():
        error = LandingError(recognised.reason, where=file.name, fix=recognised.fix)
        return ledger.write_refusal(conn, result, file, recognised.file_date, error)


def _load(
    conn: Connection,
    business: Business,
    declaration: Declaration,
    file: ExportFile,
    file_date: date | None,
    result: LoadResult,
    others: Iterable[Declaration],
) -> LoadResult:
    def load(contents: Contents) -> LoadResult:
        return _load_contents(conn, business, declaration, contents, file_date, result, others)

    if not is_text(file):
        return load(open_binary(file))
    own_encodings = business.dialect_of(declaration.vendor).encodings
    is_fixed_width = bool(declaration.export.fixed_width)
    try:
        with conn.transaction():
            known = own_encodings or declaration.export.encodings
            encoding = choose_encoding(file, known, is_certain=bool(own_encodings))
            return load(open_text(file, encoding, is_fixed_width=is_fixed_width))
    except Undecodable:
        if own_encodings:
            raise
    return load(open_text(file, detect_encoding(file), is_fixed_width=is_fixed_width))


def _load_contents(
    conn: Connection,
    business: Business,
    declaration: Declaration,
    contents: Contents,
    file_date: date | None,
    result: LoadResult,
    others: Iterable[Declaration],
) -> LoadResult:
    file = contents.file
    layout = contents.find_layout(declaration, business.dialect_of(declaration.vendor))
    layout = require_columns(layout, file, declaration, others)
    ensure_raw_tables(conn, [declaration])
    found = ledger.loads_before(conn, declaration, file.name, file_date, result.business_date)
    result = replace(
        result,
        format=contents.format,
        encoding=contents.encoding,
        delimiter=layout.delimiter,
        quoting=layout.quoting if layout.delimiter else None,
        supersedes=found.replaced[0] if found.replaced else None,
        scope=found.scope,
        # Questions of a survey are no news.
        new_columns=layout.new_columns if declaration.export.header_rows == ["name"] else (),
        missing_columns=layout.missing,
        unkept_columns=layout.unkept,
    )
    result = replace(result, load_id=ledger.open_load(conn, result, file_date, file))
    ledger.write_columns(conn, result, layout)
    reader, result = copy_as_written(conn, business, declaration, contents, layout, result, found)
    if not file.is_as_it_was() or reader.n_bytes != file.size:
        raise StillArriving("The file is still being written.", where=file.name, fix="wait until it is whole")
    if result.read == result.skipped - result.known - result.erased and not declaration.export.may_be_empty:
        raise LandingError(
            "The file has a header and no rows.",
            where=file.name,
            fix="export it again and drop it in anew; or declare `may_be_empty: true` if that is normal",
        )
    ledger.close_load(conn, result, reader.digest)
    return result


def _unchanged(known: LoadResult, file: ExportFile) -> LoadResult:
    reason = "loaded already"
    if known.file != file.name:
        reason = f"the same content as {known.file}, which is loaded already"
    return replace(known, file=file.name, reason=f"{reason} (load {known.load_id}, night {known.business_date})")


def _as_refusal(error: LandingError | psycopg.DataError, file: ExportFile) -> LandingError:
    if isinstance(error, LandingError):
        return error
    # Its message may quote a value.
    return LandingError(
        f"Postgres cannot hold a value in it ({type(error).__name__}).",
        where=file.name,
        fix="export it again without such values",
    )


def begin_anew(conn: Connection) -> None:
    """End the transaction the caller left open, so that the next one is landing's own."""
    if conn.info.transaction_status == TransactionStatus.INTRANS:
        conn.commit()
