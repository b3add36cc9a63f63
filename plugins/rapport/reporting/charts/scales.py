"""From values to places, and the values an axis names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, floor, log10

_MOST_MONTHS = 7  # more labels than this run into each other


@dataclass(frozen=True)
class Scale:
    """A straight line from values to places; `ticks` are the round values on it."""

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]

    def place(self, value: float) -> float:
        """Where a value lies; beyond the ends, at them."""
        part = (float(value) - self.low) / (self.high - self.low)
        return self.start + min(max(part, 0.0), 1.0) * (self.end - self.start)


def scale(
    values: Sequence[float], start: float, end: float, *, zero: bool = True, most: float | None = None, n_ticks: int = 5
) -> Scale:
    """A scale that holds all values (and zero), from one round value to another; `most` is where it ends at most."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    low, high = (min(low, 0.0), max(high, 0.0)) if zero else (low, high)
    if high - low <= 1e-9 * max(1.0, abs(low), abs(high)):  # all the same, as far as a picture can show
        low, high = (low, low + 1) if zero else (low - 1, high + 1)
    step = _round_step((high - low) / n_ticks)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    if most is not None and last * step > most:
        last = floor(most / step + 1e-9)
    ticks = tuple(round(step * position, 10) for position in range(first, last + 1))
    return Scale(ticks[0], ticks[-1] if most is None or high <= ticks[-1] else most, start, end, ticks)


def month_labels(months: Sequence[date]) -> list[tuple[int, str]]:
    """Positions that get a label, and what it says; the newest always has one."""
    every = next(step for step in (1, 2, 3, 4, 6, 12, 24, 48, 96) if len(months) <= step * _MOST_MONTHS)
    last = len(months) - 1
    return [
        (position, f"{month:%b} {month.year % 100:02}")
        for position, month in enumerate(months)
        if (last - position) % every == 0
    ]


def _round_step(least: float) -> float:
    magnitude: float = 10.0 ** floor(log10(least))
    return next(step * magnitude for step in (1, 2, 5, 10) if step * magnitude >= least * (1 - 1e-9))
