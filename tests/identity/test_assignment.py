"""A person keeps their id: through nights, merges, splits, re-runs and replays."""

from __future__ import annotations

import hashlib
import random
from datetime import date
from typing import Any

import psycopg
import pyarrow as pa
import pytest
from identity.records import build_records
from psycopg import sql
from servers.warehouses import new_warehouse

from rapport.businesses import load_business
from rapport.errors import BuildError
from rapport.identity import assign, assignment, resolving
from rapport.identity.persons import Persons
from rapport.identity.stable_ids import choose_ids
from rapport.warehouse import connect
from rapport.warehouse.arrow_tables import copy_out

BUSINESS = load_business("sample")
NIGHTS = [date(2026, 1, day) for day in range(1, 9)]
Keys = dict[str, list[str]]
POINTS = {"email": "email_key", "phone": "phone_key", "id": "external_id"}


def night(conn: psycopg.Connection[Any], index: int, records: Keys) -> dict[str, str]:
    """Run one night in which these records have these points ("email:x") and no names; returns record -> customer."""
    rows = []
    for record, keys in records.items():
        points = {POINTS[kind]: _point(kind, value) for kind, value in (key.split(":") for key in keys)}
        rows.append({"source_record_id": record, **points})
    build_records(conn, rows)
    assign(conn, BUSINESS, NIGHTS[index])
    return customers(conn)


def _point(kind: str, value: str) -> str:
    # as unlike one another as those of strangers are
    number = int(hashlib.sha256(value.encode()).hexdigest(), 16)
    return f"x{number % 10**9}@example.org" if kind == "email" else f"+90532{number % 10**7:07d}"


def customers(conn: psycopg.Connection[Any]) -> dict[str, str]:
    return dict(conn.execute("select source_record_id, customer_id from build_identity.customer_records").fetchall())


def history(conn: psycopg.Connection[Any], told: str = "xmin::text") -> list[tuple[Any, ...]]:
    return conn.execute(f"select *, {told} from history.identity_assignments order by 1, 3").fetchall()  # type: ignore[arg-type]


def test_every_record_is_somebody_even_without_keys(warehouse: str) -> None:
    with connect(warehouse) as conn:
        found = night(conn, 0, {"a": ["email:x"], "b": ["email:x"], "c": []})
        assert found["a"] == found["b"] != found["c"]
        assert all(len(value) == 18 and value.startswith("c_") for value in found.values())


@pytest.mark.parametrize(("old", "young"), [("z", "a"), ("a", "z")])
def test_a_merge_keeps_the_id_that_was_published_first(warehouse: str, old: str, young: str) -> None:
    with connect(warehouse) as conn:
        first = night(conn, 0, {old: ["email:z"]})
        second = night(conn, 1, {old: ["email:z"], young: ["phone:1"]})
        assert second[old] == first[old]
        third = night(conn, 2, {old: ["email:z"], young: ["phone:1", "email:z"], "m": ["phone:1"]})
        assert set(third.values()) == {first[old]}
        moved = {row[:2] for row in history(conn) if row[2] == NIGHTS[2]}
        assert moved == {(young, first[old]), ("m", first[old])}


def test_a_split_gives_the_old_ids_back(warehouse: str) -> None:
    with connect(warehouse) as conn:
        night(conn, 0, {"z": ["email:z"]})
        apart = night(conn, 1, {"z": ["email:z"], "a": ["phone:1"]})
        night(conn, 2, {"z": ["email:z"], "a": ["email:z"]})
        assert night(conn, 3, {"z": ["email:z"], "a": ["phone:1"]}) == apart
        assert night(conn, 4, {"a": ["phone:1"]}) == {"a": apart["a"]}  # and keeps it when the other has gone


def test_a_person_split_in_two_leaves_the_id_with_the_larger_part(warehouse: str) -> None:
    with connect(warehouse) as conn:
        before = night(conn, 0, {"a": ["email:x"], "b": ["email:x"], "c": ["email:x"]})
        after = night(conn, 1, {"a": ["email:y"], "b": ["email:x"], "c": ["email:x"]})
        assert after["b"] == after["c"] == before["b"]
        assert after["a"] not in before.values()


def test_a_record_that_moves_to_another_person_does_not_take_the_id_along(warehouse: str) -> None:
    with connect(warehouse) as conn:
        night(conn, 0, {"m": ["email:m"]})
        before = night(conn, 1, {"m": ["email:m"], "a": ["phone:1"], "b": ["phone:1"]})
        after = night(conn, 2, {"m": ["email:m"], "a": ["email:m"], "b": ["phone:1"]})
        assert after == {"m": before["m"], "a": before["m"], "b": before["b"]}


