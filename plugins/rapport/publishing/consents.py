"""What was known of people's decisions about contact, night by night.

The mart knows when a decision held. On which knowledge a list of an earlier night was sent is another question: an
export may tell today of a refusal last week. So each row has two stretches of time, as in Snodgrass 2000, Developing
Time-Oriented Database Applications in SQL, chapter 10: valid (in the world) and recorded (in this warehouse).
"""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg

_COLUMNS = (
    *("customer_id", "contact_type", "contact", "channel", "purpose", "status", "source"),
    *("is_shared", "is_lapsed", "valid_from", "valid_until"),
)


def keep_consents(conn: psycopg.Connection[Any], business_date: date) -> int:
    """Write into history.consents what the live ledger knows otherwise than the night before; return rows begun.

    Reads the live customer_360.consents, so it belongs into the transaction that publishes them. A night published
    again replaces what it had written. Returns 0 before the ledger was ever published.
    """
    live = conn.execute("select to_regclass('customer_360.consents') is not null").fetchone()
    if live != (True,):
        return 0
    night = {"night": business_date}
    conn.execute("delete from history.consents where recorded_from >= %(night)s", night)
    conn.execute("update history.consents set recorded_until = null where recorded_until >= %(night)s", night)
    same = "kept.decision_id = live.decision_id"  # by which Postgres can join
    same += "".join(f" and kept.{name} is not distinct from live.{name}" for name in _COLUMNS)
    conn.execute(
        "update history.consents as kept set recorded_until = %(night)s where recorded_until is null"
        f" and not exists (select from customer_360.consents as live where {same})",
        night,
    )
    return conn.execute(
        f"insert into history.consents (decision_id, recorded_from, {', '.join(_COLUMNS)})"
        f" select decision_id, %(night)s, {', '.join(_COLUMNS)} from customer_360.consents as live"
        f" where not exists (select from history.consents as kept where kept.recorded_until is null and {same})",
        night,
    ).rowcount
