"""Values told to fit by their bytes alone fit the pattern, and usual ones are told."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rapport.landing import byte_checks, value_forms, value_patterns

USUAL = {
    value_patterns.INTEGER: ["1", "20", "123456789012345678"],
    value_patterns.WHOLE_AMOUNT: ["0", "17"],
    value_patterns.DECIMAL: ["1", "29.90", "0.5", "123456789012.45"],
    value_patterns.EMAIL: ["a.b@example.org", "ayse@ornek.com.tr", "x@y.info"],
    value_patterns.DATE: ["2024-02-29", "2026-12-31"],
    value_patterns.TIMESTAMP: ["2024-02-29 23:59:59", "2026-01-01 00:00:00"],
    value_patterns.TIMESTAMP_WITH_OFFSET: ["2024-02-29 23:59:59 +0300", "2026-12-31 00:00:00 -0100"],
}
# One character of a usual value changed for another, most of which make it unusual.
NEARLY = st.tuples(st.integers(0, 25), st.sampled_from("0123456789.,-+: @eTZ\0\u00a0"))


def surely_fit(values: list[str], pattern: str) -> list[bool]:
    """As told of an array that does not start where its buffers do."""
    sure = byte_checks.surely_fit(pa.array(["skipped", *values], pa.string()).slice(1), pattern)
    assert sure is not None
    return [bool(one) for one in sure]


def _changed(value: str, change: tuple[int, str]) -> str:
    position, character = change
    return value[:position] + character + value[position + 1 :] if position < len(value) else value


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(USUAL)), st.data())
def test_what_surely_fits_does_fit(pattern: str, data: st.DataObject) -> None:
    usual = data.draw(st.lists(st.sampled_from(USUAL[pattern]), min_size=1, max_size=4))
    values = [_changed(value, data.draw(NEARLY)) if data.draw(st.booleans()) else value for value in usual]
    fit = value_forms.fits(pa.array(values), pattern).to_pylist()
    assert not any(sure and not does for sure, does in zip(surely_fit(values, pattern), fit, strict=True))


@settings(max_examples=400, deadline=None)
@given(st.dates().map(str), st.times().map(lambda time: time.isoformat("seconds")))
def test_every_day_and_second_of_the_calendar_surely_fits(day: str, clock: str) -> None:
    if day[0] != "0":
        assert surely_fit([day], value_patterns.DATE) == [True]
        assert surely_fit([f"{day} {clock}"], value_patterns.TIMESTAMP) == [True]
        assert surely_fit([f"{day} {clock} +03:00"], value_patterns.TIMESTAMP_WITH_OFFSET) == [True]


@pytest.mark.parametrize("pattern", sorted(USUAL))
def test_usual_values_are_told_without_matching(pattern: str) -> None:
    assert all(surely_fit(USUAL[pattern], pattern))


@pytest.mark.parametrize("pattern", sorted(USUAL))
def test_one_odd_value_leaves_the_others_sure(pattern: str) -> None:
    usual = USUAL[pattern]
    for odd in ("?", "", "a longer one than any of them is", "@"):
        assert surely_fit([*usual, odd, *usual], pattern) == [True] * len(usual) + [False] + [True] * len(usual)


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        (value_patterns.DATE, "2023-02-29"),
        (value_patterns.DATE, "1900-02-29"),
        (value_patterns.DATE, "2026-04-31"),
        (value_patterns.DATE, "2026-00-10"),
        (value_patterns.TIMESTAMP, "2026-01-01 24:00:00"),
        (value_patterns.TIMESTAMP_WITH_OFFSET, "2026-01-01 10:00:60 +0300"),
        (value_patterns.TIMESTAMP_WITH_OFFSET, "2026-01-01 10:00:00 ,0300"),
        (value_patterns.TIMESTAMP_WITH_OFFSET, "2026-01-01 10:00:00 +1600"),
        (value_patterns.TIMESTAMP_WITH_OFFSET, "2026-01-01 10:00:00 +0360"),
        (value_patterns.DECIMAL, "1.2.3"),
        (value_patterns.DECIMAL, "."),
        (value_patterns.EMAIL, "a@b@example.org"),
        (value_patterns.EMAIL, "@example.org"),
        (value_patterns.EMAIL, "a@.org"),
    ],
)
def test_one_that_does_not_fit_is_never_told_to(pattern: str, value: str) -> None:
    usual = {len(other): other for other in USUAL[pattern]}
    first = usual.get(len(value), USUAL[pattern][0])
    assert surely_fit([first, value, first], pattern) == [True, False, True]


@pytest.mark.parametrize("pattern", sorted(USUAL))
@pytest.mark.parametrize("value", ["", "@", "a@", ".", "1", "\0"])
def test_values_too_short_to_be_told_are_left_to_the_pattern(pattern: str, value: str) -> None:
    (sure,) = byte_checks.surely_fit(pa.array([value]), pattern)  # type: ignore[misc]
    assert not sure or value_forms.fits(pa.array([value]), pattern).to_pylist() == [True]


def test_one_address_with_the_sign_of_another_makes_neither_sure() -> None:
    assert surely_fit(["a@b@example.org", "no.at.example.org", "c@example.org"], value_patterns.EMAIL) == [
        False,
        False,
        True,
    ]
