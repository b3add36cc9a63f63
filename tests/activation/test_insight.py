"""What a segment's lists were and would be is told by the ledger and the built rows, personal data masked."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from activation_night import NIGHT, Lists, segment

from rapport.activation.insight import history, left_out, lift, preview, segment_named
from rapport.errors import UsageError

BEFORE = NIGHT - timedelta(days=1)


def earlier(lists: Lists, *people: str, night: date = BEFORE, status: str = "delivered") -> None:
    """On an earlier night `vip` went to these."""
    conn = lists.conn
    conn.execute(
        "insert into ops.nights (business_date, landing, clock, state) values (%s, '', now(), 'sent')", [night]
    )
    conn.execute(
        "insert into activation.deliveries (business_date, segment, destination, status, file_name, n_rows, sha256)"
        " values (%s, 'vip', 'drop', %s, 'vip.csv', %s, 'x')",
        [night, status, len(people)],
    )
    for who in people:
        conn.execute(
            "insert into activation.delivery_members values (%s, 'vip', 'drop', %s, 'email', 'hash')", [night, who]
        )
    conn.commit()


def told(rows: list[dict[str, Any]]) -> list[tuple[date, str, int, int | None, int | None]]:
    return [(row["business_date"], row["status"], row["n_rows"], row["n_new"], row["n_gone"]) for row in rows]


def test_history_tells_who_is_new_and_who_is_gone_since_the_list_before(lists: Lists) -> None:
    earlier(lists, "c_1", "c_8", "c_9")
    lists.send()
    found = history(lists.conn, "vip", nights=10)
    assert told(found) == [(NIGHT, "delivered", 2, 1, 2), (BEFORE, "delivered", 3, None, None)]
    assert told(history(lists.conn, "vip", nights=1)) == told(found)[:1]


def test_a_list_that_did_not_go_out_is_no_list_before(lists: Lists) -> None:
    earlier(lists, "c_1", "c_9", night=BEFORE - timedelta(days=1))
    earlier(lists, status="failed")
    lists.send()
    found = history(lists.conn, "vip", nights=10)
    assert [row[1:] for row in told(found)] == [
        ("delivered", 2, 1, 1),
        ("failed", 0, None, None),
        ("delivered", 2, None, None),
    ]


def test_history_of_a_list_that_is_not_out_tells_no_changes(lists: Lists) -> None:
    earlier(lists, "c_1")
    lists.prepare()
    assert told(history(lists.conn, "vip", nights=1)) == [(NIGHT, "prepared", 2, None, None)]


def test_a_preview_masks_what_is_personal_unless_asked(lists: Lists) -> None:
    masked = preview(lists.conn, "vip", limit=10)
    assert [(row["customer_id"], row["contact"], row["first_name"]) for row in masked] == [
        ("c_1", "s***@***.com", "S***"),
        ("c_2", "a***@***.com", "A***"),
    ]
    shown = preview(lists.conn, "vip", limit=1, is_masked=False)
    assert [(row["contact"], row["first_name"]) for row in shown] == [("soren@example.com", "Søren")]


def test_who_was_left_out_of_the_latest_list_is_counted_by_reason(lists: Lists) -> None:
    lists.conn.execute("create schema if not exists build_seeds")
    lists.conn.execute("create table build_seeds.exclusion_reasons (reason_code text, meaning text)")
    lists.conn.execute("insert into build_seeds.exclusion_reasons values ('no_consent', 'they have not agreed')")
    for who, reason in (("c_3", "no_consent"), ("c_4", "no_consent"), ("c_5", "held_out")):
        stage = "eligibility" if reason == "no_consent" else "allocation"
        row = ["vip", who, stage, reason]
        lists.conn.execute("insert into build_activation.exclusions values (%s, %s, %s, %s, null)", row)
    lists.prepare()
    assert [tuple(row.values()) for row in left_out(lists.conn, "vip")] == [
        ("no_consent", "they have not agreed", 2),
        ("held_out", None, 1),
    ]
    assert left_out(lists.conn, "quiet") == []


def test_lift_is_nothing_before_it_was_ever_published(lists: Lists) -> None:
    assert lift(lists.conn, "vip") == []


def test_an_unknown_segment_is_told_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="There is no segment 'vpi'") as failure:
        segment_named([segment("vip"), segment("quiet")], "vpi")
    assert failure.value.fix == "one of quiet, vip"


def test_a_preview_without_built_lists_says_what_to_do(lists: Lists) -> None:
    lists.conn.execute("drop table build_activation.lists")
    with pytest.raises(UsageError, match="No lists have been built"):
        preview(lists.conn, "vip", limit=1)
