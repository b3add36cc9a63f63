"""Values beside each other as points with their 95 % intervals, and what they are compared with behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rapport.reporting.charts.chart import WIDTH, Chart, picture
from rapport.reporting.charts.marks import across, mark, text, upright
from rapport.reporting.charts.scales import Scale, scale
from rapport.reporting.figures import Form, Number, between, count

_LEFT, _RIGHT, _TOP, _ROW = 172, 174, 6, 22


@dataclass(frozen=True)
class Estimate:
    """One row; without a value `reason` says why. `beside` is a range or value to compare it with."""

    name: str
    value: Number | None
    low: Number | None = None
    high: Number | None = None
    n: Number | None = None
    tone: str = "strong"
    group: str = ""
    beside: tuple[Number, Number] | None = None
    reason: str = "too thin"


def estimates(
    title: str,
    unit: str,
    rows: Sequence[Estimate],
    *,
    form: Form,
    axis: Form | None = None,
    line: float | None = None,
    beside: str = "",
    of: str = "n",
    zero: bool = True,
) -> Chart:
    """A row each, a heading where the group changes. `line` is a value to see them against, `of` what n counts."""
    shown = [one for one in rows if one.value is not None]
    values = [value for one in shown for value in (one.value, one.low, one.high) if value is not None]
    values += [value for one in rows for value in one.beside or ()]
    values += [] if line is None else [line]
    widths = scale(values, _LEFT, WIDTH - _RIGHT, zero=zero)
    bottom = _TOP + _ROW * (len(rows) + sum(_opens(rows, place) for place in range(len(rows))))
    drawn = [upright(widths.place(tick), _TOP, bottom) for tick in widths.ticks]
    drawn += [
        text(widths.place(tick), bottom + 15, (axis or form)(tick), anchor="middle", quiet=True)
        for tick in widths.ticks
    ]
    if line is not None:
        drawn.append(upright(widths.place(line), _TOP, bottom, "zero"))
    down = float(_TOP)
    for place, one in enumerate(rows):
        if _opens(rows, place):
            drawn.append(text(0, down + 16, one.group, tone="b"))
            down += _ROW
        drawn += _row(one, widths, down + _ROW / 2, form)
        down += _ROW
    said = "; ".join(f"{f'{one.group}, ' if one.group else ''}{one.name} {_told(one, form)}" for one in rows)
    has_groups = any(one.group for one in rows)
    has_beside = any(one.beside for one in rows)
    return Chart(
        title,
        unit,
        picture(bottom + 22, title, f"{unit}. {said}", drawn),
        (*(("of",) if has_groups else ()), "", "value (95 % interval)", of, *((beside,) if has_beside else ())),
        tuple(
            (
                *((one.group,) if has_groups else ()),
                one.name,
                _told(one, form),
                "" if one.n is None else count(one.n),
                *((between(*one.beside, form) if one.beside else "",) if has_beside else ()),
            )
            for one in rows
        ),
    )


def _opens(rows: Sequence[Estimate], place: int) -> bool:
    return bool(rows[place].group) and (place == 0 or rows[place - 1].group != rows[place].group)


def _row(one: Estimate, widths: Scale, down: float, form: Form) -> list[str]:
    parts = [text(10 if one.group else 0, down + 4, one.name)]
    if one.beside:
        low, high = (widths.place(float(value)) for value in one.beside)
        if high - low < 3:
            parts.append(mark("rect", class_="band", x=low - 1.5, y=down - 9, width=3, height=18))
        else:
            parts.append(mark("rect", class_="band", x=low, y=down - 9, width=high - low, height=18))
    if one.value is None:
        return [*parts, text(WIDTH - _RIGHT + 8, down + 4, one.reason, quiet=True)]
    if one.low is not None and one.high is not None:
        parts.append(across(widths.place(float(one.low)), widths.place(float(one.high)), down, f"l-{one.tone} whisker"))
    told = _told(one, form)
    parts.append(
        mark("circle", f"{one.name}: {told}", class_=f"f-{one.tone}", cx=widths.place(float(one.value)), cy=down, r=4)
    )
    return [*parts, text(WIDTH - _RIGHT + 8, down + 4, told)]


def _told(one: Estimate, form: Form) -> str:
    if one.value is None:
        return one.reason
    if one.low is None or one.high is None:
        return form(one.value)
    return f"{form(one.value)} ({between(one.low, one.high, form)})"
