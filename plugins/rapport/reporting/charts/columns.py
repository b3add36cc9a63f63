"""Columns along the months, parts of a whole one upon the other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rapport.reporting.charts.chart import WIDTH, Chart, Series, picture, side_labels
from rapport.reporting.charts.marks import across, mark, text
from rapport.reporting.charts.scales import Scale, month_labels, scale
from rapport.reporting.figures import Form, count, share, short_month

_LEFT, _RIGHT, _TOP, _BOTTOM, _HEIGHT = 52, 190, 12, 24, 270


def stacked_columns(
    title: str,
    unit: str,
    months: Sequence[date],
    series: Sequence[Series],
    *,
    form: Form = count,
    axis: Form | None = None,
    as_shares: bool = False,
) -> Chart:
    """The first series lies at the bottom. As shares, each column is a whole; a month of nothing stays empty."""
    wholes = [sum(float(one.values[place] or 0) for one in series) for place in range(len(months))]
    parts = [[_part(one.values[place], wholes[place], as_shares) for place in range(len(months))] for one in series]
    tops = [max(sum(max(one[place], 0) for one in parts), 0) for place in range(len(months))]
    heights = scale([1.0] if as_shares else tops, _HEIGHT - _BOTTOM, _TOP)
    shown = share if as_shares else (axis or form)
    drawn = [across(_LEFT, WIDTH - _RIGHT, heights.place(tick)) for tick in heights.ticks]
    drawn += [text(_LEFT - 6, heights.place(tick) + 4, shown(tick), anchor="end", quiet=True) for tick in heights.ticks]
    wide = (WIDTH - _RIGHT - _LEFT) / len(months)
    told = share if as_shares else form
    last: list[tuple[float, str, str]] = []
    for place, month in enumerate(months):
        base = 0.0
        for one, values in zip(series, parts, strict=True):
            drawn += _piece(heights, base, values[place], _LEFT + wide * (place + 0.11), wide * 0.78, one.tone,
                            f"{one.name}, {short_month(month)}: {told(values[place])}")  # fmt: skip
            if place == len(months) - 1:
                middle = heights.place(base + max(values[place], 0) / 2)
                last.append((middle, one.tone, f"{one.name} {told(values[place])}"))
            base += max(values[place], 0)
    drawn += [
        text(_LEFT + wide * (place + 0.5), _HEIGHT - 6, said, anchor="middle", quiet=True)
        for place, said in month_labels(months)
    ]
    drawn += side_labels(WIDTH - _RIGHT + 10, last, _TOP + 4, _HEIGHT - _BOTTOM)
    return Chart(
        title,
        unit,
        picture(_HEIGHT, title, f"{unit}. {_described(months, series, parts, told)}", drawn),
        ("month", *(one.name for one in series)),
        tuple(
            (short_month(month), *("" if one.values[place] is None else form(one.values[place] or 0) for one in series))
            for place, month in enumerate(months)
        ),
    )


def _part(value: object, whole: float, as_shares: bool) -> float:
    found = float(value or 0)  # type: ignore[arg-type]
    return (found / whole if whole else 0.0) if as_shares else found


def _piece(heights: Scale, base: float, value: float, left: float, width: float, tone: str, said: str) -> list[str]:
    if value <= 0:
        return []
    top, bottom = heights.place(base + value), heights.place(base)
    gap = 1 if bottom - top > 2.5 else 0  # a seam, so that neighbours are told apart without their colours
    height = max(bottom - top - gap, 0.4)
    return [mark("rect", said, class_=f"f-{tone}", x=left, y=top + gap / 2, width=width, height=height)]


def _described(months: Sequence[date], series: Sequence[Series], parts: list[list[float]], told: Form) -> str:
    first, last = short_month(months[0]), short_month(months[-1])
    return "; ".join(
        f"{one.name} {told(values[0])} in {first}, {told(values[-1])} in {last}"
        for one, values in zip(series, parts, strict=True)
    )
