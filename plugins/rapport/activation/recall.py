"""A list sent wrongly is called back: its receiver gets everybody on it as a list of whom to remove."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from rapport.activation.destinations import declared_destinations
from rapport.activation.encryption import seal_for
from rapport.activation.https import HttpsReceiver, idempotency_key
from rapport.activation.ledger import THIS_LIST, PreparedList, key_of
from rapport.activation.list_files import files_of, put_files, write_list
from rapport.activation.lists import ListOf
from rapport.activation.transports import MayHaveArrived, Transport
from rapport.errors import DeliveryError

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Recall:
    """What was called back. Holds no personal data."""

    which: ListOf
    location: str
    n_rows: int
    is_new: bool


@dataclass(frozen=True)
class _Earlier:
    """What an earlier attempt left in the ledger."""

    status: str
    location: str
    n_rows: int


def recall(
    conn: Connection, business: str, which: ListOf, transport: Transport | HttpsReceiver, *, reason: str
) -> Recall:
    """Send the receiver of a night's list everybody it left there, to be removed; twice is once.

    Who was on it counts as written to all the same: nobody knows what has gone out since. The next night's changes are
    taken against an empty list. Commits. Raises DeliveryError when the list was not delivered, or when a later one of
    the same segment and destination was: that is the one to recall. MayHaveArrived leaves the recall `unknown`, and
    the next attempt sends the same under the same key.
    """
    asked = ListOf(which.business_date, which.segment, which.destination, "recall")
    destination = declared_destinations()[which.destination]
    conn.rollback()
    try:
        _refuse_unless_latest(conn, asked)
        earlier = _earlier(conn, asked)
        if earlier is not None and earlier.status == "delivered":
            return Recall(asked, earlier.location, earlier.n_rows, is_new=False)
        prepared = PreparedList(business, asked, 0, "")
        content = write_list(conn, asked, "kept", destination, prepared.path)
        sent = prepared.with_content(content.n_rows, content.sha256)
        files = files_of(sent, destination, content)
        seal = seal_for(transport)
        if seal is not None:
            files = seal.sealed(sent, files, may_be_new=earlier is None)
        with transport as place:
            if isinstance(place, HttpsReceiver):
                location = _post(conn, sent, place, files, reason, is_doubtful=earlier is not None)
            else:
                location = put_files(place, files)
        _write_down(conn, sent, "delivered", location, reason)
        conn.execute(
            "update activation.memberships set until_night = %(night)s::date + 1, recalled_at = clock_timestamp()"
            " where segment = %(segment)s and destination = %(destination)s and until_night is null",
            {"night": asked.business_date, "segment": asked.segment, "destination": asked.destination},
        )
        conn.commit()
        if seal is not None:
            seal.forget(sent)
        return Recall(asked, location, content.n_rows, is_new=True)
    finally:
        conn.rollback()


def _post(
    conn: Connection,
    sent: PreparedList,
    receiver: HttpsReceiver,
    files: Mapping[str, bytes],
    reason: str,
    *,
    is_doubtful: bool,
) -> str:
    """Post a recall, the ledger having said before that it may be out, as it does of a list. Commits."""
    which = sent.which
    key = idempotency_key(sent.business, which.business_date, which.segment, which.destination, which.kind)
    location = receiver.location(key)
    listed, *_, manifest = files.values()
    _write_down(conn, sent, "unknown", location, reason)
    conn.commit()
    try:
        receiver.post(listed, manifest, key=key)
    except MayHaveArrived:
        raise
    except DeliveryError:
        if not is_doubtful:
            conn.execute(f"delete from activation.deliveries where {THIS_LIST} and status = 'unknown'", key_of(which))
            conn.commit()
        raise
    return location


def _earlier(conn: Connection, which: ListOf) -> _Earlier | None:
    row = conn.execute(
        f"select status, location, n_rows from activation.deliveries where {THIS_LIST}", key_of(which)
    ).fetchone()
    return None if row is None else _Earlier(*row)


def _write_down(conn: Connection, sent: PreparedList, status: str, location: str, reason: str) -> None:
    delivered_at = "clock_timestamp()" if status == "delivered" else "null"
    conn.execute(
        "insert into activation.deliveries (business_date, segment, destination, list_kind, status, file_name,"
        " location, n_rows, n_members, sha256, reason, is_marketing, delivered_at)"
        f" values (%s, %s, %s, %s, %s, %s, %s, %s, 0, %s, %s, false, {delivered_at})"
        " on conflict (business_date, segment, destination, list_kind) do update set status = excluded.status,"
        " n_rows = excluded.n_rows, sha256 = excluded.sha256, delivered_at = excluded.delivered_at"
        " where deliveries.status <> 'delivered'",
        [*key_of(sent.which), status, sent.which.file_name, location, sent.n_rows, sent.sha256, reason],
    )


def _refuse_unless_latest(conn: Connection, which: ListOf) -> None:
    nights = [
        night
        for (night,) in conn.execute(
            "select distinct business_date from activation.deliveries where segment = %s and destination = %s"
            " and list_kind <> 'recall' and status in ('delivered', 'unknown') and business_date >= %s"
            " order by business_date",
            [which.segment, which.destination, which.business_date],
        ).fetchall()
    ]
    where = f"night {which.business_date}, segment {which.segment}, destination {which.destination}"
    if which.business_date not in nights:
        raise DeliveryError(
            "This list was not delivered: there is nothing to call back.",
            where=where,
            fix=f"`rapport segments history {which.segment}` shows what was",
        )
    if nights[-1] != which.business_date:
        raise DeliveryError(
            f"A later list took its place, that of {nights[-1]}.",
            where=where,
            fix=f"recall that one: its receiver then holds nobody of {which.segment}",
        )
