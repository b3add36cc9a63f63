"""The ledger of files, ops.loads: what is known of a file, and the row each file leaves behind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, LiteralString

import psycopg
from psycopg.rows import dict_row

from rapport.errors import LandingError, NightError
from rapport.landing.declarations import Declaration
from rapport.landing.headers import Layout
from rapport.landing.packing import ExportFile
from rapport.landing.results import LoadResult, Scope

Connection = psycopg.Connection[Any]

_RESULT = (
    "load_id, business_date, kind, vendor, table_name as table, file_name as file, status, encoding,"
    " delimiter, format, decimal_sign as decimal, date_order, rows_read as read, rows_loaded as loaded,"
    " rows_quarantined as quarantined, rows_skipped as skipped, reason, fix, supersedes, new_columns,"
    " missing_columns, scope, rows_known as known, records_closed as closed, replays,"
    " unkept_columns, rows_erased as erased"
)


class LaterNight(NightError):
    """A later night has taken in exports of the table: this one belongs to that night, or to the next."""


def same_content(
    conn: Connection, declaration: Declaration, file: ExportFile, file_date: date | None
) -> LoadResult | None:
    """The load that took this content in already, if it still counts.

    The same content under another name counts too, unless it is of another day, or corrects a file of its own name: an
    export that says again what an older one said is news. So is one without a date in its name, once another came
    after it.
    """
    found = _select(
        conn,
        "vendor = %(vendor)s and table_name = %(table)s and status = 'loaded' and replays is null"
        " and file_size = %(size)s and (file_name = %(name)s or file_date is not distinct from %(date)s)"
        " and not exists (select from ops.loads as later"
        "  where later.supersedes = loads.load_id and later.status = 'loaded')"
        " and (file_date is not null or not exists (select from ops.loads as later"
        "  where later.vendor = loads.vendor and later.table_name = loads.table_name and later.status = 'loaded'"
        "  and later.replays is null"
        "  and later.load_id > loads.load_id and (%(is_full)s or later.file_name = loads.file_name)))",
        {
            "vendor": declaration.vendor,
            "table": declaration.table,
            "size": file.size,
            "name": file.name,
            "date": file_date,
            "is_full": declaration.export.mode == "full",
        },
        more=", digest",
    )
    if not found:
        return None
    digest = file.digest()
    same = [row for row in found if row.pop("digest") == digest]
    own = next((row for row in same if row["file"] == file.name), None)
    has_own = conn.execute(
        "select exists (select from ops.loads where vendor = %s and table_name = %s and status = 'loaded'"
        " and file_name = %s and file_date is not distinct from %s)",
        [declaration.vendor, declaration.table, file.name, file_date],
    ).fetchone()
    if own is None and same and has_own == (False,):
        own = same[0]
    return _result(own) if own else None


@dataclass(frozen=True)
class Before:
    """The loads of a table that counted before a new one: `replaced` are those it supersedes, the file's own first."""

    export_date: date
    load_ids: tuple[int, ...] = ()
    replaced: tuple[int, ...] = ()
    scope: Scope = "delta"
    newest_export: date | None = None


def loads_before(
    conn: Connection,
    declaration: Declaration,
    file_name: str,
    file_date: date | None,
    business_date: date,
    *,
    is_replay: bool = False,
) -> Before:
    """What a file of that name and day finds. Raises LaterNight for a full export after a later night's.

    A replay of its quarantined rows replaces nothing, and of a full export it is a part.
    """
    export_date = file_date or business_date
    rows = conn.execute(
        "select load_id, file_name, replays, export_date, scope, business_date,"
        " load_id in (select ops.loads_as_of(%s)) as counts"
        " from ops.loads where vendor = %s and table_name = %s and status = 'loaded' order by load_id",
        [business_date, declaration.vendor, declaration.table],
    ).fetchall()
    export = declaration.export
    own = [row for row in rows if row[1] == file_name and row[2] is None and row[3] == export_date and not is_replay]
    replaced = {own[-1][0]} if own else set()
    replaced |= {row[0] for row in rows if row[2] in replaced}
    counting = [row for row in rows if row[-1]]
    if export.mode == "delta":
        return Before(export_date, tuple(row[0] for row in counting), tuple(sorted(replaced)))
    later = max((row[5] for row in rows), default=business_date)
    if later > business_date:
        raise LaterNight(
            f"The night of {later} has taken in exports of {declaration} already, which build on what was known then.",
            where=file_name,
            fix=f"take it in with --date {later}, or let that night find it",
        )
    of_the_day = [row for row in counting if row[3] == export_date and row[4] != "part" and row[0] not in replaced]
    is_part = is_replay or (bool(of_the_day) and (bool(export.key) or export.part_in(file_name) is not None))
    newest = max((row[3] for row in counting if row[0] not in replaced), default=None)
    ids = tuple(row[0] for row in counting)
    return Before(export_date, ids, tuple(sorted(replaced)), "part" if is_part else "whole", newest)


