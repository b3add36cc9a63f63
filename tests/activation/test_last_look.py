"""Whoever withdraws after a list was built is not on it when it goes, and everybody can see why."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from activation_night import NIGHT, Lists, segment

from rapport.activation.delivery import deliver
from rapport.activation.destinations import declared_destinations
from rapport.activation.preparing import prepare
from rapport.activation.sending import compare_lists
from rapport.activation.transports import LocalDrop
from rapport.errors import DeliveryError

VIP = "2026-11-21/vip_20261121_full"


class Killed(BaseException):
    """Stands for kill -9."""


def left_out(lists: Lists) -> list[tuple[Any, ...]]:
    return lists.conn.execute(
        "select business_date, segment, customer_id, stage, reason_code from activation.exclusions order by 2, 3"
    ).fetchall()


def customers_in(content: str) -> list[str]:
    return [line.split(",")[0] for line in content.splitlines()[1:]]


@pytest.mark.parametrize(
    ("exclusion_reason", "reason_code"),
    [
        ("refused", "withdrawn"),
        ("no_consent", "withdrawn"),
        ("bounced", "newly_suppressed"),
        ("complained", "newly_suppressed"),
        ("register", "newly_suppressed"),
        ("unknown_customer", "erased"),
        ("closed", "barred_since"),
        ("open_case", "barred_since"),
    ],
)
def test_a_withdrawal_between_building_and_sending_wins(lists: Lists, exclusion_reason: str, reason_code: str) -> None:
    prepared = lists.prepare()
    lists.withdraw("c_1", exclusion_reason)
    with LocalDrop(lists.drop) as place:
        vip, _ = [deliver(lists.conn, item, place) for item in prepared]
    content = (lists.drop / f"{VIP}.csv").read_bytes()
    manifest = json.loads((lists.drop / f"{VIP}.manifest.json").read_text())
    assert customers_in(content.decode()) == ["c_2"]
    assert (manifest["rows"], manifest["sha256"]) == (1, hashlib.sha256(content).hexdigest())
    assert (vip.n_rows, vip.sha256) == (1, manifest["sha256"])
    assert ("vip", "delivered", 1) in lists.ledger()
    assert lists.members() == [("vip", "c_2")]
    assert left_out(lists) == [(NIGHT, "vip", "c_1", "last look", reason_code)]


def test_who_is_reachable_at_another_point_only_is_not_sent_to_the_old_one(lists: Lists) -> None:
    prepared = lists.prepare()
    lists.conn.execute("update build_activation.eligibility_now set contact = 'new@example.com'")
    lists.conn.commit()
    with LocalDrop(lists.drop) as place:
        for item in prepared:
            deliver(lists.conn, item, place)
    assert customers_in((lists.drop / f"{VIP}.csv").read_text()) == []
    assert {row[4] for row in left_out(lists)} == {"barred_since"}


def test_a_list_shortened_at_the_last_look_is_sent_once(lists: Lists) -> None:
    lists.withdraw("c_1")
    assert [item.outcome for item in lists.send()] == ["delivered", "delivered"]
    lists.withdraw("c_2")
    assert [item.outcome for item in lists.send()] == ["already_delivered", "already_delivered"]
    assert lists.members() == [("vip", "c_2")]
    assert [row[2] for row in left_out(lists)] == ["c_1"]
    assert set(compare_lists(lists.conn, NIGHT).values()) == {True}


def test_who_withdraws_after_a_killed_attempt_put_the_list_was_on_it(
    lists: Lists, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise Killed

    lists.withdraw("c_1")
    with monkeypatch.context() as patched:
        patched.setattr("rapport.activation.delivery.keep_contacted", die)
        with pytest.raises(Killed):
            lists.send()
    lists.conn.rollback()
    lists.withdraw("c_2")
    lists.send()
    assert customers_in((lists.drop / f"{VIP}.csv").read_text()) == ["c_2"]
    assert lists.members() == [("vip", "c_2")]
    assert [row[2] for row in left_out(lists)] == ["c_1"]


def test_who_withdraws_between_two_destinations_is_left_out_of_the_second(lists: Lists) -> None:
    drop = declared_destinations()["drop"]
    places = {"drop": drop, "desk": in_folder(drop, "desk")}
    lists.segments = [segment("vip", destinations=["drop", "desk"])]
    lists.conn.execute(
        "insert into build_activation.lists select business_date, segment, 'desk', customer_id, channel, contact,"
        " locale, first_name, reason, offer, valid_until from build_activation.lists"
    )
    lists.conn.commit()
    first, second = prepare(lists.conn, lists.business, NIGHT, segments=lists.segments, destinations=places)
    with LocalDrop(lists.drop) as place:
        deliver(lists.conn, first, place, destinations=places)
        lists.withdraw("c_1")
        deliver(lists.conn, second, place, destinations=places)
        again = deliver(lists.conn, first, place, destinations=places)
    assert again.outcome == "already_delivered"
    assert customers_in((lists.drop / f"{VIP}.csv").read_text()) == ["c_1", "c_2"]
    assert customers_in((lists.drop / "2026-11-21/desk/vip_20261121_full.csv").read_text()) == ["c_2"]


def test_a_rehearsal_looks_as_well_and_keeps_nothing(lists: Lists) -> None:
    lists.withdraw("c_1")
    vip = lists.send(dry_run=True)[0]
    assert vip.n_rows == 1
    assert left_out(lists) == []
    lists.send()
    assert [row[2] for row in left_out(lists)] == ["c_1"]


def test_nothing_goes_when_nobody_can_tell_who_withdrew(lists: Lists) -> None:
    lists.conn.execute("drop table build_activation.eligibility_now")
    lists.conn.commit()
    with pytest.raises(DeliveryError, match="whether somebody withdrew"):
        lists.send()
    assert not lists.drop.exists()
    assert lists.members() == []


def in_folder(destination: Any, name: str) -> Any:
    """The same mapping as another destination, in a folder of its own."""
    return destination.model_copy(update={"name": name, "folder": name})
