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
from rapport.landing.copying import copy_as_written
from rapport.landing.declarations import Declaration
from rapport.landing.encodings import choose_encoding
from rapport.landing.headers import read_layout
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
    changes meanwhile, WarehouseError when Postgres' disk is full, and what Postgres raises besides: all of it passes,
    and nothing is half-done.
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
        with telling_a_full_disk(conn, path.name), conn.transaction():
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
        unkept_columns=layout.unkept,
    )
    result = replace(result, load_id=ledger.open_load(conn, result, file_date, before))
    ledger.write_columns(conn, result, layout)
    reader, result = copy_as_written(conn, business, declaration, path, layout, result, found)
    after = path.stat()
    if (before.st_size, before.st_mtime_ns, before.st_size) != (
        after.st_size,
        after.st_mtime_ns,
        reader.n_bytes,
    ):
        raise StillArriving("The file is still being written.", where=path.name, fix="wait until it is whole")
    if result.read == result.skipped - result.known and not declaration.export.may_be_empty:
        raise LandingError(
            "The file has a header and no rows.",
            where=path.name,
            fix="export it again and drop it in anew; or declare `may_be_empty: true` if that is normal",
        )
    ledger.close_load(conn, result, reader.sha256)
    return result


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
