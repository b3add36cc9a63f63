"""Decimal signs and the order of day and month: told by a file's own values, else declared, never guessed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from landing.exports import declare, quarantined, raw_rows

from rapport.businesses import Dialect
from rapport.landing import Declaration, LoadResult, copying

Conn = psycopg.Connection[Any]
TakeInAs = Callable[..., LoadResult]


def table(**formats: Any) -> Declaration:
    return declare(
        {
            "id": {"required": True, "not_null": True},
            "amount": {"check": "decimal"},
            "at": {"check": "timestamp"},
            "day": {"check": "date"},
            "pieces": {"check": "integer"},
        },
        formats=formats,
        delimiter=[";"],
    )


def amounts(*values: str) -> str:
    return "id;amount\n" + "".join(f"{number};{value}\n" for number, value in enumerate(values, start=1))


def days(*values: str) -> str:
    return "id;day\n" + "".join(f"{number};{value}\n" for number, value in enumerate(values, start=1))


def refused(result: LoadResult, *expected: str) -> None:
    assert (result.status, result.read) == ("refused", 0)
    assert result.fix
    assert "dialects:" in result.fix
    for part in expected:
        assert part in str(result.reason)


# ---- amounts


@pytest.mark.parametrize("proof", ["12,5", "0,125", "1234,567", "1.234,50", "1.234.567", "-7,25"])
@pytest.mark.parametrize("declared", [None, "."])
def test_one_amount_that_can_be_read_in_one_way_only_tells_the_decimal_sign(
    take_in_as: TakeInAs, conn: Conn, proof: str, declared: str | None
) -> None:
    result = take_in_as(table(decimal=declared), amounts("1.234", "17", proof))
    assert (result.loaded, result.decimal) == (3, ",")
    assert raw_rows(conn, "notebook__notes", "amount")[:2] == [("1234",), ("17",)]


def test_a_decimal_point_tells_what_commas_mean(take_in_as: TakeInAs, conn: Conn) -> None:
    result = take_in_as(table(), amounts("1,234", "12.50"))
    assert (result.loaded, result.decimal) == (2, ".")
    assert raw_rows(conn, "notebook__notes", "amount") == [("1234",), ("12.50",)]


@pytest.mark.parametrize("value", ["1,234", "1.234", "-12.345", "'1,234"])
def test_an_amount_that_can_be_read_in_two_ways_refuses_its_file(take_in_as: TakeInAs, value: str) -> None:
    refused(take_in_as(table(), amounts("7", value)), "data row 2, amount", "1,234")


@pytest.mark.parametrize(("decimal", "expected"), [(".", "1234"), (",", "1.234")])
def test_what_two_ways_could_be_is_read_as_declared(
    take_in_as: TakeInAs, conn: Conn, decimal: str, expected: str
) -> None:
    assert take_in_as(table(decimal=decimal), amounts("1,234")).decimal == decimal
    told = take_in_as(table(decimal=".,".replace(decimal, "")), amounts("1,234", ""), dialect=Dialect(decimal=decimal))
    assert told.decimal == decimal
    assert {amount for (amount,) in raw_rows(conn, "notebook__notes", "amount")} == {expected, None}


def test_an_amount_unlike_the_others_is_quarantined(take_in_as: TakeInAs, conn: Conn) -> None:
    result = take_in_as(table(), amounts("12.50", "9.90", "8,75"))
    assert (result.loaded, result.quarantined, result.decimal) == (2, 1, ".")
    assert quarantined(conn) == [(3, "decimal", "amount")]


def test_where_amounts_are_mixed_none_is_read_that_could_be_either(take_in_as: TakeInAs) -> None:
    refused(take_in_as(table(), amounts("12.50", "9.90", "8,75", "1.234")), "data row 4", "some the other")


def test_what_the_business_says_is_not_overruled(take_in_as: TakeInAs, conn: Conn) -> None:
    result = take_in_as(table(), amounts("12,50", "9.90"), dialect=Dialect(decimal="."))
    assert (result.loaded, result.quarantined) == (1, 1)
    assert raw_rows(conn, "notebook__notes", "amount") == [("9.90",)]


def test_without_amounts_nothing_is_said_of_their_sign(take_in_as: TakeInAs) -> None:
    assert take_in_as(table(), amounts("7", "", "-12")).decimal is None


def test_whole_numbers_with_thousands_are_amounts_too(take_in_as: TakeInAs, conn: Conn) -> None:
    refused(take_in_as(table(), "id;pieces\n1;1.000\n"), "pieces")
    result = take_in_as(table(), "id;pieces;amount\n1;1.000;2,5\n2;2,00;3\n")
    assert (result.loaded, result.decimal) == (2, ",")
    assert raw_rows(conn, "notebook__notes", "pieces") == [("1000",), ("2",)]


# ---- dates


@pytest.mark.parametrize(
    ("proof", "order", "expected"),
    [("13/01/2026", "dmy", "2026-04-03"), ("01-13-2026", "mdy", "2026-03-04"), ("1/31/2026", "mdy", "2026-03-04")],
)
def test_one_date_that_can_be_read_in_one_way_only_tells_the_order(
    take_in_as: TakeInAs, conn: Conn, proof: str, order: str, expected: str
) -> None:
    result = take_in_as(table(), days("03/04/2026", "2026-03-01", proof))
    assert (result.loaded, result.date_order) == (3, order)
    assert raw_rows(conn, "notebook__notes", "day")[:2] == [(expected,), ("2026-03-01",)]


def test_what_is_no_moment_tells_nothing_of_the_order(take_in_as: TakeInAs) -> None:
    refused(take_in_as(table(), "id;at\n1;03/04/2026 10:00\n2;26/02/2026 at noon\n"), "data row 1, at", "03/04/2026")


@pytest.mark.parametrize("value", ["03/04/2026", "3-4-2026", "12/11/2026"])
def test_a_date_that_can_be_read_in_two_ways_refuses_its_file(take_in_as: TakeInAs, value: str) -> None:
    refused(take_in_as(table(), days("05/05/2026", value)), "data row 2, day", "03/04/2026")
    refused(take_in_as(table(), f"id;at\n1;{value} 10:00\n"), "data row 1, at")


@pytest.mark.parametrize("declared", [{"date_order": "dmy"}, {"date": ["%d/%m/%Y"]}, {"timestamp": ["%d-%m-%Y %H:%M"]}])
def test_what_two_days_could_be_is_read_as_declared(take_in_as: TakeInAs, conn: Conn, declared: dict[str, Any]) -> None:
    assert take_in_as(table(**declared), days("03/04/2026")).date_order == "dmy"
    assert take_in_as(table(), days("03/04/2026", ""), dialect=Dialect(date_order="dmy")).date_order == "dmy"
    assert {day for (day,) in raw_rows(conn, "notebook__notes", "day")} == {"2026-04-03", None}


def test_dates_that_prove_the_declared_order_wrong_are_read_as_they_say(take_in_as: TakeInAs, conn: Conn) -> None:
    result = take_in_as(table(date_order="mdy"), days("03/04/2026", "30/04/2026"))
    assert (result.loaded, result.date_order) == (2, "dmy")
    assert raw_rows(conn, "notebook__notes", "day") == [("2026-04-03",), ("2026-04-30",)]


def test_a_date_impossible_in_the_order_of_the_others_is_quarantined(take_in_as: TakeInAs, conn: Conn) -> None:
    result = take_in_as(table(date_order="mdy"), days("03/04/2026", "30/04/2026", "04/30/2026"))
    assert (result.loaded, result.quarantined, result.date_order) == (2, 1, "mdy")
    assert quarantined(conn) == [(2, "date", "day")]


def test_dots_and_iso_need_no_order(take_in_as: TakeInAs, conn: Conn) -> None:
    result = take_in_as(table(), days("03.04.2026", "2026-04-03", "05/05/2026"))
    assert (result.loaded, result.date_order) == (3, None)
    assert raw_rows(conn, "notebook__notes", "day") == [("2026-04-03",), ("2026-04-03",), ("2026-05-05",)]


def test_the_order_is_that_of_the_whole_file(take_in_as: TakeInAs, conn: Conn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "BLOCK_BYTES", 1 << 12)
    rows = [f"{number};{1 + number % 12:02d}/03/2026 10:00;1.234" for number in range(2000)]
    result = take_in_as(table(), "\n".join(["id;at;amount", *rows, "2000;31/03/2026 10:00;2,5", ""]))
    assert (result.loaded, result.decimal, result.date_order) == (2001, ",", "dmy")
    assert raw_rows(conn, "notebook__notes", "at", "amount")[7] == ("2026-03-08 10:00", "1234")


def test_quarantine_keeps_a_row_as_it_was_written(take_in_as: TakeInAs, conn: Conn) -> None:
    take_in_as(table(), 'id;amount;day\n1;1.234,50;31.02.2026\n2;7,5;"=""2026-03-01"""\n')
    (row,) = conn.execute("select raw_row from quality.quarantine").fetchall()
    assert row == ('{"id": "1", "amount": "1.234,50", "day": "31.02.2026"}',)
    assert raw_rows(conn, "notebook__notes", "amount", "day") == [("7.5", "2026-03-01")]
