"""Shopify's exports, as staging reads them: three generations of customers, two of products, orders, checkouts."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg

Conn = psycopg.Connection[Any]


def test_an_account_is_one_customer_across_the_generations_of_the_export(conn: Conn) -> None:
    accounts = conn.execute(
        "select external_id, city, phone_raw, phone_2_raw, postal_code from build_staging.stg_shopify__customers"
        " where record_type = 'shop_customer' and email_raw = 'ayse@example.com'"
    ).fetchall()
    assert accounts == [("shopify:6001", "Ankara", "+905321112233", "+903121112233", "06100")]


def test_a_customer_without_an_id_or_without_an_address_is_kept(conn: Conn) -> None:
    kept = conn.execute(
        "select email_raw, phone_raw, country_code from build_staging.stg_shopify__customers"
        " where record_type = 'shop_customer' and (external_id is null or email_raw is null) order by 1"
    ).fetchall()
    assert kept == [("only.in.A@example.com", None, "DK"), (None, "+4520123456", None)]


def test_metafields_and_the_byte_order_mark_are_no_obstacle(conn: Conn) -> None:
    extras = conn.execute(
        "select accepts_whatsapp_marketing, _extra from raw.shopify__customers where accepts_whatsapp_marketing = 'yes'"
    ).fetchall()
    assert extras == [("yes", {"Favourite colour (customer.metafields.custom.favourite_colour)": "mavi"})]


def test_an_order_is_its_first_row_and_all_its_lines(conn: Conn) -> None:
    order = conn.execute(
        "select ordered_at, gross_amount, discount_amount, total_amount, n_items, coupon_code, is_cancelled"
        " from build_staging.stg_shopify__orders where order_id = 'shopify:#1001'"
    ).fetchone()
    at = datetime(2026, 2, 26, 7, 37, 33, tzinfo=UTC)
    assert order == (at, Decimal("200.00"), Decimal("20.00"), Decimal("209.90"), Decimal("3"), "KIS10", False)
    lines = conn.execute(
        "select product_id, quantity, net_amount from build_staging.stg_shopify__order_lines"
        " where order_id = 'shopify:#1001' order by line_number"
    ).fetchall()
    assert lines == [("shopify:CAY-6", 2, Decimal("150.00")), ("shopify:PEC-1", 1, Decimal("50.00"))]


def test_a_paid_order_counts_without_a_time_of_payment(conn: Conn) -> None:
    order = conn.execute(
        "select ordered_at, total_amount, is_cancelled from build_staging.stg_shopify__orders"
        " where order_id = 'shopify:#1002'"
    ).fetchone()
    assert order == (datetime(2025, 12, 7, 3, 37, 33, tzinfo=UTC), Decimal("100.00"), False)


def test_what_is_sold_over_the_counter_or_called_off_is_no_delivery(conn: Conn) -> None:
    deliveries = conn.execute(
        "select order_id, status, shipped_at from build_staging.stg_shopify__deliveries order by order_id"
    ).fetchall()
    assert deliveries == [
        ("shopify:#1001", "fulfilled", datetime(2026, 2, 27, 6, tzinfo=UTC)),
        ("shopify:#1002", "unfulfilled", None),
    ]


def test_products_are_the_newest_export_and_what_else_was_sold(conn: Conn) -> None:
    products = conn.execute(
        "select product_id, product_name, category, brand, unit_cost"
        " from build_staging.stg_shopify__products order by 1"
    ).fetchall()
    assert products == [
        ("shopify:CAY-12", "Çay bardağı - 12 li", "Tableware", "Hane", None),
        ("shopify:CAY-6", "Çay bardağı - 6 lı", "Tableware", "Hane", Decimal("31.50")),
        ("shopify:LYS-1", "Lysestage", "Belysning", "Hjem", None),
        ("shopify:PEC-1", "Peçete", None, "Hjem", None),
    ]


def test_an_unfinished_checkout_is_one_row_and_belongs_to_who_typed_their_address(conn: Conn) -> None:
    checkouts = conn.execute(
        "select checkout_id, items_text, currency, total_amount, n_items, coupon_code, is_completed, email_raw,"
        " file_date"
        " from build_staging.stg_shopify__checkouts as checkouts"
        " left join build_staging.stg_shopify__customers as customers"
        " on checkouts.customer_record_id = customers.source_record_id order by 1"
    ).fetchall()
    assert checkouts == [
        (
            "shopify:33001", "Lysestage, Peçete", "DKK", Decimal("289.00"), 4, "HEJ", False, "bo@example.dk",
            date(2026, 2, 28),
        ),
        ("shopify:33002", "Çay bardağı", "TRY", Decimal("75.00"), 1, None, False, None, date(2026, 2, 28)),
    ]  # fmt: skip
