"""The ledger of files, ops.loads: what is known of a file, and the row each file leaves behind."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg.rows import dict_row

from rapport.errors import LandingError, NightError
from rapport.landing.headers import Layout
from rapport.landing.results import LoadResult

Connection = psycopg.Connection[Any]

_RESULT = (
    "load_id, business_date, kind, vendor, table_name as table, file_name as file, status, encoding,"
    " delimiter, rows_read as read, rows_loaded as loaded, rows_quarantined as quarantined,"
    " rows_skipped as skipped, reason, fix, supersedes, new_columns, missing_columns"
)


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def same_content(conn: Connection, vendor: str, table: str, path: Path, file_date: date | None) -> LoadResult | None:
    """The load that took this content in already, if it is still the newest of its file name.

    The same content under another name counts too, unless it is of another day: an export that says again
    what an older one said is news.
    """
    found = _select(
        conn,
        "vendor = %s and table_name = %s and status = 'loaded' and file_size = %s"
        " and (file_name = %s or file_date is not distinct from %s)"
        " and not exists (select from ops.loads as later"
        "  where later.supersedes = loads.load_id and later.status = 'loaded')",
        [vendor, table, path.stat().st_size, path.name, file_date],
        more=", sha256",
    )
    if not found:
        return None
    sha256 = hash_file(path)
    same = [row for row in found if row.pop("sha256") == sha256]
    same.sort(key=lambda row: row["file"] != path.name)
    return _result(same[0]) if same else None


def newest_load(conn: Connection, vendor: str, table: str, file_name: str) -> int | None:
    """Id of the newest load of a file of that name."""
    row = conn.execute(
        "select max(load_id) from ops.loads"
        " where vendor = %s and table_name = %s and file_name = %s and status = 'loaded'",
        [vendor, table, file_name],
    ).fetchone()
    return row[0] if row else None


def open_load(conn: Connection, result: LoadResult, file_date: date | None, status: os.stat_result) -> int:
    """Insert the row of a load that is about to begin, in its transaction; returns its id.

    Holds the night open until the transaction ends: claiming it waits, and what is claimed takes no more loads.
    Raises NightError then.
    """
    night = conn.execute(
        "select claimed_at from ops.nights where business_date = %s for share", [result.business_date]
    ).fetchone()
    if night is not None and night[0] is not None:
        raise NightError(
            f"The night of {result.business_date} has been started: what it reads is pinned.",
            where=result.file,
            fix="nothing to do: the next night takes the file in",
        )
    row = conn.execute(
        "insert into ops.loads (business_date, kind, vendor, table_name, file_name, file_date, file_size,"
        " file_modified_at, sha256, status, supersedes, encoding, delimiter, new_columns, missing_columns,"
        " started_at) values (%s, %s, %s, %s, %s, %s, %s, %s, '', 'loaded', %s, %s, %s, %s, %s,"
        " clock_timestamp()) returning load_id",
        [
            result.business_date,
            result.kind,
            result.vendor,
            result.table,
            result.file,
            file_date,
            status.st_size,
            _modified_at(status),
            result.supersedes,
            result.encoding,
            result.delimiter,
            list(result.new_columns),
            list(result.missing_columns),
        ],
    ).fetchone()
    assert row is not None
    return int(row[0])


def write_columns(conn: Connection, result: LoadResult, layout: Layout) -> None:
    """Write down where each column of a load's file is kept, and what the file says above it."""
    names = {position: (name, None) for name, position in layout.columns.items()}
    extras = {position: (None, key) for key, position in layout.extras.items()}
    statement = "copy ops.load_columns (load_id, position, column_name, extra_key, header, label, metadata) from stdin"
    with conn.cursor().copy(statement) as copy:
        for position in layout.kept:
            heading = layout.headings[position]
            said = (_without_nul(text) for text in (heading.header, heading.label, heading.metadata))
            copy.write_row((result.load_id, position + 1, *(names | extras)[position], *said))


