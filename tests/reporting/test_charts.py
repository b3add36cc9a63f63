"""Charts: well-formed and described, honest about gaps and thin figures, their labels apart and their axes round."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rapport.reporting import figures
from rapport.reporting.charts import Band, Chart, Estimate, Series, estimates, heat, lines, shares, stacked_columns
from rapport.reporting.charts.chart import spread
from rapport.reporting.charts.scales import month_labels, scale

SVG = "{http://www.w3.org/2000/svg}"
MONTHS = [date(2025, month, 1) for month in range(9, 13)]
FINITE = st.floats(-1e9, 1e9, allow_nan=False)


def drawn(chart: Chart) -> ElementTree.Element:
    return ElementTree.fromstring(chart.svg)


def marks(chart: Chart, kind: str) -> list[ElementTree.Element]:
    return list(drawn(chart).iter(SVG + kind))


def said(chart: Chart) -> list[str]:
    return [mark.text or "" for mark in marks(chart, "text")]


def all_kinds() -> list[Chart]:
    name, unit = "a < b & \"c\" 'd'", "€ & <share>"
    series = [Series(name, "strong", [1, None, 3, 2], [0, None, 2, 1], [2, None, 4, 3], [True, False, False, False])]
    return [
        lines(name, unit, MONTHS, series, form=figures.decimal, band=Band(1, 2, name)),
        stacked_columns(name, unit, MONTHS, series),
        stacked_columns(name, unit, MONTHS, series, as_shares=True),
        heat(name, unit, name, ["1", name], [(name, [0.1, None])], thin=[True]),
        estimates(name, unit, [Estimate(name, 0.1, 0, 0.3, 9, group=name, beside=(0.1, 0.2))], form=figures.share),
        shares(name, unit, [(name, [(name, "strong", 3), ("nobody", "bad", 0)])]),
    ]


@pytest.mark.parametrize("chart", all_kinds(), ids=["lines", "columns", "whole columns", "heat", "estimates", "shares"])
def test_any_text_may_stand_in_a_chart_and_it_stays_whole_and_described(chart: Chart) -> None:
    root = drawn(chart)
    assert (root.get("role"), root.get("aria-label")) == ("img", chart.title)
    described = root.find(f"{SVG}desc")
    assert described is not None
    assert (described.text or "").startswith(chart.unit)
    assert all(len(row) == len(chart.columns) for row in chart.rows)
    assert "NaN" not in chart.svg
    assert "None" not in chart.svg


def test_a_month_without_a_value_is_a_gap_in_the_line() -> None:
    chart = lines("t", "u", MONTHS, [Series("s", "strong", [1, 2, None, 3])], form=figures.decimal)
    assert [mark.get("d", "").count("L") for mark in marks(chart, "path") if mark.get("class") == "l-strong"] == [1]
    assert len(marks(chart, "circle")) == 3
    assert [row[1] for row in chart.rows] == ["1", "2", "", "3"]


def test_what_is_too_thin_is_hollow_in_a_line_and_words_beside_others() -> None:
    chart = lines("t", "u", MONTHS[:2], [Series("s", "bad", [1, 2], is_thin=[True, False])], form=figures.decimal)
    assert [mark.get("class") for mark in marks(chart, "circle")] == ["hollow l-bad", "f-bad l-bad"]
    assert chart.rows[0][1] == "1, too thin"
    chart = estimates("t", "u", [Estimate("vip", None, 0.1, 0.9, 3), Estimate("all", 0.5)], form=figures.share)
    assert len(marks(chart, "circle")) == 1
    assert "too thin" in said(chart)
    assert "10 to 90 %" not in chart.svg


def test_columns_of_shares_reach_the_same_height_and_an_empty_month_stays_empty() -> None:
    series = [Series("a", "strong", [1, 30, 0, 2]), Series("b", "bad", [3, 10, 0, 2])]
    bars = [bar for bar in marks(stacked_columns("t", "u", MONTHS, series, as_shares=True), "rect") if len(bar)]
    tops: dict[str, float] = {}
    for bar in bars:
        tops[bar.get("x", "")] = min(tops.get(bar.get("x", ""), 999), float(bar.get("y", "")))
    assert len(tops) == 3
    assert len(set(tops.values())) == 1


def test_equal_figures_are_equal_bytes() -> None:
    assert [chart.svg for chart in all_kinds()] == [chart.svg for chart in all_kinds()]


@given(st.lists(st.floats(0, 250), max_size=8))
def test_labels_of_lines_that_end_close_together_do_not_overlap(wanted: list[float]) -> None:
    places = spread(wanted, 15, 10, 250)
    assert all(below - above >= 15 - 1e-6 for above, below in pairwise(sorted(places)))
    assert all(place <= 250 + 1e-6 for place in places)


@given(st.lists(FINITE, min_size=1, max_size=20), st.booleans())
@example([4.7e-195], True)
def test_an_axis_holds_every_value_between_round_ones(values: list[float], zero: bool) -> None:
    found = scale(values, 0, 100, zero=zero)
    slack = 1e-6 * max(1, *(abs(value) for value in values))
    assert found.low <= min(values) + slack
    assert found.high >= max(values) - slack
    assert 2 <= len(found.ticks) <= 8
    assert all(0 <= found.place(value) <= 100 for value in values)


@given(st.integers(1, 200))
def test_months_are_labelled_sparsely_and_the_newest_always(n_months: int) -> None:
    months = [date(2000 + place // 12, place % 12 + 1, 1) for place in range(n_months)]
    labelled = month_labels(months)
    assert len(labelled) <= 7
    assert labelled[-1] == (n_months - 1, figures.short_month(months[-1]))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (figures.share(0.123), "12 %"),
        (figures.share(0.0456), "4.6 %"),
        (figures.share(0.0996), "10 %"),
        (figures.share(0), "0 %"),
        (figures.signed_share(0.25), "+25 %"),
        (figures.signed_share(-0.25), "-25 %"),
        (figures.decimal(5), "5"),
        (figures.decimal(0.123), "0.12"),
        (figures.decimal(1234.4), "1,234"),
        (figures.money("DKK")(1234567), "1.23 m DKK"),
        (figures.money("DKK")(-0.2), "0 DKK"),
        (figures.between(0.24, 0.38, figures.share), "24 to 38 %"),
        (figures.between(1200, 3400, figures.money("EUR")), "1,200 to 3,400 EUR"),
        (figures.between(-5, 12, figures.points), "-5 to 12"),
        (figures.plural(1, "order"), "1 order"),
        (figures.plural(1200, "order"), "1,200 orders"),
    ],
)
def test_figures_are_read_as_they_are_written(told: str, expected: str) -> None:
    assert told == expected


def test_the_interval_of_a_share_is_wilsons() -> None:
    # Newcombe 1998, Statistics in Medicine 17, 857-872, table I, method 3.
    for n, of, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        assert figures.wilson(n, of) == pytest.approx((low, high), abs=5e-5)
