"""A whole as one bar, its parts named below: for what is known of one moment only."""

from __future__ import annotations

from collections.abc import Sequence

from rapport.reporting.charts.chart import WIDTH, Chart, picture
from rapport.reporting.charts.marks import mark, text
from rapport.reporting.figures import Number, count, share

_BAR, _ROW = 22, 62


def shares(title: str, unit: str, rows: Sequence[tuple[str, Sequence[tuple[str, str, Number]]]]) -> Chart:
    """A bar a row; each part is its name, its tone and how many it holds."""
    drawn: list[str] = []
    told: list[tuple[str, ...]] = []
    for number, (name, parts) in enumerate(rows):
        whole, top, left = sum(n for _, _, n in parts), 16 + _ROW * number, 0.0
        drawn.append(text(0, top - 4, f"{name} ({count(whole)})", tone="b"))
        for place, (part, tone, n) in enumerate(parts):
            wide = WIDTH * n / whole
            said = f"{part} {share(n / whole)}"
            drawn.append(mark("rect", said, class_=f"f-{tone}", x=left, y=top, width=max(wide - 1, 0.0), height=_BAR))
            column = WIDTH * place / len(parts)
            drawn.append(mark("rect", class_=f"f-{tone}", x=column, y=top + _BAR + 6, width=9, height=9))
            drawn.append(text(column + 14, top + _BAR + 15, said))
            told.append((name, part, count(n), share(n / whole)))
            left += wide
    described = "; ".join(f"{name}: {part} {rate}" for name, part, _, rate in told)
    height = _ROW * len(rows) - 2
    return Chart(
        title, unit, picture(height, title, f"{unit}. {described}", drawn), ("", "", "n", "share"), tuple(told)
    )
