"""The generic exports, as staging reads them: what is left out is worked out, or told by what there is."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from staging.conftest import Staged

from rapport import settings

Conn = psycopg.Connection[Any]
CUSTOMER = "generic:customers:"
PIA = hashlib.md5(b"pia@example.dk", usedforsecurity=False).hexdigest()  # as who has no id is told from others


def _rows(conn: Conn, columns: str, model: str) -> list[tuple[Any, ...]]:
    return conn.execute(f"select {columns} from build_staging.stg_generic__{model} order by 1").fetchall()


def test_orders_need_but_a_time_and_an_amount(conn: Conn) -> None:
    orders = _rows(conn, "order_number, total_amount, gross_amount, discount_amount, currency, is_cancelled", "orders")
    assert [row for row in orders if row[0].startswith("100")] == [
        ("1001", Decimal("209.90"), Decimal("200.00"), Decimal("20.00"), "TRY", False),
        ("1002", Decimal("100.00"), Decimal("100.00"), Decimal("0"), "DKK", False),
        ("1003", Decimal("50.00"), Decimal("50.00"), Decimal("0"), "TRY", True),
        # in the business's own currency, as no other is said
        ("1004", Decimal("12.50"), Decimal("12.50"), Decimal("0"), "EUR", False),
        ("1005", Decimal("8.00"), Decimal("8.00"), Decimal("0"), "EUR", False),
    ]


def test_orders_without_numbers_are_as_many_as_there_are_rows(conn: Conn) -> None:
    orders = conn.execute(
        "select order_number, ordered_at, total_amount from build_staging.stg_generic__orders"
        " where customer_record_id = %s and ordered_at >= '2026-02-27' order by 1",
        [f"{CUSTOMER}C1"],
    ).fetchall()
    at = datetime(2026, 2, 27, 21, tzinfo=UTC)  # the day's first instant in Istanbul
    assert orders == [
        ("C1:2026-02-28:30.00:1", at, Decimal("30.00")),
        ("C1:2026-02-28:30.00:2", at, Decimal("30.00")),
    ]


def test_lines_make_the_orders_that_were_not_exported(conn: Conn) -> None:
    orders = _rows(conn, "order_number, customer_record_id, total_amount, gross_amount, n_items", "orders")
    assert [row for row in orders if row[0].startswith(("7", "C2"))] == [
        ("7001", f"{CUSTOMER}C2", Decimal("180.00"), Decimal("180.00"), 2),
        ("C2:2026-02-28", f"{CUSTOMER}C2", Decimal("135.00"), Decimal("145.00"), 2),
    ]


def test_a_line_without_a_number_joins_the_customers_order_of_its_day(conn: Conn) -> None:
    lines = _rows(conn, "order_line_id, product_id, quantity, unit_price, discount_amount, net_amount", "order_lines")
    assert lines == [
        ("generic:1001:1", "generic:CAY-6", 2, Decimal("75.00"), Decimal("20.00"), Decimal("130.00")),
        ("generic:1001:2", "generic:PEC-1", 1, Decimal("50.00"), Decimal("0.00"), Decimal("50.00")),
        ("generic:7001:1", "generic:LYS-1", 2, Decimal("90.00"), Decimal("0.00"), Decimal("180.00")),
        ("generic:C1:2026-02-28:30.00:1:1", "generic:CAY-6", 1, Decimal("30.00"), Decimal("0.00"), Decimal("30.00")),
        ("generic:C2:2026-02-28:1", "generic:LYS-1", 1, Decimal("100.00"), Decimal("10.00"), Decimal("90.00")),
        ("generic:C2:2026-02-28:2", "generic:FAD-1", 1, Decimal("45.00"), Decimal("0.00"), Decimal("45.00")),
    ]


def test_a_line_of_an_order_nobody_exported_yet_waits_in_raw(conn: Conn) -> None:
    found = conn.execute(
        "select (select count(*) from raw.generic__order_lines where order_id = '9999'),"
        " (select count(*) from build_staging.stg_generic__order_lines where order_id = 'generic:9999')"
    ).fetchone()
    assert found == (1, 0)


def test_whoever_any_file_names_is_a_customer(conn: Conn) -> None:
    customers = conn.execute(
        "select coalesce(external_id, email_raw, 'nobody'), record_type, country_code, birth_date, language"
        " from build_staging.stg_generic__customers order by 1"
    ).fetchall()
    assert customers == [
        ("friend@example.dk", "guest", None, None, None),
        ("generic:C1", "shop_customer", "TR", date(1990, 5, 17), "tr"),
        ("generic:C2", "shop_customer", "DK", None, "da"),
        ("generic:C3", "shop_customer", None, None, None),
        ("generic:C9", "shop_customer", None, None, None),
        ("kim@example.org", "guest", None, None, None),
        ("lis@example.dk", "guest", None, None, None),
        ("nobody", "guest", None, None, None),
        ("pia@example.dk", "guest", None, None, None),
    ]


@pytest.mark.parametrize(
    ("concept", "column"),
    [
        ("orders", "customer_record_id"),
        ("reviews", "customer_record_id"),
        ("referrals", "referrer_record_id"),
        ("referrals", "referred_record_id"),
        ("loyalty_points", "customer_record_id"),
        ("checkouts", "customer_record_id"),
        ("memberships", "customer_record_id"),
        ("event_attendances", "customer_record_id"),
    ],
)
def test_every_record_that_is_pointed_at_exists(conn: Conn, concept: str, column: str) -> None:
    lost = conn.execute(
        f"select {column} from build_staging.stg_generic__{concept} where {column} not in"
        " (select source_record_id from build_staging.stg_generic__customers)"
    ).fetchall()
    assert lost == []


def test_a_delivery_exported_again_replaces_its_earlier_self(conn: Conn) -> None:
    deliveries = _rows(conn, "order_id, status, promised_date, delivered_at", "deliveries")
    assert deliveries == [
        ("generic:1001", "delivered", date(2026, 3, 1), datetime(2026, 2, 28, 8, 15, tzinfo=UTC)),
        ("generic:1002", "shipped", date(2026, 2, 27), None),
    ]


def test_returns_reviews_and_referrals_carry_what_marts_ask(conn: Conn) -> None:
    assert _rows(conn, "order_id, product_id, reason, refunded_amount", "returns") == [
        ("generic:1001", "generic:PEC-1", "changed mind", None),
        ("generic:1002", "generic:LYS-1", "damaged", Decimal("40.00")),
    ]
    assert _rows(conn, "rating, rating_max, is_verified, product_id, replied_at is not null", "reviews") == [
        (Decimal("3.50"), Decimal("10.00"), False, None, False),
        (Decimal("5.00"), Decimal("5"), True, "generic:CAY-6", True),
    ]
    assert _rows(conn, "referrer_record_id, referral_code, reward_amount, reward_due_date", "referrals") == [
        (f"{CUSTOMER}C1", "AYSE5", Decimal("25.00"), date(2026, 3, 10)),
        (f"{CUSTOMER}C2", "BO5", Decimal("50.00"), None),
    ]


def test_points_tell_by_their_sign_what_they_are(conn: Conn) -> None:
    entries = _rows(conn, "points, event_type, customer_record_id, expiry_date", "loyalty_points")
    assert entries == [
        (Decimal("-100.00"), "redeemed", f"{CUSTOMER}C1", None),
        (Decimal("10.00"), "earned", f"{CUSTOMER}C1", None),
        (Decimal("10.00"), "earned", f"{CUSTOMER}C1", None),
        (Decimal("210.00"), "earned", f"{CUSTOMER}C1", date(2027, 2, 26)),
    ]


def test_a_checkout_that_became_an_order_is_completed(conn: Conn) -> None:
    checkouts = _rows(conn, "checkout_id, is_completed, order_id, total_amount", "checkouts")
    assert checkouts == [
        ("generic:K1", False, None, Decimal("135.00")),
        ("generic:K2", True, "generic:1001", Decimal("75.00")),
    ]


def test_a_membership_exported_again_replaces_its_earlier_self(conn: Conn) -> None:
    """Without an id it is told by its customer, group and time."""
    columns = "customer_record_id, source_record_id, membership_id, group_name, group_type, joined_at, left_at"
    rows = [
        (
            f"{CUSTOMER}C1",
            "M1",
            "Çay severler",
            "affinity",
            datetime(2026, 1, 10, 6, tzinfo=UTC),
            datetime(2026, 2, 28, 5, tzinfo=UTC),
        ),
        (
            f"{CUSTOMER}C2",
            "C2:Hjem klub:2026-02-01",
            "Hjem klub",
            "community",
            datetime(2026, 1, 31, 21, tzinfo=UTC),  # the day's first instant in Istanbul
            datetime(2026, 2, 27, 15, 30, tzinfo=UTC),
        ),
        (
            f"generic:emails:{PIA}",
            f"{PIA}:Hjem klub:2026-02-28 10:00+01:00",
            "Hjem klub",
            "community",
            datetime(2026, 2, 28, 9, tzinfo=UTC),
            None,
        ),
    ]
    assert _rows(conn, columns, "memberships") == [
        (record, f"generic:memberships:{key}", f"generic:{key}", *told) for record, key, *told in rows
    ]


def test_a_guest_has_attended_once_the_export_says_so_or_names_no_status(conn: Conn) -> None:
    columns = "customer_record_id, source_record_id, attendance_id, event_name, event_type, status, occurred_at"
    evening, afternoon = datetime(2026, 2, 27, 16, tzinfo=UTC), datetime(2026, 2, 28, 11, tzinfo=UTC)
    rows = [
        (f"{CUSTOMER}C1", "T1", "Bahar daveti", "vip", "attended", evening),
        (f"{CUSTOMER}C2", "T2", "Bahar daveti", "vip", "no_show", evening),
        (f"{CUSTOMER}C3", "C3:Keramik:2026-02-28 14:00", "Keramik", None, "cancelled", afternoon),
        (f"generic:emails:{PIA}", f"{PIA}:Keramik:2026-02-28 14:00", "Keramik", "workshop", "attended", afternoon),
    ]
    assert _rows(conn, columns, "event_attendances") == [
        (record, f"generic:event_attendances:{key}", f"generic:{key}", *told) for record, key, *told in rows
    ]


def test_the_page_for_shops_lists_every_column_and_heading(staged: Staged) -> None:
    page = (settings.PROJECT_ROOT / "docs/exports-generic.md").read_text(encoding="utf-8")
    for table in staged.declarations:
        if table.vendor == "generic":
            section = page.split(f"\n### {table.table}\n")[1].split("\n### ")[0]
            listed = [line.split("|")[1].strip() for line in section.splitlines() if line.startswith("| `")]
            headings = [f" ({', '.join(column.aliases)})" if column.aliases else "" for column in table.columns]
            assert listed == [f"`{column.name}`{also}" for column, also in zip(table.columns, headings, strict=True)]
