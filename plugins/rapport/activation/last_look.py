"""The last look: what was withdrawn between the building of a list and its sending wins.

The rules are those of eligibility and nowhere else: the view eligibility_now is asked again, over the live tables as
they are by then. Who may no longer be sent the list is taken out of it and kept in activation.exclusions.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import psycopg

from rapport.activation.lists import ListOf
from rapport.errors import DeliveryError

Connection = psycopg.Connection[Any]

_BARRED = """
select
    lists.segment,
    lists.customer_id,
    case
        when standing.exclusion_reason is null and standing.customer_id is null then 'erased'
        when standing.exclusion_reason = 'unknown_customer' then 'erased'
        when standing.exclusion_reason in ('refused', 'no_consent', 'lapsed_consent', 'shared_contact') then 'withdrawn'
        when standing.exclusion_reason in ('complained', 'bounced', 'suppressed', 'register') then 'newly_suppressed'
        else 'barred_since'
    end
from build_activation.lists
left join build_activation.eligibility_now as standing
    on lists.segment = standing.segment and lists.customer_id = standing.customer_id
where
    lists.business_date = %(night)s and lists.destination = %(destination)s
    and (%(segment)s::text is null or lists.segment = %(segment)s)
    and (standing.is_eligible is not true or standing.contact is distinct from lists.contact)
"""


def find_barred(conn: Connection, which: ListOf) -> dict[str, str]:
    """Who is on the list as built and may not be sent it now: customer_id to reason code.

    Raises DeliveryError where the view is missing: without it nobody could say that nothing was withdrawn.
    """
    return _barred(conn, which.business_date, which.destination, which.segment).get(which.segment, {})


def find_all_barred(conn: Connection, business_date: date, destination: str) -> dict[str, dict[str, str]]:
    """The same of all lists of a destination, by segment: what the view says of everybody is worked out once."""
    return _barred(conn, business_date, destination, None)


def _barred(conn: Connection, business_date: date, destination: str, segment: str | None) -> dict[str, dict[str, str]]:
    found = conn.execute("select to_regclass('build_activation.eligibility_now')").fetchone()
    if found is None or found[0] is None:
        raise DeliveryError(
            "Nobody can tell whether somebody withdrew since the lists were built.",
            where="build_activation.eligibility_now is missing",
            fix="build the lists again: `rapport dbt -- build --select activation`",
        )
    barred: dict[str, dict[str, str]] = {}
    parameters = {"night": business_date, "destination": destination, "segment": segment}
    for name, customer_id, reason in conn.execute(_BARRED, parameters).fetchall():
        barred.setdefault(name, {})[customer_id] = reason
    return barred


def keep_barred(conn: Connection, which: ListOf, barred: Mapping[str, str]) -> None:
    """Write who was left out at the last look, and why, into activation.exclusions. Does not commit."""
    with conn.cursor() as cursor:
        cursor.executemany(
            "insert into activation.exclusions (business_date, segment, customer_id, stage, reason_code)"
            " values (%s, %s, %s, 'last look', %s) on conflict do nothing",
            [(which.business_date, which.segment, person, reason) for person, reason in sorted(barred.items())],
        )
