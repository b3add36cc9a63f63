"""Persons do not depend on the order in which records came, nor on what was compared when; people can overrule them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from identity.made_up_records import Row, made_up_records
from identity.records import build_records
from servers.warehouses import new_warehouse

from rapport.businesses import load_business
from rapport.identity import assign
from rapport.identity.models import dismiss_model
from rapport.warehouse import connect

Conn = psycopg.Connection[Any]
BUSINESS = load_business("sample")
FIRST = date(2026, 1, 1)
Partition = set[frozenset[str]]


@pytest.fixture(scope="module")
def people() -> tuple[list[Row], dict[str, int]]:
    return made_up_records(180)


@pytest.fixture(scope="module")
def trained(server: str, people: tuple[list[Row], dict[str, int]]) -> Iterator[dict[str, list[tuple[Any, ...]]]]:
    """A model trained on all of them, as rows of the tables that keep it."""
    with new_warehouse(server) as name, connect(name) as conn:
        build_records(conn, people[0])
        assign(conn, BUSINESS, FIRST)
        yield {
            table: conn.execute(f"select * from history.{table}").fetchall()  # type: ignore[arg-type]
            for table in ("identity_models", "identity_model_files")
        }


@pytest.fixture
def conn(server: str, trained: dict[str, list[tuple[Any, ...]]]) -> Iterator[Conn]:
    """A warehouse that has the model and no night yet."""
    with new_warehouse(server) as name, connect(name) as found:
        for table, rows in trained.items():
            places = ", ".join(["%s"] * len(rows[0]))
            found.cursor().executemany(f"insert into history.{table} values ({places})", rows)  # type: ignore[arg-type]
        yield found


def partition(conn: Conn, column: str = "customer_id") -> Partition:
    found = conn.execute(
        f"select array_agg(source_record_id) from build_identity.customer_records group by {column}"  # type: ignore[arg-type]
    )
    return {frozenset(records) for (records,) in found}


def nights(conn: Conn, batches: list[list[Row]], start: int = 1) -> None:
    """Nights of which each adds a batch to what there was."""
    held: list[Row] = []
    for number, batch in enumerate(batches, start=start):
        held = [*held, *batch]
        build_records(conn, held)
        assign(conn, BUSINESS, FIRST + timedelta(days=number))


def in_batches(rows: list[Row], n_batches: int, seed: int) -> list[list[Row]]:
    shuffled = random.Random(seed).sample(rows, len(rows))
    # the first is large, as nights are
    size = (len(rows) // 2) // (n_batches - 1)
    first = len(rows) - size * (n_batches - 1)
    return [shuffled[:first], *(shuffled[first + i * size :][:size] for i in range(n_batches - 1))]


@pytest.mark.parametrize("seed", [1, 2])
def test_thirty_nights_in_any_order_give_the_persons_of_one_big_night(
    conn: Conn, people: tuple[list[Row], dict[str, int]], seed: int, one_night: Partition
) -> None:
    nights(conn, in_batches(people[0], 30, seed))
    assert partition(conn) == one_night


@pytest.fixture(scope="module")
def one_night(
    server: str, trained: dict[str, list[tuple[Any, ...]]], people: tuple[list[Row], dict[str, int]]
) -> Partition:
    with new_warehouse(server) as name, connect(name) as found:
        build_records(found, people[0])
        assign(found, BUSINESS, FIRST)
        return partition(found)


def test_persons_are_those_behind_the_records(people: tuple[list[Row], dict[str, int]], one_night: Partition) -> None:
    truth = people[1]
    wrong = [group for group in one_night if len({truth[record] for record in group}) > 1]
    assert wrong == []  # households share surname, home and telephone
    found = {pair for group in one_night for a in group for b in group if a < b for pair in [(a, b)]}
    real = {(a, b) for a in truth for b in truth if a < b and truth[a] == truth[b]}
    assert len(found & real) / len(real) > 0.97


def test_a_record_that_changes_or_goes_leaves_what_would_be_without_it(
    conn: Conn, people: tuple[list[Row], dict[str, int]], one_night: Partition
) -> None:
    rows = people[0]
    drawn = random.Random(5)
    gone = {row["source_record_id"] for row in drawn.sample(rows, 15)}
    other_points = {row["source_record_id"] for row in drawn.sample(rows, 15)}
    strange = [
        row | {"given_name_key": "XAVER", "email_key": None, "phone_key": None, "birth_date_digits": "19500101"}
        if row["source_record_id"] in other_points
        else row
        for row in rows
        if row["source_record_id"] not in gone
    ]
    nights(conn, [strange])
    expected = partition(conn)
    assert expected != one_night
    build_records(conn, rows)
    assign(conn, BUSINESS, FIRST + timedelta(days=2))
    assert partition(conn) == one_night
    build_records(conn, strange)
    assign(conn, BUSINESS, FIRST + timedelta(days=3))
    assert partition(conn) == expected


def evidence(conn: Conn, records: list[Row]) -> list[str]:
    found = dict(conn.execute("select source_record_id, evidence from build_identity.customer_records").fetchall())
    return [found[str(record["source_record_id"])] for record in records]


def test_who_was_one_person_through_a_record_that_goes_is_two_without_it(
    conn: Conn, people: tuple[list[Row], dict[str, int]]
) -> None:
    one: Row = {"source_record_id": "shop:a", "email_key": "bridged@example.org"}
    other: Row = {"source_record_id": "shop:c", "external_id": "shop:bridged"}
    bridge = {**one, **other, "source_record_id": "shop:b"}
    nights(conn, [[*people[0], one, bridge, other]])
    assert len({_customers(conn)[record] for record in ("shop:a", "shop:b", "shop:c")}) == 1
    assert evidence(conn, [one, other]) == ["email", "external_id"]
    build_records(conn, [*people[0], one, other])
    counts = assign(conn, BUSINESS, FIRST + timedelta(days=2))
    assert 0 < counts["compared"] < 10
    assert _customers(conn)["shop:a"] != _customers(conn)["shop:c"]
    assert evidence(conn, [one, other]) == ["alone", "alone"]


def test_a_model_is_kept_until_it_is_outgrown_or_dismissed(
    server: str, people: tuple[list[Row], dict[str, int]]
) -> None:
    rows, trained_on = people[0], []
    with new_warehouse(server) as name, connect(name) as fresh:
        for day, n_records in enumerate([40, 60, 159, 160, 165, 166]):
            if day == 5:
                dismiss_model(fresh)
            build_records(fresh, rows[:n_records])
            if assign(fresh, BUSINESS, FIRST + timedelta(days=day))["is_trained"]:
                trained_on.append(n_records)
    assert trained_on == [40, 160, 166]


def test_only_what_is_new_is_compared(conn: Conn, people: tuple[list[Row], dict[str, int]]) -> None:
    rows = people[0]
    nights(conn, [rows[:-4]])
    build_records(conn, rows)
    counts = assign(conn, BUSINESS, FIRST + timedelta(days=2))
    assert (counts["compared"], counts["is_trained"]) == (4, 0)
    assert assign(conn, BUSINESS, FIRST + timedelta(days=3))["compared"] == 0


@pytest.fixture
def decide(conn: Conn) -> Callable[..., None]:
    """Put decisions in place, as dbt's seed does."""
    conn.execute("create schema if not exists build_seeds")
    conn.execute(
        "create table build_seeds.identity_decisions"
        " (one_record_id text, other_record_id text, decision text, decided_on date, reason text)"
    )

    def add(one: str, other: str, decision: str) -> None:
        conn.execute(
            "insert into build_seeds.identity_decisions values (%s, %s, %s, current_date, '')", [one, other, decision]
        )

    return add


