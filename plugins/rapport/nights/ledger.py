"""The row of a night in ops.nights: opening it, what its sources reported, and its way to `sent`.

    open → building → built → published → sending → sent
      └──────── any of them may become `failed`; opening the night again starts it over,
                trying the step that failed again goes on from there

A failed night does not hold up later ones: their loads include its own. An interrupted one does.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal

import psycopg
from psycopg.rows import class_row

from rapport.businesses import KINDS, Business, Kind
from rapport.errors import NightError

Connection = psycopg.Connection[Any]
SourceState = Literal["arrived", "refused", "none"]
State = Literal["open", "building", "built", "published", "sending", "sent", "failed"]

# A state may be entered again: a step that was killed after its work but before its report repeats both.
_BEFORE: dict[State, tuple[State, ...]] = {
    "building": ("open", "building"),
    "built": ("building", "built"),
    "published": ("building", "built", "published"),
    "sending": ("published", "sending"),
    "sent": ("sending", "sent"),
}
# A night opened after its deadlines (a backfill, a first run) still gives its sources this long to report.
LATE_OPENING = timedelta(hours=1)

_REACHED_COLUMN = {"built": "built_at", "published": "published_at", "sent": "sent_at"}


@dataclass(frozen=True)
class Night:
    """One row of ops.nights; `clock` is the instant everything relative is computed at."""

    business_date: date
    state: State
    failed_step: str | None
    failure: str | None
    is_dry_run: bool
    landing: str
    clock: datetime
    claimed_at: datetime | None
    sent_at: datetime | None

    @property
    def is_finished(self) -> bool:
        return self.state in ("sent", "failed")


_COLUMNS = "business_date, state, failed_step, failure, is_dry_run, landing, clock, claimed_at, sent_at"


def find_night(conn: Connection, business_date: date) -> Night | None:
    """The night of that date, or None if it was never opened."""
    with conn.cursor(row_factory=class_row(Night)) as cursor:
        return cursor.execute(f"select {_COLUMNS} from ops.nights where business_date = %s", [business_date]).fetchone()


def latest_night(conn: Connection) -> Night | None:
    """The night with the latest date, in whatever state."""
    with conn.cursor(row_factory=class_row(Night)) as cursor:
        return cursor.execute(f"select {_COLUMNS} from ops.nights order by business_date desc limit 1").fetchone()


def clock_of(business: Business, business_date: date) -> datetime:
    """End of the business date in the store's time zone, as UTC."""
    local = datetime.combine(business_date + timedelta(days=1), time(), tzinfo=business.zone)
    return local.astimezone(UTC)


def deadline_of(business: Business, kind: Kind, business_date: date) -> datetime:
    """When a kind of source must have reported: the morning after, local time; as UTC."""
    hour, minute = map(int, business.deadline_of(kind).split(":"))
    local = datetime.combine(business_date + timedelta(days=1), time(hour, minute), tzinfo=business.zone)
    return local.astimezone(UTC)


def open_night(
    conn: Connection,
    business: Business,
    business_date: date,
    *,
    landing: Path | None = None,
    dry_run: bool = False,
) -> Night:
    """Return the night of that date ready to take files in, inserting it if it is new.

    A failed night is opened again if it is still the newest; so is one whose lists were only rehearsed
    (dry run) when this time they are meant. Before the business's `live_from` every night is a rehearsal. Raises
    NightError when the night is past: its inputs are pinned. Commits nothing.
    """
    dry_run = dry_run or (business.live_from is not None and business_date < business.live_from)
    conn.execute("select pg_advisory_xact_lock(hashtext('rapport nights'))")
    _refuse_a_past_night(conn, business_date)
    found = find_night(conn, business_date)
    if found is None:
        conn.execute(
            "insert into ops.nights (business_date, landing, is_dry_run, clock, deadlines) values (%s, %s, %s, %s, %s)",
            [
                business_date,
                str(landing or business.landing_folder()),
                dry_run,
                clock_of(business, business_date),
                _deadlines(business, business_date),
            ],
        )
    elif found.state == "failed" or (found.state == "open" and landing is not None):
        conn.execute(
            "update ops.nights set state = 'open', claimed_at = null, failed_from = null, failed_step = null,"
            " failure = null, is_dry_run = %s, landing = %s, deadlines = %s where business_date = %s",
            [dry_run, str(landing or found.landing), _deadlines(business, business_date), business_date],
        )
        if found.state == "failed":
            # Each kind reports anew: its earlier report was about what lay there then.
            conn.execute("delete from ops.night_sources where business_date = %s", [business_date])
    elif found.state == "sent" and found.is_dry_run and not dry_run:
        conn.execute(
            "update ops.nights set state = 'published', is_dry_run = false, sent_at = null where business_date = %s",
            [business_date],
        )
    night = find_night(conn, business_date)
    assert night is not None
    return night


