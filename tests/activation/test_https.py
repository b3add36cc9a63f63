"""Delivery to a real HTTPS server: each list there once by its key with equal bytes, and doubt that stays visible."""

from __future__ import annotations

import base64
import hashlib
import json
import multiprocessing
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from activation_night import NIGHT, Lists, business
from servers.https_receiver import TOKEN, Receiver, run_receiver

from rapport.activation.delivery import deliver
from rapport.activation.destinations import declared_destinations
from rapport.activation.https import HttpsReceiver, HttpsTarget, idempotency_key
from rapport.activation.insight import history
from rapport.activation.ledger import PreparedList
from rapport.activation.lists import ListOf
from rapport.activation.recall import Recall, recall
from rapport.activation.sending import Deliveries, deliver_all, finish_sending
from rapport.activation.summary import render_page, render_text, summarise_sending
from rapport.activation.transports import MayHaveArrived, PlaceUnreachable
from rapport.airflow.connections import transport_for
from rapport.errors import DeliveryError


@pytest.fixture
def receiver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with run_receiver(tmp_path) as running:
        yield running


@pytest.fixture
def target(receiver: Receiver) -> HttpsTarget:
    return HttpsTarget(f"{receiver.url}/lists", token=TOKEN, ca_file=str(receiver.ca_file), pause=0.01, seconds=10)


def vip_of(lists: Lists) -> PreparedList:
    vip, _ = lists.prepare()
    return vip


def send(lists: Lists, target: HttpsTarget) -> Deliveries:
    return deliver_all(lists.conn, lists.business, NIGHT, "drop", HttpsReceiver(target), dry_run=False)


def send_vip(lists: Lists, target: HttpsTarget) -> Any:
    with HttpsReceiver(target) as place:
        return deliver(lists.conn, vip_of(lists), place)


def status_of(lists: Lists, name: str = "vip") -> tuple[str, int]:
    return next((status, n_rows) for segment, status, n_rows in lists.ledger() if segment == name)


def reason_of(lists: Lists) -> str:
    row = lists.conn.execute("select coalesce(reason, '') from activation.deliveries where segment = 'vip'").fetchone()
    assert row is not None
    return str(row[0])


def customers_in(content: bytes) -> list[str]:
    return [line.split(",")[0] for line in content.decode().splitlines()[1:]]


def test_lists_arrive_whole_each_in_one_request_with_all_that_goes_with_it(
    lists: Lists, receiver: Receiver, target: HttpsTarget
) -> None:
    lists.prepare()
    found = send(lists, target)
    assert found.outcomes == {"quiet": "delivered", "vip": "delivered"}
    assert finish_sending(lists.conn, NIGHT)
    _, vip = receiver.posts
    assert vip.path == "/lists"
    assert customers_in(vip.body) == ["c_1", "c_2"]
    digest = hashlib.sha256(vip.body)
    assert vip.headers["Content-Digest"] == f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
    assert vip.headers["Content-Disposition"] == 'attachment; filename="vip_20261121_full.csv"'
    assert vip.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert vip.headers["Authorization"] == f"Bearer {TOKEN}"
    manifest = json.loads(vip.headers["Rapport-Manifest"])
    assert (manifest["rows"], manifest["sha256"], manifest["night"]) == (2, digest.hexdigest(), f"{NIGHT}")
    assert manifest["columns"] == declared_destinations()["drop"].headers
    assert vip.key == f'"{idempotency_key(lists.business, NIGHT, "vip", "drop", "full")}"'
    assert lists.members() == [("vip", "c_1"), ("vip", "c_2")]


def test_a_night_twice_is_posted_once(lists: Lists, receiver: Receiver, target: HttpsTarget) -> None:
    lists.prepare()
    send(lists, target)
    assert set(send(lists, target).outcomes.values()) == {"already_delivered"}
    assert len(receiver.posts) == 2


