"""A table of shares whose cells are the darker the more they hold, with the figure written in each."""

from __future__ import annotations

from collections.abc import Sequence

from rapport.reporting.charts.chart import WIDTH, Chart, picture
from rapport.reporting.charts.marks import mark, text
from rapport.reporting.figures import Number, share

_TOP, _ROW = 32, 21
_LETTER = 6.7  # about as wide as a letter gets


def heat(
    title: str,
    unit: str,
    heading: str,
    columns: Sequence[str],
    rows: Sequence[tuple[str, Sequence[Number | None]]],
    *,
    darkest: float | None = None,
    thin: Sequence[bool] = (),
) -> Chart:
    """Shares, None for none. `darkest` is the share with the full tone, the largest unless given; thin rows say so."""
    largest = darkest or max((float(value) for _, values in rows for value in values if value is not None), default=1)
    names = [f"{name}, too thin" if place < len(thin) and thin[place] else name for place, (name, _) in enumerate(rows)]
    first = max(len(name) for name in (heading, *names)) * _LETTER + 6
    wide = (WIDTH - first) / len(columns)
    drawn = [text(0, 24, heading, quiet=True)]
    for place, said in enumerate(columns):
        *above, last = said.split(" ", 1)  # two words stand one upon the other
        for words, down in ((" ".join(above), 12), (last, 24)):
            if words:
                drawn.append(text(first + wide * (place + 0.5), down, words, anchor="middle", quiet=True))
    for number, (name, values) in enumerate(rows):
        top = _TOP + _ROW * number
        drawn.append(text(0, top + 15, names[number], quiet=names[number] != name))
        for place, value in enumerate(values):
            if value is None:
                continue
            part = min(float(value) / (largest or 1), 1.0)
            said = f"{name}, {columns[place]}: {share(value)}"
            left, opacity = first + wide * place, f"{0.06 + 0.94 * part:.2f}"
            size = {"x": left + 0.5, "y": top + 0.5, "width": wide - 1, "height": _ROW - 1.0}
            drawn.append(mark("rect", said, class_="f-heat", opacity=opacity, **size))
            tone = "on" if part > 0.55 else ""
            drawn.append(text(left + wide / 2, top + 15, f"{100 * value:.0f}", anchor="middle", tone=tone))
    told = "; ".join(
        f"{name}: " + ", ".join("none" if value is None else share(value) for value in values[:4])
        for name, values in rows[-3:]
    )
    return Chart(
        title,
        unit,
        picture(_TOP + _ROW * len(rows) + 2, title, f"{unit}. The last rows begin: {told}", drawn),
        (heading, *columns),
        tuple(
            (names[number], *("" if value is None else share(value) for value in values))
            for number, (_, values) in enumerate(rows)
        ),
    )
