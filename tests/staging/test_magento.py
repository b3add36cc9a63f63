"""Magento 2's exports, as staging reads them: accounts, addresses, both grids; and what of them is kept nowhere."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg

Conn = psycopg.Connection[Any]


def _rows(conn: Conn, columns: str, model: str) -> list[tuple[Any, ...]]:
    return conn.execute(f"select {columns} from build_staging.stg_magento__{model} order by 1").fetchall()


def test_a_customer_is_put_together_from_accounts_addresses_and_the_grid(conn: Conn) -> None:
    columns = (
        "email_raw, record_type, external_id, phone_raw, coalesce(first_name_raw, full_name_raw), city, country_code"
    )
    assert _rows(conn, columns, "customers") == [
        ("Ayse@example.com", "shop_customer", None, "05321112233", "Ayşe", "İstanbul", "TR"),
        ("bo@example.dk", "shop_customer", "magento:7", "20123456", "Bo", "Aarhus", "DK"),
        ("cem@example.com", "shop_customer", None, "05321110000", "Cem", "İzmir", "TR"),
        ("dilek@example.com", "shop_customer", "magento:8", None, "Dilek Kaya", None, "TR"),
        ("gone@example.com", "shop_customer", None, None, "Giden", None, None),
        ("lis@example.dk", "guest", None, None, "Lis Holm", None, None),
        ("misafir@example.com", "guest", None, None, "Misafir Alıcı", None, None),
        (None, "guest", None, None, "Ingen", None, None),
    ]


def test_an_account_that_the_main_file_lacks_is_closed(conn: Conn) -> None:
    closed = [row for row in _rows(conn, "email_raw, closed_on, birth_date", "customers") if row[1]]
    assert closed == [("gone@example.com", date(2026, 3, 1), None)]


def test_times_are_read_in_the_grids_and_the_files_ways(conn: Conn) -> None:
    opened = dict(_rows(conn, "email_raw, created_at", "customers"))
    assert opened["dilek@example.com"] == datetime(2026, 2, 27, 11, 15, 22, tzinfo=UTC)
    assert opened["cem@example.com"] == datetime(2026, 2, 28, 10, 14, tzinfo=UTC)


def test_amounts_are_read_with_the_currencys_sign_wherever_it_stands(conn: Conn) -> None:
    columns = "order_number, total_amount, gross_amount, shipping_amount, refunded_amount, is_cancelled"
    assert _rows(conn, columns, "orders") == [
        ("000000001", Decimal("36.39"), Decimal("31.39"), Decimal("5.00"), Decimal("0.00"), False),
        ("000000002", Decimal("1234.50"), Decimal("1234.50"), Decimal("0.00"), Decimal("0.00"), True),
        ("000000003", Decimal("20.00"), Decimal("20.00"), Decimal("0.00"), Decimal("20.00"), False),
        ("000000004", Decimal("36.39"), Decimal("32.39"), Decimal("4.00"), Decimal("0.00"), False),
        ("000000005", Decimal("1234.50"), Decimal("1234.50"), Decimal("0.00"), Decimal("0.00"), True),
    ]


def test_password_hashes_and_tokens_are_nowhere(conn: Conn) -> None:
    for table in ("customers", "customer_composites"):
        found = conn.execute(f"select string_agg(to_jsonb(r)::text, '') from raw.magento__{table} as r").fetchone()
        assert found is not None
        (stored,) = found
        assert stored
        assert not [secret for secret in ("a1b2c3", "r3s3t", "x:y:2", "t0k3n", "pl41n") if secret in stored]


def test_columns_of_extensions_are_kept(conn: Conn) -> None:
    found = conn.execute("select _extra ->> 'Loyalty Tier' from raw.magento__customer_grid order by id").fetchall()
    assert found == [("Gold",), (None,)]
