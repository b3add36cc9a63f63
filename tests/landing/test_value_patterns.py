"""Which values are readable, and that the quick look at a whole column agrees with the look at each value."""

from __future__ import annotations

from datetime import date, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.landing import checks, value_patterns
from rapport.landing.checks import ColumnCheck, find_faults
from rapport.landing.declarations import Column

PATTERNS = {
    "integer": value_patterns.INTEGER,
    "decimal": value_patterns.decimal("."),
    "comma": value_patterns.decimal(","),
    "boolean": value_patterns.BOOLEAN,
    "email": value_patterns.EMAIL,
    "date": value_patterns.moment(["%Y-%m-%d"]),
    "day first": value_patterns.moment(["%d.%m.%Y", "%d/%m/%y"]),
    "time": value_patterns.moment(["%Y-%m-%d %H:%M:%S %z"]),
}


def is_readable(kind: str, value: str) -> bool:
    column = Column(name="value", data_type="text", description="a value", check="email")
    check = ColumnCheck(column, PATTERNS[kind], "not readable")
    return not find_faults({"value": pa.array([value, None], pa.string())}, [check])


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("integer", "7"), ("integer", "-12"), ("integer", " 3 "),
        ("decimal", "129.90"), ("decimal", "-0.5"), ("decimal", ".5"), ("decimal", "12"), ("decimal", "0.0"),
        ("decimal", "1.776357e-15"), ("decimal", "1e5"),
        ("comma", "129,90"),
        ("boolean", "TRUE"), ("boolean", "no"), ("boolean", "0"),
        ("email", "Ayşe.Yılmaz@ÖRNEK.com.tr"), ("email", " søren@eksempel.dk "), ("email", "a+b@x.io"),
        ("date", "2024-02-29"), ("date", "2000-02-29"), ("date", "2026-12-31"),
        ("day first", "31.12.2026"), ("day first", "29/02/24"),
        ("time", "2025-12-06 10:37:33 -0500"), ("time", "2025-12-06 10:37:33 +03:00"),
    ],
)  # fmt: skip
def test_readable_values_pass(kind: str, value: str) -> None:
    assert is_readable(kind, value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("integer", "7.0"), ("integer", "seven"), ("integer", "1234567890123456789"), ("integer", "0x1F"),
        ("decimal", "129,90"), ("decimal", "1.299,90"), ("decimal", "1e15"), ("decimal", "nan"),
        ("decimal", "."), ("decimal", "12.0\n13"), ("comma", "129.90"),
        ("boolean", "maybe"),
        ("email", "ayse"), ("email", "a@b"), ("email", "a@@b.com"), ("email", "a b@c.com"),
        ("email", "@c.com"), ("email", "a@b.com, c@d.com"), ("email", "a\u00a0b@c.com"),
        ("date", "2026-02-29"), ("date", "1900-02-29"), ("date", "2026-02-30"), ("date", "2026-04-31"),
        ("date", "2026-13-01"), ("date", "01.02.2026"), ("date", "0000-01-01"), ("date", "2026-1-1"),
        ("day first", "12/31/26"), ("day first", "31.11.2026"),
        ("time", "2025-12-06 10:37:33"), ("time", "2025-12-06 24:00:00 +0000"),
        ("time", "2025-12-06 10:60:00 +0000"),
        ("time", "2025-12-06 10:37:33 +1600"),
    ],
)  # fmt: skip
def test_unreadable_values_are_faults(kind: str, value: str) -> None:
    assert not is_readable(kind, value)


@given(st.dates(date(1000, 1, 1)))
def test_every_day_of_the_calendar_is_readable(day: date) -> None:
    assert is_readable("date", day.isoformat())
    assert is_readable("day first", day.strftime("%d.%m.") + f"{day.year:04d}")


@given(st.from_regex(r"\A[12][0-9]{3}-[01][0-9]-[0-3][0-9]\Z"))
def test_what_is_no_day_of_the_calendar_is_not(written: str) -> None:
    try:
        datetime.strptime(written, "%Y-%m-%d")  # noqa: DTZ007
        expected = True
    except ValueError:
        expected = False
    assert is_readable("date", written) == expected


@given(
    st.sampled_from(sorted(PATTERNS)),
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12), min_size=1),
)
def test_the_look_at_a_whole_column_agrees_with_the_look_at_each_value(kind: str, values: list[str]) -> None:
    one_by_one = all(is_readable(kind, value) for value in values)
    assert checks._all_fit(pa.array(values, pa.string()), PATTERNS[kind]) == one_by_one


def test_the_first_broken_rule_of_a_row_is_told_and_never_its_value() -> None:
    birth_date = Column(
        name="birth_date",
        header="Date of birth",
        data_type="date",
        description="birthday",
        check="date",
        not_null=True,
    )
    email = Column(name="email", header="Email", data_type="email", description="address", check="email")
    rules = [
        ColumnCheck(birth_date, PATTERNS["date"], "not a date as declared (%Y-%m-%d)"),
        ColumnCheck(email, PATTERNS["email"], "not an e-mail address"),
    ]
    values = {
        "birth_date": pa.array(["1990-01-01", "secret", None, "1990-01-01"]),
        "email": pa.array(["a@b.dk", "secret", "a@b.dk", "secret"]),
    }
    faults = find_faults(values, rules)
    assert {index: (fault.rule, fault.column) for index, fault in faults.items()} == {
        1: ("date", "birth_date"),
        2: ("not_null", "birth_date"),
        3: ("email", "email"),
    }
    assert not any("secret" in fault.reason for fault in faults.values())
    assert faults[1].reason == "Date of birth: not a date as declared (%Y-%m-%d)"