@pytest.mark.parametrize("status", [408, 425, 429, 503])
def test_a_receiver_that_is_busy_is_asked_again(
    lists: Lists, receiver: Receiver, target: HttpsTarget, status: int
) -> None:
    receiver.next = [status, status]
    assert send_vip(lists, target).outcome == "delivered"
    assert len(receiver.posts) == 3
    assert len({(post.key, post.body) for post in receiver.posts}) == 1
    assert len(receiver.taken) == 1


def test_a_receiver_that_stays_busy_has_not_got_the_list(lists: Lists, receiver: Receiver, target: HttpsTarget) -> None:
    receiver.next = [503] * target.attempts
    with pytest.raises(PlaceUnreachable, match="HTTP 503") as failure:
        send_vip(lists, target)
    assert not isinstance(failure.value, MayHaveArrived)
    assert status_of(lists) == ("failed", 2)
    assert lists.members() == []
    lists.withdraw("c_1")
    send_vip(lists, target)
    assert [customers_in(body) for body in receiver.taken.values()] == [["c_2"]]


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_receiver_is_left_alone_for_as_long_as_it_asks(
    lists: Lists, receiver: Receiver, target: HttpsTarget, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", slept.append)
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=31), usegmt=True)
    receiver.headers["Retry-After"] = "30" if form == "seconds" else until
    receiver.next = [429]
    send_vip(lists, target)
    assert len(slept) == 1
    assert 28 <= slept[0] <= 31


def test_who_asks_to_be_left_alone_for_hours_is_not_waited_for(
    lists: Lists, receiver: Receiver, target: HttpsTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)
    receiver.headers["Retry-After"] = "7200"
    receiver.next = [429]
    with pytest.raises(PlaceUnreachable, match="HTTP 429"):
        send_vip(lists, target)
    assert len(receiver.posts) == 1


@pytest.mark.parametrize("status", [301, 307, 400, 401, 403, 404, 413, 422])
def test_a_refusal_is_told_with_its_status_and_without_its_text(
    lists: Lists, receiver: Receiver, target: HttpsTarget, status: int
) -> None:
    receiver.next = [status]
    receiver.headers["Location"] = "https://elsewhere.example/?who=ayse@example.com"
    with pytest.raises(DeliveryError, match=f"refused the list .HTTP {status}") as failure:
        send_vip(lists, target)
    assert not failure.value.may_pass
    assert "@" not in str(failure.value)
    assert status_of(lists) == ("failed", 2)
    assert lists.members() == []
    assert len(receiver.posts) == 1


def test_a_connection_that_ends_after_the_list_is_doubt_and_the_same_goes_again_under_the_same_key(
    lists: Lists, receiver: Receiver, target: HttpsTarget
) -> None:
    receiver.next = ["hang up"] * target.attempts
    with pytest.raises(MayHaveArrived, match="may have taken the list or not"):
        send_vip(lists, target)
    assert status_of(lists) == ("unknown", 2)
    assert "may have taken" in reason_of(lists)
    assert not finish_sending(lists.conn, NIGHT)
    assert send_vip(lists, target).outcome == "delivered"
    assert status_of(lists) == ("delivered", 2)
    assert len({(post.key, post.body) for post in receiver.posts}) == 1
    assert len(receiver.posts) == target.attempts + 1
    assert len(receiver.taken) == 1


def test_who_withdraws_after_doubt_is_on_what_goes_again_and_counts_as_written_to(
    lists: Lists, receiver: Receiver, target: HttpsTarget
) -> None:
    receiver.next = ["hang up"] * target.attempts
    with pytest.raises(MayHaveArrived):
        send_vip(lists, target)
    assert lists.members() == [("vip", "c_1"), ("vip", "c_2")]
    lists.withdraw("c_1")
    lists.withdraw("c_2")
    # As another destination's last look keeps it.
    lists.conn.execute("insert into activation.exclusions values (%s, 'vip', 'c_1', 'last look', 'withdrawn')", [NIGHT])
    lists.conn.commit()
    assert send_vip(lists, target).outcome == "delivered"
    assert [customers_in(body) for body in receiver.taken.values()] == [["c_1", "c_2"]]
    assert lists.members() == [("vip", "c_1"), ("vip", "c_2")]
    assert lists.conn.execute("select customer_id from activation.exclusions").fetchall() == [("c_1",)]


