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
            "create table customer_360.customers (customer_id text primary key, lifecycle_stage text,"
            " shopper_style text, loyalty_class numeric(2, 1), engagement_tier text, value_so_far_amount numeric)"
        )
        yield connection
        connection.rollback()


def call(conn: psycopg.Connection[Any], **customers: tuple[str, float | None]) -> None:
    conn.execute("truncate customer_360.customers")
    for name, (style, loyalty_class) in customers.items():
        conn.execute(
            "insert into customer_360.customers values (%s, 'active', %s, %s, null, 10)", [name, style, loyalty_class]
        )


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


@pytest.mark.parametrize(
    "change", ["lifecycle_stage = 'lapsed'", "engagement_tier = 'engaged'", "value_so_far_amount = 12"]
)
def test_each_headline_counts(conn: psycopg.Connection[Any], change: str) -> None:
    call(conn, a=("mixed", 1.0), b=("mixed", 1.0))
    keep_headlines(conn, FIRST)
    conn.execute(f"update customer_360.customers set {change} where customer_id = 'a'")  # type: ignore[arg-type]
    assert keep_headlines(conn, SECOND) == 1


def test_any_past_night_can_be_asked_for(conn: psycopg.Connection[Any]) -> None:
    call(conn, a=("mixed", 1.0), b=("relational", None))
    keep_headlines(conn, FIRST)
    call(conn, a=("relational", 3.0))
    keep_headlines(conn, THIRD)
    asked = "select customer_id, shopper_style, loyalty_class::float8 from customer_360.headlines_as_of(%s) order by 1"
    assert conn.execute(asked, [FIRST]).fetchall() == [("a", "mixed", 1.0), ("b", "relational", None)]
    assert conn.execute(asked, [SECOND]).fetchall() == [("a", "mixed", 1.0), ("b", "relational", None)]
    assert conn.execute(asked, [THIRD]).fetchall() == [("a", "relational", 3.0)]


def test_a_business_without_customers_keeps_nothing(warehouse: str) -> None:
    with connect(warehouse) as conn:
        assert keep_headlines(conn, FIRST) == 0
