"""A list sent wrongly is called back: its receiver gets everybody on it, once, and the next list starts from nobody."""

from __future__ import annotations

import csv
import json
from datetime import timedelta

import pytest
from activation_night import NIGHT, Lists
from test_list_kinds import ANN, BO, CEM, FIRST, build, send

from rapport.activation.lists import ListOf
from rapport.activation.memberships import rebuild
from rapport.activation.recall import Recall, recall
from rapport.activation.summary import render_page, render_text, subject_of, summarise_sending
from rapport.activation.transports import LocalDrop
from rapport.businesses import load_business
from rapport.errors import DeliveryError

RECALLED = f"{NIGHT}/vip_20261121_recall_remove"


def call_back(lists: Lists, nth: int = 0, reason: str = "wrong offer") -> Recall:
    which = ListOf(FIRST + timedelta(days=nth), "vip", "drop")
    return recall(lists.conn, lists.business, which, LocalDrop(lists.drop), reason=reason)


def test_everybody_on_it_is_named_with_checksum_and_manifest(lists: Lists) -> None:
    send(lists, 0, ANN | BO, "full")
    found = call_back(lists)
    with (lists.drop / f"{RECALLED}.csv").open(newline="") as file:
        assert [row["contact"] for row in csv.DictReader(file)] == ["ann@x.dk", "bo@x.dk"]
    manifest = json.loads((lists.drop / f"{RECALLED}.manifest.json").read_text())
    assert (manifest["rows"], manifest["list_kind"], found.n_rows, found.is_new) == (2, "recall", 2, True)
    assert (lists.drop / f"{RECALLED}.csv.sha256").read_text().startswith(manifest["sha256"])


def test_of_a_place_that_follows_changes_everybody_it_holds_is_named(lists: Lists) -> None:
    send(lists, 0, ANN, "add", "remove")
    send(lists, 1, ANN | BO, "add", "remove")
    assert call_back(lists, 1).n_rows == 2


def test_twice_is_once(lists: Lists) -> None:
    send(lists, 0, ANN, "full")
    first, again = call_back(lists), call_back(lists, reason="once more")
    assert (again.location, again.n_rows, again.is_new) == (first.location, 1, False)
    assert lists.conn.execute("select count(*) from activation.deliveries where list_kind = 'recall'").fetchone() == (
        1,
    )


def test_a_crash_before_the_ledger_is_completed_by_the_next_attempt(
    lists: Lists, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(lists, 0, ANN, "full")

    class Killed(BaseException):
        pass

    def die(*_: object) -> str:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(LocalDrop, "location", die)
        with pytest.raises(Killed):
            call_back(lists)
    assert call_back(lists).is_new


def test_the_next_changes_are_taken_against_nobody(lists: Lists) -> None:
    send(lists, 0, ANN | BO, "add", "remove")
    call_back(lists)
    assert send(lists, 1, BO | CEM, "add", "remove") == {"add": ["bo@x.dk", "cem@x.dk"], "remove": []}


def test_who_was_on_it_counts_as_written_to_and_the_list_can_be_made_again(lists: Lists) -> None:
    send(lists, 0, ANN | BO, "full")
    sent = (lists.drop / f"{NIGHT}" / "vip_20261121_full.csv").read_bytes()
    call_back(lists)
    assert lists.members() == [("vip", "ann"), ("vip", "bo")]
    assert rebuild(lists.conn, ListOf(NIGHT, "vip", "drop")) == sent


def test_only_the_latest_delivered_list_can_be_called_back(lists: Lists) -> None:
    build(lists, 0, ANN)
    lists.prepare()
    with pytest.raises(DeliveryError, match="was not delivered"):
        call_back(lists)
    send(lists, 0, ANN, "full")
    send(lists, 1, BO, "full")
    with pytest.raises(DeliveryError, match="A later list took its place, that of 2026-11-22"):
        call_back(lists)
    assert call_back(lists, 1).n_rows == 1


def test_marketing_is_told(lists: Lists) -> None:
    send(lists, 0, ANN | BO, "full")
    call_back(lists, reason="wrong offer in it")
    found = summarise_sending(lists.conn, load_business("sample"), NIGHT)
    assert subject_of(found).endswith("1 list, 2 rows; lists called back")
    assert "vip (recall) to drop: 2 people to be removed. wrong offer in it" in render_text(found)
    assert "What was called back" in render_page(found)
