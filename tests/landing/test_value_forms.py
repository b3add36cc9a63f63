"""In which ways values may be written, the one form in which they are stored, and what cannot be read."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from landing.exports import declare

from rapport.landing import checks
from rapport.landing.checks import checks_of, read_values
from rapport.landing.value_forms import ValueDialect, declared_steps

POINT, COMMA = ValueDialect(".", "mdy"), ValueDialect(",", "dmy")
UNREADABLE = object()


def stored(check: str, value: str, dialect: ValueDialect = POINT, **export: Any) -> Any:
    """What is stored of a value, or UNREADABLE."""
    table = declare({"value": {"check": check}}, **export)
    values, faults = read_values(
        {"value": pa.array([None, value], pa.string())}, np.array([1, 2]), checks_of(table, dialect)
    )
    assert set(faults) <= {1}
    return UNREADABLE if faults else values["value"][1].as_py()


@pytest.mark.parametrize(
    ("check", "value", "expected"),
    [
        ("integer", "7", "7"), ("integer", "-12", "-12"), ("integer", " 3 ", "3"), ("integer", "1,234", "1234"),
        ("integer", "2.00", "2"),
        ("integer", "'7", "7"), ("integer", "  ", None),
        ("decimal", "129.90", "129.90"), ("decimal", "-0.5", "-0.5"), ("decimal", ".5", ".5"), ("decimal", "12", "12"),
        ("decimal", "0.0", "0.0"), ("decimal", "1.776357e-15", "1.776357e-15"), ("decimal", "1e5", "1e5"),
        ("decimal", "1,234.50", "1234.50"), ("decimal", "12,345,678", "12345678"), ("decimal", "1 234.50", "1234.50"),
        ("decimal", '="12.50"', "12.50"), ("decimal", "'12.50", "12.50"), ("decimal", "\u00a012.50 ", "12.50"),
        ("date", "2024-02-29", "2024-02-29"), ("date", "2000-02-29", "2000-02-29"), ("date", "2026-1-2", "2026-01-02"),
        ("date", "2026/01/02", "2026-01-02"),
        ("date", "2.1.2026", "2026-01-02"), ("date", "01/02/2026", "2026-01-02"),
        ("date", "2026-01-02 00:00:00", "2026-01-02"), ("date", "Jan 2, 2026", "2026-01-02"),
        ("date", "2 January 2026", "2026-01-02"), ("date", "02-Jan-2026", "2026-01-02"),
        ("timestamp", "2025-12-06 10:37:33 -0500", "2025-12-06 10:37:33 -0500"),
        ("timestamp", "2025-12-06T10:37:33.123+03:00", "2025-12-06 10:37:33.123+03:00"),
        ("timestamp", "2025-12-06T10:37:33Z", "2025-12-06 10:37:33Z"),
        ("timestamp", "2025-12-06 10:37", "2025-12-06 10:37"),
        ("timestamp", "6.12.2025 9:05", "2025-12-06 09:05"),
        ("timestamp", "06.12.2025, 10:37:33", "2025-12-06 10:37:33"),
        ("timestamp", "06.12.2025 10.37", "2025-12-06 10:37"), ("timestamp", "12-06-2025 16:14", "2025-12-06 16:14"),
        ("timestamp", "Dec 6, 2025 1:05:00 PM", "2025-12-06 13:05:00"),
        ("timestamp", "Dec 6, 2025 14:05:00 PM", "2025-12-06 14:05:00"),
        ("timestamp", "12/6/2025 12:05 AM", "2025-12-06 00:05"),
        ("timestamp", "12/6/2025 12:05 pm", "2025-12-06 12:05"),
    ],
)  # fmt: skip
def test_a_value_is_stored_in_one_form(check: str, value: str, expected: str | None) -> None:
    assert stored(check, value) == expected


@pytest.mark.parametrize(
    ("check", "value", "expected"),
    [
        ("integer", "1.234", "1234"),
        ("integer", "2,00", "2"), ("decimal", "129,90", "129.90"), ("decimal", "12", "12"),
        ("decimal", "1.234,50", "1234.50"), ("decimal", "1.234", "1234"), ("decimal", "1.234.567,8", "1234567.8"),
        ("decimal", "-1 234,5", "-1234.5"), ("decimal", ",5", ".5"), ("decimal", "1,776E-15", "1.776E-15"),
        ("date", "01/02/2026", "2026-02-01"), ("date", "31-12-2026", "2026-12-31"),
        ("timestamp", "06/12/2025 16:14", "2025-12-06 16:14"),
    ],
)  # fmt: skip
def test_decimal_commas_and_day_first_dates_are_stored_in_the_same_form(check: str, value: str, expected: str) -> None:
    assert stored(check, value, COMMA) == expected


@pytest.mark.parametrize(
    ("check", "value"),
    [
        ("integer", "7.5"), ("integer", "seven"), ("integer", "1234567890123456789"), ("integer", "0x1F"),
        ("decimal", "129,90"), ("decimal", "1.299,90"), ("decimal", "1e15"),
        ("decimal", "nan"), ("decimal", "12,34,567"),
        ("decimal", "."), ("decimal", "12.0\n13"), ("decimal", "1.2.3,-"), ("decimal", "12 34"), ("decimal", "₺12"),
        ("boolean", "maybe"),
        ("email", "ayse"), ("email", "a@b"), ("email", "a@@b.com"), ("email", "a b@c.com"),
        ("email", "@c.com"), ("email", "a@b.com, c@d.com"), ("email", "a\u00a0b@c.com"),
        ("date", "2026-02-29"), ("date", "1900-02-29"), ("date", "2026-02-30"), ("date", "2026-04-31"),
        ("date", "2026-13-01"), ("date", "0000-01-01"), ("date", "31/12/2026"), ("date", "31.11.2026"),
        ("date", "2026-01-02 10:00"), ("date", "1/2/26"), ("date", "Smarch 2, 2026"),
        ("timestamp", "2025-12-06"), ("timestamp", "2025-12-06 24:00:00 +0000"), ("timestamp", "31.02.2026 25:61"),
        ("timestamp", "2025-12-06 10:60:00 +0000"), ("timestamp", "2025-12-06 10:37:33 +1600"),
        ("timestamp", "12/6/2025 13:05 AM"),
    ],
)  # fmt: skip
def test_unreadable_values_are_faults(check: str, value: str) -> None:
    assert stored(check, value) is UNREADABLE


@pytest.mark.parametrize("value", ["129.90", "1,234.50", "1,234,567"])
def test_amounts_with_the_other_decimal_sign_are_faults(value: str) -> None:
    assert stored("decimal", value, COMMA) is UNREADABLE


@pytest.mark.parametrize("value", ["TRUE", " no ", "0"])
def test_booleans_are_stored_as_written(value: str) -> None:
    assert stored("boolean", value) == value


@pytest.mark.parametrize("value", ["Ayşe.Yılmaz@ÖRNEK.com.tr", " søren@eksempel.dk ", "a+b@x.io"])
def test_addresses_are_stored_as_written(value: str) -> None:
    assert stored("email", value) == value


@pytest.mark.parametrize(
    ("value", "dialect", "expected"),
    [
        ("$36.39", POINT, "36.39"), ("-$1,234.50", POINT, "-1234.50"), ("USD 36.39", POINT, "36.39"),
        ("36,39 €", COMMA, "36.39"), ("36,39\u00a0€", COMMA, "36.39"), ("kr. 36,39", COMMA, "36.39"),
        ("£36.39", POINT, UNREADABLE), ("$", POINT, UNREADABLE), ("$36.39 x", POINT, UNREADABLE),
    ],
)  # fmt: skip
def test_a_declared_currency_may_stand_beside_an_amount(value: str, dialect: ValueDialect, expected: Any) -> None:
    assert stored("decimal", value, dialect, formats={"currency_signs": ["$", "€", "USD", "kr", "kr."]}) == expected
    assert stored("decimal", value, dialect) is UNREADABLE


def test_a_time_without_offset_needs_a_zone() -> None:
    assert stored("timestamp", "2025-12-06 10:37:33", time_zone=None) is UNREADABLE
    assert stored("timestamp", "2025-12-06 10:37:33 Z", time_zone=None) == "2025-12-06 10:37:33 Z"


@pytest.mark.parametrize(
    ("format_", "value", "expected"),
    [
        ("%d.%m.%y %H:%M", "06.12.25 10:37", "2025-12-06 10:37:00"), ("%d.%m.%y", "06.12.75", "1975-12-06"),
        ("%Y%m%d%H%M%S", "20251206103733", "2025-12-06 10:37:33"), ("%Y-%m-%d", "2025-12-06", "2025-12-06"),
        ("%Y-%m-%d", "6.12.2025", "2025-12-06"),
        ("%d/%m %Y kl. %H.%M", "6/12 2025 kl. 10.37", "2025-12-06 10:37:00"),
        ("%m/%d/%y %I:%M %p", "12/06/25 1:37 PM", "2025-12-06 13:37:00"),
    ],
)  # fmt: skip
def test_a_declared_format_is_read_too(format_: str, value: str, expected: str) -> None:
    assert stored("timestamp", value) is UNREADABLE
    assert stored("timestamp", value, formats={"timestamp": [format_]}) == expected


@pytest.mark.parametrize("format_", ["%Y-%m-%d %Q", "%H:%M", "%d.%m", "%Y %Y-%m-%d"])
def test_a_format_that_gives_no_date_is_no_format(format_: str) -> None:
    with pytest.raises(ValueError, match="%"):
        declared_steps(format_)


@pytest.mark.parametrize("value", ["9,05E+11", "9.05321E+11", "'9,05E+11"])
def test_what_a_spreadsheet_has_rounded_is_a_fault_where_every_digit_counts(value: str) -> None:
    table = declare({"id": {}, "phone": {"pii": "phone"}, "note": {}}, key=["id"])
    for name, n_faults in (("id", 1), ("phone", 1), ("note", 0)):
        _, faults = read_values({name: pa.array([value])}, np.array([1]), checks_of(table, POINT))
        assert [fault.rule for fault in faults.values()] == ["rounded"] * n_faults


# ---- whatever is written

# Patterns are compiled at each look.
UNHURRIED = settings(deadline=None)
AMOUNTS = st.decimals(-(10**12), 10**12, places=2)
MOMENTS = st.builds(datetime.combine, st.dates(date(1000, 1, 1)), st.times().map(lambda at: at.replace(microsecond=0)))


@UNHURRIED
@given(AMOUNTS, st.booleans())
def test_every_amount_comes_back_equal(amount: Decimal, is_grouped: bool) -> None:
    written = f"{amount:,.2f}" if is_grouped else f"{amount:.2f}"
    turned = written.translate(str.maketrans(",.", ".,"))
    assert Decimal(stored("decimal", written)) == amount
    assert Decimal(stored("decimal", turned, COMMA)) == amount


@UNHURRIED
@given(MOMENTS, st.sampled_from(["{0.day}.{0.month}.{0.year}", "{0:%d/%m/}{0.year}", "{0:%d-%m-}{0.year}"]))
def test_every_day_and_time_comes_back_equal(moment: datetime, form: str) -> None:
    day = form.format(moment)
    assert stored("date", day, COMMA) == moment.date().isoformat()
    assert stored("timestamp", f"{day} {moment:%H:%M:%S}", COMMA) == moment.isoformat(" ")
    month_first = f"{moment:%m/%d/}{moment.year} {moment:%I:%M:%S %p}"
    assert stored("timestamp", month_first) == moment.isoformat(" ")


@UNHURRIED
@given(st.from_regex(r"\A[12][0-9]{3}-[01][0-9]-[0-3][0-9]\Z"))
def test_what_is_no_day_of_the_calendar_is_not(written: str) -> None:
    try:
        expected: Any = datetime.combine(date.fromisoformat(written), time()).date().isoformat()
    except ValueError:
        expected = UNREADABLE
    assert stored("date", written) == expected


ANY_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
NEARLY = st.text("0123456789.,-/: '+eETZ\u00a0", max_size=20)


@UNHURRIED
@given(
    st.sampled_from(["integer", "decimal", "date", "timestamp", "boolean", "email"]),
    st.lists(ANY_TEXT | NEARLY, min_size=1),
)
def test_the_look_at_a_whole_column_agrees_with_the_look_at_each_value(check: str, values: list[str]) -> None:
    (rule,) = checks_of(declare({"value": {"check": check}}), POINT)
    assert rule.as_is is not None
    one_by_one = [checks._misfits(pa.array([value]), rule.as_is) is not None for value in values]
    found = checks._misfits(pa.array([None, *values], pa.string()), rule.as_is)
    assert (found.to_pylist() if found is not None else [None] + [False] * len(values)) == [None, *one_by_one]


@UNHURRIED
@given(st.sampled_from(["integer", "decimal", "date", "timestamp"]), NEARLY, st.sampled_from([POINT, COMMA]))
def test_what_is_stored_is_stored_as_it_is_the_next_time(check: str, value: str, dialect: ValueDialect) -> None:
    found = stored(check, value, dialect)
    if found is not UNREADABLE and found is not None:
        assert stored(check, found) == found


def test_the_first_broken_rule_of_a_row_is_told_and_never_its_value() -> None:
    table = declare(
        {
            "birth_date": {"header": "Date of birth", "check": "date", "not_null": True},
            "email": {"header": "Email", "check": "email"},
        }
    )
    values = {
        "birth_date": pa.array(["1990-01-01", "secret", None, "1990-01-01"]),
        "email": pa.array(["a@b.dk", "secret", "a@b.dk", "secret"]),
    }
    _, faults = read_values(values, np.arange(1, 5), checks_of(table, POINT))
    assert {index: (fault.rule, fault.column) for index, fault in faults.items()} == {
        1: ("date", "birth_date"),
        2: ("not_null", "birth_date"),
        3: ("email", "email"),
    }
    assert not any("secret" in fault.reason for fault in faults.values())
    assert faults[1].reason == "Date of birth: not a date as expected, month first"
