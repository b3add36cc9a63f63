"""Members of groups and guests of events are known customers, mostly those with a strong bond."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from hashlib import md5
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rapport.samples import attendances, generic
from rapport.samples.attendances import PLACES
from rapport.samples.communities import GROUPS
from rapport.samples.nights import generate
from rapport.samples.retailer import Retailer, midnight

SEED, CUSTOMERS = 7, 1500
START = date(2026, 3, 1)
TABLES = ("memberships", "event_attendances")


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A landing folder with the history and one night more."""
    out = tmp_path_factory.mktemp("landing")
    generate(CUSTOMERS, 2, SEED, START, out)
    return out


def table(landing: Path, name: str, night: date = START) -> pd.DataFrame:
    return pd.read_csv(landing / f"generic/{name}_{night}.csv", dtype=str, keep_default_na=False)


def persons(landing: Path) -> pd.DataFrame:
    """The truth of those who ever ordered, by their own address."""
    known = pd.read_csv(landing / "_truth/persons.csv", dtype=str, keep_default_na=False).set_index("email")
    return known[known["n_orders"] != "0"]


def test_about_a_tenth_of_customers_join_something_and_some_leave_it_again(landing: Path) -> None:
    rows, customers = table(landing, "memberships"), persons(landing)
    assert 0.08 < customers.index.isin(rows["email"]).mean() < 0.12
    assert 0.1 < (rows["left_at"] != "").mean() < 0.3


def test_whoever_left_had_joined_before_and_nobody_is_in_a_group_twice(landing: Path) -> None:
    rows = table(landing, "memberships")
    left = rows[rows["left_at"] != ""]
    assert (left["left_at"] > left["joined_at"]).all()
    assert not rows.duplicated(["email", "group_name"]).any()


def test_groups_are_few_speak_the_members_language_and_one_of_each_is_the_shops(landing: Path) -> None:
    rows = table(landing, "memberships")
    country = persons(landing)["country_code"].reindex(rows["email"]).to_numpy()
    for code, groups in zip(("TR", "DK"), GROUPS, strict=True):
        of_country = rows[country == code]
        assert set(of_country["group_name"]) == set(groups)
        assert set(of_country.loc[of_country["group_type"] == "community", "group_name"]) == {groups[0]}
    assert set(rows["group_type"]) == {"community", "affinity"}


def test_a_few_in_a_hundred_come_to_an_event_and_some_registered_ones_do_not(landing: Path) -> None:
    rows, customers = table(landing, "event_attendances"), persons(landing)
    came = rows[rows["status"] == "attended"]
    assert 0.03 < customers.index.isin(came["email"]).mean() < 0.06
    assert set(rows["event_type"]) == {"vip", "workshop", "open_house"}
    shares = rows["status"].value_counts(normalize=True)
    assert 0.05 < shares["no_show"] < 0.25
    assert 0.02 < shares["cancelled"] < 0.2


def test_events_are_where_their_guests_live(landing: Path) -> None:
    rows = table(landing, "event_attendances")
    country = persons(landing)["country_code"].reindex(rows["email"])
    place = rows["event_name"].str.split(", ").str[1]
    assert place[(country == "TR").to_numpy()].isin(PLACES[0]).all()
    assert place[(country == "DK").to_numpy()].isin(PLACES[1]).all()


def test_vip_evenings_are_for_vips_and_advocates(landing: Path) -> None:
    rows, customers = table(landing, "event_attendances"), persons(landing)
    guests = customers.loc[rows.loc[rows["event_type"] == "vip", "email"]]
    assert ((guests["is_vip"] == "1") | (guests["is_advocate"] == "1")).all()


@pytest.mark.parametrize(("name", "column"), [("memberships", "joined_at"), ("event_attendances", "occurred_at")])
def test_nobody_joins_or_comes_before_the_business_knows_them(landing: Path, name: str, column: str) -> None:
    rows = table(landing, name)
    first_order = persons(landing)["first_order_date"].reindex(rows["email"]).to_numpy()
    assert (rows[column].str[:10] > first_order).all()


@pytest.mark.parametrize("name", TABLES)
def test_members_and_guests_are_likelier_relational(landing: Path, name: str) -> None:
    customers = persons(landing)
    is_relational = customers["style"] == "relational"
    is_in = customers.index.isin(table(landing, name)["email"])
    assert is_in[is_relational].mean() > 2 * is_in[~is_relational].mean()


def test_what_is_over_has_a_final_status_and_what_is_to_come_has_none(landing: Path) -> None:
    rows = table(landing, "event_attendances")
    assert ((rows["status"] == "registered") == (rows["occurred_at"] > f"{START} 23:59:59")).all()


def test_the_night_of_an_event_brings_the_final_status_of_its_guests(tmp_path: Path) -> None:
    opened = attendances.events(SEED, midnight(START), midnight(START + timedelta(days=90)))
    day = datetime.fromtimestamp(int(opened.starts_at[0]), UTC).date()
    generate(CUSTOMERS, 2, SEED, day - timedelta(days=1), tmp_path)
    before = table(tmp_path, "event_attendances", day - timedelta(days=1)).set_index("attendance_id")
    after = table(tmp_path, "event_attendances", day).set_index("attendance_id")
    of_day = before.index[before["occurred_at"].str[:10] == str(day)]
    assert len(of_day) > 0
    assert (before.loc[of_day, "status"] == "registered").all()
    assert after.loc[of_day, "status"].isin(["attended", "no_show", "cancelled"]).all()
    columns = ["email", "event_name", "event_type", "occurred_at"]
    assert after.loc[of_day, columns].equals(before.loc[of_day, columns])


def test_a_membership_is_exported_the_day_it_begins_and_the_day_it_ends() -> None:
    retailer = Retailer(CUSTOMERS, SEED, START)
    next_end = min(retailer.memberships.left_at[retailer.memberships.left_at > retailer.clock])
    n_joined = n_left = 0
    while retailer.clock < next_end:
        since = retailer.clock
        retailer.live_a_day()
        row, make = generic.tables(retailer, since)["memberships"]
        cells, day = make(row).cells, str(START + timedelta(days=retailer.night - 1))
        joined = np.array([at[:10] == day for at in cells["joined_at"]], dtype=bool)
        left = np.array([at is not None and at[:10] == day for at in cells["left_at"]], dtype=bool)
        assert (joined | left).all()
        assert all(at is None for at in cells["left_at"][~left])
        n_joined, n_left = n_joined + joined.sum(), n_left + left.sum()
    assert n_joined > 0
    assert n_left > 0


def test_runs_of_other_lengths_write_the_same_members_and_guests(landing: Path, tmp_path: Path) -> None:
    generate(CUSTOMERS, 1, SEED, START, tmp_path)
    for name in TABLES:
        path = f"generic/{name}_{START}.csv"
        assert (landing / path).read_bytes() == (tmp_path / path).read_bytes()


def test_the_truth_knows_whose_every_address_is(landing: Path) -> None:
    records = pd.read_csv(landing / "_truth/records.csv", dtype=str)
    of_addresses = records[records["table"] == "emails"].set_index("key")["person_id"]
    known = pd.read_csv(landing / "_truth/persons.csv", dtype=str).set_index("email")["person_id"]
    for name in TABLES:
        emails = table(landing, name)["email"]
        keys = [md5(email.encode(), usedforsecurity=False).hexdigest() for email in emails]
        assert (of_addresses.loc[keys].to_numpy() == known.loc[emails].to_numpy()).all()
