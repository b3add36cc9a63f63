"""From who was on which list, and with what, any delivered list can be made again byte for byte."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from activation_night import NIGHT, Lists

from rapport.activation.delivery import rows_of_list
from rapport.activation.destinations import declared_destinations
from rapport.activation.lists import LIST_COLUMNS, render
from rapport.activation.memberships import keep_members, rebuild
from rapport.errors import UsageError

FIRST = date(2026, 11, 1)


def frame(night: date, *people: tuple[str, str]) -> pd.DataFrame:
    """A list of these customers, each with their reason."""
    rows = [
        dict.fromkeys(LIST_COLUMNS)
        | {"business_date": night, "segment": "vip", "destination": "drop", "customer_id": who, "reason": reason}
        | {"channel": "email", "contact": f"{who}@example.com", "valid_until": datetime(2026, 12, 1, tzinfo=UTC)}
        for who, reason in people
    ]
    return pd.DataFrame(rows, columns=list(LIST_COLUMNS), dtype=object)


def deliver(lists: Lists, nth: int, *people: tuple[str, str]) -> bytes:
    """The list of a later night is out; returns its bytes."""
    night = FIRST + timedelta(days=nth)
    conn = lists.conn
    conn.execute(
        "insert into ops.nights (business_date, landing, clock, state) values (%s, '', now(), 'sent')", [night]
    )
    conn.execute(
        "insert into activation.deliveries (business_date, segment, destination, status, file_name, n_rows, sha256)"
        " values (%s, 'vip', 'drop', 'delivered', 'vip.csv', %s, 'x')",
        [night, len(people)],
    )
    rows = frame(night, *people)
    keep_members(conn, night, "vip", "drop", rows)
    conn.commit()
    return render(rows, declared_destinations()["drop"])


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
    again = [rebuild(lists.conn, FIRST + timedelta(days=nth), "vip", "drop") for nth in range(4)]
    assert again == delivered
    assert len(set(delivered)) == 4


def test_what_was_really_delivered_can_be_made_again(lists: Lists) -> None:
    lists.send()
    sent = (lists.drop / f"{NIGHT}" / "vip_20261121_full.csv").read_bytes()
    assert rebuild(lists.conn, NIGHT, "vip", "drop") == sent
    assert (
        rebuild(lists.conn, NIGHT, "quiet", "drop")
        == (lists.drop / f"{NIGHT}" / "quiet_20261121_full.csv").read_bytes()
    )


def test_who_is_left_out_at_the_last_look_is_not_written_down(lists: Lists) -> None:
    prepared = lists.prepare()
    lists.withdraw("c_1")
    lists.send()
    assert len(rows_of_list(lists.conn, NIGHT, "vip", "drop")) == 2
    assert prepared[0].n_rows == 2
    assert [row[0] for row in lists.conn.execute("select customer_id from activation.memberships")] == ["c_2"]


def test_a_rehearsal_makes_nobody_a_member(lists: Lists) -> None:
    lists.send(dry_run=True)
    assert stays(lists) == []


def test_a_list_that_was_not_delivered_cannot_be_made_again(lists: Lists) -> None:
    lists.prepare()
    with pytest.raises(UsageError, match="was not delivered to drop on the night of 2026-11-21") as failure:
        rebuild(lists.conn, NIGHT, "vip", "drop")
    assert "rapport segments history vip" in failure.value.fix