def test_a_decision_parts_a_person_and_gives_the_ids_of_a_history_without_the_merge(
    conn: Conn, people: tuple[list[Row], dict[str, int]], one_night: Partition, decide: Callable[..., None]
) -> None:
    one, other = sorted(min((group for group in one_night if len(group) == 2), key=sorted))
    others = [row for row in people[0] if row["source_record_id"] != other]
    nights(conn, [others])
    build_records(conn, people[0])
    assign(conn, BUSINESS, FIRST + timedelta(days=2))
    together = _customers(conn)
    assert together[one] == together[other]
    decide(one, other, "different")
    assign(conn, BUSINESS, FIRST + timedelta(days=3))
    apart = _customers(conn)
    assert apart[one] == together[one] != apart[other]
    assert {record: customer for record, customer in apart.items() if record != other} == {
        record: customer for record, customer in together.items() if record != other
    }
    conn.execute("truncate build_seeds.identity_decisions")
    assign(conn, BUSINESS, FIRST + timedelta(days=4))
    assert _customers(conn) == together


def test_a_decision_joins_what_nothing_else_does(
    conn: Conn, people: tuple[list[Row], dict[str, int]], decide: Callable[..., None]
) -> None:
    one: Row = {"source_record_id": "shop:x", "email_key": "x@example.org"}
    other: Row = {"source_record_id": "shop:y", "phone_key": "+4520999999"}
    nights(conn, [[*people[0], one, other]])
    assert _customers(conn)["shop:x"] != _customers(conn)["shop:y"]
    decide("shop:y", "shop:x", "same")
    assign(conn, BUSINESS, FIRST + timedelta(days=2))
    assert _customers(conn)["shop:x"] == _customers(conn)["shop:y"]
    assert evidence(conn, [one, other]) == ["decided", "decided"]


