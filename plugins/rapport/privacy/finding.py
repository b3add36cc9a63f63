"""Who is meant by a key: a customer_id, an e-mail, a phone, a vendor's id, a record, an order number."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg

from rapport.businesses import Business
from rapport.contacts import normalise
from rapport.errors import IdentityError, NightError, UsageError
from rapport.identity.lookups import records_of
from rapport.privacy.normal_keys import point_keys
from rapport.privacy.person import Person
from rapport.privacy.tables import grow, stored_tables

Connection = psycopg.Connection[Any]


class UnknownPerson(UsageError):
    """Nobody is known by the key."""


def find_person(conn: Connection, business: Business, key: str) -> Person:
    """The one person a key names, with all they are known by.

    Somebody of whom only exports know, because no night has been built since, is known by the e-mail or phone alone.
    Raises UnknownPerson, and UsageError where several persons have the key.
    """
    key = key.strip()
    if not key:
        raise unknown(business)
    customers = find_customers(conn, business, key)
    if len(customers) > 1:
        raise UsageError(
            f"{len(customers)} persons have this key: {', '.join(sorted(customers))}.",
            where=f"business {business.name}",
            fix="name one of them by its customer_id",
        )
    if customers:
        return collect(conn, business, customers.pop())
    person = Person()
    if "@" in key:
        person.emails |= _normal("email", [key], business.default_country)
        person.mailboxes |= _mailboxes(person.emails)
    else:
        person.phones |= _normal("phone", [key], business.default_country)
    if not person.emails and not person.phones:
        raise unknown(business)
    person.values.add(key)
    return person


def require_latest_build(conn: Connection, business: Business) -> None:
    """Raise NightError where the build_* tables know less than the live ones, as after a replay of an older night.

    Whoever came since would be found in part only.
    """
    if not _exists(conn, "customer_360.customer_identities"):
        return
    lacks_some = conn.execute(
        "select exists (select source_record_id from customer_360.customer_identities"
        " except select source_record_id from build_identity.customer_records)"
    ).fetchone()
    if lacks_some == (True,):
        raise NightError(
            "What was built last is older than what is published: an older night was replayed, or one is not complete.",
            where=f"business {business.name}, build_identity.customer_records",
            fix="replay the newest night (`rapport nights list` says which), or let the night complete, and ask again",
        )


def unknown(business: Business) -> UnknownPerson:
    """The error for a key that names nobody; it does not repeat the key."""
    return UnknownPerson(
        "Nobody is known by this key.",
        where=f"business {business.name}",
        fix="give a customer_id, an e-mail, a phone with its country (+90…), a vendor's id (shopify:7100…), a"
        " source_record_id, or an order number",
    )


def find_customers(conn: Connection, business: Business, key: str) -> set[str]:
    """The customer_ids a key names now: of records it stands for, else of orders of that number."""
    try:
        return set(records_of(conn, key, business.default_country).values())
    except IdentityError:
        if not _exists(conn, "customer_360.orders"):
            return set()
    return _column(
        conn, "select customer_id from customer_360.orders where %(key)s in (order_id, order_number)", {"key": key}
    )


def collect(conn: Connection, business: Business, customer_id: str) -> Person:
    """All a customer is known by."""
    person = Person(customer_ids={customer_id})
    person.records = _column(
        conn, f"{_NOW} select source_record_id from now where customer_id = %(id)s", {"id": customer_id}
    )
    person.customer_ids |= _column(conn, _EARLIER_IDS, {"records": sorted(person.records)})
    customer_records = sorted(person.records)
    grow(conn, stored_tables(conn), person)
    if _exists(conn, "build_intermediate.int_customers_unioned"):
        _add_points(conn, business, person, customer_records)
    if _exists(conn, "customer_360.orders"):
        person.numbers |= _column(
            conn,
            "select order_number from customer_360.orders where customer_id = any(%(ids)s)",
            {"ids": sorted(person.customer_ids)},
        )
    return person


def _add_points(conn: Connection, business: Business, person: Person, records: list[str]) -> None:
    """Contact points and other values of the person's records that nobody else's have."""
    theirs = conn.execute(_VALUES, {"records": records, "theirs": True}).fetchall()
    others = set(conn.execute(_VALUES, {"records": records, "theirs": False}).fetchall())
    for kind, value in theirs:
        if kind in ("email", "phone"):
            points = _column(conn, _NORMAL_FORMS, {"kind": kind, "value": value})
            points |= _normal(kind, [value], business.default_country)
            shared = _column(conn, _SHARED, {"kind": kind, "points": sorted(points), "records": records})
            person.n_shared += len(shared)
            own = points - shared
            (person.emails if kind == "email" else person.phones).update(own)
            if own:
                person.values.add(value)
            if own and kind == "email":
                mailboxes = _mailboxes(own)
                person.mailboxes |= mailboxes - _column(
                    conn, _SHARED_MAILBOXES, {"mailboxes": sorted(mailboxes), "records": records}
                )
        elif kind == "external_id":
            person.numbers |= {value, value.partition(":")[2]}
        elif (kind, value) not in others:
            person.values.add(value)


def _normal(kind: str, values: Iterable[str], country: str) -> set[str]:
    """Usable normal forms; a desk's address is nobody's own."""
    forms = normalise(kind, values, country)
    return {form.normalised for form in forms if form.normalised and form.is_valid and not form.is_shared}


def _mailboxes(emails: Iterable[str]) -> set[str]:
    return {key for email in emails for key in point_keys("mailbox", email, "")}


def _column(conn: Connection, query: str, values: dict[str, Any]) -> set[str]:
    return {value for (value,) in conn.execute(query, values) if value is not None}  # type: ignore[arg-type]


def _exists(conn: Connection, table: str) -> bool:
    return conn.execute("select to_regclass(%s) is not null", [table]).fetchone() == (True,)


_NOW = """
    with now as (
        select distinct on (source_record_id) source_record_id, customer_id
        from history.identity_assignments
        order by source_record_id asc, assigned_on desc
    )
"""
_EARLIER_IDS = f"""
    {_NOW}
    select distinct past.customer_id
    from history.identity_assignments as past
    where past.source_record_id = any(%(records)s)
        and not exists (
            select from now where now.customer_id = past.customer_id and now.source_record_id <> all(%(records)s)
        )
"""
_VALUES = """
    select distinct points.kind, points.value
    from build_intermediate.int_customers_unioned as records
    cross join lateral (
        values
        ('email', email_raw), ('phone', phone_raw), ('phone', phone_2_raw), ('name', full_name_raw),
        ('name', first_name_raw), ('name', last_name_raw), ('address', street_address), ('external_id', external_id)
    ) as points (kind, value)
    where points.value <> '' and (records.source_record_id = any(%(records)s)) = %(theirs)s
"""
_NORMAL_FORMS = """
    select normalised from build_contacts.normalised
    where kind = %(kind)s and raw_value = %(value)s and is_valid and not is_shared
"""
_SHARED_MAILBOXES = """
    select distinct normalised.match_key
    from build_contacts.normalised
    inner join build_intermediate.int_customers_unioned as records on normalised.raw_value = records.email_raw
    where normalised.kind = 'email' and normalised.match_key = any(%(mailboxes)s)
        and records.source_record_id <> all(%(records)s)
"""
_SHARED = """
    select distinct normalised.normalised
    from build_contacts.normalised
    inner join build_intermediate.int_customers_unioned as records
        on normalised.raw_value in (records.email_raw, records.phone_raw, records.phone_2_raw)
    where normalised.kind = %(kind)s and normalised.normalised = any(%(points)s)
        and records.source_record_id <> all(%(records)s)
"""
