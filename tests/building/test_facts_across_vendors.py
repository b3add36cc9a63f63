"""A shop of one vendor, what surrounds its orders from another: each fact finds its order, product and person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
import pytest
import yaml
from landing.exports import as_csv, order_table
from servers.warehouses import new_warehouse

from rapport import settings
from rapport.building import DBT_STEPS, build_night
from rapport.businesses import load_business
from rapport.landing import ensure_raw_tables, load_declarations
from rapport.landing.night import ingest_path
from rapport.nights import open_night
from rapport.warehouse import connect

pytestmark = pytest.mark.timeout(600)

NIGHT = date(2026, 3, 10)
Conn = psycopg.Connection[Any]
WHO = "split_part(email, '@', 1) as who"

SHOP = order_table(
    [
        # Goods of 200.00 less 20.00 on the whole order, delivery 30.00; the tax of 35.00 is in the prices.
        {
            "Name": "#1001",
            "Email": "ayse@example.com",
            "Financial Status": "paid",
            "Currency": "EUR",
            "Total": "210.00",
            "Taxes": "35.00",
            "Shipping": "30.00",
            "Discount Amount": "20.00",
            "Created at": "2026-02-26 10:37:33 +0300",
            "Lineitem sku": "CAY-6",
            "Lineitem price": "75.00",
        },
        {
            "Name": "#1001",
            "Email": "ayse@example.com",
            "Currency": "",
            "Subtotal": "",
            "Total": "",
            "Created at": "2026-02-26 10:37:33 +0300",
            "Lineitem sku": "PEC-1",
            "Lineitem quantity": "1",
        },
        # The tax of 8.00 comes on top.
        {
            "Name": "#1002",
            "Email": "bo@example.dk",
            "Financial Status": "paid",
            "Currency": "EUR",
            "Total": "48.00",
            "Taxes": "8.00",
            "Created at": "2026-03-02 09:00:00 +0300",
            "Lineitem sku": "LYS-1",
            "Lineitem quantity": "1",
            "Lineitem price": "40.00",
        },
    ]
)
AROUND = {
    "products": "sku,name,category,cost\ncay-6,Çay bardağı,Mutfak,31.50\nLYS-1,Lysestage,Belysning,12.00\n",
    "deliveries": (
        "order_id,promised_date,shipped_at,delivered_at\n"
        "1001,2026-03-01,2026-02-27 09:00,2026-03-03 11:15\n"
        "1002,2026-03-10,2026-03-03 09:00,\n"
        "9999,2026-03-05,,\n"
    ),
    "returns": (
        "return_id,order_id,product_id,reason,comment,quantity,refunded_amount,currency,requested_at,received_at,refunded_at\n"
        "R1,1002,LYS-1,damaged,Knækket,1,10.00,EUR,2026-03-04 08:00,2026-03-06,2026-03-11 09:00\n"
    ),
    "reviews": (
        "review_id,email,product_id,order_id,stars,scale,title,text,date\n"
        "V1,ayse@example.com,CAY-6,1001,7,10,İyi,Hızlı geldi,2026-03-04 09:00\n"
        "V2,bo@example.dk,,,9,5,,Kun ok,2026-03-05\n"
    ),
    "referrals": (
        "referral_id,referrer_email,friend_email,order_id,status,reward,currency,date,reward_due_date,rewarded_at\n"
        "F1,ayse@example.com,,1002,rewarded,5.00,EUR,2026-03-01 10:00,2026-03-20,2026-03-09\n"
        "F2,ayse@example.com,AYSE@example.com,,invited,5.00,EUR,2026-02-20 10:00,,\n"
        "F3,bo@example.dk,ayse@example.com,,invited,5.00,EUR,2026-02-27 10:00,,\n"
    ),
    "loyalty_points": "email,points,order_id,date,expires_at\nayse@example.com,210,1001,2026-02-26 10:40,2027-02-26\n",
    "checkouts": (
        "checkout_id,email,items,total,currency,started_at,completed_at\n"
        "K1,bo@example.dk,Lysestage,40.00,EUR,2026-03-01 20:00,\n"
        "K2,ayse@example.com,Fad,15.00,EUR,2026-03-05 20:00,\n"
    ),
    "memberships": (
        "membership_id,email,group,type,joined_at,left_at\n"
        "M1,ayse@example.com,Çay severler,affinity,2026-02-20 09:00,2026-03-01 09:00\n"
        "M2,ayse@example.com,Hane klub,,2026-03-01 09:30,2026-03-11 09:00\n"
        "M3,bo@example.dk,Hane klub,community,2026-02-28,\n"
    ),
    "event_attendances": (
        "attendance_id,email,event,type,status,date\n"
        "T1,ayse@example.com,Bahar daveti,vip,attended,2026-03-02 00:30\n"
        "T2,bo@example.dk,Bahar daveti,vip,registered,2026-03-02 00:30\n"
        "T3,ayse@example.com,Keramik,workshop,,2026-03-12 19:00\n"
    ),
}


@pytest.fixture(scope="module")
def built(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The warehouse of a business with these exports, as its night has built it up to the marts."""
    folder = tmp_path_factory.mktemp("facts")
    with new_warehouse(server) as name, pytest.MonkeyPatch.context() as patch:
        (folder / "businesses").mkdir()
        content = yaml.safe_load((settings.BUSINESSES / "sample.yml").read_text(encoding="utf-8"))
        content |= {"vendors": ["shopify", "generic"], "settle_seconds": 0}
        (folder / "businesses" / f"{name}.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
        patch.setattr(settings, "BUSINESSES", folder / "businesses")
        patch.setattr(settings, "work_dir", lambda business: folder / "work" / business)
        exports = folder / "exports"
        (exports / "shopify").mkdir(parents=True)
        (exports / "generic").mkdir()
        (exports / "shopify" / f"orders_export_{NIGHT}.csv").write_text(as_csv(SHOP), encoding="utf-8")
        for table, text in AROUND.items():
            (exports / "generic" / f"{table}_{NIGHT}.csv").write_text(text, encoding="utf-8")
        business = load_business(name)
        with connect(name) as conn:
            night = open_night(conn, business, NIGHT)
            ensure_raw_tables(conn, load_declarations(business))
            results = ingest_path(conn, business, exports, NIGHT)
            assert {(result.status, result.quarantined) for result in results} == {("loaded", 0)}
        build_night(business, night, list(DBT_STEPS)[: list(DBT_STEPS).index("effects") + 1])
        yield name


@pytest.fixture
def conn(built: str) -> Iterator[Conn]:
    with connect(built) as connection:
        yield connection


def _rows(conn: Conn, columns: str, table: str) -> list[tuple[Any, ...]]:
    """Columns of a mart, with `who` for the name of the mailbox that the row's person has."""
    return conn.execute(
        f"with people as (select customer_id as id, {WHO} from build_customer_360.customers)"
        f" select {columns} from build_customer_360.{table} as facts left join people"
        " on id in (to_jsonb(facts) ->> 'customer_id', to_jsonb(facts) ->> 'referrer_customer_id')"
        " order by 1"
    ).fetchall()


def test_deliveries_find_the_order_of_another_vendor_by_its_number(conn: Conn) -> None:
    deliveries = _rows(conn, "delivery_id, who, order_id, n_days_late, is_late, delivered_date", "deliveries")
    assert deliveries == [
        ("generic:1001", "ayse", "shopify:#1001", 2, True, date(2026, 3, 3)),
        # The promised day ended with the night, and nothing has come.
        ("generic:1002", "bo", "shopify:#1002", None, True, None),
    ]


def test_a_product_listed_by_one_vendor_is_the_one_that_another_sells(conn: Conn) -> None:
    products = _rows(conn, "product_id, category, unit_cost, median_unit_price, price_tier", "products")
    assert products == [
        ("shopify:CAY-6", "Mutfak", Decimal("31.50"), Decimal("75.00"), None),
        ("shopify:LYS-1", "Belysning", Decimal("12.00"), Decimal("40.00"), None),
        ("shopify:PEC-1", None, None, Decimal("50.00"), None),
    ]


def test_margin_is_what_is_left_of_the_line_after_both_discounts_tax_and_cost(conn: Conn) -> None:
    """The first: 150.00, less 15.00 of the order's discount, less 35 / 210 of the rest, less 2 at 31.50."""
    columns = (
        "order_line_id, product_category, net_amount, order_discount_share_amount, tax_share_amount, unit_cost,"
        " margin_amount"
    )
    assert _rows(conn, columns, "order_lines") == [
        ("shopify:#1001:1", "Mutfak", *map(Decimal, ("150.00", "15.00", "22.50", "31.50", "49.50"))),
        ("shopify:#1001:2", None, *map(Decimal, ("50.00", "5.00", "7.50")), None, None),
        ("shopify:#1002:1", "Belysning", *map(Decimal, ("40.00", "0.00", "0.00", "12.00", "28.00"))),
    ]


def test_returns_find_order_and_product_and_end_with_the_night(conn: Conn) -> None:
    columns = "return_id, who, order_id, product_id, refunded_amount, received_at is null, refunded_at"
    assert _rows(conn, columns, "returns") == [
        ("generic:R1", "bo", "shopify:#1002", "shopify:LYS-1", Decimal("10.00"), False, None)
    ]


def test_ratings_are_brought_to_one_scale_and_none_is_made_up(conn: Conn) -> None:
    """7 of 1 to 10 lies two thirds of the way from 1 to 5; 9 of 5 stars is no rating."""
    columns = "review_id, who, product_id, order_id, product_category, rating, original_rating, original_rating_max"
    assert _rows(conn, columns, "reviews") == [
        ("generic:V1", "ayse", "shopify:CAY-6", "shopify:#1001", "Mutfak", Decimal("3.67"), Decimal(7), Decimal(10)),
        ("generic:V2", "bo", None, None, None, None, Decimal(9), Decimal(5)),
    ]


def test_referrals_win_whoever_orders_after_them_and_nobody_wins_themselves(conn: Conn) -> None:
    referred = f"(select {WHO} from build_customer_360.customers where customer_id = referred_customer_id)"
    columns = f"referral_id, who, {referred}, is_self_referral, is_existing_customer, is_converted"
    assert _rows(conn, columns, "referrals") == [
        # Known by the order alone.
        ("generic:F1", "ayse", "bo", False, False, True),
        ("generic:F2", "ayse", "ayse", True, False, False),
        ("generic:F3", "bo", "ayse", False, True, False),
    ]


def test_a_checkout_is_completed_by_the_persons_next_order(conn: Conn) -> None:
    assert _rows(conn, "checkout_id, who, order_id, is_completed, completed_at is null", "checkouts") == [
        ("generic:K1", "bo", "shopify:#1002", True, False),
        ("generic:K2", "ayse", None, False, True),
    ]


def test_points_belong_to_the_person_and_the_order_that_earned_them(conn: Conn) -> None:
    assert _rows(conn, "who, order_id, event_type, points, expiry_date", "loyalty_points") == [
        ("ayse", "shopify:#1001", "earned", Decimal(210), date(2027, 2, 26))
    ]


def test_a_member_is_who_has_not_left_by_the_nights_clock(conn: Conn) -> None:
    columns = "membership_id, who, vendor, group_name, group_type, is_member, left_at is null, joined_date"
    assert _rows(conn, columns, "memberships") == [
        ("generic:M1", "ayse", "generic", "Çay severler", "affinity", False, False, date(2026, 2, 20)),
        # Leaves after this night.
        ("generic:M2", "ayse", "generic", "Hane klub", "community", True, True, date(2026, 3, 1)),
        ("generic:M3", "bo", "generic", "Hane klub", "community", True, True, date(2026, 2, 28)),
    ]


def test_a_guest_who_only_registered_did_not_come_and_nobody_came_yet_to_what_is_ahead(conn: Conn) -> None:
    columns = "attendance_id, who, vendor, event_name, event_type, status, is_over, is_attended, occurred_date"
    assert _rows(conn, columns, "event_attendances") == [
        # Half past midnight in Istanbul, where the day has begun that is not yet there in UTC.
        ("generic:T1", "ayse", "generic", "Bahar daveti", "vip", "attended", True, True, date(2026, 3, 2)),
        ("generic:T2", "bo", "generic", "Bahar daveti", "vip", "registered", True, False, date(2026, 3, 2)),
        ("generic:T3", "ayse", "generic", "Keramik", "workshop", "attended", False, False, date(2026, 3, 12)),
    ]


def test_promises_are_judged_by_what_the_facts_say(conn: Conn) -> None:
    promises = _rows(conn, "promise_id, who, order_id, status, n_hours_late", "promises")
    assert promises == [
        # Due at the end of the 1st, there at 11:15 on the 3rd.
        ("delivery:generic:1001", "ayse", "shopify:#1001", "broken", Decimal("35.25")),
        ("delivery:generic:1002", "bo", "shopify:#1002", "broken", None),
        # The goods are back since the 6th, and the money goes out after this night.
        ("refund:generic:R1", "bo", "shopify:#1002", "open", None),
        ("reward:generic:F1", "ayse", "shopify:#1002", "kept", Decimal("0.00")),
    ]


def test_the_timeline_tells_a_persons_history_in_order_and_quotes_nobody(conn: Conn) -> None:
    told = conn.execute(
        "select event_type, amount from build_customer_360.customer_timeline"
        " join build_customer_360.customers using (customer_id) where email = 'bo@example.dk' order by occurred_at, 1"
    ).fetchall()
    assert told == [
        ("became_known", None),
        ("referral_made", None),
        ("group_joined", None),
        ("event_missed", None),
        ("order_placed", Decimal("48.00")),
        ("delivery_shipped", None),
        ("return_requested", None),
        ("review_written", None),
        ("promise_broken", None),
    ]
    details = conn.execute(
        "select count(*) filter (where details::text ~ 'Knækket|Kun ok|Hızlı'), count(*)"
        " from build_customer_360.customer_timeline"
    ).fetchone()
    assert details is not None
    assert details[0] == 0
    assert details[1] > 10


def test_a_customers_row_sums_up_touches_margin_and_returns(conn: Conn) -> None:
    columns = (
        "who, first_touch_channel, last_touch_channel, margin_amount, margin_known_rate, n_returns, returned_amount,"
        " n_broken_promises, favourite_category"
    )
    assert _rows(conn, columns, "customers") == [
        ("ayse", "community", "checkout", Decimal("49.50"), Decimal("0.7500"), 0, Decimal("0.00"), 1, None),
        ("bo", "community", "review", Decimal("28.00"), Decimal("1.0000"), 1, Decimal("10.00"), 1, None),
    ]