@pytest.mark.parametrize(("stays", "goes"), [("a", "b"), ("b", "a")])
def test_a_record_that_is_gone_is_nobodys_until_it_is_back(warehouse: str, stays: str, goes: str) -> None:
    with connect(warehouse) as conn:
        both = night(conn, 0, {stays: ["email:x"], goes: ["email:y"]})
        night(conn, 1, {stays: ["email:x"]})
        night(conn, 2, {stays: ["email:x"]})
        told = [row[:3] for row in history(conn) if row[0] == goes]
        assert told == [(goes, both[goes], NIGHTS[0]), (goes, None, NIGHTS[1])]
        assert night(conn, 3, {stays: ["email:x"], goes: ["email:y"]}) == both
        assert [row[1] for row in history(conn) if row[0] == goes] == [both[goes], None, both[goes]]


def test_nights_without_change_add_no_history(warehouse: str) -> None:
    with connect(warehouse) as conn:
        night(conn, 0, {"a": ["email:x"], "b": ["email:x"]})
        before = history(conn)
        night(conn, 1, {"a": ["email:x"], "b": ["email:x"]})
        assert history(conn) == before


def test_the_same_night_twice_is_once(warehouse: str) -> None:
    with connect(warehouse) as conn:
        night(conn, 0, {"z": ["email:z"]})
        merged = {"z": ["email:z"], "a": ["email:z"], "b": []}
        found, rows = night(conn, 1, merged), history(conn)
        written = conn.execute("select xmin::text from build_identity.customer_records order by 1").fetchall()
        assert night(conn, 1, merged) == found
        assert history(conn) == rows  # xmin shows that not one row was written again
        assert conn.execute("select xmin::text from build_identity.customer_records order by 1").fetchall() == written


def test_a_night_run_again_with_other_data_forgets_its_first_outcome(warehouse: str) -> None:
    with connect(warehouse) as conn:
        first = night(conn, 0, {"z": ["email:z"]})
        night(conn, 1, {"z": ["email:z"], "a": ["email:z"]})
        found = night(conn, 1, {"z": ["email:z"], "a": ["email:q"]})
        assert found["a"] != found["z"] == first["z"]
        assert [row[0] for row in history(conn) if row[2] == NIGHTS[1]] == ["a"]


def test_a_night_run_again_decides_as_if_it_ran_for_the_first_time(warehouse: str) -> None:
    with connect(warehouse) as conn:
        once = night(conn, 0, {"a": ["email:x"], "b": ["email:x"]})
        conn.execute("truncate history.identity_assignments")
        night(conn, 0, {"b": ["email:x"]})  # a's file was late
        assert night(conn, 0, {"a": ["email:x"], "b": ["email:x"]}) == once


def test_an_old_night_can_be_replayed_after_later_ones(warehouse: str) -> None:
    with connect(warehouse) as conn:
        second_night = {"z": ["email:z"], "a": ["phone:1"]}
        night(conn, 0, {"z": ["email:z"]})
        then = night(conn, 1, second_night)
        night(conn, 2, {"z": ["email:z"], "a": ["phone:1", "email:z"]})
        rows = history(conn)
        assert night(conn, 1, second_night) == then
        assert history(conn) == rows


def test_an_id_already_in_use_is_never_given_to_another_person(warehouse: str) -> None:
    with connect(warehouse) as conn:
        taken = night(conn, 0, {"a": []})["a"]
        conn.execute("update history.identity_assignments set source_record_id = 'someone else'")
        look_at_everybody(conn)
        assert night(conn, 1, {"a": []})["a"] != taken


def chosen_among_all(conn: psycopg.Connection[Any], index: int) -> dict[str, str]:
    """The ids that a night gives when nobody is held to be settled: every person, and the whole history."""
    found = copy_out(
        conn,
        sql.SQL("select source_record_id as id, cluster from build_identity.linked_records"),
        {"id": pa.string(), "cluster": pa.string()},
    )
    past = copy_out(
        conn,
        sql.SQL(
            "select source_record_id, customer_id, assigned_on from history.identity_assignments where assigned_on < {}"
        ).format(sql.Literal(NIGHTS[index])),
        {"source_record_id": pa.string(), "customer_id": pa.string(), "assigned_on": pa.date32()},
    )
    persons, ever = Persons.of(found), set(past["customer_id"].to_pylist())
    ids = choose_ids(persons, past, ever.intersection)
    return dict(zip(persons.records.to_pylist(), ids.customer_id.to_pylist(), strict=True))


@pytest.mark.parametrize("seed", range(4))
def test_who_is_settled_keeps_the_id_that_choosing_among_all_would_give(warehouse: str, seed: int) -> None:
    drawn = random.Random(seed)
    with connect(warehouse) as conn:
        for index in range(len(NIGHTS)):
            records = {record: [f"email:{drawn.choice('uvwxyz')}"] for record in "abcdefghij" if drawn.random() < 0.8}
            assert night(conn, index, records) == chosen_among_all(conn, index)


