"""What is unlike the nights before is told with figures; what is as always is not."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from landing.exports import NIGHT, declare
from rich.console import Console

from rapport.businesses import KINDS, Business, DriftLimits
from rapport.landing import Declaration, LoadResult, load_file
from rapport.landing.drift import Day, Drift, find_drift, find_renamed, note_drift
from rapport.landing.packing import exports_in
from rapport.landing.recognition import landed_files, recognise
from rapport.nights import open_night
from rapport.nights.screen import show
from rapport.nights.summary import summarise
from rapport.samples.nights import generate

Conn = psycopg.Connection[Any]
LIMITS = DriftLimits()


def days(*counts: int, empty: float = 0.2) -> list[Day]:
    """Days in a row, the first a Sunday, with so many rows."""
    return [Day(NIGHT + timedelta(days=nth), count, 0, {"email": empty}) for nth, count in enumerate(counts)]


def measures(found: list[Drift]) -> list[tuple[str, str]]:
    return [(drift.measure, drift.column) for drift in found]


@pytest.mark.parametrize(("n_rows", "expected"), [(1000, []), (1900, []), (2100, ["rows"]), (450, ["rows"])])
def test_twice_or_half_the_rows_are_told(n_rows: int, expected: list[str]) -> None:
    found = find_drift(days(*[1000] * 7, n_rows)[-1], days(*[1000] * 7), LIMITS)
    assert [drift.measure for drift in found] == expected


def test_a_weekday_is_compared_with_its_own() -> None:
    weeks = days(*([100, 1000, 1000, 1000, 1000, 1000, 100] * 5))
    assert find_drift(weeks[-1], weeks[:-1], LIMITS) == []
    busy = replace(weeks[-1], n_rows=1000)
    (found,) = find_drift(busy, weeks[:-1], LIMITS)
    assert {day.weekday() for day in found.compared_with} == {busy.export_date.weekday()}
    assert str(found) == "1,000 rows; expected 50 to 200 by 4 days before"


def test_a_column_that_goes_empty_is_told() -> None:
    *before, today = days(*[500] * 8)
    today = replace(today, empty={"email": 0.45})
    (found,) = find_drift(today, before, LIMITS)
    assert (found.measure, found.column, found.observed) == ("empty", "email", 0.45)
    assert str(found) == "email: 45.0% empty; expected 10.0% to 30.0% by 7 days before"


def test_a_column_that_sends_more_rows_to_quarantine_is_told() -> None:
    *before, today = days(*[500] * 8)
    today = replace(today, n_rows=450, n_quarantined=50, quarantined={"paid_at": 0.1})
    assert measures(find_drift(today, before, LIMITS)) == [("quarantined", "paid_at")]


def test_a_first_file_with_all_history_does_not_widen_what_is_usual() -> None:
    *before, today = days(90_000, *[1000] * 6, 5000)
    assert measures(find_drift(today, before, LIMITS)) == [("rows", "")]


def test_too_few_nights_tell_nothing() -> None:
    *before, today = days(1000, 1000, 1000, 5)
    assert find_drift(today, before, LIMITS) == []


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), size=st.integers(5, 5000), share=st.floats(0, 1), held=st.floats(0, 0.01))
def test_chance_alone_is_not_told(seed: int, size: int, share: float, held: float) -> None:
    rng = np.random.default_rng(seed)

    def day(nth: int) -> Day:
        n_rows = max(1, int(rng.poisson(size)))
        n_held = int(rng.binomial(n_rows, held))
        shares = {"email": rng.binomial(n_rows, share) / n_rows}
        return Day(NIGHT + timedelta(days=nth), n_rows - n_held, n_held, shares, {"total": n_held / n_rows})

    *before, today = (day(nth) for nth in range(29))
    assert find_drift(today, before, LIMITS) == []


def test_a_renamed_column_is_suggested_where_it_is_optional_too() -> None:
    table = declare({"email": {"header": "E-mail address"}, "city": {}})
    found = find_renamed(["email", "city"], ["E-mail adress", "Zip"], table)
    assert [str(drift) for drift in found] == ["email: missing; the new column 'E-mail adress' may be it"]


@pytest.fixture
def nightly(conn: Conn, business: Business, tmp_path: Path) -> Callable[..., list[str]]:
    """Load a file as a night's only one, and tell its drift."""
    nights: Iterator[date] = (NIGHT + timedelta(days=nth) for nth in range(100))

    def load(declaration: Declaration, content: str) -> list[str]:
        night = next(nights)
        open_night(conn, business, night)
        path = tmp_path / f"notes_{night}.csv"
        path.write_text(content)
        result: LoadResult = load_file(conn, business, declaration, path, night)
        assert result.status == "loaded"
        found = note_drift(conn, business, [declaration], night, "crm")
        conn.commit()
        return [str(drift) for _, drift in found]

    return load


