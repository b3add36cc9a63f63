"""A list sent wrongly is called back: its receiver gets everybody on it as a list of whom to remove."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg

from rapport.activation.destinations import declared_destinations
from rapport.activation.encryption import seal_for
from rapport.activation.https import HttpsReceiver, idempotency_key
from rapport.activation.ledger import PreparedList
from rapport.activation.list_files import files_of, put_files, write_list
from rapport.activation.lists import ListOf
from rapport.activation.transports import Transport
from rapport.errors import DeliveryError

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Recall:
    """What was called back. Holds no personal data."""

    which: ListOf
    location: str
    n_rows: int
    is_new: bool


def recall(
    conn: Connection, business: str, which: ListOf, transport: Transport | HttpsReceiver, *, reason: str
) -> Recall:
    """Send the receiver of a night's list everybody it left there, to be removed; twice is once.

    Who was on it counts as written to all the same: nobody knows what has gone out since. The next night's changes are
    taken against an empty list. Commits. Raises DeliveryError when the list was not delivered, or when a later one of
    the same segment and destination was: that is the one to recall.
    """
    asked = ListOf(which.business_date, which.segment, which.destination, "recall")
    destination = declared_destinations()[which.destination]
    conn.rollback()
    try:
        _refuse_unless_latest(conn, asked)
        done = conn.execute(
            "select location, n_rows from activation.deliveries where business_date = %s and segment = %s"
            " and destination = %s and list_kind = 'recall' and status = 'delivered'",
            [asked.business_date, asked.segment, asked.destination],
        ).fetchone()
        if done is not None:
            return Recall(asked, done[0], done[1], is_new=False)
        prepared = PreparedList(business, asked, 0, "")
        content = write_list(conn, asked, "kept", destination, prepared.path)
        files = files_of(prepared.with_content(content.n_rows, content.sha256), destination, content)
        seal = seal_for(transport)
        if seal is not None:
            files = seal.sealed(prepared.with_content(content.n_rows, content.sha256), files)
        with transport as place:
            if isinstance(place, HttpsReceiver):
                key = idempotency_key(business, asked.business_date, asked.segment, asked.destination, "recall")
                listed, *_, manifest = files.values()
                place.post(listed, manifest, key=key)  # what it may have already is the same
                location = place.location(key)
            else:
                location = put_files(place, files)
        conn.execute(
            "insert into activation.deliveries (business_date, segment, destination, list_kind, status, file_name,"
            " location, n_rows, n_members, sha256, reason, is_marketing, delivered_at)"
            " values (%s, %s, %s, 'recall', 'delivered', %s, %s, %s, 0, %s, %s, false, clock_timestamp())",
            [
                *(asked.business_date, asked.segment, asked.destination, asked.file_name, location),
                *(content.n_rows, content.sha256, reason),
            ],
        )
        conn.execute(
            "update activation.memberships set until_night = %(night)s::date + 1, recalled_at = clock_timestamp()"
            " where segment = %(segment)s and destination = %(destination)s and until_night is null",
            {"night": asked.business_date, "segment": asked.segment, "destination": asked.destination},
        )
        conn.commit()
        if seal is not None:
            seal.forget(prepared)
        return Recall(asked, location, content.n_rows, is_new=True)
    finally:
        conn.rollback()


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