def test_who_withdrew_before_the_first_request_is_on_neither(
    lists: Lists, receiver: Receiver, target: HttpsTarget
) -> None:
    lists.withdraw("c_1")
    receiver.next = ["hang up"] * target.attempts
    with pytest.raises(MayHaveArrived):
        send_vip(lists, target)
    assert status_of(lists) == ("unknown", 1)
    assert send_vip(lists, target).n_rows == 1
    assert {tuple(customers_in(post.body)) for post in receiver.posts} == {("c_2",)}


@pytest.mark.parametrize("turn", [401, 413, "away"])
def test_a_doubt_stays_one_whatever_a_later_attempt_meets(
    lists: Lists, receiver: Receiver, target: HttpsTarget, turn: int | str
) -> None:
    receiver.next = ["hang up"] * target.attempts
    with pytest.raises(MayHaveArrived):
        send_vip(lists, target)
    receiver.next = [turn]
    with pytest.raises(DeliveryError):
        send_vip(lists, replace(target, url=f"https://127.0.0.1:{_free_port()}") if turn == "away" else target)
    assert status_of(lists) == ("unknown", 2)
    assert len(lists.members()) == 2


def test_a_refusal_after_doubt_in_the_same_attempt_is_still_doubt(
    lists: Lists, receiver: Receiver, target: HttpsTarget
) -> None:
    receiver.next = ["hang up", 401]
    with pytest.raises(MayHaveArrived):
        send_vip(lists, target)
    assert status_of(lists) == ("unknown", 2)


@pytest.mark.parametrize("status", [409, 500, 502, 504])
def test_a_server_that_failed_may_have_taken_the_list(
    lists: Lists, receiver: Receiver, target: HttpsTarget, status: int
) -> None:
    receiver.next = [status] * target.attempts
    with pytest.raises(MayHaveArrived, match=f"HTTP {status}"):
        send_vip(lists, target)
    assert status_of(lists) == ("unknown", 2)


def test_a_receiver_that_hangs_is_doubt_and_not_asked_again_at_once(
    lists: Lists, receiver: Receiver, target: HttpsTarget
) -> None:
    receiver.next = ["wait"]
    with pytest.raises(MayHaveArrived, match="ReadTimeout"):
        send_vip(lists, replace(target, seconds=0.2))
    assert len(receiver.posts) == 1
    assert status_of(lists) == ("unknown", 2)


def test_the_next_attempt_begins_with_lists_that_were_not_tried(
    lists: Lists, receiver: Receiver, target: HttpsTarget
) -> None:
    lists.prepare()
    receiver.next = ["hang up"] * target.attempts
    with pytest.raises(PlaceUnreachable, match="2 of 2 lists did not go"):
        send(lists, target)
    assert lists.ledger() == [("quiet", "unknown", 0), ("vip", "failed", 2)]
    assert reason_of(lists).endswith("this one has not been tried.")
    receiver.posts.clear()
    assert set(send(lists, target).outcomes.values()) == {"delivered"}
    assert [json.loads(post.headers["Rapport-Manifest"])["segment"] for post in receiver.posts] == ["vip", "quiet"]
    assert len(receiver.taken) == 2


def test_a_list_built_anew_with_other_rows_does_not_go_under_the_key_of_a_doubt(
    lists: Lists, receiver: Receiver, target: HttpsTarget
) -> None:
    receiver.next = ["hang up"] * target.attempts
    with pytest.raises(MayHaveArrived):
        send_vip(lists, target)
    lists.add("vip", "c_3", "new@example.com")
    with pytest.raises(DeliveryError, match="with other content"):
        send_vip(lists, target)
    assert status_of(lists) == ("unknown", 2)
    assert len(receiver.taken) == 1


