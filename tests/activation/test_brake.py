"""A list unlike those before it waits for a person; nobody's answer is a no, and no night waits for it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from activation_night import NIGHT, Lists, segment

from rapport.activation.approval import questions, settle
from rapport.activation.ledger import lists_of
from rapport.activation.preparing import prepare
from rapport.activation.segments import Segment
from rapport.activation.sending import deliver_all, finish_sending
from rapport.activation.summary import render_text, subject_of, summarise_sending
from rapport.activation.transports import LocalDrop
from rapport.businesses import ChangeBrake, load_business
from rapport.nights import find_night

BRAKE = ChangeBrake(times=2, least_people=3, lists=3)


def earlier(lists: Lists, *sizes: int, name: str = "vip", status: str = "delivered") -> None:
    """Lists of the nights before, the latest last."""
    for days, size in enumerate(reversed(sizes), start=1):
        night = NIGHT - timedelta(days=days)
        lists.conn.execute(
            "insert into ops.nights (business_date, landing, clock, state) values (%s, '', now(), 'sent')"
            " on conflict do nothing",
            [night],
        )
        lists.conn.execute(
            "insert into activation.deliveries (business_date, segment, destination, status, file_name, n_rows,"
            " n_members, sha256) values (%s, %s, 'drop', %s, 'x.csv', %s, %s, 'x')",
            [night, name, status, size, size],
        )
    lists.conn.commit()


def fill(lists: Lists, n_people: int) -> None:
    """`vip` with so many people tonight."""
    lists.conn.execute("truncate build_activation.lists, build_activation.eligibility_now")
    for nth in range(n_people):
        lists.add("vip", f"c_{nth}", f"{nth}@x.dk")


def statuses(lists: Lists, *segments: Segment, brake: ChangeBrake | None = BRAKE) -> dict[str, tuple[str, str | None]]:
    prepare(lists.conn, lists.business, NIGHT, segments=segments or lists.segments, brake=brake)
    return {
        name: (status, reason)
        for name, status, reason in lists.conn.execute(
            "select segment, status, reason from activation.deliveries where business_date = %s order by segment",
            [NIGHT],
        )
    }


@pytest.mark.parametrize(
    ("before", "tonight", "reason"),
    [
        ((4, 4, 4), 9, "9 people tonight, usually 4 (median of 3 lists), +125%."),
        ((4,), 9, "9 people tonight, 4 on the last list, +125%."),
        ((8, 8, 8), 3, "3 people tonight, usually 8 (median of 3 lists), -62%."),
        ((100, 4, 4, 4), 9, "9 people tonight, usually 4 (median of 3 lists), +125%."),
        ((0, 0, 0), 5, "5 people tonight, usually 0 (median of 3 lists)."),
        ((9, 9, 9), 0, "0 people tonight, usually 9 (median of 3 lists), -100%."),
        ((4, 4, 4), 8, None),
        ((8, 8, 8), 4, None),
        ((1, 1, 1), 3, None),
        ((), 9, None),
    ],
    ids=str,
)
def test_a_list_waits_when_it_changed_by_more_than_the_brake_allows(
    lists: Lists, before: tuple[int, ...], tonight: int, reason: str | None
) -> None:
    earlier(lists, *before)
    fill(lists, tonight)
    assert statuses(lists)["vip"] == ("waiting_approval" if reason else "prepared", reason)


def test_lists_that_did_not_go_are_no_measure(lists: Lists) -> None:
    earlier(lists, 9, 9, 9, status="held_back")
    fill(lists, 1)
    assert statuses(lists)["vip"] == ("prepared", None)


def test_a_rehearsal_holds_nothing(lists: Lists) -> None:
    earlier(lists, 1)
    fill(lists, 9)
    assert statuses(lists, brake=None)["vip"] == ("prepared", None)


@pytest.mark.parametrize(
    ("freshness", "file_date", "reason"),
    [
        ("error", NIGHT, "The survey exports it is made of are stale: typeform responses, the last is of 2026-11-21."),
        ("warn", NIGHT, None),
        ("error", None, None),  # never came: nothing was lost
    ],
)
def test_a_list_made_of_stale_exports_waits(
    lists: Lists, freshness: str, file_date: object, reason: str | None
) -> None:
    lists.conn.execute(
        "create table customer_360.source_freshness (kind text, vendor text, stalest_table text,"
        " stalest_file_date date, last_file_date date, freshness_status text)"
    )
    lists.conn.execute(
        "insert into customer_360.source_freshness values"
        " ('survey', 'typeform', 'responses', %(file)s, %(file)s, %(status)s),"
        " ('crm', 'hubspot', 'contacts', '2026-11-21', '2026-11-21', 'pass')",
        {"file": file_date, "status": freshness},
    )
    found = statuses(lists, segment("vip", sources=["crm"]), segment("quiet", sources=["survey", "crm"]))
    assert found == {"vip": ("prepared", None), "quiet": ("waiting_approval" if reason else "prepared", reason)}


def waiting(lists: Lists) -> None:
    earlier(lists, 1)
    fill(lists, 9)
    assert statuses(lists)["vip"][0] == "waiting_approval"


def send(lists: Lists, *, only: str | None = None) -> dict[str, str]:
    place = LocalDrop(lists.drop)
    found = deliver_all(lists.conn, lists.business, NIGHT, "drop", place, dry_run=False, only=only)
    return dict(found.outcomes)


def test_the_others_go_and_the_night_is_closed(lists: Lists) -> None:
    waiting(lists)
    assert send(lists) == {"quiet": "delivered"}
    assert finish_sending(lists.conn, NIGHT)
    night = find_night(lists.conn, NIGHT)
    assert night is not None
    assert night.state == "sent"
    assert not list(lists.drop.rglob("vip*"))


def test_an_approved_list_goes_once(lists: Lists) -> None:
    waiting(lists)
    send(lists)
    assert settle(lists.conn, NIGHT, "vip", "drop", is_approved=True, told="Approved by Ada.")
    assert send(lists, only="vip") == {"vip": "delivered"}
    assert send(lists, only="vip") == {"vip": "already_delivered"}
    assert not settle(lists.conn, NIGHT, "vip", "drop", is_approved=False, told="Too late.")


def test_who_withdraws_while_it_waits_is_left_out(lists: Lists) -> None:
    waiting(lists)
    lists.withdraw("c_3")
    settle(lists.conn, NIGHT, "vip", "drop", is_approved=True, told="Approved by Ada.")
    send(lists, only="vip")
    assert ("vip", "c_3") not in lists.members()
    assert len(lists.members()) == 8


def test_a_declined_list_never_goes_and_changes_nothing(lists: Lists) -> None:
    waiting(lists)
    settle(lists.conn, NIGHT, "vip", "drop", is_approved=False, told="Nobody approved it within 12 hours.")
    assert send(lists) == {"quiet": "delivered"}
    assert lists.members() == []
    row = lists.conn.execute("select status, reason from activation.deliveries where segment = 'vip' order by 1 desc")
    assert row.fetchone() == ("held_back", "Nobody approved it within 12 hours.")


@pytest.mark.parametrize("approved_first", [False, True])
def test_the_next_lists_take_the_place_of_one_that_still_waits(lists: Lists, approved_first: bool) -> None:
    waiting(lists)
    if approved_first:
        settle(lists.conn, NIGHT, "vip", "drop", is_approved=True, told="Approved by Ada.")
    after = NIGHT + timedelta(days=1)
    lists.conn.execute(
        "insert into ops.nights (business_date, landing, clock, state) values (%s, '', now(), 'sending')", [after]
    )
    lists.conn.execute("update build_activation.lists set business_date = %s", [after])
    lists.conn.commit()
    prepare(lists.conn, lists.business, after, segments=lists.segments, brake=BRAKE)
    assert not settle(lists.conn, NIGHT, "vip", "drop", is_approved=True, told="Approved by Ada.")
    assert [item.which.segment for item, _ in lists_of(lists.conn, lists.business, NIGHT, "drop")] == ["quiet"]


def test_the_question_has_the_figures_and_nobody_in_it(lists: Lists) -> None:
    waiting(lists)
    (asked,) = questions(lists.conn, "sample", "Kaffe", NIGHT)
    assert asked.subject == "Kaffe, 2026-11-21: send vip to 9 people (drop)?"
    assert "9 people tonight, 1 on the last list, +800%." in asked.body
    assert "9 new, 0 gone" in asked.body
    assert "| 2026-11-20 | 1 | delivered |" in asked.body
    assert "x.dk" not in asked.body
    assert "c_1" not in asked.body


def test_marketing_is_told_what_waits_and_why(lists: Lists) -> None:
    waiting(lists)
    send(lists)
    found = summarise_sending(lists.conn, load_business("sample"), NIGHT)
    assert subject_of(found).endswith("1 list, 0 rows; 1 waiting")
    assert "vip to drop: waiting approval, 9 rows. 9 people tonight, 1 on the last list, +800%." in render_text(found)
