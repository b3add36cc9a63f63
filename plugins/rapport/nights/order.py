"""Which night a wake-up works on: the oldest unfinished one that is due, or none."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from rapport import settings
from rapport.businesses import KINDS, Business, Kind
from rapport.nights.ledger import Connection, Night, find_night, reported_kinds

Stage = Literal["build", "send"]
GRACE = timedelta(minutes=15)
_OF_STAGE = {"build": ("building", "built"), "send": ("published", "sending")}


def claim_next(conn: Connection, business: Business, stage: Stage, *, now: datetime | None = None) -> Night | None:
    """The oldest unfinished night if it is this stage's turn, else None. Commits.

    An open night is due when every kind of source has reported, or the last deadline (and GRACE, for a report
    that is on its way) has passed; kinds that are silent by then are recorded as `none`. Claiming pins its loads:
    files that land later belong to the next night. A night that was claimed and not finished (a crash) is handed
    out again.
    """
    conn.execute("select pg_advisory_xact_lock_shared(hashtext('rapport replay'))")  # waits while one is at work
    conn.execute("select pg_advisory_xact_lock(hashtext('rapport nights'))")
    row = conn.execute(
        "select business_date, state from ops.nights where state not in ('sent', 'failed')"
        " order by business_date limit 1"
    ).fetchone()
    if row is None:
        conn.commit()
        return None
    business_date, state = row
    if stage == "build" and state == "open":
        silent = _silent(conn, business_date)
        if silent and not _is_past_deadlines(conn, business_date, now):
            conn.commit()
            return None
        for kind in silent:
            conn.execute(
                "insert into ops.night_sources (business_date, kind, state, reason)"
                " values (%s, %s, 'none', 'nothing was reported by the deadline')",
                [business_date, kind],
            )
        conn.execute(
            "update ops.nights set state = 'building', claimed_at = clock_timestamp(), code_version = %s,"
            " settings_hash = %s where business_date = %s",
            [code_version(), settings_hash(business), business_date],
        )
    elif state not in _OF_STAGE[stage]:
        conn.commit()
        return None
    night = find_night(conn, business_date)
    conn.commit()
    return night


def waits_for(conn: Connection, business_date: date, *, now: datetime | None = None) -> date | None:
    """The earlier night that is open and not due yet, before which this one is not taken; None without one."""
    row = conn.execute(
        "select min(business_date) from ops.nights where state = 'open' and business_date < %s", [business_date]
    ).fetchone()
    earlier: date | None = row[0] if row else None
    if earlier is None or not _silent(conn, earlier) or _is_past_deadlines(conn, earlier, now):
        return None
    return earlier


def _silent(conn: Connection, business_date: date) -> list[Kind]:
    reported = reported_kinds(conn, business_date)
    return [kind for kind in KINDS if kind not in reported]


def _is_past_deadlines(conn: Connection, business_date: date, now: datetime | None) -> bool:
    return (now or datetime.now(UTC)) >= _last_deadline(conn, business_date) + GRACE


def _last_deadline(conn: Connection, business_date: date) -> datetime:
    row = conn.execute("select deadlines from ops.nights where business_date = %s", [business_date]).fetchone()
    assert row is not None
    return max(datetime.fromisoformat(deadline) for deadline in row[0].values())


def code_version() -> str:
    """The commit the project is at (RAPPORT_CODE_VERSION where there is no git), else `unknown`."""
    if given := os.environ.get("RAPPORT_CODE_VERSION"):
        return given
    command = ["git", "-C", str(settings.PROJECT_ROOT), "describe", "--always", "--dirty"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)
    except OSError:
        return "unknown"
    return found.stdout.strip() or "unknown"


def settings_hash(business: Business) -> str:
    """SHA-256 over the seeds and the business's settings, so that two nights' inputs can be told apart."""
    digest = hashlib.sha256(json.dumps(business.settings_fingerprint(), sort_keys=True).encode())
    for path in sorted(settings.SEEDS.glob("**/*.csv")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