def test_a_rehearsal_posts_nothing_and_leaves_a_doubt_as_it_is(
    lists: Lists, receiver: Receiver, target: HttpsTarget
) -> None:
    with HttpsReceiver(target) as place:
        assert deliver(lists.conn, vip_of(lists), place, dry_run=True).outcome == "dry_run"
    assert receiver.posts == []
    receiver.next = ["hang up"] * target.attempts
    with pytest.raises(MayHaveArrived):
        send_vip(lists, target)
    with HttpsReceiver(target) as place:
        deliver(lists.conn, vip_of(lists), place, dry_run=True)
    assert status_of(lists) == ("unknown", 2)


def test_an_attempt_killed_while_its_answer_is_awaited_leaves_doubt_and_the_list_is_there_once(
    lists: Lists, receiver: Receiver, target: HttpsTarget
) -> None:
    vip = vip_of(lists)
    info = lists.conn.info
    login = {**info.get_parameters(), "password": info.password}

    def attempt() -> None:
        with psycopg.connect(**login) as conn, HttpsReceiver(target) as place:
            deliver(conn, vip, place)

    receiver.next = ["wait"]
    process = multiprocessing.get_context("fork").Process(target=attempt)
    process.start()
    assert receiver.got_one.wait(20)
    process.kill()
    process.join()
    assert status_of(lists) == ("unknown", 2)
    lists.withdraw("c_1")
    assert send_vip(lists, target).outcome == "delivered"
    assert len(receiver.posts) == 2
    assert len({(post.key, post.body) for post in receiver.posts}) == 1
    assert len(receiver.taken) == 1


def test_a_receiver_nobody_vouches_for_gets_nothing(lists: Lists, receiver: Receiver, target: HttpsTarget) -> None:
    with pytest.raises(DeliveryError, match="certificate is not one we trust") as failure:
        send_vip(lists, replace(target, ca_file=None))
    assert not failure.value.may_pass
    assert receiver.posts == []
    assert status_of(lists) == ("failed", 2)


def test_a_receiver_that_is_away_is_worth_repeating_and_no_doubt(
    lists: Lists, receiver: Receiver, target: HttpsTarget
) -> None:
    with pytest.raises(PlaceUnreachable, match="cannot be reached") as failure:
        send_vip(lists, replace(target, url=f"https://127.0.0.1:{_free_port()}/lists"))
    assert not isinstance(failure.value, MayHaveArrived)
    assert status_of(lists) == ("failed", 2)


def test_keys_differ_by_list_and_installation_and_by_nothing_else() -> None:
    one = idempotency_key("shop", NIGHT, "vip", "drop", "full", key=b"1")
    assert one == idempotency_key("shop", NIGHT, "vip", "drop", "full", key=b"1")
    others = {
        idempotency_key("other", NIGHT, "vip", "drop", "full", key=b"1"),
        idempotency_key("shop", NIGHT + timedelta(days=1), "vip", "drop", "full", key=b"1"),
        idempotency_key("shop", NIGHT, "vip_2", "drop", "full", key=b"1"),
        idempotency_key("shop", NIGHT, "vip", "desk", "full", key=b"1"),
        idempotency_key("shop", NIGHT, "vip", "drop", "add", key=b"1"),
        idempotency_key("shop", NIGHT, "vip", "drop", "full", key=b"2"),
    }
    assert len(others | {one}) == 7


