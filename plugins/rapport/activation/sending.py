"""A destination's lists of a night, from the ledger alone, and the end of the night's sending."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

import psycopg

from rapport import settings
from rapport.activation.delivery import Delivery, PreparedList, deliver, rows_of_list
from rapport.activation.destinations import declared_destinations
from rapport.activation.last_look import without_barred
from rapport.activation.lists import render
from rapport.activation.transports import Transport
from rapport.errors import DeliveryError
from rapport.nights import advance, find_night

Connection = psycopg.Connection[Any]


def deliver_all(
    conn: Connection, business: str, business_date: date, destination: str, transport: Transport, *, dry_run: bool
) -> list[Delivery]:
    """Deliver every list that `prepare` wrote into the ledger for one destination, each by itself: one that cannot go
    keeps none of the others back. What is delivered already is not sent again.

    Commits list by list. Raises PlaceUnreachable as soon as the place is away, where another attempt may help, and
    DeliveryError at the end when lists could not be delivered, naming them.
    """
    delivered, failed = [], list[tuple[str, DeliveryError]]()
    for prepared in _prepared(conn, business, business_date, destination):
        try:
            delivered.append(deliver(conn, prepared, transport, dry_run=dry_run))
        except DeliveryError as error:
            if error.may_pass:
                raise
            failed.append((prepared.segment, error))
    if failed:
        raise _all_of(failed, destination)
    return delivered


def _prepared(conn: Connection, business: str, business_date: date, destination: str) -> list[PreparedList]:
    rows = conn.execute(
        "select segment, file_name, n_rows, sha256 from activation.deliveries"
        " where business_date = %s and destination = %s and list_kind = 'full' order by segment",
        [business_date, destination],
    ).fetchall()
    folder = settings.work_dir(business) / "lists" / f"{business_date}" / destination
    return [
        PreparedList(business, business_date, segment, destination, file_name, folder / file_name, n_rows, sha256)
        for segment, file_name, n_rows, sha256 in rows
    ]


def _all_of(failed: list[tuple[str, DeliveryError]], destination: str) -> DeliveryError:
    """One error for one destination: a single list's own, or what is wrong with each."""
    (_, first), *others = failed
    if not others:
        return first
    return DeliveryError(
        "\n".join([f"{len(failed)} lists were not delivered:", *(f"- {name}: {error.what}" for name, error in failed)]),
        where=f"destination {destination}; the first: {first.where}",
        fix=first.fix,
    )


def compare_lists(conn: Connection, business_date: date) -> dict[str, bool]:
    """For each list in the night's ledger, whether build_activation.lists gives the same bytes now."""
    found = {}
    for segment, destination, sha256 in conn.execute(
        "select segment, destination, sha256 from activation.deliveries where business_date = %s order by 1, 2",
        [business_date],
    ).fetchall():
        mapping = declared_destinations()[destination]
        built = rows_of_list(conn, business_date, segment, destination)
        content = render(without_barred(conn, business_date, segment, destination, built), mapping)
        found[f"{segment} → {destination}"] = hashlib.sha256(content).hexdigest() == sha256
    return found


def finish_sending(conn: Connection, business_date: date) -> bool:
    """Close the night when its last list is out (or rehearsed); True if it is closed now. Commits."""
    conn.execute("select from ops.nights where business_date = %s for update", [business_date])
    left = conn.execute(
        "select count(*) from activation.deliveries where business_date = %s and status <> all('{delivered,dry_run}')",
        [business_date],
    ).fetchone()
    assert left is not None
    night = find_night(conn, business_date)
    is_over = left[0] == 0 and night is not None
    if is_over and night is not None and night.state != "sent":
        advance(conn, business_date, "sent")
    conn.commit()
    return is_over
