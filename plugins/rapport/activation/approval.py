"""A list that waits: the question put to whoever approves it, with its figures, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg.rows import dict_row

from rapport.activation.list_rows import count_rows
from rapport.activation.lists import ListOf

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Question:
    """What is asked about one list, in Markdown. Counts only: it is stored and shown by Airflow."""

    segment: str
    destination: str
    subject: str
    body: str


def questions(conn: Connection, business: str, title: str, business_date: date) -> list[Question]:
    """A question for each list of the night that waits for approval."""
    waiting = conn.execute(
        "select segment, destination, max(n_members), max(reason) from activation.deliveries"
        " where business_date = %s and status = 'waiting_approval' group by 1, 2 order by 1, 2",
        [business_date],
    ).fetchall()
    return [
        Question(
            segment,
            destination,
            f"{title}, {business_date}: send {segment.replace('_', ' ')} to {n_people:,} people ({destination})?",
            _body(conn, business, business_date, segment, destination, str(reason)),
        )
        for segment, destination, n_people, reason in waiting
    ]


def settle(
    conn: Connection, business_date: date, segment: str, destination: str, *, is_approved: bool, told: str
) -> bool:
    """Write the answer down, with who gave it (`told`); False if the list did not wait any more. Commits."""
    changed = conn.execute(
        "update activation.deliveries set status = %s, reason = %s"
        " where business_date = %s and segment = %s and destination = %s and status = 'waiting_approval'",
        ["approved" if is_approved else "held_back", told, business_date, segment, destination],
    ).rowcount
    conn.commit()
    return changed > 0


def _body(conn: Connection, business: str, business_date: date, segment: str, destination: str, reason: str) -> str:
    added = count_rows(conn, ListOf(business_date, segment, destination, "add"), "built")
    removed = count_rows(conn, ListOf(business_date, segment, destination, "remove"), "built")
    with conn.cursor(row_factory=dict_row) as cursor:
        earlier = cursor.execute(
            "select business_date, status, max(coalesce(n_members, n_rows)) as n_people from activation.deliveries"
            " where segment = %s and destination = %s and business_date <= %s and list_kind <> 'recall'"
            " group by business_date, status order by business_date desc limit 8",
            [segment, destination, business_date],
        ).fetchall()
        left_out = cursor.execute(
            "select reason_code, count(*) as n_people from activation.exclusions"
            " where business_date = %s and segment = %s group by reason_code order by 2 desc, 1",
            [business_date, segment],
        ).fetchall()
    lines = [
        reason,
        "",
        f"Against the last list that went there: {added:,} new, {removed:,} gone.",
        "",
        "| night | people | |",
        "|---|---:|---|",
        *(f"| {row['business_date']} | {row['n_people']:,} | {_words(row['status'])} |" for row in earlier),
        "",
        "| left out tonight | people |",
        "|---|---:|",
        *(f"| {_words(row['reason_code'])} | {row['n_people']:,} |" for row in left_out),
        "",
        f"Who is on it and why, masked: `rapport segments preview {segment} --business {business}`."
        f" The night: [page](/rapport/nights/{business}/{business_date}),"
        f" [summary](/rapport/summaries/{business}/{business_date}).",
        "",
        "Without an answer it is not sent.",
    ]
    return "\n".join(lines)


def _words(code: str) -> str:
    return code.replace("_", " ")
