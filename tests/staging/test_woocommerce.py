"""WooCommerce's exports, as staging reads them: Analytics in the site's language, the export plugin, products."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg

Conn = psycopg.Connection[Any]


def _rows(conn: Conn, columns: str, model: str) -> list[tuple[Any, ...]]:
    return conn.execute(f"select {columns} from build_staging.stg_woocommerce__{model} order by 1").fetchall()


def test_a_customer_is_told_by_the_address_whatever_the_sites_language(conn: Conn) -> None:
    customers = _rows(conn, "email_raw, record_type, phone_raw, city, created_at, closed_on", "customers")
    signed_up = datetime(2024, 3, 2, 6, 15, tzinfo=UTC)
    assert [row for row in customers if row[0] in ("Ayse@example.com", "bo@example.dk", "giden@example.com")] == [
        ("Ayse@example.com", "shop_customer", "05321112233", "İstanbul", signed_up, None),
        ("bo@example.dk", "guest", None, "Århus", None, None),
        ("giden@example.com", "guest", None, None, None, date(2026, 3, 1)),
    ]


def test_the_export_plugins_order_counts_before_that_of_analytics(conn: Conn) -> None:
    orders = _rows(conn, "order_number, total_amount, refunded_amount, currency, is_cancelled, n_items", "orders")
    assert orders == [
        ("500", Decimal("80.00"), Decimal("80.00"), "EUR", False, 1),
        ("501", Decimal("1003.66"), Decimal("0.00"), "EUR", False, 3),
        ("502", Decimal("41.67"), Decimal("16.67"), "EUR", False, 1),
        ("503", Decimal("58.33"), Decimal("0.00"), "EUR", True, 1),
        ("601", Decimal("141.50"), Decimal("0.00"), "DKK", False, 3),
        ("602", Decimal("25.00"), Decimal("0.00"), "DKK", True, 1),
    ]


def test_a_name_that_two_customers_have_belongs_to_neither(conn: Conn) -> None:
    buyers = conn.execute(
        "select order_number, customers.email_raw, customers.full_name_raw, customers.first_name_raw"
        " from build_staging.stg_woocommerce__orders as orders"
        " join build_staging.stg_woocommerce__customers as customers"
        " on orders.customer_record_id = customers.source_record_id order by 1"
    ).fetchall()
    assert buyers == [
        ("500", "bo@example.dk", "Bo Østergård", None),
        ("501", "Ayse@example.com", "Ayşe Yılmaz", None),
        ("502", None, "Ali Kaya", None),
        ("503", "Ayse@example.com", "Ayşe Yılmaz", None),
        ("601", "lis@example.dk", None, "Lis"),
        ("602", None, None, "Ingen"),
    ]


def test_lines_are_the_plugins_without_tax(conn: Conn) -> None:
    lines = _rows(conn, "order_line_id, product_id, quantity, gross_amount, discount_amount, net_amount", "order_lines")
    assert lines == [
        ("woocommerce:601:1", "woocommerce:LYS-1", 1, Decimal("60.00"), Decimal("6.00"), Decimal("54.00")),
        ("woocommerce:601:2", "woocommerce:FAD-1", 2, Decimal("40.00"), Decimal("4.00"), Decimal("36.00")),
        ("woocommerce:602:1", "woocommerce:FAD-1", 1, Decimal("20.00"), Decimal("0.00"), Decimal("20.00")),
    ]


def test_each_code_of_a_standing_order_was_redeemed(conn: Conn) -> None:
    redemptions = conn.execute(
        "select coupon_code, redeemed_at from build_staging.stg_woocommerce__coupon_redemptions order by 2, 1"
    ).fetchall()
    at, later = datetime(2026, 2, 27, 7, tzinfo=UTC), datetime(2026, 2, 28, 10, tzinfo=UTC)
    assert redemptions == [("KIS10", at), ("VIP", at), ("HEJ", later), ("VENNER", later)]


def test_a_variation_has_its_products_category(conn: Conn) -> None:
    assert _rows(conn, "product_id, product_name, category", "products") == [
        ("woocommerce:CAY", "Çay bardağı", "Mutfak"),
        ("woocommerce:CAY-12", "Çay bardağı - 12 li", "Mutfak"),
        ("woocommerce:CAY-6", "Çay bardağı - 6 lı", "Mutfak"),
        ("woocommerce:FAD-1", "Fad", None),
        ("woocommerce:LYS-1", "Mumluk", "Aydınlatma"),
    ]
