"""Full lists, and who is to add and to remove against the last delivered: a place that follows them holds the list."""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from activation_night import Lists, segment
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rapport.activation.contact_hash import contact_hash, hmac_pads
from rapport.activation.delivery import deliver
from rapport.activation.destinations import Destination, ListKind, declared_destinations
from rapport.activation.ledger import lists_of
from rapport.activation.list_rows import read_rows
from rapport.activation.lists import LIST_COLUMNS, ListOf, columns_for
from rapport.activation.memberships import rebuild
from rapport.activation.preparing import prepare
from rapport.activation.sending import deliver_all
from rapport.activation.transports import LocalDrop
from rapport.errors import DeliveryError

FIRST = date(2026, 11, 21)
People = dict[str, str]  # contact point by customer


def place(*kinds: ListKind) -> dict[str, Destination]:
    return {"drop": declared_destinations()["drop"].model_copy(update={"list_kinds": list(kinds)})}


def build(lists: Lists, nth: int, people: People) -> date:
    """As dbt does it: the lists of one night, and who may get them."""
    night = FIRST + timedelta(days=nth)
    lists.conn.execute(
        "insert into ops.nights (business_date, landing, clock, state) values (%s, '', %s, 'sending')"
        " on conflict do nothing",
        [night, datetime(2026, 11, 21, 21, tzinfo=UTC)],
    )
    lists.conn.execute("truncate build_activation.lists, build_activation.eligibility_now")
    for who, contact in people.items():
        lists.conn.execute(
            "insert into build_activation.lists (business_date, segment, destination, customer_id, channel, contact)"
            " values (%s, 'vip', 'drop', %s, 'email', %s)",
            [night, who, contact],
        )
        lists.conn.execute("insert into build_activation.eligibility_now values ('vip', %s, %s, true)", [who, contact])
    lists.conn.commit()
    return night


def send(lists: Lists, nth: int, people: People, *kinds: ListKind) -> dict[str, list[str]]:
    """One night's lists, delivered; the customers on each, by kind."""
    night = build(lists, nth, people)
    destinations = place(*kinds)
    prepare(lists.conn, lists.business, night, segments=[segment("vip")], destinations=destinations)
    with LocalDrop(lists.drop) as drop:
        for item, _ in lists_of(lists.conn, lists.business, night, "drop"):
            deliver(lists.conn, item, drop, destinations=destinations)
    return {kind: on_file(lists, night, kind) for kind in kinds}


def on_file(lists: Lists, night: date, kind: ListKind) -> list[str]:
    path = lists.drop / f"{night}" / f"vip_{night:%Y%m%d}_{kind}.csv"
    return [row["contact"] for row in csv.DictReader(io.StringIO(path.read_text(), newline=""))]


ANN, BO, CEM = {"ann": "ann@x.dk"}, {"bo": "bo@x.dk"}, {"cem": "cem@x.dk"}


def test_the_first_night_adds_everybody_and_removes_nobody(lists: Lists) -> None:
    assert send(lists, 0, ANN | BO, "add", "remove") == {"add": ["ann@x.dk", "bo@x.dk"], "remove": []}


def test_later_nights_name_who_is_new_and_who_is_gone(lists: Lists) -> None:
    send(lists, 0, ANN | BO, "full", "add", "remove")
    assert send(lists, 1, BO | CEM, "full", "add", "remove") == {
        "full": ["bo@x.dk", "cem@x.dk"],
        "add": ["cem@x.dk"],
        "remove": ["ann@x.dk"],
    }


def test_a_night_without_changes_gives_two_empty_lists(lists: Lists) -> None:
    send(lists, 0, ANN, "add", "remove")
    assert send(lists, 3, ANN, "add", "remove") == {"add": [], "remove": []}


def test_another_address_is_added_and_the_old_one_removed(lists: Lists) -> None:
    send(lists, 0, ANN, "add", "remove")
    found = send(lists, 1, {"ann": "ann@y.dk"}, "add", "remove")
    assert found == {"add": ["ann@y.dk"], "remove": ["ann@x.dk"]}
    assert send(lists, 2, {"ann": "ann@y.dk"}, "add", "remove") == {"add": [], "remove": []}


