"""The consent ledger knows when a decision held, and since when we knew."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest

from rapport.publishing.consents import keep_consents
from rapport.warehouse import connect

FIRST, SECOND, THIRD = date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)
Connection = psycopg.Connection[Any]


@pytest.fixture
def conn(warehouse: str) -> Any:
    with connect(warehouse) as connection:
        connection.execute("create table customer_360.consents (like history.consents including defaults)")
        connection.execute("alter table customer_360.consents drop recorded_from, drop recorded_until")
        yield connection
        connection.rollback()


def at(day: int, month: int = 2) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


def know(conn: Connection, **decisions: tuple[str, datetime, datetime | None]) -> None:
    """The live ledger holds these decisions of Ada about her address."""
    conn.execute("truncate customer_360.consents")
    for name, (status, since, until) in decisions.items():
        conn.execute(
            "insert into customer_360.consents values (%s, 'ada', 'email', 'ada@example.com', 'email', 'marketing', %s,"
            " 'form', false, false, %s, %s)",
            [name, status, since, until],
        )


def held(conn: Connection, night: date, instant: datetime) -> list[str]:
    rows = conn.execute("select status from customer_360.consents_as_of(%s, %s) order by 1", [night, instant])
    return [status for (status,) in rows.fetchall()]


def told_late(conn: Connection) -> None:
    """Ada agreed on 1 February and refused on the tenth; the second night is the first to hear of the refusal."""
    know(conn, yes=("granted", at(1), None))
    assert keep_consents(conn, FIRST) == 1
    know(conn, yes=("granted", at(1), at(10)), no=("refused", at(10), None))
    assert keep_consents(conn, SECOND) == 2


def test_what_a_night_knew_is_told_apart_from_what_was_so(conn: Connection) -> None:
    told_late(conn)
    assert held(conn, FIRST, at(5)) == ["granted"]
    assert held(conn, FIRST, at(20)) == ["granted"]  # nobody knew better
    assert held(conn, SECOND, at(5)) == ["granted"]
    assert held(conn, SECOND, at(20)) == ["refused"]
    assert held(conn, SECOND, datetime(2026, 1, 1, tzinfo=UTC)) == []
    assert held(conn, date(2026, 2, 28), at(20)) == []


def test_a_night_without_news_writes_nothing(conn: Connection) -> None:
    told_late(conn)
    before = conn.execute("select * from history.consents order by 1, 2").fetchall()
    assert keep_consents(conn, THIRD) == 0
    assert conn.execute("select * from history.consents order by 1, 2").fetchall() == before


def test_a_night_published_again_replaces_what_it_had_written(conn: Connection) -> None:
    told_late(conn)
    know(conn, yes=("granted", at(1), None))
    assert keep_consents(conn, SECOND) == 0
    assert held(conn, SECOND, at(20)) == ["granted"]
    assert conn.execute("select recorded_from, recorded_until from history.consents").fetchall() == [(FIRST, None)]


def test_a_decision_that_no_source_lists_any_more_ends_with_the_night_that_misses_it(conn: Connection) -> None:
    told_late(conn)
    know(conn, yes=("granted", at(1), None))
    keep_consents(conn, THIRD)
    assert held(conn, SECOND, at(20)) == ["refused"]
    assert held(conn, THIRD, at(20)) == ["granted"]


def test_a_decision_whose_person_turns_out_to_be_another_is_known_so_from_that_night_on(conn: Connection) -> None:
    told_late(conn)
    conn.execute("update customer_360.consents set customer_id = 'bo' where decision_id = 'no'")
    assert keep_consents(conn, THIRD) == 1
    of = "select customer_id from customer_360.consents_as_of(%s, %s) where decision_id = 'no'"
    assert conn.execute(of, [SECOND, at(20)]).fetchall() == [("ada",)]
    assert conn.execute(of, [THIRD, at(20)]).fetchall() == [("bo",)]


def test_what_was_known_cannot_be_changed(conn: Connection) -> None:
    told_late(conn)
    with pytest.raises(psycopg.errors.CheckViolation, match="is never changed: recorded from 2026-03-01"):
        conn.execute("update history.consents set status = 'granted', contact = 'bo@example.com'")


def test_only_who_may_see_personal_data_may_ask(conn: Connection) -> None:
    conn.execute("set role rapport_personal_data")
    assert held(conn, FIRST, at(1)) == []
    conn.execute("set role rapport_analyst")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        held(conn, FIRST, at(1))


def test_a_business_without_the_ledger_keeps_nothing(warehouse: str) -> None:
    with connect(warehouse) as conn:
        assert keep_consents(conn, FIRST) == 0
