"""Parcels, returns, reviews, referrals, points and baskets fit the orders they follow, and show what was planted."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from rapport.samples import generic
from rapport.samples.nights import generate

NIGHT = "2026-03-01"
REPLACED = ("deliveries", "returns", "reviews", "referrals", "checkouts")  # exported again, a row replaces itself


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("landing")
    generate(1500, 3, 7, date(2026, 3, 1), out)
    return out


def table(landing: Path, name: str, night: str = NIGHT) -> pd.DataFrame:
    path = next(landing.glob(f"*/{name}_{night}.csv"))
    return pd.read_csv(path, dtype=str, encoding="utf-8-sig", keep_default_na=False)


@pytest.fixture(scope="module")
def orders(landing: Path) -> pd.DataFrame:
    """Heads of orders by name."""
    exported = table(landing, "orders_export")
    return exported[exported["Total"] != ""].drop_duplicates("Name").set_index("Name")


def style_of_orders(landing: Path) -> pd.Series:
    """relational or transactional, by order name, from the truth."""
    records = pd.read_csv(landing / "_truth/records.csv", dtype=str)
    persons = pd.read_csv(landing / "_truth/persons.csv", dtype=str).set_index("person_id")
    of_orders = records[(records["table"] == "orders") & records["person_id"].notna()]
    return pd.Series(persons["style"].reindex(of_orders["person_id"]).to_numpy(), index=of_orders["key"])


@pytest.mark.parametrize("name", sorted(generic.HEADERS))
def test_every_table_is_there_and_has_one_row_a_key(landing: Path, name: str) -> None:
    rows = table(landing, name)
    assert list(rows.columns) == generic.HEADERS[name]
    assert len(rows) > 20
    assert rows.iloc[:, 0].is_unique
    assert (rows.iloc[:, 0] != "").all()


@pytest.mark.parametrize("name", ["deliveries", "returns", "reviews", "loyalty_points"])
def test_what_follows_an_order_names_one_that_was_exported(landing: Path, orders: pd.DataFrame, name: str) -> None:
    assert set(table(landing, name)["order_id"]) <= set(orders.index)


def test_nothing_happens_after_the_night_nor_before_its_order(landing: Path, orders: pd.DataFrame) -> None:
    for name, times in {
        "deliveries": ["shipped_at", "delivered_at"],
        "returns": ["requested_at", "received_at", "refunded_at"],
        "reviews": ["reviewed_at", "replied_at"],
    }.items():
        rows = table(landing, name)
        placed = orders["Created at"].reindex(rows["order_id"]).str[:19].to_numpy()
        is_readable = pd.Series(placed).str.startswith("20")
        for column in times:
            at = rows[column]
            assert (at <= f"{NIGHT} 23:59:59").all(), column
            # Orders are written in their country's time, at most two hours behind.
            assert ((at == "") | ~is_readable | (at >= placed)).all(), column


def test_one_carrier_brings_most_of_what_is_late(landing: Path) -> None:
    rows = table(landing, "deliveries")
    delivered = rows[rows["status"] == "delivered"]
    late = delivered["delivered_at"].str[:10] > delivered["promised_date"]
    assert 0.04 < late.mean() < 0.12
    worst = delivered["carrier"].isin(["Hızlı Getir", "Bring Nu"])
    assert late[worst].mean() > 2 * late[~worst].mean()


def test_a_late_parcel_costs_stars_and_is_what_the_text_is_about(landing: Path) -> None:
    reviews = table(landing, "reviews").set_index("order_id")
    deliveries = table(landing, "deliveries").set_index("order_id")
    late = (deliveries["delivered_at"].str[:10] > deliveries["promised_date"]).reindex(reviews.index, fill_value=False)
    rating = reviews["rating"].astype(int)
    about_delivery = reviews["title"].isin(["Kargo gecikti", "Forsinket"])
    assert rating[~late].mean() - rating[late].mean() > 1
    assert about_delivery[late].mean() > 0.5
    assert not about_delivery[~late & (rating > 3)].any()


def test_relational_shoppers_write_more_reviews(landing: Path, orders: pd.DataFrame) -> None:
    style = style_of_orders(landing).reindex(orders.index)
    has_review = orders.index.isin(table(landing, "reviews")["order_id"])
    share = pd.Series(has_review, index=orders.index).groupby(style).mean()
    assert 0.15 < share["relational"] < 0.3
    assert 0.02 < share["transactional"] < 0.08


def test_referrals_hold_a_loop_a_self_referral_and_friends_who_never_came(landing: Path) -> None:
    rows = table(landing, "referrals")
    pairs = set(zip(rows["referrer_email"], rows["referred_email"], strict=True))
    assert any(one == other for one, other in pairs)
    assert any((other, one) in pairs for one, other in pairs if one != other)
    won = rows["order_id"] != ""
    assert 0.2 < (~won).mean() < 0.5
    assert (rows.loc[won, "reward_due_date"] != "").all()
    late = rows["rewarded_at"].str[:10] > rows["reward_due_date"]
    assert 0 < late[won & (rows["rewarded_at"] != "")].mean() < 0.3


def test_baskets_that_became_orders_say_which(landing: Path, orders: pd.DataFrame) -> None:
    rows = table(landing, "checkouts")
    done = rows["completed_at"] != ""
    assert set(rows.loc[done, "order_id"]) <= set(orders.index)
    assert (rows.loc[~done, "order_id"] == "").all()
    assert (rows.loc[done, "started_at"] < rows.loc[done, "completed_at"]).all()
    assert 0.2 < done.mean() < 0.8


@pytest.mark.parametrize("name", REPLACED)
def test_later_nights_bring_only_what_changed(landing: Path, name: str) -> None:
    later = list(landing.glob(f"generic/{name}_2026-03-0[23].csv"))
    assert sum(len(pd.read_csv(path)) for path in later) < len(table(landing, name)) / 5
