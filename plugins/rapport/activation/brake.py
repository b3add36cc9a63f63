"""The change brake: a list unlike those before it, or made of stale exports, waits until somebody has looked at it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import psycopg

from rapport.activation.segments import Segment
from rapport.businesses import ChangeBrake, Kind

Connection = psycopg.Connection[Any]

# What is usual: the median of the latest delivered lists, of the same segment and destination.
_UNUSUAL = """
with earlier as (
    select
        segment, destination, business_date, max(coalesce(n_members, n_rows)) as n_people,
        row_number() over (partition by segment, destination order by business_date desc) as nth
    from activation.deliveries
    where business_date < %(night)s and status = 'delivered' and list_kind <> 'recall'
    group by segment, destination, business_date
),
usual as (
    select
        segment, destination, count(*) as n_lists,
        percentile_disc(0.5) within group (order by n_people) as n_usual
    from earlier where nth <= %(lists)s group by segment, destination
),
tonight as (
    select segment, destination, max(n_members) as n_people from activation.deliveries
    where business_date = %(night)s and status = 'prepared' group by segment, destination
)
select segment, destination, n_people, n_usual, n_lists from tonight
inner join usual using (segment, destination)
where
    abs(n_people - n_usual) >= %(least_people)s
    and (n_people > %(times)s * n_usual or n_people * %(times)s < n_usual)
"""


def hold_unusual(conn: Connection, business_date: date, segments: Sequence[Segment], brake: ChangeBrake) -> int:
    """Make the night's prepared lists wait that changed unusually, or whose sources are stale; how many.

    What still waits of earlier nights is held back for good: these lists take its place. Does not commit.
    """
    conn.execute(
        "update activation.deliveries set status = 'held_back', reason = 'Nobody approved it before the next lists.'"
        " where business_date < %s and status in ('waiting_approval', 'approved')",
        [business_date],
    )
    reasons: dict[tuple[str, str], list[str]] = {}
    limits = {"least_people": brake.least_people, "times": brake.times, "lists": brake.lists}
    for segment, destination, n_people, n_usual, n_lists in conn.execute(_UNUSUAL, {"night": business_date} | limits):
        reasons.setdefault((segment, destination), []).append(_change(n_people, n_usual, n_lists))
    stale = _stale_sources(conn)
    for segment_meta in segments:
        for destination in segment_meta.destinations:
            told = [stale[kind] for kind in segment_meta.sources if kind in stale]
            if told:
                reasons.setdefault((segment_meta.name, destination), []).extend(told)
    for (segment, destination), told in reasons.items():
        conn.execute(
            "update activation.deliveries set status = 'waiting_approval', reason = %s"
            " where business_date = %s and segment = %s and destination = %s and status = 'prepared'",
            [" ".join(told), business_date, segment, destination],
        )
    return len(reasons)


def held_lists(conn: Connection, business_date: date) -> list[tuple[str, str, str]]:
    """Segment, destination and reason of each of the night's lists that wait."""
    return conn.execute(
        "select segment, destination, max(reason) from activation.deliveries"
        " where business_date = %s and status = 'waiting_approval' group by 1, 2 order by 1, 2",
        [business_date],
    ).fetchall()


def _change(n_people: int, n_usual: int, n_lists: int) -> str:
    usual = f"usually {n_usual:,} (median of {n_lists} lists)" if n_lists > 1 else f"{n_usual:,} on the last list"
    change = f", {(n_people - n_usual) / n_usual:+.0%}" if n_usual else ""
    return f"{n_people:,} people tonight, {usual}{change}."


def _stale_sources(conn: Connection) -> dict[Kind, str]:
    """Per kind of source whose exports came once and are older than declared by now: in words."""
    there = conn.execute("select to_regclass('customer_360.source_freshness') is not null").fetchone()
    if there != (True,):
        return {}
    found: dict[Kind, str] = {}
    for kind, vendor, table, file_date in conn.execute(
        "select kind, vendor, stalest_table, stalest_file_date from customer_360.source_freshness"
        " where freshness_status = 'error' and last_file_date is not null order by kind, vendor"
    ):
        last = f"the last is of {file_date}" if file_date else "none came"
        told = f"The {kind} exports it is made of are stale: {vendor} {table}, {last}."
        found[kind] = f"{found[kind]} {told}" if kind in found else told
    return found
