"""Full exports that name their records, whatever order they arrive in."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from landing.exports import NIGHT, assert_books_balance

from rapport.businesses import Business
from rapport.landing import Declaration, LoadResult, load_file
from rapport.landing.replaying import replay_loads, waiting_loads
from rapport.landing.retention import remove_superseded
from rapport.nights import open_night

Conn = psycopg.Connection[Any]

CARDS = Declaration.model_validate(
    {
        "vendor": "kasse",
        "table": "cards",
        "kind": "crm",
        "concepts": [],
        "freshness": {"warn_after": {"count": 1, "period": "day"}, "error_after": {"count": 2, "period": "day"}},
        "source_file": "kasse.yml",
        "export": {
            "file_pattern": r"cards_(?P<date>\d{4}-\d{2}-\d{2})(-(?P<part>\d+))?",
            "key": ["number"],
            "mode": "full",
            "may_be_empty": True,
        },
        "columns": [
            {"name": "number", "data_type": "text", "description": "x", "required": True, "not_null": True},
            {"name": "points", "data_type": "integer", "description": "x", "required": True, "check": "integer"},
        ],
    }
)
SOON_REMOVED = CARDS.model_copy(update={"export": CARDS.export.model_copy(update={"keep_superseded_days": 1})})
UNREADABLE = "many"


# Points in words are no fault: what the declaration came to say in the end.
CORRECTED = CARDS.model_copy(
    update={"columns": [column.model_copy(update={"check": None}) for column in CARDS.columns]}
)


@dataclass(frozen=True)
class Delivery:
    """A file of cards: the points of each by its number; `is_replayed`: none of them unreadable any more."""

    day: int
    part: int | None
    rows: tuple[tuple[str, str], ...]
    is_replayed: bool = False

    @property
    def name(self) -> str:
        return f"cards_{date(2026, 2, self.day)}{f'-{self.part}' if self.part is not None else ''}.csv"


@pytest.fixture
def deliver(conn: Conn, business: Business, tmp_path: Path) -> Callable[..., LoadResult]:
    def load(delivery: Delivery, on: date = NIGHT) -> LoadResult:
        path = tmp_path / delivery.name
        with path.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([("number", "points"), *delivery.rows])
        result = load_file(conn, business, CARDS, path, on)
        assert_books_balance(conn)
        return result

    return load


def records(conn: Conn, night: date) -> dict[str, tuple[str, date, date, date | None]]:
    """Of each card its points, the newest and first export that list it and when it was closed, as of a night."""
    found = conn.execute(
        "select number, points, file_date, first_file_date, closed_on"
        " from raw.kasse__cards__records(array(select ops.loads_as_of(%s)), 'infinity')"
        " inner join raw.kasse__cards using (_load_id, _row_number)",
        [night],
    ).fetchall()
    conn.commit()
    assert len({row[0] for row in found}) == len(found)
    return {row[0]: row[1:] for row in found}


def expected(files: dict[str, Delivery]) -> dict[str, tuple[str, date, date, date | None]]:
    """The same, told from the files alone, however they arrived."""
    state: dict[str, tuple[str, date, date, date | None]] = {}
    for day in sorted({file.day for file in files.values()}):
        today = date(2026, 2, day)
        cells = [(row, file.is_replayed) for file in files.values() if file.day == day for row in file.rows]
        readable = {number: points for (number, points), is_replayed in cells if is_replayed or points != UNREADABLE}
        for number, points in readable.items():
            state[number] = (points, today, state[number][2] if number in state else today, None)
        for number, (points, listed_on, first_on, closed_on) in state.items():
            if number in readable or closed_on is not None:
                continue
            is_withheld = ((number, UNREADABLE), False) in cells
            state[number] = (points, today, first_on, None) if is_withheld else (points, listed_on, first_on, today)
    return state


def test_who_is_listed_no_longer_is_closed_and_open_again_when_listed_again(
    deliver: Callable[..., LoadResult], conn: Conn
) -> None:
    deliver(Delivery(1, None, (("a", "1"), ("b", "1"), ("c", "1"))))
    second = deliver(Delivery(2, None, (("a", "1"), ("b", "2"))))
    assert (second.read, second.loaded, second.skipped, second.known, second.closed) == (2, 1, 1, 1, 1)
    assert second.reason == "1 rows say what is known already; 1 records are listed no longer"
    assert records(conn, NIGHT) == {
        "a": ("1", date(2026, 2, 2), date(2026, 2, 1), None),
        "b": ("2", date(2026, 2, 2), date(2026, 2, 1), None),
        "c": ("1", date(2026, 2, 1), date(2026, 2, 1), date(2026, 2, 2)),
    }
    deliver(Delivery(3, None, (("c", "1"),)))
    assert records(conn, NIGHT)["c"] == ("1", date(2026, 2, 3), date(2026, 2, 1), None)


def test_an_export_that_only_repeats_what_is_known_is_whole(
    take_in: Callable[..., LoadResult], tmp_path: Path, conn: Conn
) -> None:
    text = "Record ID,First Name,Last Name,Email,Create Date\n1,A,B,a@example.com,2026-01-05 10:00\n"
    first, second = (tmp_path / f"hubspot-crm-exports-all-contacts-2026-02-0{day}.csv" for day in (1, 2))
    first.write_text(text)
    second.write_text(text)
    take_in(first, "hubspot contacts")
    result = take_in(second, "hubspot contacts")
    assert (result.status, result.read, result.loaded, result.skipped, result.known) == ("loaded", 1, 0, 1, 1)


def test_a_row_that_leaves_quarantine_stands_beside_the_others_of_its_record(
    deliver: Callable[..., LoadResult], conn: Conn, business: Business
) -> None:
    deliver(Delivery(1, None, (("a", "1"),)))
    second = deliver(Delivery(2, None, (("a", "1"), ("a", UNREADABLE))))
    assert (second.loaded, second.quarantined) == (1, 1)
    replay_loads(conn, business, [CORRECTED], waiting_loads(conn), NIGHT)
    found = conn.execute(
        "select points, said_on, load_order = min(load_order) over () from raw.kasse__cards__records("
        "array(select ops.loads_as_of(%s)), 'infinity') inner join raw.kasse__cards using (_load_id, _row_number)"
        " order by _row_number",
        [NIGHT],
    ).fetchall()
    assert found == [("1", date(2026, 2, 2), True), (UNREADABLE, date(2026, 2, 2), True)]


def test_a_quarantined_row_is_listed_though_a_spreadsheet_guards_its_number(
    deliver: Callable[..., LoadResult], conn: Conn, business: Business, tmp_path: Path
) -> None:
    columns = [CARDS.columns[0].model_copy(update={"check": "integer"}), *CARDS.columns[1:]]
    numbered = CARDS.model_copy(update={"columns": columns})
    for day, points in ((1, "5"), (2, UNREADABLE)):
        path = tmp_path / f"cards_2026-02-0{day}.csv"
        path.write_text(f"number,points\n'1024,{points}\n2048,1\n")
        result = load_file(conn, business, numbered, path, NIGHT)
    assert (result.quarantined, result.closed) == (1, 0)
    assert records(conn, NIGHT)["1024"][-1] is None


_CARDS = st.dictionaries(st.sampled_from("abcde"), st.sampled_from(["1", "2", UNREADABLE]), max_size=5)


@st.composite
def deliveries(draw: st.DrawFn) -> list[tuple[Delivery, int]]:
    """Files of some days in any order, some split, some corrected, some replayed; and how many nights before each."""
    arriving = []
    for _ in range(draw(st.integers(1, 7))):
        day, is_split, cards = draw(st.integers(1, 4)), draw(st.booleans()), draw(_CARDS)
        part = draw(st.sampled_from([1, 2])) if is_split else None
        # The parts of one export share no record.
        rows = [(number, points) for number, points in cards.items() if part is None or ord(number) % 2 == part % 2]
        arriving.append((Delivery(day, part, tuple(rows)), draw(st.integers(0, 1))))
        if draw(st.booleans()):
            again, _ = draw(st.sampled_from(arriving))
            arriving.append((replace(again, is_replayed=True), draw(st.integers(0, 1))))
    split = {delivery.day for delivery, _ in arriving if delivery.part is not None}
    return [
        (delivery, nights) for delivery, nights in arriving if delivery.part is not None or delivery.day not in split
    ]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arriving=deliveries())
def test_any_order_of_arrival_ends_in_the_same_state_and_past_nights_stay_as_they_were(
    arriving: list[tuple[Delivery, int]], deliver: Callable[..., LoadResult], conn: Conn, business: Business
) -> None:
    conn.execute("truncate ops.nights, ops.loads, ops.sightings, quality.quarantine cascade")
    conn.execute("drop table if exists raw.kasse__cards")
    night, files, as_it_was = NIGHT, dict[str, Delivery](), dict[date, Any]()
    for delivery, nights in arriving:
        night += timedelta(days=nights)
        open_night(conn, business, night)
        conn.commit()
        if delivery.is_replayed:
            if delivery.name not in files:
                continue
            replay_loads(conn, business, [CORRECTED], waiting_loads(conn, file_name=delivery.name), night)
            assert_books_balance(conn)
            files[delivery.name] = replace(files[delivery.name], is_replayed=True)
        else:
            deliver(delivery, on=night)
            files[delivery.name] = delivery
        as_it_was[night] = expected(files)
        assert records(conn, night) == as_it_was[night]
    assert {past: records(conn, past) for past in as_it_was} == as_it_was


def test_a_row_that_a_later_export_speaks_of_is_not_removed(
    deliver: Callable[..., LoadResult], conn: Conn, business: Business
) -> None:
    deliver(Delivery(1, None, (("a", "1"), ("b", "1"))))
    deliver(Delivery(2, None, (("a", "1"), ("b", "2"))))
    # Corrected, the first says something else of a; the second says what it said.
    later = NIGHT + timedelta(days=1)
    open_night(conn, business, later)
    deliver(Delivery(1, None, (("a", "3"), ("b", "3"))), on=later)
    before = records(conn, later)
    conn.execute("update ops.nights set state = 'sent'")
    (removed,) = remove_superseded(conn, [SOON_REMOVED], NIGHT + timedelta(days=9))
    assert (removed.n_rows, removed.n_kept) == (1, 1)
    assert records(conn, later) == before
    assert before["a"][0] == "1"


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arriving=deliveries())
def test_what_is_removed_in_time_is_missed_by_no_later_night(
    arriving: list[tuple[Delivery, int]], deliver: Callable[..., LoadResult], conn: Conn, business: Business
) -> None:
    conn.execute("truncate ops.nights, ops.loads, ops.sightings, quality.quarantine cascade")
    conn.execute("drop table if exists raw.kasse__cards")
    night, files = NIGHT, dict[str, Delivery]()
    for delivery, _ in arriving:
        if delivery.is_replayed:
            continue
        open_night(conn, business, night)
        conn.commit()
        deliver(delivery, on=night)
        files[delivery.name] = delivery
        assert records(conn, night) == expected(files)
        conn.execute("update ops.nights set state = 'sent'")
        night += timedelta(days=3)
        open_night(conn, business, night)
        remove_superseded(conn, [SOON_REMOVED], night)
        assert records(conn, night) == expected(files)