def test_whose_ids_were_merged_neither_leaves_nor_enters(lists: Lists) -> None:
    send(lists, 0, ANN | BO, "add", "remove")
    lists.conn.execute("insert into customer_360.customer_aliases values ('bo', 'ann', '2026-11-22')")
    assert send(lists, 1, {"ann": "bo@x.dk"}, "add", "remove") == {"add": [], "remove": ["ann@x.dk"]}


def test_who_withdraws_at_the_last_moment_is_not_added_and_is_removed(lists: Lists) -> None:
    send(lists, 0, ANN, "add", "remove")
    night = build(lists, 1, ANN | BO)
    prepare(lists.conn, lists.business, night, segments=[segment("vip")], destinations=place("add", "remove"))
    lists.withdraw("ann")
    lists.withdraw("bo")
    with LocalDrop(lists.drop) as drop:
        for item, _ in lists_of(lists.conn, lists.business, night, "drop"):
            deliver(lists.conn, item, drop, destinations=place("add", "remove"))
    assert (on_file(lists, night, "add"), on_file(lists, night, "remove")) == ([], ["ann@x.dk"])


def test_who_was_added_on_a_night_whose_removals_failed_is_removed_later(lists: Lists) -> None:
    send(lists, 0, ANN, "add", "remove")
    night = build(lists, 1, BO)
    destinations = place("add", "remove")
    prepare(lists.conn, lists.business, night, segments=[segment("vip")], destinations=destinations)
    (lists.drop / f"{night}").mkdir()
    (lists.drop / f"{night}" / f"vip_{night:%Y%m%d}_remove.csv").write_text("somebody else's")
    with LocalDrop(lists.drop) as drop:
        removal, addition = [item for item, _ in lists_of(lists.conn, lists.business, night, "drop")]
        with pytest.raises(DeliveryError, match="Another file has this list's name"):
            deliver(lists.conn, removal, drop, destinations=destinations)
        deliver(lists.conn, addition, drop, destinations=destinations)
    assert send(lists, 2, CEM, "add", "remove") == {"add": ["cem@x.dk"], "remove": ["ann@x.dk", "bo@x.dk"]}


def test_removals_go_before_what_is_added(lists: Lists) -> None:
    night = build(lists, 0, ANN)
    kinds = place("add", "full", "remove")
    prepare(lists.conn, lists.business, night, segments=[segment("vip")], destinations=kinds)
    assert [item.which.kind for item, _ in lists_of(lists.conn, lists.business, night, "drop")] == [
        "remove",
        "full",
        "add",
    ]


def test_only_who_is_named_to_be_written_to_counts_as_contacted(lists: Lists) -> None:
    send(lists, 0, ANN, "add", "remove")
    send(lists, 1, BO, "add", "remove")
    assert lists.conn.execute(
        "select business_date, customer_id from activation.delivery_members order by 1, 2"
    ).fetchall() == [(FIRST, "ann"), (FIRST + timedelta(days=1), "bo")]