def _without_nul(text: str | None) -> str | None:
    return text.replace("\0", "") if text else text


def close_load(conn: Connection, result: LoadResult, sha256: str) -> None:
    """Complete the row of a load in its transaction; what it supersedes closes its quarantine."""
    conn.execute(
        "update ops.loads set sha256 = %s, rows_read = %s, rows_loaded = %s, rows_quarantined = %s,"
        " rows_skipped = %s, reason = %s, finished_at = clock_timestamp() where load_id = %s",
        [
            sha256,
            result.read,
            result.loaded,
            result.quarantined,
            result.skipped,
            result.reason,
            result.load_id,
        ],
    )
    conn.execute(
        "update quality.quarantine set state = 'superseded' where load_id = %s and state = 'open'",
        [result.supersedes],
    )


def write_refusal(
    conn: Connection, result: LoadResult, path: Path, file_date: date | None, error: LandingError
) -> LoadResult:
    """Write a refused file down, once for the same content; returns the result with reason and fix."""
    result = replace(result, status="refused", reason=error.what, fix=error.fix)
    status, sha256 = path.stat(), hash_file(path)
    key = [result.vendor, result.table, result.file, sha256]
    condition = "vendor = %s and table_name = %s and file_name = %s and sha256 = %s and status = 'refused'"
    if found := _select(conn, condition, key):
        # Refused again, perhaps for another reason since the declaration has changed.
        conn.execute(
            "update ops.loads set reason = %s, fix = %s where load_id = %s",
            [error.what, error.fix, found[0]["load_id"]],
        )
        return replace(result, load_id=found[0]["load_id"], business_date=found[0]["business_date"])
    row = conn.execute(
        "insert into ops.loads (business_date, kind, vendor, table_name, file_name, file_date, file_size,"
        " file_modified_at, sha256, status, encoding, delimiter, reason, fix, started_at)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, 'refused', %s, %s, %s, %s, clock_timestamp())"
        " returning load_id",
        [
            result.business_date,
            result.kind,
            *key[:3],
            file_date,
            status.st_size,
            _modified_at(status),
            sha256,
            result.encoding,
            result.delimiter,
            error.what,
            error.fix,
        ],
    ).fetchone()
    assert row is not None
    return replace(result, load_id=row[0])


def known_files(
    conn: Connection, names: Iterable[str], business_date: date
) -> dict[tuple[str, int, datetime | None], LoadResult]:
    """What the ledger says of files, by name, size and time of last change; the newest entry each.

    What this night's gate rejected is not known: a night that runs again tries it again.
    """
    rows = _select(
        conn,
        "file_name = any(%s) and (status <> 'rejected' or business_date <> %s)",
        [list(names), business_date],
        more=", file_size, file_modified_at",
    )
    return {
        (row["file"], row.pop("file_size"), row.pop("file_modified_at")): _result(row)
        for row in sorted(rows, key=lambda row: row["load_id"])
    }


def ledger_key(path: Path) -> tuple[str, int, datetime | None]:
    """Key of a file in `known_files`."""
    status = path.stat()
    return path.name, status.st_size, _modified_at(status)


def _modified_at(status: os.stat_result) -> datetime:
    # Whole microseconds, as Postgres keeps them; integer arithmetic, so that a second look gives the same.
    seconds, rest = divmod(status.st_mtime_ns // 1000, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)


def _select(
    conn: Connection, condition: LiteralString, values: list[Any], more: LiteralString = ""
) -> list[dict[str, Any]]:
    statement = f"select {_RESULT}{more} from ops.loads where {condition} order by load_id"
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement, values).fetchall()


def _result(row: dict[str, Any]) -> LoadResult:
    status = "refused" if row["status"] == "refused" else "unchanged"
    columns = {name: tuple(row[name]) for name in ("new_columns", "missing_columns")}
    return LoadResult(**{**row, **columns, "status": status})