def hold_night_open(conn: Connection, result: LoadResult) -> None:
    """Hold a load's night open until the transaction ends: claiming it waits.

    Raises NightError where it is claimed already: it takes no more loads.
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


def open_load(conn: Connection, result: LoadResult, file_date: date | None, file: ExportFile) -> int:
    """Insert the row of a load that is about to begin, in its transaction, which holds its night open.

    Returns its id. Raises NightError where the night takes no more loads.
    """
    hold_night_open(conn, result)
    row = conn.execute(
        "insert into ops.loads (business_date, kind, vendor, table_name, file_name, file_date, file_size,"
        " file_modified_at, digest, status, supersedes, format, encoding, delimiter, quote_mark, escape_mark,"
        " new_columns, missing_columns, scope, replays, unkept_columns, started_at)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, '', 'loaded', %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s,"
        " clock_timestamp()) returning load_id",
        [
            result.business_date,
            result.kind,
            result.vendor,
            result.table,
            result.file,
            file_date,
            file.size,
            _modified_at(file),
            result.supersedes,
            result.format,
            result.encoding,
            result.delimiter,
            *(result.quoting or (None, None)),
            list(result.new_columns),
            list(result.missing_columns),
            result.scope,
            result.replays,
            list(result.unkept_columns),
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


def close_load(conn: Connection, result: LoadResult, digest: str) -> None:
    """Complete the row of a load in its transaction; what it supersedes closes its quarantine."""
    conn.execute(
        "update ops.loads set digest = %s, decimal_sign = %s, date_order = %s, rows_read = %s, rows_loaded = %s,"
        " rows_quarantined = %s, rows_skipped = %s, rows_known = %s, records_closed = %s, rows_erased = %s,"
        " reason = %s,"
        " finished_at = clock_timestamp() where load_id = %s",
        [
            digest,
            result.decimal,
            result.date_order,
            result.read,
            result.loaded,
            result.quarantined,
            result.skipped,
            result.known,
            result.closed,
            result.erased,
            result.reason,
            result.load_id,
        ],
    )
    conn.execute(
        "update quality.quarantine set state = 'superseded', state_by = %s where state = 'open'"
        " and load_id in (select load_id from ops.loads where %s in (load_id, replays))",
        [result.load_id, result.supersedes],
    )


def write_refusal(
    conn: Connection, result: LoadResult, file: ExportFile, file_date: date | None, error: LandingError
) -> LoadResult:
    """Write a refused file down, once for the same content; returns the result with reason and fix."""
    result = replace(result, status="refused", reason=error.what, fix=error.fix)
    digest = file.digest()
    key = [result.vendor, result.table, result.file, digest]
    condition = "vendor = %s and table_name = %s and file_name = %s and digest = %s and status = 'refused'"
    if found := _select(conn, condition, key):
        # Refused again, perhaps for another reason since the declaration has changed.
        conn.execute(
            "update ops.loads set reason = %s, fix = %s where load_id = %s",
            [error.what, error.fix, found[0]["load_id"]],
        )
        return replace(result, load_id=found[0]["load_id"], business_date=found[0]["business_date"])
    row = conn.execute(
        "insert into ops.loads (business_date, kind, vendor, table_name, file_name, file_date, file_size,"
        " file_modified_at, digest, status, encoding, delimiter, reason, fix, started_at)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, 'refused', %s, %s, %s, %s, clock_timestamp())"
        " returning load_id",
        [
            result.business_date,
            result.kind,
            *key[:3],
            file_date,
            file.size,
            _modified_at(file),
            digest,
            result.encoding,
            result.delimiter,
            error.what,
            error.fix,
        ],
    ).fetchone()
    assert row is not None
    return replace(result, load_id=row[0])


def arrivals(conn: Connection, business_date: date, kind: str) -> tuple[int, list[LoadResult]]:
    """How many files of a kind a night took in, and the newest entry of each it refused or its gate rejected.

    What was corrected since is not among the latter.
    """
    rows = _select(
        conn,
        "load_id in (select load_id from ops.latest_loads where business_date = %s and kind = %s)",
        [business_date, kind],
    )
    n_files = sum(row["status"] == "loaded" and row["replays"] is None for row in rows)
    return n_files, [_result(row) for row in rows if row["status"] != "loaded"]


def known_files(
    conn: Connection, names: Iterable[str], business_date: date
) -> dict[tuple[str, int, datetime | None], LoadResult]:
    """What the ledger says of files, by name, size and time of last change; the newest entry each.

    What this night's gate rejected is not known: a night that runs again tries it again.
    """
    rows = _select(
        conn,
        "file_name = any(%s) and replays is null and (status <> 'rejected' or business_date <> %s)",
        [list(names), business_date],
        more=", file_size, file_modified_at",
    )
    return {
        (row["file"], row.pop("file_size"), row.pop("file_modified_at")): _result(row)
        for row in sorted(rows, key=lambda row: row["load_id"])
    }


def ledger_key(file: ExportFile) -> tuple[str, int, datetime | None]:
    """Key of a file in `known_files`."""
    return file.name, file.size, _modified_at(file)


def _modified_at(file: ExportFile) -> datetime:
    # Whole microseconds, as Postgres keeps them; integer arithmetic, so that a second look gives the same.
    seconds, rest = divmod(file.modified_ns // 1000, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)


def _select(
    conn: Connection, condition: LiteralString, values: list[Any] | dict[str, Any], more: LiteralString = ""
) -> list[dict[str, Any]]:
    statement = f"select {_RESULT}{more} from ops.loads where {condition} order by load_id"
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement, values).fetchall()


def _result(row: dict[str, Any]) -> LoadResult:
    status = "refused" if row["status"] == "refused" else "unchanged"
    columns = {name: tuple(row[name]) for name in ("new_columns", "missing_columns", "unkept_columns")}
    return LoadResult(**{**row, **columns, "status": status})
