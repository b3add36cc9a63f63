"""What a list achieves is found as it was planted, in many worlds at once, each a scope of the production SQL.

An interval of 95 % has to hold the truth in 95 % of the worlds; what can be detected has to be found in 80 %.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pytest

from rapport import settings
from rapport.building.project import invoke, parsed_manifest
from rapport.businesses import load_business
from rapport.warehouse import connect

pytestmark = pytest.mark.timeout(300)

NIGHT, WINDOW = date(2026, 11, 21), 30
ENTERED = NIGHT - timedelta(days=40)
SEED, N_WORLDS, N_PEOPLE, SHARE = 20261121, 200, 400, 0.3
# Four standard deviations of a share of so many worlds: one seed in 16,000 would fail by chance.
TOLERANCE = 4 * sqrt(0.05 * 0.95 / N_WORLDS)
MEAN_AMOUNT, MARGIN_RATE = 50.0, 0.4


@dataclass(frozen=True)
class Planted:
    """Shares of people who order, and who are kept, with the list and without."""

    ordering: tuple[float, float]
    kept: tuple[float, float]

    def truth(self) -> dict[str, float]:
        """The difference of each measure; who orders does so once, on any day of the window alike."""
        ordering = self.ordering[0] - self.ordering[1]
        return {
            "response_rate": ordering,
            "order_rate": ordering,
            "retention_rate": self.kept[0] - self.kept[1],
            "n_orders": ordering,
            "net_revenue": ordering * MEAN_AMOUNT,
            "margin": ordering * MEAN_AMOUNT * MARGIN_RATE,
            "days_to_order": ordering * ((WINDOW + 1) / 2 - WINDOW),
        }


# `effect` is, for ordering, what 280 people and 120 show four times in five: 2.8 standard errors of 0.0513.
WORLDS = {
    "effect": Planted((0.444, 0.3), (0.7, 0.5)),
    "nothing": Planted((0.3, 0.3), (0.5, 0.5)),
    "harm": Planted((0.2, 0.4), (0.4, 0.6)),
    "lost": Planted((0.3, 0.3), (0.5, 0.5)),  # half of those who were sent the list are not written down
}
TABLES = {
    "build_intermediate.int_trials": "scope text, customer_id text, share numeric, is_held_out bool, entered_on date",
    "build_customer_360.customer_aliases": "alias_id text, customer_id text",
    "build_customer_360.orders": "order_id text, customer_id text, order_date date, total_amount numeric,"
    " refunded_amount numeric default 0, is_counted bool default true",
    "build_customer_360.order_lines": "order_id text, margin_amount numeric, is_counted bool default true",
    "build_customer_360.customer_timeline": "customer_id text, event_date date, event_type text",
    "build_loyalty.lifecycle": "customer_id text, lifecycle_stage text, stage_since_date date, stage_until_date date",
}


def people(random: np.random.Generator, kind: str, planted: Planted) -> pd.DataFrame:
    """Everybody of all worlds of a kind: their draw, whether they order, when, for how much, whether they are kept."""
    n = N_WORLDS * N_PEOPLE
    is_held_out = random.random(n) < SHARE
    number = np.arange(n)
    found = pd.DataFrame({"is_held_out": is_held_out})
    found["scope"] = f"{kind}:" + pd.Series(number // N_PEOPLE).astype(str)
    found["customer_id"] = f"{kind}:" + pd.Series(number).astype(str)
    found["orders"] = random.random(n) < np.where(is_held_out, planted.ordering[1], planted.ordering[0])
    found["is_kept"] = random.random(n) < np.where(is_held_out, planted.kept[1], planted.kept[0])
    found["day"] = random.integers(1, WINDOW + 1, n)
    found["amount"] = random.gamma(2.0, MEAN_AMOUNT / 2, n).round(2)
    return found[is_held_out | (random.random(n) < 0.5)] if kind == "lost" else found


def load(conn: psycopg.Connection[Any], everybody: pd.DataFrame) -> None:
    """The worlds as the models before these would leave them."""
    bought = everybody.loc[everybody["orders"], ["customer_id", "day", "amount"]]
    # Before the list and after the window people of the treated arm buy, which has nothing to do with it.
    is_watched = everybody["scope"].str.startswith(("effect", "harm")) & ~everybody["is_held_out"]
    beside = everybody.loc[is_watched, ["customer_id"]].assign(amount=MEAN_AMOUNT)
    orders = pd.concat([bought, beside.assign(day=0), beside.assign(day=WINDOW + 1)], ignore_index=True)
    orders["order_id"] = "o" + orders.index.astype(str)
    orders["order_date"] = [f"{ENTERED + timedelta(days=int(day))}" for day in orders["day"]]
    orders["margin"] = (orders["amount"] * MARGIN_RATE).round(6)
    orders["event_type"] = "order_placed"
    everybody = everybody.assign(share=SHARE, entered_on=f"{ENTERED}")
    everybody["stage"] = np.where(everybody["is_kept"], "active", "lapsed")
    rows = {
        "build_intermediate.int_trials (scope, customer_id, share, is_held_out, entered_on)": everybody[
            ["scope", "customer_id", "share", "is_held_out", "entered_on"]
        ],
        "build_customer_360.orders (order_id, customer_id, order_date, total_amount)": orders[
            ["order_id", "customer_id", "order_date", "amount"]
        ],
        "build_customer_360.order_lines (order_id, margin_amount)": orders[["order_id", "margin"]],
        "build_customer_360.customer_timeline (customer_id, event_date, event_type)": orders[
            ["customer_id", "order_date", "event_type"]
        ],
        "build_loyalty.lifecycle (customer_id, lifecycle_stage, stage_since_date)": everybody[
            ["customer_id", "stage", "entered_on"]
        ],
    }
    for table, columns in TABLES.items():
        conn.execute(f"create schema if not exists {table.split('.')[0]}")
        conn.execute(f"create table {table} ({columns})")
    with conn.cursor() as cursor:
        for target, frame in rows.items():
            with cursor.copy(f"copy {target} from stdin (format csv)") as copy:
                copy.write(frame.to_csv(index=False, header=False))
    for table in TABLES:
        conn.execute(f"analyze {table}")
    conn.commit()


class Run:
    """The worlds in a warehouse, and what the models make of them."""

    def __init__(self, conn: psycopg.Connection[Any], compiled: dict[str, str]) -> None:
        self.conn, self.compiled = conn, compiled

    def lift(self, **changed: tuple[str, str]) -> pd.DataFrame:
        """segment_lift; with a rule of a model replaced, of the worlds that judge it."""
        queries = dict(self.compiled)
        for model, (rule, instead) in changed.items():
            assert rule in queries[model], f"{model} does not say {rule!r} any more"
            queries[model] = queries[model].replace(rule, instead)
        try:
            if changed:
                self.conn.execute("delete from build_intermediate.int_trials where scope !~ '^(effect|harm):'")
            self.conn.execute("drop table if exists build_activation.trial_arms cascade")
            self.conn.execute(f"create table build_activation.trial_arms as {queries['trial_arms']}")
            cursor = self.conn.execute(queries["segment_lift"])
            frame = pd.DataFrame(cursor.fetchall(), columns=[column.name for column in cursor.description or []])
        finally:
            self.conn.rollback()
        return frame.assign(world=frame["scope"].str.split(":").str[0])


@pytest.fixture(scope="module")
def run(shared_warehouse: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    random, folder = np.random.default_rng(SEED), tmp_path_factory.mktemp("lift")
    worlds = [people(random, kind, planted) for kind, planted in WORLDS.items()]
    with pytest.MonkeyPatch.context() as patched, connect(shared_warehouse) as conn:
        patched.setattr(settings, "work_dir", lambda name: folder / name)
        load(conn, pd.concat(worlds))
        business = load_business("sample").model_copy(update={"name": shared_warehouse})
        variables = {"business_date": f"{NIGHT}", "lift_windows_days": [WINDOW]}
        kinds = ("--exclude-resource-type=test", "--exclude-resource-type=unit_test")
        built = invoke(
            business,
            ["build", "--quiet", *kinds, "--select", "trial_arms", "segment_lift"],
            manifest=parsed_manifest(business),
            more_variables=variables,
        )
        assert built.success, built.exception
        yield Run(conn, compiled_in(folder / shared_warehouse))


def compiled_in(folder: Path) -> dict[str, str]:
    paths = {path.stem: path for path in (folder / "dbt/target/compiled/rapport/models").rglob("*.sql")}
    return {name: paths[name].read_text(encoding="utf-8") for name in ("trial_arms", "segment_lift")}


@pytest.fixture(scope="module")
def lift(run: Run) -> pd.DataFrame:
    """What the models say as they are."""
    return run.lift()


def coverage(lift: pd.DataFrame, kind: str) -> dict[str, float]:
    """Share of the worlds whose interval holds the truth, by measure."""
    found = lift[lift["world"] == kind]
    truth = found["measure"].map(WORLDS[kind].truth())
    held = (found["difference_low"].astype(float) <= truth) & (truth <= found["difference_high"].astype(float))
    return held.groupby(found["measure"]).mean().to_dict()  # type: ignore[no-any-return]


@pytest.mark.parametrize("kind", ["effect", "nothing", "harm"])
def test_intervals_hold_the_planted_effect_as_often_as_they_say(lift: pd.DataFrame, kind: str) -> None:
    assert (lift["world"] == kind).sum() == N_WORLDS * len(WORLDS[kind].truth())
    wrong = {name: share for name, share in coverage(lift, kind).items() if abs(share - 0.95) > TOLERANCE}
    assert wrong == {}


def test_where_nothing_was_planted_nothing_is_seen_as_often_as_promised(lift: pd.DataFrame) -> None:
    seen = (lift.loc[lift["world"] == "nothing", "verdict"] != "no_difference_seen").mean()
    assert abs(seen - 0.05) < TOLERANCE


def test_a_difference_that_can_be_detected_is_found_four_times_in_five(lift: pd.DataFrame) -> None:
    orders = lift[(lift["world"] == "effect") & (lift["measure"] == "order_rate")]
    assert abs((orders["verdict"] == "higher").mean() - 0.8) < 4 * sqrt(0.8 * 0.2 / N_WORLDS)
    planted = WORLDS["effect"].truth()["order_rate"]
    assert orders["detectable_difference"].astype(float).mean() == pytest.approx(planted, rel=0.02)


def test_harm_is_told(lift: pd.DataFrame) -> None:
    orders = lift[(lift["world"] == "harm") & (lift["measure"] == "order_rate")]
    assert (orders["verdict"] == "lower").mean() > 0.9
    later = lift[(lift["world"] == "harm") & (lift["measure"] == "days_to_order")]
    assert (later["verdict"] == "higher").mean() > 0.9


def test_arms_that_lost_people_are_told_and_others_are_not_suspected(lift: pd.DataFrame) -> None:
    off = lift.assign(is_off=lambda found: found["verdict"] == "split_is_off")
    by_world = off.groupby(["world", "scope"])["is_off"].all().groupby("world").mean()
    assert by_world["lost"] > 0.95
    # One in a thousand by chance: of 600 more than four are one run in 2,500.
    assert by_world[["effect", "nothing", "harm"]].sum() * N_WORLDS <= 4


RULES = {
    "the interval's width": {"segment_lift": ("1.959964", "1.5")},
    "the held-out arm's variance": {"segment_lift": ("held_out_variance / nullif(n_held_out, 0)", "0")},
    "Wilson's bounds of the held-out": {"segment_lift": ("power(held_out_high - held_out_value, 2)", "0")},
    "the evening of the list": {"trial_arms": ("watched.entered_on < orders.order_date", "true")},
    "the end of the window": {"trial_arms": ("watched.last_date >= orders.order_date", "true")},
    "answers after the window": {"trial_arms": ("watched.last_date >= responses.event_date", "true")},
    "who does not order": {
        "trial_arms": ("coalesce(bought.days_to_order, watched.window_days)", "bought.days_to_order")
    },
    "the stage at the window's end": {"trial_arms": ("'at_risk', 'lapsed'", "'at_risk'")},
}


@pytest.mark.parametrize("rule", RULES)
def test_intervals_fail_when_a_rule_is_taken_out(run: Run, rule: str) -> None:
    lift = run.lift(**RULES[rule])
    found = {**coverage(lift, "effect"), **{f"{name} of harm": share for name, share in coverage(lift, "harm").items()}}
    assert [name for name, share in found.items() if abs(share - 0.95) > TOLERANCE]
