"""Lines that end a report, such as totals and copyright: told apart from rows by what comes after them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pyarrow as pa

from rapport.landing.checks import Fault
from rapport.landing.reading import RaggedRow
from rapport.landing.results import Quarantined

_NOT_AT_THE_END = Fault("footer", "", "it reads like the end of the report, but rows follow")


@dataclass
class Footer:
    """Holds back what may be a footer until the file ends, or a row shows that it was none.

    `pattern` fits the whole first cell of such a line. Lines of a single field next to one that fits belong to it.
    """

    pattern: str
    is_met: bool = False
    _held: list[tuple[Quarantined, bool]] = field(default_factory=list)

    def rows(self, first_cells: pa.Array) -> list[int]:
        """Indices of the rows whose first cell reads like a footer's."""
        fits = re.compile(self.pattern).fullmatch
        return [index for index, cell in enumerate(first_cells.to_pylist()) if cell is not None and fits(cell.strip())]

    def hold(self, row_number: int, raw_row: str) -> None:
        """Keep back a row that reads like a footer."""
        self._held.append((Quarantined(row_number, raw_row, _NOT_AT_THE_END), True))

    def holds(self, ragged: RaggedRow, row: Quarantined) -> bool:
        """Keep back a ragged row if it may belong to a footer; whether it does."""
        fits = re.fullmatch(self.pattern, ragged.first_cell.strip()) is not None
        if fits or ragged.n_fields == 1:
            self._held.append((row, fits))
        return fits or ragged.n_fields == 1

    def release(self, before: int) -> list[Quarantined]:
        """The held rows that a row of that number follows: they were no footer."""
        released = [row for row, _ in self._held if row.row_number < before]
        self._held = [(row, fits) for row, fits in self._held if row.row_number > before]
        return released

    def end(self) -> tuple[int, list[Quarantined]]:
        """At the end of the file: how many lines its footer has, and the held rows if it has none."""
        self.is_met = any(fits for _, fits in self._held)
        return (len(self._held), []) if self.is_met else (0, [row for row, _ in self._held])
