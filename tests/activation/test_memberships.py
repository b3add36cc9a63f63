"""From who was on which list, and with what, any delivered list can be made again byte for byte."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from activation_night import NIGHT, Lists

from rapport.activation.destinations import ListKind, declared_destinations
from rapport.activation.list_rows import read_rows
from rapport.activation.lists import ListOf, render
from rapport.activation.memberships import keep_members, rebuild
from rapport.errors import UsageError

FIRST = date(2026, 11, 1)


def deliver(lists: Lists, nth: int, *people: tuple[str, str], kind: ListKind = "full") -> bytes:
    """The list of a later night, of these customers with their reasons, is out; returns its bytes."""
    which = ListOf(FIRST + timedelta(days=nth), "vip", "drop", kind)
    build(lists, which.business_date, *people)
    lists.conn.execute(
        "insert into activation.deliveries"
        " (business_date, segment, destination, list_kind, status, file_name, n_rows, sha256)"
        " values (%s, 'vip', 'drop', %s, 'delivered', %s, %s, 'x')",
        [which.business_date, kind, which.file_name, len(people)],
    )
    content = b"".join(render(read_rows(lists.conn, which, "going"), declared_destinations()["drop"]))
    keep_members(lists.conn, which)
    lists.conn.commit()
    return content


def build(lists: Lists, night: date, *people: tuple[str, str]) -> None:
    """As dbt does it: the lists of one night take the place of the night's before."""
    conn = lists.conn
    conn.execute(
        "insert into ops.nights (business_date, landing, clock, state) values (%s, '', now(), 'sent')"
        " on conflict do nothing",
        [night],
    )
    conn.execute("truncate build_activation.lists")
    conn.cursor().executemany(
        "insert into build_activation.lists"
        " (business_date, segment, destination, customer_id, channel, contact, reason, valid_until)"
        " values (%s, 'vip', 'drop', %s, 'email', %s || '@example.com', %s, '2026-12-01')",
        [(night, who, who, reason) for who, reason in people],
    )


def stays(lists: Lists) -> list[tuple[Any, ...]]:
    found = lists.conn.execute(
        "select customer_id, reason, member_since - %(first)s, from_night - %(first)s, until_night - %(first)s"
        " from activation.memberships order by customer_id, from_night",
        {"first": FIRST},
    )
    return found.fetchall()


def test_a_stay_lasts_while_nothing_changes_and_a_return_is_a_new_one(lists: Lists) -> None:
    deliver(lists, 0, ("ann", "loyal"), ("bo", "loyal"))
    deliver(lists, 1, ("ann", "loyal"))
    deliver(lists, 3, ("ann", "spends most"), ("bo", "loyal"))
    assert stays(lists) == [
        ("ann", "loyal", 0, 0, 3),
        ("ann", "spends most", 0, 3, None),
        ("bo", "loyal", 0, 0, 1),
        ("bo", "loyal", 3, 3, None),
    ]


def test_the_list_of_any_night_is_made_again_byte_for_byte(lists: Lists) -> None:
    delivered = [
        deliver(lists, 0, ("ann", "loyal"), ("bo", "loyal")),
        deliver(lists, 1),
        deliver(lists, 2, ("bo", "loyal"), ("cem", "new")),
        deliver(lists, 3, ("bo", "spends most"), ("cem", "new")),
    ]
    again = [rebuild(lists.conn, ListOf(FIRST + timedelta(days=nth), "vip", "drop")) for nth in range(4)]
    assert again == delivered
    assert len(set(delivered)) == 4


def test_what_was_really_delivered_can_be_made_again(lists: Lists) -> None:
    lists.send()
    sent = (lists.drop / f"{NIGHT}" / "vip_20261121_full.csv").read_bytes()
    assert rebuild(lists.conn, ListOf(NIGHT, "vip", "drop")) == sent
    assert (
        rebuild(lists.conn, ListOf(NIGHT, "quiet", "drop"))
        == (lists.drop / f"{NIGHT}" / "quiet_20261121_full.csv").read_bytes()
    )


def test_who_is_left_out_at_the_last_look_is_not_written_down(lists: Lists) -> None:
    prepared = lists.prepare()
    lists.withdraw("c_1")
    lists.send()
    assert prepared[0].n_rows == 2
    assert [row[0] for row in lists.conn.execute("select customer_id from activation.memberships")] == ["c_2"]


def test_a_rehearsal_makes_nobody_a_member(lists: Lists) -> None:
    lists.send(dry_run=True)
    assert stays(lists) == []


def test_a_list_that_was_not_delivered_cannot_be_made_again(lists: Lists) -> None:
    lists.prepare()
    with pytest.raises(UsageError, match="was not delivered to drop on the night of 2026-11-21") as failure:
        rebuild(lists.conn, ListOf(NIGHT, "vip", "drop"))
    assert "rapport segments history vip" in failure.value.fix
