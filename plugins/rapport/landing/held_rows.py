"""Reading rows back from quarantine, as if their file held nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa

from rapport.errors import LandingError
from rapport.landing.declarations import Declaration
from rapport.landing.fixed_width import cells_of, layout_of
from rapport.landing.headers import Heading, Layout, arrange
from rapport.landing.quoting import Quoting
from rapport.landing.reading import Block, RaggedRow
from rapport.landing.results import NOT_KEPT
from rapport.warehouse import connect

Connection = psycopg.Connection[Any]

_BLOCK_ROWS = 5_000
_OPEN = "load_id = %s and state = 'open' and raw_row <> %s"


def count_open(conn: Connection, load_id: int) -> tuple[int, int]:
    """How many rows of a load wait in quarantine, and how many more of which nothing was kept."""
    row = conn.execute(
        f"select count(*) filter (where {_OPEN}), count(*) filter (where state = 'open' and raw_row = %s)"
        " from quality.quarantine where load_id = %s",
        [load_id, NOT_KEPT, NOT_KEPT, load_id],
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def recorded_layout(
    conn: Connection, declaration: Declaration, load_id: int, delimiter: str | None, quoting: Quoting
) -> Layout:
    """Where a loaded file's columns are by what the ledger kept of its header, as they are declared now.

    Raises LandingError where its rows can no longer be read so.
    """
    found = conn.execute(
        "select position - 1, header, label, metadata from ops.load_columns where load_id = %s order by position",
        [load_id],
    ).fetchall()
    if declaration.export.fixed_width:
        layout = layout_of(declaration)
        moved = {header for _, header, _, _ in found} - set(layout.shown)
        if moved:
            raise _file_needed(f"columns it was cut into are declared no longer: {', '.join(sorted(moved))}")
        return layout
    headings, kept = [Heading("")] * (found[-1][0] + 1), set()
    has_choices = "choice" in declaration.export.header_rows
    for position, header, label, metadata in found:
        is_continued = has_choices and position > 0 and header != "" and headings[position - 1].header == header
        headings[position] = Heading(header, label, metadata, is_continued)
        kept.add(position)
    layout = arrange(headings, declaration, delimiter)
    required = [column for column in declaration.columns if column.required]
    missing = [repr(column.headers[0]) for column in required if column.name in layout.missing]
    if missing:
        raise _file_needed(f"the file lacks {', '.join(missing)}, which {declaration} requires now")
    # What was never loaded left no trace; its place counts.
    absent = set(range(len(headings))) - kept
    extras = {name: position for name, position in layout.extras.items() if position not in absent}
    return replace(layout, extras=extras, dropped=layout.dropped | absent, quoting=quoting)


def _file_needed(why: str) -> LandingError:
    return LandingError(
        f"Its rows cannot be taken from quarantine: {why}.",
        fix="export the file again and drop it in anew: it supersedes this load",
    )


@dataclass
class HeldRows:
    """Reads the rows of a load that wait in quarantine; see `Reader`.

    On a connection of its own, as the other one is busy with what is made of them.
    """

    business: str
    load_id: int
    layout: Layout
    declaration: Declaration
    digest: str
    n_bytes: int = 0
    n_rows: int = 0
    cut_off: LandingError | None = None

    def blocks(self) -> Iterator[Block]:
        self.n_rows = 0
        with (
            connect(self.business, application_name="rapport quarantine") as conn,
            conn.cursor(name="held_rows") as cursor,
        ):
            cursor.execute(
                f"select row_number, rule = 'ragged_row', raw_row, reason from quality.quarantine where {_OPEN}"
                " order by row_number",
                [self.load_id, NOT_KEPT],
            )
            while rows := cursor.fetchmany(_BLOCK_ROWS):
                self.n_rows += len(rows)
                yield self._block(rows)

    def _block(self, rows: list[tuple[Any, ...]]) -> Block:
        numbers, ragged = [], []
        columns: dict[int, list[str | None]] = {position: [] for position in self.layout.kept}
        for row_number, is_text, raw_row, reason in rows:
            if is_text:
                text = raw_row.replace("\\u0000", "\0")
                cells, n_fields, first = self._split(text)
                if cells is None:
                    ragged.append(RaggedRow(row_number, n_fields, first, text, reason))
                    continue
            else:
                held = json.loads(raw_row)
                cells = [held.get(header) for header in self.layout.shown]
            numbers.append(row_number)
            for position, values in columns.items():
                values.append(cells[position])
        arrays = {position: pa.array(values, pa.string()) for position, values in columns.items()}
        return Block(arrays, np.array(numbers, dtype=np.int64), ragged, may_hold_nul=True)

    def _split(self, text: str) -> tuple[list[str | None] | None, int, str]:
        """The cells of a line, or None if they are not as many as the header's; how many, and the first."""
        if fields := self.declaration.export.fixed_width:
            width = max(field.start + field.length - 1 for field in fields)
            line = pa.array([text], pa.string())
            whole = [cells_of(line, field)[0].as_py() for field in fields]
            return (None if text[width:].strip(" \t") else whole), 1, text
        if self.layout.delimiter is None:
            return None, 0, text
        cells = self.layout.quoting.cells(text, self.layout.delimiter)
        fits = len(cells) == self.layout.n_columns
        return ([cell or None for cell in cells] if fits else None), len(cells), cells[0]
