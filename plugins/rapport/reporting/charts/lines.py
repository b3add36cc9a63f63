"""Lines along the months, with intervals as bands, and what literature says as a range behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from rapport.reporting.charts.chart import WIDTH, Chart, Series, picture, side_labels
from rapport.reporting.charts.marks import across, mark, path, text
from rapport.reporting.charts.scales import Scale, month_labels, scale
from rapport.reporting.figures import Form, Number, between, short_month

_LEFT, _RIGHT, _TOP, _BOTTOM, _HEIGHT = 52, 190, 14, 24, 250


@dataclass(frozen=True)
class Band:
    """A range to compare with, such as what literature gives; `words` stand in it."""

    low: float
    high: float
    words: str


def lines(
    title: str,
    unit: str,
    months: Sequence[date],
    series: Sequence[Series],
    *,
    form: Form,
    axis: Form | None = None,
    band: Band | None = None,
    zero: bool = True,
    most: float | None = None,
) -> Chart:
    """Hollow points are too thin; a month without a value is a gap. `most` is where the axis ends at most."""
    values = [float(value) for one in series for value in (*one.values, *one.lows, *one.highs) if value is not None]
    values += [band.low, band.high] if band else []
    heights = scale(values, _HEIGHT - _BOTTOM, _TOP, zero=zero, most=most)
    wide = (WIDTH - _RIGHT - _LEFT - 12) / max(len(months) - 1, 1)
    places = [_LEFT + 6 + wide * place for place in range(len(months))]
    drawn = [_behind(band, heights)] if band else []
    for tick in heights.ticks:
        drawn.append(across(_LEFT, WIDTH - _RIGHT, heights.place(tick), "zero" if tick == 0 else "grid"))
    drawn += [
        text(_LEFT - 6, heights.place(tick) + 4, (axis or form)(tick), anchor="end", quiet=True)
        for tick in heights.ticks
    ]
    if band:
        drawn.append(text(_LEFT + 6, heights.place(band.high) + 13, band.words, quiet=True))
    named = []
    for number, one in enumerate(series):
        drawn += _bands(one, places, heights)
        drawn += _line(one, places, heights, number)
        drawn += _points(one, months, places, heights, form)
        newest = max((place for place, value in enumerate(one.values) if value is not None), default=None)
        if newest is not None:
            value = one.values[newest] or 0
            named.append((heights.place(float(value)), one.tone, f"{one.name} {form(value)}"))
    drawn += [
        text(places[place], _HEIGHT - 6, said, anchor="middle", quiet=True) for place, said in month_labels(months)
    ]
    drawn += side_labels(WIDTH - _RIGHT + 10, named, _TOP + 2, _HEIGHT - _BOTTOM)
    return Chart(
        title,
        unit,
        picture(_HEIGHT, title, f"{unit}. {_described(months, series, form)}", drawn),
        ("month", *(one.name for one in series)),
        tuple((short_month(month), *(_told(one, place, form) for one in series)) for place, month in enumerate(months)),
    )


def _behind(band: Band, heights: Scale) -> str:
    top, bottom = heights.place(band.high), heights.place(band.low)
    return mark("rect", band.words, class_="band", x=_LEFT, y=top, width=WIDTH - _RIGHT - _LEFT, height=bottom - top)


def _runs(found: Sequence[object]) -> list[list[int]]:
    """Positions that follow each other and have a value: a line is not drawn over a gap."""
    runs: list[list[int]] = []
    for place, value in enumerate(found):
        if value is None:
            continue
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs


def _bands(one: Series, places: list[float], heights: Scale) -> list[str]:
    parts = []
    for run in _runs([one.interval(place) for place in range(len(places))]):
        inside = [(place, found) for place in run if (found := one.interval(place)) is not None]
        above = [(places[place], heights.place(float(high))) for place, (_, high) in inside]
        below = [(places[place], heights.place(float(low))) for place, (low, _) in inside]
        if len(run) == 1:  # a single month has no width
            parts.append(mark("path", class_=f"l-{one.tone} whisker", d=path([*above, *below])))
        else:
            parts.append(mark("path", class_=f"f-{one.tone} interval", d=path(above + below[::-1]) + "Z"))
    return parts


def _line(one: Series, places: list[float], heights: Scale, number: int) -> list[str]:
    dashes = ("none", "7 3", "2 3", "9 3 2 3")[number % 4]  # told apart in black and white, too
    parts = []
    for run in _runs(one.values):
        found = path([(places[place], heights.place(one.values[place] or 0)) for place in run])
        if len(run) > 1:
            parts.append(mark("path", class_=f"l-{one.tone}", d=found, stroke_dasharray=dashes))
    return parts


def _points(one: Series, months: Sequence[date], places: list[float], heights: Scale, form: Form) -> list[str]:
    return [
        mark(
            "circle",
            f"{one.name}, {short_month(months[place])}: {_told(one, place, form)}",
            class_=f"{'hollow ' if one.thin(place) else 'f-' + one.tone + ' '}l-{one.tone}",
            cx=places[place],
            cy=heights.place(float(value)),
            r=3,
        )
        for place, value in enumerate(one.values)
        if value is not None
    ]


def _told(one: Series, place: int, form: Form) -> str:
    value = one.values[place]
    if value is None:
        return ""
    interval = one.interval(place)
    told = form(value) + (f" ({between(*interval, form)})" if interval else "")
    return f"{told}, too thin" if one.thin(place) else told


def _described(months: Sequence[date], series: Sequence[Series], form: Form) -> str:
    said = []
    for one in series:
        known: list[tuple[date, Number]] = [
            (month, value) for month, value in zip(months, one.values, strict=True) if value is not None
        ]
        if known:
            (first, before), (last, now) = known[0], known[-1]
            said.append(f"{one.name} {form(before)} in {short_month(first)}, {form(now)} in {short_month(last)}")
    return "; ".join(said)
