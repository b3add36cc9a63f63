"""What published nights called each customer is kept, one row per change."""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg
import pytest

from rapport.publishing.headlines import keep_headlines
from rapport.warehouse import connect

FIRST, SECOND, THIRD = date(2026, 1, 30), date(2026, 1, 31), date(2026, 2, 1)


@pytest.fixture
def conn(warehouse: str) -> Any:
    with connect(warehouse) as connection:
        connection.execute(
            "create table loyalty.shopper_style (customer_id text primary key, shopper_style text);"
            "create table loyalty.loyalty_class (customer_id text primary key, loyalty_class numeric(2, 1))"
        )
        yield connection
        connection.rollback()


def call(conn: psycopg.Connection[Any], **customers: tuple[str, float | None]) -> None:
    conn.execute("truncate loyalty.shopper_style, loyalty.loyalty_class")
    for name, (style, loyalty_class) in customers.items():
        conn.execute("insert into loyalty.shopper_style values (%s, %s)", [name, style])
        if loyalty_class is not None:
            conn.execute("insert into loyalty.loyalty_class values (%s, %s)", [name, loyalty_class])


def kept(conn: psycopg.Connection[Any]) -> list[tuple[str, date, str | None, float | None]]:
    rows = conn.execute(
        "select customer_id, since_date, shopper_style, loyalty_class::float8 from history.customer_headlines"
        " order by customer_id, since_date"
    )
    return list(rows.fetchall())


def test_only_what_changed_is_kept_and_who_is_gone_is_called_nothing(conn: psycopg.Connection[Any]) -> None:
    call(conn, a=("mixed", 1.0), b=("relational", None), c=("mixed", None))
    assert keep_headlines(conn, FIRST) == 3
    call(conn, a=("mixed", 2.0), b=("relational", None))
    assert keep_headlines(conn, SECOND) == 2
    assert keep_headlines(conn, THIRD) == 0
    assert kept(conn) == [
        ("a", FIRST, "mixed", 1.0),
        ("a", SECOND, "mixed", 2.0),
        ("b", FIRST, "relational", None),
        ("c", FIRST, "mixed", None),
        ("c", SECOND, None, None),
    ]


def test_a_night_published_again_replaces_what_it_had_kept(conn: psycopg.Connection[Any]) -> None:
    call(conn, a=("mixed", None))
    keep_headlines(conn, FIRST)
    call(conn, a=("relational", None))
    keep_headlines(conn, SECOND)
    call(conn, a=("transactional", None))
    keep_headlines(conn, SECOND)
    assert kept(conn) == [("a", FIRST, "mixed", None), ("a", SECOND, "transactional", None)]


def test_a_business_without_these_marts_keeps_nothing(warehouse: str) -> None:
    with connect(warehouse) as conn:
        assert keep_headlines(conn, FIRST) == 0
