"""What a chart is: a picture, its words, and its figures as a table for whoever cannot see or wants to copy them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from rapport.reporting.charts.marks import text
from rapport.reporting.figures import Number

WIDTH = 600


@dataclass(frozen=True)
class Chart:
    """`title` says what is shown, `unit` in which unit and of how many; `svg` is inline markup, escaped already."""

    title: str
    unit: str
    svg: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Series:
    """Values along the months, None where there is none. `tone` names a colour of the page (`report.css`)."""

    name: str
    tone: str
    values: Sequence[Number | None]
    lows: Sequence[Number | None] = ()
    highs: Sequence[Number | None] = ()
    is_thin: Sequence[bool] = ()

    def interval(self, position: int) -> tuple[Number, Number] | None:
        """The 95 % interval at a position, if there is one."""
        if not self.lows or not self.highs:
            return None
        low, high = self.lows[position], self.highs[position]
        return None if low is None or high is None else (low, high)

    def thin(self, position: int) -> bool:
        """Whether the mart says that the value rests on too few."""
        return bool(self.is_thin) and self.is_thin[position]


def picture(height: float, title: str, description: str, parts: Sequence[str]) -> str:
    """The parts as one SVG with its words for screen readers."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img"'
        f' aria-label="{escape(title)}"><desc>{escape(description)}</desc>{"".join(parts)}</svg>'
    )


def spread(wanted: Sequence[float], gap: float, top: float, bottom: float) -> list[float]:
    """Places as near to the wanted ones as a gap between any two allows, from top to bottom."""
    order = sorted(range(len(wanted)), key=lambda position: (wanted[position], position))
    places = [0.0] * len(wanted)
    last = top - gap
    for position in order:
        last = places[position] = max(wanted[position], last + gap)
    last = bottom + gap
    for position in reversed(order):
        last = places[position] = min(places[position], last - gap)
    return places


def side_labels(left: float, named: Sequence[tuple[float, str, str]], top: float, bottom: float) -> list[str]:
    """Names beside the last values of a chart, each with a patch of its tone; (place, tone, words) each."""
    places = spread([place for place, _, _ in named], 15, top, bottom)
    parts = []
    for (_, tone, said), place in zip(named, places, strict=True):
        parts.append(f'<rect class="f-{tone}" x="{left:.1f}" y="{place - 5:.1f}" width="9" height="9"/>')
        parts.append(text(left + 14, place + 4, said))
    return parts
