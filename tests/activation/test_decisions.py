"""Who was left out and who is held out is kept by night: replaced by a replay, and draws never made again."""

from __future__ import annotations

import csv
import re
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from activation_night import NIGHT, Lists, segment

from rapport import settings
from rapport.activation.preparing import prepare

MODELS = settings.DBT_PROJECT / "models/activation"


def exclude(lists: Lists, *rows: tuple[str, str, str, str, str | None]) -> None:
    lists.conn.execute("truncate build_activation.exclusions")
    for row in rows:
        lists.conn.execute("insert into build_activation.exclusions values (%s, %s, %s, %s, %s)", row)
    lists.conn.commit()


def draw(lists: Lists, *rows: tuple[str, str, float, bool]) -> None:
    lists.conn.execute("truncate build_activation.holdouts")
    for row in rows:
        lists.conn.execute("insert into build_activation.holdouts values (%s, %s, %s, %s, false)", row)
    lists.conn.commit()


def kept(lists: Lists) -> list[Any]:
    return lists.conn.execute(
        "select business_date, segment, customer_id, stage, reason_code, given_up_for from activation.exclusions"
        " order by 1, 2, 3"
    ).fetchall()


def test_a_night_that_runs_again_replaces_its_exclusions(lists: Lists) -> None:
    exclude(lists, ("vip", "c_3", "eligibility", "no_consent", None), ("vip", "c_4", "allocation", "held_out", None))
    lists.prepare()
    exclude(lists, ("vip", "c_4", "allocation", "another_segment_goes_first", "welcome"))
    lists.prepare()
    assert kept(lists) == [(NIGHT, "vip", "c_4", "allocation", "another_segment_goes_first", "welcome")]


def test_what_a_last_look_removed_stays_when_the_night_runs_again(lists: Lists) -> None:
    lists.conn.execute(
        "insert into activation.exclusions values (%s, 'vip', 'c_9', 'last look', 'withdrawn', null)", [NIGHT]
    )
    lists.prepare()
    assert kept(lists) == [(NIGHT, "vip", "c_9", "last look", "withdrawn", None)]


def test_exclusions_are_kept_for_as_many_nights_as_the_business_says(lists: Lists) -> None:
    for days in (30, 31):
        night = NIGHT - timedelta(days=days)
        lists.conn.execute(
            "insert into ops.nights (business_date, landing, clock, state) values (%s, '', now(), 'sent')", [night]
        )
        lists.conn.execute(
            "insert into activation.exclusions values (%s, 'vip', 'c_3', 'eligibility', 'no_consent', null)", [night]
        )
    prepare(lists.conn, lists.business, NIGHT, segments=lists.segments, exclusions_kept_days=30)
    assert [row[0] for row in kept(lists)] == [NIGHT - timedelta(days=30)]


def come(lists: Lists, *rows: tuple[str, str, float, bool]) -> list[Any]:
    """Tonight it is their turn; returns whose turn is written down, and since when."""
    lists.conn.execute("truncate build_activation.trials")
    for row in rows:
        lists.conn.execute("insert into build_activation.trials values (%s, %s, %s, %s)", row)
    lists.conn.commit()
    lists.prepare()
    return lists.conn.execute(
        "select scope, customer_id, is_held_out, entered_on from activation.trials order by 1, 2"
    ).fetchall()


def test_the_night_of_a_first_turn_is_kept(lists: Lists) -> None:
    earlier = NIGHT - timedelta(days=1)
    lists.conn.execute(
        "insert into ops.nights (business_date, landing, clock, state) values (%s, '', now(), 'sent')", [earlier]
    )
    lists.conn.execute("insert into activation.trials values ('segment:vip', 'c_1', 0.1, true, %s)", [earlier])
    found = come(lists, ("segment:vip", "c_1", 0.1, True), ("segment:vip", "c_2", 0.1, False))
    assert found == [("segment:vip", "c_1", True, earlier), ("segment:vip", "c_2", False, NIGHT)]


def test_a_rehearsal_is_nobodys_turn(lists: Lists) -> None:
    lists.conn.execute("update ops.nights set is_dry_run = true")
    assert come(lists, ("segment:vip", "c_1", 0.1, True)) == []
    lists.conn.execute("update ops.nights set is_dry_run = false")
    assert come(lists, ("segment:vip", "c_1", 0.1, True)) == [("segment:vip", "c_1", True, NIGHT)]


def test_a_draw_is_kept_with_its_night_and_never_made_again(lists: Lists) -> None:
    draw(lists, ("global", "c_1", 0.05, True), ("segment:vip", "c_1", 0.1, False))
    lists.prepare()
    draw(lists, ("global", "c_1", 0.5, False), ("global", "c_2", 0.5, False))
    lists.prepare()
    found = lists.conn.execute("select scope, customer_id, share, is_held_out, assigned_on from activation.holdouts")
    assert sorted((scope, who, float(share), held, on) for scope, who, share, held, on in found) == [
        ("global", "c_1", 0.05, True, NIGHT),
        ("global", "c_2", 0.5, False, NIGHT),
        ("segment:vip", "c_1", 0.1, False, NIGHT),
    ]


def test_the_warehouse_itself_refuses_to_change_a_draw(lists: Lists) -> None:
    lists.conn.execute("insert into activation.holdouts values ('global', 'c_1', 0.1, false, %s)", [date(2026, 1, 1)])
    with pytest.raises(psycopg.errors.CheckViolation, match="a draw is never changed"):
        lists.conn.execute("update activation.holdouts set is_held_out = true")


def test_each_warehouse_has_a_salt_of_its_own_and_keeps_it(lists: Lists) -> None:
    (salt,) = lists.conn.execute("select salt from activation.holdout_salt").fetchone() or ("",)
    assert len(salt) == 36
    lists.conn.execute("insert into activation.holdout_salt default values on conflict do nothing")
    assert lists.conn.execute("select salt from activation.holdout_salt").fetchall() == [(salt,)]


def test_the_ledger_says_which_lists_count_for_the_caps_of_a_channel(lists: Lists) -> None:
    lists.segments = [
        segment("vip"),
        segment("ask", consent_purpose="survey"),
        segment("desk", audience="service_staff", consent_purpose="service"),
    ]
    lists.prepare()
    found = lists.conn.execute("select segment, is_marketing from activation.deliveries order by 1").fetchall()
    assert found == [("ask", False), ("desk", False), ("vip", True)]


def declared() -> list[dict[str, str]]:
    with (settings.DBT_PROJECT / "seeds/exclusion_reasons.csv").open(encoding="utf-8") as file:
        return sorted(csv.DictReader(file), key=lambda row: int(row["position"]))


@pytest.mark.parametrize("stage", ["eligibility", "allocation"])
def test_reasons_decide_in_the_order_in_which_they_are_declared(stage: str) -> None:
    model = (MODELS / {"eligibility": "eligibility_now.sql", "allocation": "allocation.sql"}[stage]).read_text(
        encoding="utf-8"
    )
    wanted = [row["reason_code"] for row in declared() if row["stage"] == stage]
    # The states of points bear some of the names too, above the decision.
    decision = model[model.index("then 'unknown_customer'") :] if stage == "eligibility" else model
    decided = list(dict.fromkeys(re.findall(r"then\s+'([a-z_]+)'", decision)))
    assert decided == wanted


def test_the_glossary_tells_every_reason_in_their_order() -> None:
    lines = [f"| {row['stage']} | `{row['reason_code']}` | {row['meaning']} |" for row in declared()]
    assert "\n".join(lines) in (settings.PROJECT_ROOT / "docs/glossary.md").read_text(encoding="utf-8")