def look_at_everybody(conn: psycopg.Connection[Any]) -> None:
    """Let the next night not know that customer_records is the outcome of the one before."""
    conn.execute("update build_identity.linked_with set assigned_on = null")


PEOPLE = [
    ("AYSE", "YILMAZ", "19610203"), ("BJARNE", "HOLM", "19720514"), ("CEMILE", "OZTURK", "19831125"),
    ("DITTE", "KJELDSEN", "19940806"), ("ERKAN", "AKSOY", "19551217"), ("FREJA", "MUNK", "20010928"),
    ("GOKHAN", "TEKIN", "19681009"), ("HENNING", "VESTER", "19790330"), ("INCI", "POLAT", "19900711"),
    ("JYTTE", "RAVN", "19460422"),
]  # fmt: skip


def night_of(conn: psycopg.Connection[Any], index: int, whose: dict[str, int]) -> dict[str, str]:
    """Run one night in which each of these records is of one of PEOPLE, who have nothing in common."""
    names = ("given_name_key", "surname_key", "birth_date_digits")
    build_records(
        conn,
        [
            {"source_record_id": record, "email_key": f"{PEOPLE[who][1]}@example.org".lower()}
            | dict(zip(names, PEOPLE[who], strict=True))
            for record, who in whose.items()
        ],
    )
    assign(conn, BUSINESS, NIGHTS[index])
    return customers(conn)


@pytest.fixture
def touched(monkeypatch: pytest.MonkeyPatch) -> list[set[str] | None]:
    """Of each night the records that its matching touched; nights link what is new, however much, to what is known."""
    monkeypatch.setattr(resolving, "_MOST_NEW", 1.0)
    found: list[set[str] | None] = []

    def noted(conn: psycopg.Connection[Any], *arguments: Any, **more: Any) -> resolving.Resolved:
        resolved = resolving.resolve(conn, *arguments, **more)
        found.append(None if resolved.is_whole else {record for (record,) in conn.execute("select id from touched")})
        return resolved

    monkeypatch.setattr(assignment, "resolve", noted)
    return found


@pytest.mark.parametrize("seed", range(4))
def test_looking_at_whom_the_night_touched_gives_what_looking_at_everybody_gives(
    server: str, seed: int, touched: list[set[str] | None]
) -> None:
    ways = []
    for is_whole in (False, True):
        drawn = random.Random(seed)
        whose = {record: drawn.randrange(len(PEOPLE)) for record in "abcdefghijklmnopqrst"}
        with new_warehouse(server) as name, connect(name) as conn:
            found = [(night_of(conn, 0, whose), history(conn, "evidence"))]
            for index in range(1, len(NIGHTS)):
                for record in drawn.sample(sorted(whose), 2):
                    whose[record] = drawn.randrange(len(PEOPLE))
                there = {record: who for record, who in whose.items() if drawn.random() < 0.9}
                if is_whole:
                    look_at_everybody(conn)
                found.append((night_of(conn, index, there), history(conn, "evidence")))
        ways.append(found)
    assert ways[0] == ways[1]
    some = [records for records in touched[: len(NIGHTS)] if records is not None]
    assert len(some) == len(NIGHTS) - 1
    assert all(0 < len(records) < len(PEOPLE) * 2 for records in some)


def test_an_id_that_an_untouched_record_bears_too_is_given_to_one_of_them(
    warehouse: str, touched: list[set[str] | None]
) -> None:
    whose = dict(zip("abcdef", range(6), strict=True))
    with connect(warehouse) as conn:
        first = night_of(conn, 0, whose)
        for table in ("build_identity.customer_records", "history.identity_assignments"):
            given = f"update {table} set customer_id = %s where source_record_id = 'b'"
            conn.execute(given, [first["a"]])  # type: ignore[arg-type]
        second = night_of(conn, 1, whose | {"a": 9})
    assert touched == [None, {"a"}]
    assert len(set(second.values())) == len(whose)
    assert first["a"] in (second["a"], second["b"])


def test_a_replay_leaves_the_next_night_to_look_at_everybody(warehouse: str) -> None:
    with connect(warehouse) as conn:
        first = night(conn, 1, {"a": ["email:x"], "b": ["email:y"]})
        build_records(conn, [{"source_record_id": "a", "email_key": _point("email", "x")}])
        assign(conn, BUSINESS, NIGHTS[0], keeps_history=False)
        assert conn.execute("select assigned_on from build_identity.linked_with").fetchone() == (None,)
        assert night(conn, 2, {"a": ["email:x"], "b": ["email:y"]}) == first


def test_unbuilt_or_empty_keys_stop_the_night(warehouse: str) -> None:
    with connect(warehouse) as conn:
        with pytest.raises(BuildError, match="have not been built"):
            assign(conn, BUSINESS, NIGHTS[0])
        with pytest.raises(BuildError, match="are empty"):
            night(conn, 0, {})
