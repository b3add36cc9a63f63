"""Who was on which list from when to when, and with what: any list of any night can be made again from it.

A stay lasts as long as a person is on each delivered list of a segment; a row of it as long as what stands on the list
does not change. Erased persons are gone from it like from everywhere else.
"""

from __future__ import annotations

from typing import Any

import psycopg

from rapport.activation.contact_hash import contact_key, hmac_pads
from rapport.activation.destinations import declared_destinations
from rapport.activation.list_rows import read_rows, rows_of
from rapport.activation.lists import LIST_COLUMNS, ListOf, columns_for, render
from rapport.errors import UsageError

Connection = psycopg.Connection[Any]
# What stands on a list of a person, beside which list it is.
_CONTENT = [name for name in LIST_COLUMNS if name not in ("business_date", "segment", "destination", "customer_id")]


def keep_members(conn: Connection, which: ListOf) -> None:
    """Write a list that goes down: as it changes who is on it, at its destination.

    A full list ends the stays of all who are not on it; one of those to add begins stays, one of those to remove ends
    them. Nights come in their order. Does not commit.
    """
    _list_tonight(conn, which)
    this_list = {"night": which.business_date, "segment": which.segment, "destination": which.destination}
    same = "listed.customer_id = kept.customer_id"  # by which Postgres can join
    same += "".join(f" and listed.{name} is not distinct from kept.{name}" for name in _CONTENT)
    if which.kind != "add":
        conn.execute(
            "update activation.memberships as kept set until_night = %(night)s"
            " where segment = %(segment)s and destination = %(destination)s and until_night is null"
            f" and {'' if which.kind == 'remove' else 'not '}exists"
            f" (select from pg_temp.listed_tonight as listed where {same})",
            this_list,
        )
    if which.kind != "remove":
        conn.execute(
            "insert into activation.memberships"
            f" (segment, destination, from_night, member_since, customer_id, {', '.join(_CONTENT)})"
            " select %(segment)s, %(destination)s, %(night)s, coalesce(changed.member_since, %(night)s),"
            f" listed.customer_id, {', '.join(f'listed.{name}' for name in _CONTENT)}"
            " from pg_temp.listed_tonight as listed"
            " left join activation.memberships as changed on changed.segment = %(segment)s"
            " and changed.destination = %(destination)s and changed.customer_id = listed.customer_id"
            " and changed.until_night = %(night)s"
            " where not exists (select from activation.memberships as kept where kept.segment = %(segment)s"
            " and kept.destination = %(destination)s and kept.customer_id = listed.customer_id"
            " and kept.channel = listed.channel and kept.contact = listed.contact and kept.until_night is null)"
            " on conflict do nothing",
            this_list,
        )


def keep_contacted(conn: Connection, which: ListOf) -> None:
    """Write down whom a list that goes names, for caps and for what it achieves; the contact point only as a hash.

    Who is named to be removed is not contacted. Does not commit.
    """
    if which.kind == "remove":
        return
    query, parameters = rows_of(which, "going")
    inner, outer = hmac_pads(contact_key())
    conn.execute(
        "insert into activation.delivery_members"
        " (business_date, segment, destination, customer_id, channel, contact_hash)"
        " select %(night)s, %(segment)s, %(destination)s, customer_id, channel,"
        " encode(sha256(%(outer)s || sha256(%(inner)s || convert_to(contact, 'UTF8'))), 'hex')"
        f" from ({query}) as listed on conflict do nothing",
        {**parameters, "inner": inner, "outer": outer},
    )


def forget_contacted(conn: Connection, which: ListOf) -> None:
    """Take back what keep_contacted wrote of a list that did not go after all. Does not commit."""
    conn.execute(
        "delete from activation.delivery_members as members"
        " where business_date = %(night)s and segment = %(segment)s and destination = %(destination)s"
        " and not exists (select from activation.deliveries as others where others.business_date = %(night)s"
        " and others.segment = %(segment)s and others.destination = %(destination)s and others.list_kind <> %(kind)s"
        " and others.list_kind in ('full', 'add') and others.status in ('delivered', 'unknown'))",
        {
            "night": which.business_date,
            "segment": which.segment,
            "destination": which.destination,
            "kind": which.kind,
        },
    )


def rebuild(conn: Connection, which: ListOf) -> bytes:
    """A delivered list once more, byte for byte, but for who was erased since or a mapping that was changed.

    Raises UsageError when that list was not delivered that night.
    """
    found = conn.execute(
        "select from activation.deliveries where business_date = %s and segment = %s and destination = %s"
        " and list_kind = %s and status = 'delivered'",
        [which.business_date, which.segment, which.destination, which.kind],
    ).fetchone()
    if found is None:
        raise UsageError(
            f"The {which.kind} list {which.segment} was not delivered to {which.destination}"
            f" on the night of {which.business_date}.",
            where="activation.deliveries",
            fix=f"`rapport segments history {which.segment}` shows the nights there are",
        )
    destination = declared_destinations()[which.destination]
    return b"".join(render(read_rows(conn, which, "kept", columns_for(destination)), destination))


def _list_tonight(conn: Connection, which: ListOf) -> None:
    query, parameters = rows_of(which, "going")
    columns = ", ".join(["customer_id", *_CONTENT])
    conn.execute("drop table if exists pg_temp.listed_tonight")
    conn.execute(f"create temp table listed_tonight as select {columns} from activation.memberships with no data")
    conn.execute(f"insert into pg_temp.listed_tonight select {columns} from ({query}) as listed", parameters)  # type: ignore[arg-type]
    conn.execute("analyze pg_temp.listed_tonight")
