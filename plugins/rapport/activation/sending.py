"""All lists of a night for one destination, from the ledger alone, and the end of the night's sending."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg

from rapport.activation.delivery import Outcome, deliver
from rapport.activation.destinations import declared_destinations
from rapport.activation.encryption import seal_for
from rapport.activation.https import HttpsReceiver
from rapport.activation.last_look import find_all_barred
from rapport.activation.ledger import PreparedList, lists_of, write_failure
from rapport.activation.list_files import write_list
from rapport.activation.lists import ListOf
from rapport.activation.transports import MayHaveArrived, PlaceUnreachable, Transport
from rapport.errors import DeliveryError
from rapport.nights import advance, find_night

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Deliveries:
    """What became of a night's lists for one destination. Holds no personal data."""

    outcomes: dict[str, Outcome]  # by name of the list
    n_rows: int


def deliver_all(
    conn: Connection,
    business: str,
    business_date: date,
    destination: str,
    transport: Transport | HttpsReceiver,
    *,
    dry_run: bool,
    only: str | None = None,
) -> Deliveries:
    """Deliver the lists that `prepare` wrote into the ledger for a destination, each in a transaction of its own.

    `only` one segment's, or all; never those that wait for approval or were held back. A list that cannot be
    delivered does not keep the others from going; at the end DeliveryError names each one. A place that does not answer
    ends the attempt at once: PlaceUnreachable, the ledger says what waits and why, and the next attempt sends only
    that. With nothing left to send, the place is not asked at all. Commits.
    """
    lists = [
        (item, status)
        for item, status in lists_of(conn, business, business_date, destination)
        if only in (None, item.which.segment)
    ]
    waiting = [item for item, status in lists if status != "delivered"]
    outcomes: dict[str, Outcome] = {}
    n_rows, failures = 0, dict[str, DeliveryError]()
    try:
        if waiting:
            seal_for(transport)  # with a key that is not fit no list is tried
        barred = find_all_barred(conn, business_date, destination) if waiting else {}
        with transport if waiting else nullcontext(transport) as place:
            for item, _ in lists:
                try:
                    left_out = barred.get(item.which.segment, {})
                    delivery = deliver(conn, item, place, dry_run=dry_run, barred=left_out)
                except MayHaveArrived as error:
                    failures[_name(item)] = error
                    raise PlaceUnreachable(
                        "The receiver left another list without an answer; this one has not been tried.",
                        where=error.where,
                        fix=error.fix,
                    ) from None
                except PlaceUnreachable:
                    raise
                except DeliveryError as error:
                    failures[_name(item)] = error
                else:
                    outcomes[_name(item)] = delivery.outcome
                    n_rows += delivery.n_rows
    except DeliveryError as error:  # the place itself: no list after this one has been tried
        left = [item for item in waiting if _name(item) not in outcomes and _name(item) not in failures]
        for item in left:
            write_failure(conn, item, error)
        failures |= {_name(item): error for item in left}
    if failures:
        raise _summed_up(destination, failures, n_lists=len(lists))
    return Deliveries(outcomes, n_rows)


def _name(item: PreparedList) -> str:
    """The segment, and which of its lists where that is not the full one."""
    return item.which.segment if item.which.kind == "full" else f"{item.which.segment} ({item.which.kind})"


def _summed_up(destination: str, failures: Mapping[str, DeliveryError], *, n_lists: int) -> DeliveryError:
    """One error for all lists that did not go; each reason once, with the lists it holds up."""
    if n_lists == len(failures) == 1:
        return next(iter(failures.values()))
    held_up: dict[str, list[str]] = {}
    for name, error in failures.items():
        held_up.setdefault(error.what, []).append(name)
    kind = PlaceUnreachable if any(error.may_pass for error in failures.values()) else DeliveryError
    return kind(
        f"{len(failures)} of {n_lists} lists did not go to {destination}. "
        + " ".join(f"{', '.join(names)}: {what}" for what, names in held_up.items()),
        where="; ".join(dict.fromkeys(error.where for error in failures.values())),
        fix="; ".join(dict.fromkeys(error.fix for error in failures.values())) + "; only what is missing is sent then",
    )


def compare_lists(conn: Connection, business_date: date) -> dict[str, bool]:
    """For each list in the night's ledger, whether build_activation.lists gives the same bytes now."""
    found = {}
    for segment, destination, kind, sha256 in conn.execute(
        "select segment, destination, list_kind, sha256 from activation.deliveries"
        " where business_date = %s and list_kind <> 'recall' order by 1, 2, 3",
        [business_date],
    ).fetchall():
        which = ListOf(business_date, segment, destination, kind)
        now = write_list(conn, which, "going", declared_destinations()[destination])
        found[f"{segment} → {destination}" + ("" if kind == "full" else f" ({kind})")] = now.sha256 == sha256
    return found


def finish_sending(conn: Connection, business_date: date) -> bool:
    """Close the night when its last list is out (or rehearsed); True if it is closed now. Commits.

    A list that waits for approval keeps no night open: that may take hours, and the next night does not wait. Nor does
    a recall in doubt: it was asked for by somebody, who tries again.
    """
    conn.execute("select from ops.nights where business_date = %s for update", [business_date])
    left = conn.execute(
        "select count(*) from activation.deliveries where business_date = %s and list_kind <> 'recall'"
        " and status <> all('{delivered,dry_run,waiting_approval,held_back}')",
        [business_date],
    ).fetchone()
    assert left is not None
    night = find_night(conn, business_date)
    is_over = left[0] == 0 and night is not None
    if is_over and night is not None and night.state != "sent":
        advance(conn, business_date, "sent")
    conn.commit()
    return is_over