def test_the_same_night_again_sends_nothing_and_changes_nothing(lists: Lists, monkeypatch: pytest.MonkeyPatch) -> None:
    destinations = place("add", "remove")
    monkeypatch.setattr("rapport.activation.delivery.declared_destinations", lambda: destinations)
    send(lists, 0, ANN, "add", "remove")
    night = FIRST + timedelta(days=1)
    send(lists, 1, BO, "add", "remove")
    before = lists.conn.execute("select * from activation.memberships order by customer_id").fetchall()
    again = deliver_all(lists.conn, lists.business, night, "drop", LocalDrop(lists.drop), dry_run=False)
    assert again.outcomes == {"vip (add)": "already_delivered", "vip (remove)": "already_delivered"}
    assert lists.conn.execute("select * from activation.memberships order by customer_id").fetchall() == before


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    nights=st.lists(
        st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["1@x.dk", "2@x.dk"]), max_size=4),
        min_size=1,
        max_size=5,
    )
)
def test_a_place_that_follows_additions_and_removals_holds_the_list_of_each_night(
    lists: Lists, nights: list[dict[str, str]]
) -> None:
    conn = lists.conn
    conn.execute("truncate activation.memberships, activation.deliveries, activation.delivery_members")
    conn.execute("delete from ops.nights")
    for path in lists.drop.rglob("*.*"):
        path.unlink()
    held: set[str] = set()
    for nth, people in enumerate(nights):
        tonight = {who: f"{who}{contact}" for who, contact in people.items()}
        found = send(lists, nth, tonight, "add", "remove")
        assert set(found["remove"]) <= held
        held = (held - set(found["remove"])) | set(found["add"])
        assert held == set(tonight.values())
        for kind in ("add", "remove"):
            which = ListOf(FIRST + timedelta(days=nth), "vip", "drop", kind)
            sent = (lists.drop / f"{which.business_date}" / which.file_name).read_bytes()
            assert rebuild(conn, which) == sent


@pytest.mark.parametrize(
    "text", ['a "quoted" word', "two\nlines", "two\r\nlines", "a\\b\\n", "", "\\.", "ø,ş"], ids=repr
)
def test_any_text_comes_from_the_warehouse_as_it_is(lists: Lists, text: str) -> None:
    lists.add("quiet", "c_9", "q@x.dk", first_name=text)
    (batch,) = read_rows(lists.conn, ListOf(FIRST, "quiet", "drop"), "built")
    assert batch["first_name"].to_pylist() == [text]
    assert batch["offer"].to_pylist() == [None]
    assert batch["valid_until"].to_pylist() == ["2026-12-01T21:00:00Z"]
    assert batch.schema.names == list(LIST_COLUMNS)


def test_only_what_the_place_gets_is_read(lists: Lists) -> None:
    lists.add("quiet", "c_9", "q@x.dk")
    destination = declared_destinations()["drop"]
    (batch,) = read_rows(lists.conn, ListOf(FIRST, "quiet", "drop"), "built", columns_for(destination))
    assert {column.source for column in destination.columns} | {"locale"} == set(batch.schema.names)
    assert "birth_date" not in batch.schema.names


def test_rows_come_by_customer_whatever_order_they_lie_in(lists: Lists) -> None:
    for who in ("c_b", "c_C", "c_a"):
        lists.add("quiet", who, f"{who}@x.dk")
    (batch,) = read_rows(lists.conn, ListOf(FIRST, "quiet", "drop"), "built")
    assert batch["customer_id"].to_pylist() == ["c_C", "c_a", "c_b"]


def test_a_long_list_comes_in_blocks(lists: Lists, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rapport.activation.list_rows.BLOCK_BYTES", 100)
    for nth in range(5):
        lists.add("quiet", f"c_{nth}", f"{nth}@x.dk")
    batches = list(read_rows(lists.conn, ListOf(FIRST, "quiet", "drop"), "built"))
    assert len(batches) > 1
    assert [who for batch in batches for who in batch["customer_id"].to_pylist()] == [f"c_{nth}" for nth in range(5)]


@pytest.mark.parametrize("key", [b"k" * 32, b"short", b"longer than a block of SHA-256" * 5], ids=len)
def test_the_key_of_the_hash_is_put_as_hmac_has_it(key: bytes) -> None:
    inner, outer = hmac_pads(key)
    text = "søren@example.com".encode()
    by_parts = hashlib.sha256(outer + hashlib.sha256(inner + text).digest()).hexdigest()
    assert by_parts == hmac.new(key, text, hashlib.sha256).hexdigest() == contact_hash("søren@example.com", key)


@pytest.mark.parametrize("kinds", [["remove"], ["add", "add"], [], ["whole"]], ids=str)
def test_kinds_that_make_no_list_are_refused(kinds: list[str]) -> None:
    with pytest.raises(ValueError, match="list_kinds"):
        Destination.model_validate(declared_destinations()["drop"].model_dump(by_alias=True) | {"list_kinds": kinds})