def test_pairs_in_doubt_are_told_with_what_they_have_in_common(
    conn: Conn, people: tuple[list[Row], dict[str, int]]
) -> None:
    twin = people[0][0] | {"source_record_id": "shop:customers:twin", "external_id": "shop:twin", "email_key": None}
    twin |= {"phone_key": None, "birth_date_digits": None, "street_key": None}
    business = BUSINESS.model_copy(
        update={"identity": BUSINESS.identity.model_copy(update={"merge": 0.9999, "review": 0.01})}
    )
    build_records(conn, [*people[0], twin])
    assign(conn, business, FIRST + timedelta(days=1))
    found = conn.execute(
        "select one_record_id, agreement from build_identity.pairs_for_review where other_record_id = %s",
        [twin["source_record_id"]],
    ).fetchall()
    assert found
    assert all("given_name: the same" in agreement for _, agreement in found)


def _customers(conn: Conn) -> dict[str, str]:
    return dict(conn.execute("select source_record_id, customer_id from build_identity.customer_records").fetchall())


def test_a_person_with_more_mailboxes_than_the_business_allows_is_parted_and_for_review(
    conn: Conn, people: tuple[list[Row], dict[str, int]]
) -> None:
    known = people[0][0] | {"birth_date_digits": "19800412", "phone_key": "+905321112233"}
    many = [
        known
        | {
            "source_record_id": f"shop:m{number}",
            "external_id": f"shop:m{number}",
            "email_key": f"m{number}@example.org",
            # what three of them share ties them more strongly
            "buyer_external_id": f"crm:{number // 3}",
        }
        for number in range(6)
    ]
    strict = BUSINESS.model_copy(update={"identity": BUSINESS.identity.model_copy(update={"most_emails": 3})})
    build_records(conn, [*people[0][1:], *many])
    assign(conn, BUSINESS, FIRST + timedelta(days=1))
    assert len({_customers(conn)[f"shop:m{number}"] for number in range(6)}) == 1
    assign(conn, strict, FIRST + timedelta(days=2))
    apart = _customers(conn)
    assert [len({apart[f"shop:m{number}"] for number in part}) for part in (range(3), range(3, 6))] == [1, 1]
    assert apart["shop:m0"] != apart["shop:m5"]
    contested = conn.execute(
        "select count(*) from build_identity.pairs_for_review where is_contested"
        " and one_record_id like 'shop:m%' and other_record_id like 'shop:m%'"
    ).fetchone()
    assert contested == (9,)
