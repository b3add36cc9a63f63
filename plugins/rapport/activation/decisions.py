"""What a night decided about people, kept: who was left out of which list and why, who is held out, whose turn came.

And what receivers told of earlier lists.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import psycopg

Connection = psycopg.Connection[Any]


def keep_exclusions(conn: Connection, business_date: date, *, kept_days: int) -> int:
    """Write build_activation.exclusions into activation.exclusions as the night's, in place of an earlier attempt's.

    What a last look at an already delivered list removed stays. Nights more than `kept_days` before this one lose
    theirs. Returns how many were left out. Does not commit.
    """
    conn.execute(
        "delete from activation.exclusions where business_date = %s and stage <> 'last look' or business_date < %s",
        [business_date, business_date - timedelta(days=kept_days)],
    )
    return conn.execute(
        "insert into activation.exclusions (business_date, segment, customer_id, stage, reason_code, given_up_for)"
        " select %s, segment, customer_id, stage, reason_code, given_up_for from build_activation.exclusions"
        " on conflict (business_date, segment, customer_id) do update set"
        " stage = excluded.stage, reason_code = excluded.reason_code, given_up_for = excluded.given_up_for",
        [business_date],
    ).rowcount


def keep_draws(conn: Connection, business_date: date) -> int:
    """Write tonight's new draws of build_activation.holdouts into activation.holdouts; a draw there stays as it is.

    Returns how many are new. Does not commit.
    """
    return conn.execute(
        "insert into activation.holdouts (scope, customer_id, share, is_held_out, assigned_on)"
        " select scope, customer_id, share, is_drawn, %s from build_activation.holdouts on conflict do nothing",
        [business_date],
    ).rowcount


def keep_trials(conn: Connection, business_date: date) -> int:
    """Write whose turn came tonight for the first time, of build_activation.trials, into activation.trials.

    A rehearsal sends nothing, so nobody enters by it. Returns how many are new. Does not commit.
    """
    return conn.execute(
        "insert into activation.trials (scope, customer_id, share, is_held_out, entered_on)"
        " select scope, customer_id, share, is_held_out, business_date from build_activation.trials"
        " join ops.nights on business_date = %s and not is_dry_run on conflict do nothing",
        [business_date],
    ).rowcount


def keep_receipts(conn: Connection) -> int:
    """Write what receivers told of lists, of build_activation.receipts, into activation.receipts; the latest counts.

    Returns how many are new or other than before. Does not commit.
    """
    return conn.execute(
        "insert into activation.receipts (destination, file_name, status, n_accepted, n_rejected, received_at)"
        " select destination, file_name, status, n_accepted, n_rejected, received_at from build_activation.receipts"
        " on conflict (destination, file_name) do update set status = excluded.status,"
        " n_accepted = excluded.n_accepted, n_rejected = excluded.n_rejected, received_at = excluded.received_at"
        " where excluded.received_at > receipts.received_at"
    ).rowcount
