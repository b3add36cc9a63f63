"""Who was on which list from when to when, and with what: any list of any night can be made again from it.

A stay lasts as long as a person is on each delivered list of a segment; a row of it as long as what stands on the list
does not change. Erased persons are gone from it like from everywhere else.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import psycopg

from rapport.activation.destinations import declared_destinations
from rapport.activation.lists import LIST_COLUMNS, frame_of, render
from rapport.errors import UsageError

Connection = psycopg.Connection[Any]
# What stands on a list of a person, beside which list it is.
_CONTENT = [name for name in LIST_COLUMNS if name not in ("business_date", "segment", "destination", "customer_id")]


def keep_members(conn: Connection, business_date: date, segment: str, destination: str, rows: pd.DataFrame) -> None:
    """Write a delivered list down: stays that go on stay open, others end with this night, new ones begin.

    rows: as `lists.frame_of` gives them. Nights come in their order. Does not commit.
    """
    columns = ", ".join(["customer_id", *_CONTENT])
    conn.execute("drop table if exists pg_temp.listed_tonight")
    conn.execute(f"create temp table listed_tonight as select {columns} from activation.memberships with no data")
    with conn.cursor().copy(f"copy pg_temp.listed_tonight ({columns}) from stdin") as copy:
        for row in rows[["customer_id", *_CONTENT]].itertuples(index=False):
            copy.write_row(row)
    this_list = {"night": business_date, "segment": segment, "destination": destination}
    same = "listed.customer_id = kept.customer_id"  # by which Postgres can join
    same += "".join(f" and listed.{name} is not distinct from kept.{name}" for name in _CONTENT)
    conn.execute(
        "update activation.memberships as kept set until_night = %(night)s"
        " where segment = %(segment)s and destination = %(destination)s and until_night is null"
        f" and not exists (select from pg_temp.listed_tonight as listed where {same})",
        this_list,
    )
    conn.execute(
        f"insert into activation.memberships (segment, destination, from_night, member_since, {columns})"
        " select %(segment)s, %(destination)s, %(night)s, coalesce(changed.member_since, %(night)s),"
        f" {', '.join(f'listed.{name}' for name in ['customer_id', *_CONTENT])} from pg_temp.listed_tonight as listed"
        " left join activation.memberships as changed on changed.segment = %(segment)s"
        " and changed.destination = %(destination)s and changed.customer_id = listed.customer_id"
        " and changed.until_night = %(night)s"
        " where not exists (select from activation.memberships as kept where kept.segment = %(segment)s"
        " and kept.destination = %(destination)s and kept.customer_id = listed.customer_id"
        " and kept.until_night is null)",
        this_list,
    )


def rebuild(conn: Connection, business_date: date, segment: str, destination: str) -> bytes:
    """A delivered list once more, byte for byte, but for who was erased since or a mapping that was changed.

    Raises UsageError when that list was not delivered that night.
    """
    found = conn.execute(
        "select from activation.deliveries where business_date = %s and segment = %s and destination = %s"
        " and status = 'delivered'",
        [business_date, segment, destination],
    ).fetchone()
    if found is None:
        raise UsageError(
            f"The list {segment} was not delivered to {destination} on the night of {business_date}.",
            where="activation.deliveries",
            fix=f"`rapport segments history {segment}` shows the nights there are",
        )
    rows = conn.execute(
        f"select cast(%(night)s as date), segment, destination, customer_id, {', '.join(_CONTENT)}"
        " from activation.memberships where segment = %(segment)s and destination = %(destination)s"
        " and from_night <= %(night)s and (until_night is null or until_night > %(night)s)",
        {"night": business_date, "segment": segment, "destination": destination},
    ).fetchall()
    return render(frame_of(rows), declared_destinations()[destination])