@pytest.mark.parametrize(
    ("login", "header"),
    [
        ({"password": TOKEN}, f"Bearer {TOKEN}"),
        ({"login": "ada", "password": "secret"}, f"Basic {base64.b64encode(b'ada:secret').decode()}"),
    ],
)
def test_the_business_file_and_an_airflow_connection_name_the_receiver(
    lists: Lists, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, login: dict[str, str], header: str
) -> None:
    host, _, port = receiver.url.removeprefix("https://").partition(":")
    connection = {"conn_type": "http", "host": host, "port": int(port), "extra": {"ca_file": str(receiver.ca_file)}}
    monkeypatch.setenv("AIRFLOW_CONN_RAPPORT_DROP_HTTPS", json.dumps(connection | login))
    place = transport_for(business(transport="https", folder="/v1/lists"), "drop")
    assert isinstance(place, HttpsReceiver)
    with place:
        location = deliver(lists.conn, vip_of(lists), place).location
    (post,) = receiver.posts
    assert (post.path, post.headers["Authorization"]) == ("/v1/lists", header)
    assert location == f"{receiver.url}, Idempotency-Key {post.key.strip(chr(34))}"
    assert not any(value in repr(place.target) for value in login.values() if value != "ada")


def test_lists_are_not_posted_without_encryption(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_RAPPORT_DROP_HTTPS", '{"conn_type": "http", "host": "http://lists.example"}')
    with pytest.raises(DeliveryError, match="https:// addresses only"):
        transport_for(business(transport="https"), "drop")


def test_a_connection_that_is_not_there_is_asked_for() -> None:
    assert "AIRFLOW_CONN_RAPPORT_DROP_HTTPS" not in os.environ
    with pytest.raises(DeliveryError, match="no Airflow connection rapport_drop_https"):
        transport_for(business(transport="https"), "drop")


def call_back(lists: Lists, target: HttpsTarget) -> Recall:
    return recall(lists.conn, lists.business, ListOf(NIGHT, "vip", "drop"), HttpsReceiver(target), reason="wrong offer")


def recalls(lists: Lists) -> list[tuple[str, int]]:
    return lists.conn.execute("select status, n_rows from activation.deliveries where list_kind = 'recall'").fetchall()


def test_a_recall_that_got_no_answer_is_doubt_and_goes_again_under_the_same_key(
    lists: Lists, receiver: Receiver, target: HttpsTarget
) -> None:
    lists.prepare()
    send(lists, target)
    receiver.next = ["hang up"] * target.attempts
    with pytest.raises(MayHaveArrived):
        call_back(lists, target)
    assert recalls(lists) == [("unknown", 2)]
    assert finish_sending(lists.conn, NIGHT), "the night's own lists are out"
    assert "- vip (recall) to drop: unknown, 2 rows" in render_text(summarise_sending(lists.conn, business(), NIGHT))
    receiver.next = [401]
    with pytest.raises(DeliveryError, match="HTTP 401"):
        call_back(lists, target)
    assert recalls(lists) == [("unknown", 2)]
    assert call_back(lists, target).is_new
    assert recalls(lists) == [("delivered", 2)]
    assert not call_back(lists, target).is_new
    assert len({(post.key, post.body) for post in receiver.posts[2:]}) == 1
    assert len(receiver.taken) == 3


def test_a_recall_that_is_refused_leaves_no_doubt(lists: Lists, receiver: Receiver, target: HttpsTarget) -> None:
    send_vip(lists, target)
    receiver.next = [401]
    with pytest.raises(DeliveryError, match="HTTP 401"):
        call_back(lists, target)
    assert recalls(lists) == []
    assert call_back(lists, target).is_new


def test_a_doubt_is_shown_to_marketing_and_in_the_segments_history(
    lists: Lists, receiver: Receiver, target: HttpsTarget
) -> None:
    receiver.next = ["hang up"] * target.attempts
    with pytest.raises(MayHaveArrived):
        send_vip(lists, target)
    found = summarise_sending(lists.conn, business(), NIGHT)
    assert "- vip to drop: unknown, 2 rows. The receiver may have taken the list or not" in render_text(found)
    assert '<td class="warn">unknown' in render_page(found)
    (row,) = history(lists.conn, "vip", nights=1)
    assert (row["status"], "may have taken" in row["reason"]) == ("unknown", True)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