def test_a_planted_change_is_told_by_its_night(nightly: Callable[..., list[str]], conn: Conn) -> None:
    columns: dict[str, Any] = {
        "note_id": {},
        "status": {"is_category": True},
        "total": {"check": "decimal"},
        "city": {},
    }
    table = declare(columns, file_pattern=r"notes_(?P<date>\d{4}-\d{2}-\d{2})")
    rows = (f"{n},{'paid' if n % 2 else 'open'},1.50,Aarhus\n" for n in range(200))
    usual = "note_id,status,total,city\n" + "".join(rows)
    for _ in range(6):
        assert nightly(table, usual) == []
    assert nightly(table, usual.replace("2,open", "2,voided")) == ["status: the value 'voided' is new"]
    assert nightly(table, usual) == []
    assert nightly(table, usual.replace("open,1.50", "open,n/a")) == [
        "total: 50.0% of the rows quarantined; expected up to 2.5% by 8 days before"
    ]
    assert nightly(table, usual.replace("Aarhus", "").replace("city", "city2")) == [
        "city: missing; the new column 'city2' may be it"
    ]
    assert nightly(table, usual.replace("Aarhus", "")) == [
        "city: 100.0% empty; expected 0.0% to 10.0% by 10 days before"
    ]
    assert nightly(table, usual[: len(usual) // 3]) == ["68 rows; expected 100 to 400 by 11 days before"]
    kept = conn.execute(
        "select measure, column_name, observed, expected_high, cardinality(compared_with), seen from quality.drift"
        " order by business_date limit 1"
    ).fetchone()
    assert kept == ("new_category", "status", None, None, 0, "voided")


def test_the_nights_summary_tells_it(nightly: Callable[..., list[str]], conn: Conn, business: Business) -> None:
    table = declare({"note_id": {}}, file_pattern=r"notes_(?P<date>\d{4}-\d{2}-\d{2})")
    for n_rows in (200, 200, 200, 200, 20):
        nightly(table, "note_id\n" + "1\n" * n_rows)
    found = summarise(conn, business, NIGHT + timedelta(days=4))
    assert [(row["table"], row["measure"], row["observed"]) for row in found["drift"]] == [("notes", "rows", 20)]
    console = Console(width=160, record=True, file=io.StringIO())
    show(found, console, url_command="")
    assert "20 rows; expected 100 to 400 by 4 days before" in console.export_text()


def test_sample_nights_are_as_always(
    conn: Conn, business: Business, declarations: list[Declaration], tmp_path: Path
) -> None:
    generate(n_customers=150, n_nights=9, seed=7, start=NIGHT, out=tmp_path)
    tables = [table for table in declarations if table.vendor in business.vendors]
    told = []
    for night in (NIGHT + timedelta(days=nth) for nth in range(9)):
        open_night(conn, business, night)
        for file in (file for path in landed_files(tmp_path) for file in exports_in(path)):
            found = recognise(file, tmp_path, tables)
            if found.declaration is not None and (found.file_date or NIGHT) == night:
                load_file(conn, business, found.declaration, file, night, file_date=found.file_date)
        told += [str(drift) for kind in KINDS for drift in note_drift(conn, business, tables, night, kind)]
        conn.commit()
    assert conn.execute("select count(distinct export_date) from ops.loads").fetchone() == (9,)
    assert told == []
