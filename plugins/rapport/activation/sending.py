"""One list of a night at a time, from the ledger alone, and the end of the night's sending."""

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


def deliver_one(
    conn: Connection,
    business: str,
    business_date: date,
    segment: str,
    destination: str,
    transport: Transport,
    *,
    dry_run: bool,
) -> Delivery:
    """Deliver one list that `prepare` wrote into the ledger. Commits; raises DeliveryError."""
    row = conn.execute(
        "select file_name, n_rows, sha256 from activation.deliveries"
        " where business_date = %s and segment = %s and destination = %s and list_kind = 'full'",
        [business_date, segment, destination],
    ).fetchone()
    if row is None:
        raise DeliveryError(
            "This list is not in the send ledger.",
            where=f"night {business_date}, segment {segment}, destination {destination}",
            fix="prepare the night's lists first",
        )
    file_name, n_rows, sha256 = row
    path = settings.work_dir(business) / "lists" / f"{business_date}" / destination / file_name
    prepared = PreparedList(business, business_date, segment, destination, file_name, path, n_rows, sha256)
    return deliver(conn, prepared, transport, dry_run=dry_run)


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