def _refuse_a_past_night(conn: Connection, business_date: date) -> None:
    newest = conn.execute("select max(business_date) from ops.nights where claimed_at is not null").fetchone()
    newest_claimed = newest[0] if newest else None
    if newest_claimed is not None and business_date < newest_claimed:
        raise NightError(
            f"The night of {business_date} is past: {newest_claimed} has been started after it.",
            where="ops.nights",
            fix="files dated earlier are taken in by the next night; to compare an old night, "
            f"`rapport nights replay --date {business_date}`",
        )


def _deadlines(business: Business, business_date: date) -> str:
    earliest = datetime.now(UTC) + LATE_OPENING
    found = {kind: max(deadline_of(business, kind, business_date), earliest).isoformat() for kind in KINDS}
    return json.dumps(found)


def report_source(
    conn: Connection,
    business_date: date,
    kind: Kind,
    state: SourceState,
    *,
    n_files: int = 0,
    n_refused: int = 0,
    reason: str | None = None,
) -> None:
    """Write what a kind of source had delivered for a night; replaced by a later report until the night is claimed."""
    conn.execute(
        "insert into ops.night_sources (business_date, kind, state, n_files, n_refused, reason)"
        " select %(date)s, %(kind)s, %(state)s, %(files)s, %(refused)s, %(reason)s from ops.nights"
        "  where business_date = %(date)s and claimed_at is null"
        " on conflict (business_date, kind) do update set state = excluded.state, n_files = excluded.n_files,"
        " n_refused = excluded.n_refused, reason = excluded.reason, reported_at = clock_timestamp()",
        {
            "date": business_date,
            "kind": kind,
            "state": state,
            "files": n_files,
            "refused": n_refused,
            "reason": reason,
        },
    )


def reported_kinds(conn: Connection, business_date: date) -> set[str]:
    """The kinds of source that have reported for a night."""
    found = conn.execute("select kind from ops.night_sources where business_date = %s", [business_date]).fetchall()
    return {kind for (kind,) in found}


def advance(conn: Connection, business_date: date, state: State) -> None:
    """Move the night on, in the caller's transaction. Raises NightError when that step is not the next one."""
    column = _REACHED_COLUMN.get(state)
    reached = f", {column} = coalesce({column}, clock_timestamp())" if column else ""
    changed = conn.execute(
        f"update ops.nights set state = %s{reached} where business_date = %s and state = any(%s) returning state",  # type: ignore[arg-type]
        [state, business_date, list(_BEFORE[state])],
    ).fetchone()
    if changed is None:
        found = find_night(conn, business_date)
        raise NightError(
            f"The night of {business_date} is {found.state if found else 'not open'} and cannot become {state}.",
            where="ops.nights",
            fix=f"clear the task {found.failed_step}, or `rapport run --date {business_date}`, once that is repaired"
            if found and found.state == "failed"
            else "docs/runbooks/a-stuck-night.md",
        )


def resume(conn: Connection, business_date: date, steps: Collection[str]) -> Night | None:
    """Take a failed night on where it failed, if that was at one of these steps: its task was cleared.

    None, and nothing changed, when it did not fail there. Raises NightError when a later night has begun. Commits.
    """
    conn.execute("select pg_advisory_xact_lock(hashtext('rapport nights'))")
    _refuse_a_past_night(conn, business_date)
    resumed = conn.execute(
        "update ops.nights set state = failed_from, failed_from = null, failed_step = null, failure = null"
        " where business_date = %s and state = 'failed' and failed_step = any(%s) returning state",
        [business_date, list(steps)],
    ).fetchone()
    conn.commit()
    return find_night(conn, business_date) if resumed else None


def fail(conn: Connection, business_date: date, failed_step: str, failure: str) -> None:
    """Close the night as failed, keeping the first reason; what analysts see stays as it was. Commits."""
    conn.rollback()
    conn.execute(
        "update ops.nights set state = 'failed', failed_from = state, failed_step = %s, failure = %s"
        " where business_date = %s and state not in ('failed', 'sent')",
        [failed_step, failure, business_date],
    )
    conn.commit()
