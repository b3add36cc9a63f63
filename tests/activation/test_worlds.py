"""Ten thousand random worlds through the production SQL in one pass: what it promises holds in all of them.

And each promise is seen broken when the rule that keeps it is taken out of that SQL.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from promises import Listed, Promises
from worlds import ADULT_AGE, CLOCK, GLOBAL_SHARE, NIGHT, TIME_ZONE, load, make_worlds

from rapport import settings
from rapport.activation.last_look import find_all_barred
from rapport.building.project import invoke, parsed_manifest
from rapport.businesses import load_business
from rapport.warehouse import connect

pytestmark = pytest.mark.timeout(300)

N_WORLDS = int(os.environ.get("RAPPORT_WORLDS", "10000"))
SEED = int(os.environ.get("RAPPORT_WORLDS_SEED", "20261024"))
# In the order in which they are built.
MODELS = {
    "contact_permissions": "build_customer_360",
    "channel_rules": "build_activation",
    "sending_hours": "build_activation",
    "earlier_messages": "build_activation",
    "earlier_sends": "build_activation",
    "capped_channels": "build_activation",
    "holdouts": "build_activation",
    "customer_standing": "build_activation",
    "eligibility_now": "build_activation",
    "eligibility": "build_activation",
    "allocation": "build_activation",
    "exclusions": "build_activation",
    "lists": "build_activation",
}
VIEWS = {"customer_standing", "eligibility_now"}
SEEDS = ("contact_rules", "country_time_zones", "exclusion_reasons")


class Run:
    """Worlds in a warehouse, the compiled models, and what they make of these worlds."""

    def __init__(self, conn: psycopg.Connection[Any], compiled: dict[str, str]) -> None:
        self.conn = conn
        self.compiled = compiled
        (self.salt,) = conn.execute("select salt from activation.holdout_salt").fetchone() or ("",)
        self.promises: Promises

    def listed(self) -> list[Listed]:
        rows = self.conn.execute(
            "select distinct on (segment, customer_id) segment, customer_id, channel, contact, send_not_before,"
            " send_not_after from build_activation.lists"
        )
        return [Listed(*row) for row in rows]

    def left_out(self) -> list[tuple[str, str, str]]:
        return self.conn.execute("select segment, customer_id, reason_code from build_activation.exclusions").fetchall()

    def broken(self) -> dict[str, int]:
        return self.promises.broken(self.listed(), [row for row in self.left_out() if row[2].startswith("held_out")])

    def without(self, model: str, rule: str, instead: str) -> dict[str, int]:
        """Promises broken when a rule of a model is replaced; the tables are then as they were."""
        assert rule in self.compiled[model], f"{model} does not say {rule!r} any more"
        try:
            self.rebuild(self.compiled | {model: self.compiled[model].replace(rule, instead)}, since=model)
            return self.broken()
        finally:
            self.conn.rollback()

    def rebuild(self, compiled: dict[str, str], since: str) -> None:
        """Build that model and those after it, as compiled."""
        names = list(MODELS)
        for name in names[names.index(since) :]:
            kind, relation = "view" if name in VIEWS else "table", f"{MODELS[name]}.{name}"
            self.conn.execute(f"drop {kind} if exists {relation} cascade")
            self.conn.execute(f"create {kind} {relation} as {compiled[name]}")
            if kind == "table":
                self.conn.execute(f"analyze {relation}")


@pytest.fixture(scope="module")
def run(shared_warehouse: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """All worlds, through the models as dbt builds them."""
    worlds, folder = make_worlds(N_WORLDS, SEED), tmp_path_factory.mktemp("worlds")
    with pytest.MonkeyPatch.context() as patched, connect(shared_warehouse) as conn:
        patched.setattr(settings, "work_dir", lambda name: folder / name)
        load(conn, worlds)
        business = load_business("sample").model_copy(
            update={"name": shared_warehouse, "time_zone": TIME_ZONE, "holdout_share": GLOBAL_SHARE}
        )
        assert business.age_limit == ADULT_AGE
        kinds = ("test", "unit_test")
        built = invoke(
            business,
            [
                "build", "--quiet", *(f"--exclude-resource-type={kind}" for kind in kinds), "--threads=2",
                "--select", *SEEDS, "path:models/staging/send_ledger", *MODELS,
            ],
            manifest=parsed_manifest(business),
            more_variables={"business_date": f"{NIGHT}", "clock": CLOCK.isoformat(), "activation_reads_live": False},
        )  # fmt: skip
        assert built.success, built.exception
        target = folder / shared_warehouse / "dbt/target/compiled/rapport/models"
        paths = {path.stem: path for path in target.rglob("*.sql")}
        found = Run(conn, {name: paths[name].read_text(encoding="utf-8") for name in MODELS})
        found.promises = Promises(worlds, found.salt)
        yield found


def test_in_no_world_is_a_promise_broken(run: Run) -> None:
    broken = run.broken()
    assert broken == dict.fromkeys(broken, 0)
    assert len(run.listed()) > N_WORLDS


def test_whoever_fits_a_segment_is_on_its_list_or_left_out_for_one_reason(run: Run) -> None:
    listed = {(row.segment, row.customer_id) for row in run.listed()}
    left_out = [row[:2] for row in run.left_out()]
    assert len(listed) + len(left_out) == len(run.promises.member)
    assert listed | set(left_out) == set(run.promises.member)


def test_the_worlds_know_every_reason_of_eligibility_and_allocation(run: Run) -> None:
    declared = run.conn.execute("select reason_code from build_seeds.exclusion_reasons where stage <> 'last look'")
    # Whose customer is unknown, and lists for nobody, are not in worlds of customers.
    never = {"unknown_customer", "unknown_audience"}
    assert {row[0] for row in declared} - {reason for _, _, reason in run.left_out()} == never


@pytest.fixture(scope="module")
def few(run: Run) -> Run:
    """A few worlds: each list is looked at by a query of its own."""
    return with_worlds(run, 25)


@pytest.fixture(scope="module")
def fewer(run: Run) -> Run:
    """Fewer worlds, since one counterexample is enough; the tests above have seen all of them."""
    return with_worlds(run, 1000)


def with_worlds(run: Run, n: int) -> Run:
    """The same models over so many worlds, in the place of those before."""
    worlds = make_worlds(min(N_WORLDS, n), SEED)
    load(run.conn, worlds)
    run.rebuild(run.compiled, since=next(iter(MODELS)))
    run.conn.commit()
    run.promises = Promises(worlds, run.salt)
    assert set(run.broken().values()) == {0}
    return run


def barred_at_the_last_look(run: Run) -> dict[tuple[str, str], str]:
    destinations = run.conn.execute("select distinct destination from build_activation.lists").fetchall()
    return {
        (segment, customer_id): reason
        for (destination,) in destinations
        for segment, barred in find_all_barred(run.conn, NIGHT, destination).items()
        for customer_id, reason in barred.items()
    }


# What becomes known of the customers and points on lists of every other world, and the reason that it gives.
WITHDRAWALS = {
    "withdrawn": "update build_customer_360.contact_permissions set is_permitted = false, denial_reason = 'refused'"
    " where customer_id = any(%(customers)s)",
    "newly_suppressed": "insert into build_customer_360.contact_suppressions"
    " select distinct 'new:' || channel || contact, null, contact_type, contact, channel, 'bounced'"
    " from build_customer_360.contact_permissions where customer_id = any(%(customers)s)",
    "erased": "delete from build_customer_360.customers where customer_id = any(%(customers)s)",
    "barred_since": "update build_customer_360.customers set closed_on = '2026-10-24'"
    " where customer_id = any(%(customers)s)",
}


@pytest.mark.parametrize("reason", WITHDRAWALS)
def test_the_last_look_bars_whom_the_live_tables_bar_and_nobody_else(few: Run, reason: str) -> None:
    assert barred_at_the_last_look(few) == {}
    asked = {
        (row.segment, row.customer_id)
        for row in few.listed()
        if few.promises.member[row.segment, row.customer_id].audience == "customer"
    }
    customers = sorted({customer_id for _, customer_id in asked})[::2]
    try:
        few.conn.execute(WITHDRAWALS[reason], {"customers": customers})
        barred = barred_at_the_last_look(few)
    finally:
        few.conn.rollback()
    expected = {pair for pair in asked if pair[1] in set(customers)}
    assert {pair: barred.get(pair) for pair in expected} == dict.fromkeys(expected, reason)
    # A point may be another's too, and a desk's list has the same customers.
    if reason == "withdrawn":
        assert {customer_id for _, customer_id in barred} <= set(customers)


RULES = [
    ("consent", "eligibility_now", "where point_state = 'open'", "where true"),
    ("consent", "contact_permissions", "greatest(refused_by_person.refused_at, refused_at_point.refused_at)",
     "refused_at_point.refused_at"),
    ("consent", "contact_permissions", "greatest(refused_by_person.refused_at, refused_at_point.refused_at)",
     "refused_by_person.refused_at"),
    ("consent", "contact_permissions", "latest.changed_at <= greatest", "latest.changed_at < greatest"),
    ("consent", "contact_permissions", "when latest.is_lapsed then 'lapsed'", ""),
    ("consent", "contact_permissions", "when latest.is_shared then 'shared_contact'", ""),
    ("suppression", "eligibility_now", "when suppressed_points.has_bounced then 'bounced'",
     "when suppressed_points.has_bounced then 'open'"),
    ("suppression", "eligibility_now", "when is_asking and has_complaint then 'complained'", ""),
    ("suppression", "eligibility_now", "else 'suppressed'", "else 'open'"),
    ("suppression", "eligibility_now", "is_registered or (", "("),
    ("standing", "eligibility_now", "when is_asking and is_minor then 'minor'", ""),
    ("standing", "customer_standing", "cast(customers.birth_date as timestamp)",
     "cast(customers.birth_date as timestamp) - interval '1 day'"),
    ("standing", "eligibility_now", "when is_closed then 'closed'", ""),
    ("standing", "eligibility_now", "when is_promotion and has_open_case then 'open_case'", ""),
    ("segment cap", "eligibility_now", "when is_capped then 'capped'", ""),
    ("segment cap", "earlier_messages", "coalesce(customer_aliases.customer_id, delivery_members.customer_id)",
     "delivery_members.customer_id"),
    ("channel cap", "allocation", "when is_marketing and is_channel_capped then 'frequency_capped'", ""),
    ("channel cap", "capped_channels", "- channel_rules.window_days", "- channel_rules.window_days + 1"),
    ("channel cap", "capped_channels", ">= channel_rules.max_messages", "> channel_rules.max_messages"),
    ("channel cap", "earlier_messages", "coalesce(customer_aliases.customer_id, delivery_members.customer_id)",
     "delivery_members.customer_id"),
    ("holdout", "allocation", "held_out_of_list.customer_id is not null", "false"),
    ("holdout", "holdouts", "coalesce(customer_aliases.customer_id, stored.customer_id)", "stored.customer_id"),
    ("holdout", "holdouts", "holdout_salt.salt ||", "'' ||"),
    ("draw", "holdouts", "stored.is_held_out,", "null,"),
    ("draw", "holdouts", "holdout_salt.salt ||", "'' ||"),
    ("global holdout", "allocation", "when is_promotion and is_held_out_of_all then 'held_out_globally'", ""),
    ("global holdout", "holdouts", "drawn.is_drawn or held_out_parts.customer_id is not null", "drawn.is_drawn"),
    ("once", "allocation", "then 'another_segment_goes_first'", "then null"),
    ("pause", "allocation", "when is_promotion and is_paused then 'promotion_paused'", ""),
    ("kept", "allocation", "is_marketing and barred_reason is null order by",
     "is_marketing and barred_reason is null and not is_held_out_of_list order by"),
    ("hours", "allocation", "least(", "greatest("),
    ("hours", "sending_hours", "max((", "min(("),
    ("hours", "sending_hours", ">= cast(", "< cast("),
]  # fmt: skip


@pytest.mark.parametrize(("promise", "model", "rule", "instead"), RULES, ids=[f"{r[0]}: {r[2][:40]}" for r in RULES])
def test_a_promise_is_broken_when_its_rule_is_taken_out(
    fewer: Run, promise: str, model: str, rule: str, instead: str
) -> None:
    assert fewer.without(model, rule, instead)[promise] > 0
