"""What is asked about a segment: its latest sizes, who was left out and why, what it achieves, who would get it."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import dict_row

from rapport.activation.segments import Segment
from rapport.errors import UsageError

Connection = psycopg.Connection[Any]
# What of the shown columns is personal, by what hides it.
_MASKED = {
    "contact": "case channel when 'email' then ops.mask_email(contact) else ops.mask_phone(contact) end",
    "first_name": "ops.mask_name(first_name)",
}
_SHOWN = ("customer_id", "contact", "first_name", "locale", "reason", "offer", "valid_until", "send_not_before")


def segment_named(segments: list[Segment], name: str) -> Segment:
    """The declared segment of that name. Raises UsageError naming those there are."""
    for segment in segments:
        if segment.name == name:
            return segment
    raise UsageError(
        f"There is no segment {name!r}.",
        where="dbt_project/models/activation/segments",
        fix=f"one of {', '.join(sorted(segment.name for segment in segments))}",
    )


def history(conn: Connection, segment: str, *, nights: int) -> list[dict[str, Any]]:
    """The lists of the latest nights, newest first: rows, who is new on it, who is gone, what became of it.

    New and gone are against the full list before, of the same destination; null on the first.
    """
    return _rows(
        conn,
        """
        with members as (
            select destination, business_date, array_agg(customer_id order by customer_id) as people
            from activation.delivery_members where segment = %(segment)s group by 1, 2
        ),
        -- A night whose list did not go out is compared with nothing, and nothing with it.
        delivered as (
            select
                destination, business_date, list_kind, coalesce(people, '{}') as people,
                lag(coalesce(people, '{}')) over (partition by destination order by business_date) as people_before
            from activation.deliveries left join members using (destination, business_date)
            where segment = %(segment)s and list_kind = 'full' and status = 'delivered'
        )
        select
            lists.business_date, lists.destination, lists.list_kind, lists.status, lists.n_rows,
            case when people_before is not null then (
                select count(*) from unnest(people) as now (customer_id)
                where now.customer_id <> all(people_before)
            ) end as n_new,
            case when people_before is not null then (
                select count(*) from unnest(people_before) as earlier (customer_id)
                where earlier.customer_id <> all(people)
            ) end as n_gone,
            lists.location, lists.reason, receipts.status as receipt, receipts.n_rejected as n_refused
        from activation.deliveries as lists
        left join delivered
            on lists.business_date = delivered.business_date and lists.destination = delivered.destination
            and lists.list_kind = delivered.list_kind
        left join activation.receipts on receipts.destination = lists.destination
            and receipts.file_name in (lists.file_name, lists.file_name || '.pgp')
        where segment = %(segment)s
        order by lists.business_date desc, lists.destination, lists.list_kind limit %(nights)s
        """,
        {"segment": segment, "nights": nights},
    )


def left_out(conn: Connection, segment: str) -> list[dict[str, Any]]:
    """How many the latest night left out, by reason in words, most first."""
    return _rows(
        conn,
        "select exclusions.reason_code, exclusion_reasons.meaning, count(*) as n_customers from activation.exclusions"
        " left join build_seeds.exclusion_reasons using (reason_code) where segment = %(segment)s"
        " and business_date = (select max(business_date) from activation.deliveries where segment = %(segment)s)"
        " group by 1, 2 order by 3 desc, 1",
        {"segment": segment},
    )


def lift(conn: Connection, segment: str) -> list[dict[str, Any]]:
    """What the list achieves so far, by measure and window; empty before the first published night."""
    found = conn.execute("select to_regclass('activation.segment_lift') is not null").fetchone()
    if found != (True,):
        return []
    return _rows(
        conn,
        "select measure, window_days, verdict, n_treated, n_held_out, treated_value, held_out_value, difference,"
        " difference_low, difference_high, n_days_until_answer from activation.segment_lift where scope = %(scope)s"
        " order by window_days, measure",
        {"scope": f"segment:{segment}"},
    )


def preview(conn: Connection, segment: str, *, limit: int, is_masked: bool = True) -> list[dict[str, Any]]:
    """The first rows of the list as it is built now, by customer_id; personal data masked unless asked otherwise.

    Raises UsageError when no lists are built.
    """
    found = conn.execute("select to_regclass('build_activation.lists') is not null").fetchone()
    if found != (True,):
        raise UsageError(
            "No lists have been built.", where="build_activation.lists", fix="run a night first: `make run DRY_RUN=1`"
        )
    shown = [f"{_MASKED[name]} as {name}" if is_masked and name in _MASKED else name for name in _SHOWN]
    return _rows(
        conn,
        f"select distinct on (customer_id) business_date, channel, {', '.join(shown)} from build_activation.lists"
        " where segment = %(segment)s order by customer_id, destination limit %(limit)s",
        {"segment": segment, "limit": limit},
    )


def _rows(conn: Connection, query: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, parameters).fetchall()  # type: ignore[arg-type]
