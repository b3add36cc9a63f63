"""Sorting a block's rows into those to load, those for quarantine and blank ones; ready to be copied."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from rapport.landing.checks import Fault, checks_of, find_nul_bytes, read_values
from rapport.landing.declarations import Declaration
from rapport.landing.dialects import Evidence
from rapport.landing.extras import as_json
from rapport.landing.footers import Footer
from rapport.landing.headers import Layout
from rapport.landing.profiles import Profile
from rapport.landing.reading import Block, RaggedRow
from rapport.landing.results import NOT_KEPT, Quarantined
from rapport.landing.value_forms import ValueDialect
from rapport.privacy.tombstones import ErasedRows, Tombstones

# Between fields on the way to Postgres: rare in text, so that values with commas need no quotes.
COPY_DELIMITER = "\x1f"


@dataclass(frozen=True)
class Sorted:
    """A block, sorted: `rows` for COPY, in its text format or, where values need quotes, as CSV; empty is null.

    Of those skipped, `n_erased` are of erased persons.
    """

    rows: memoryview | bytes
    is_csv: bool
    n_loaded: int
    n_skipped: int
    quarantined: list[Quarantined]
    n_erased: int = 0


class RowSorter:
    """Sorts the blocks of one file. `copy_columns` names the raw columns of `Sorted.rows`, in order.

    With `evidence`, the dialect is what is taken for granted: a value that speaks against it raises InDoubt.
    `last_row` is the number of a row that is known to be one: lines above it are no footer. Rows that `tombstones` know
    are skipped, and nothing of them is kept.
    """

    def __init__(
        self,
        layout: Layout,
        declaration: Declaration,
        load_id: int,
        dialect: ValueDialect,
        evidence: Evidence | None,
        last_row: int = 0,
        tombstones: Tombstones | None = None,
    ) -> None:
        self._layout, self._load_id = layout, load_id
        self.erased = ErasedRows(tombstones, declaration) if tombstones else None
        self._checks = checks_of(declaration, dialect)
        self._dialect, self._evidence = dialect, evidence
        self._last_row = last_row
        self._footer = Footer(declaration.export.footer) if declaration.export.footer else None
        self._needs_quotes = False
        self.profile = Profile(declaration, layout)
        self.copy_columns = [
            "_load_id",
            "_row_number",
            *layout.columns,
            *(["_extra"] if layout.extras else []),
        ]

    def sort(self, block: Block) -> Sorted:
        """Sort one block; blocks may be sorted in any thread, one at a time."""
        n_rows = len(block.row_numbers)
        declared = {name: block.columns[position] for name, position in self._layout.columns.items()}
        extra = {header: block.columns[position] for header, position in self._layout.extras.items()}
        declared, faults = read_values(declared, block.row_numbers, self._checks, self._evidence)
        if self._evidence is not None:
            self._evidence.uphold(self._dialect)
        if block.may_hold_nul:
            faults |= find_nul_bytes(extra | declared)
        blank = set(_blank_rows(block))
        footer = set(self._held_back(block)) - blank
        erased = self._erased(declared, extra) - blank - footer
        quarantined = [
            Quarantined(int(block.row_numbers[index]), self._raw_row(block, index), faults[index])
            for index in sorted(set(faults) - blank - footer - erased)
        ]
        left_out = blank | footer | erased | set(faults)
        arrays = [
            pa.array(np.full(n_rows, self._load_id, dtype=np.int64)),
            pa.array(block.row_numbers),
            *declared.values(),
            *([as_json(extra, n_rows)] if extra else []),
        ]
        rows = _without(pa.RecordBatch.from_arrays(arrays, self.copy_columns), sorted(left_out))
        ragged = [row for row in block.ragged if not self._is_erased(row)]
        quarantined += self._ragged(ragged)
        quarantined += self._released(block, blank | footer, quarantined)
        self.profile.add(rows, quarantined)
        n_erased = len(erased) + len(block.ragged) - len(ragged)
        written = self._written(rows)
        return Sorted(written, self._needs_quotes, rows.num_rows, len(blank) + n_erased, quarantined, n_erased)

    def end(self) -> Sorted:
        """After the last block: what was held back."""
        n_skipped, quarantined = self._footer.end() if self._footer else (0, [])
        self.profile.add_faults(quarantined)
        return Sorted(b"", self._needs_quotes, 0, n_skipped, quarantined)

    def dialect(self, where: str) -> ValueDialect:
        """The dialect the rows turned out to have. Raises LandingError where their values cannot tell it."""
        return self._dialect if self._evidence is None else self._evidence.dialect(where)

    @property
    def ends_with_footer(self) -> bool:
        """Whether the lines that ended the file were those of a report."""
        return self._footer is not None and self._footer.is_met

    def _erased(self, declared: dict[str, pa.Array], extra: dict[str, pa.Array]) -> set[int]:
        return self.erased.of_block(declared, extra) if self.erased else set()

    def _is_erased(self, row: RaggedRow) -> bool:
        if self.erased is None or self._layout.delimiter is None:
            return False
        return self.erased.has_line(self._layout.quoting.cells(row.text, self._layout.delimiter))

    def _held_back(self, block: Block) -> list[int]:
        if self._footer is None:
            return []
        rows = self._footer.rows(block.columns[self._layout.kept[0]])
        for index in rows:
            self._footer.hold(int(block.row_numbers[index]), self._raw_row(block, index))
        return rows

    def _released(self, block: Block, not_rows: set[int], ragged: list[Quarantined]) -> list[Quarantined]:
        if self._footer is None:
            return []
        rows = np.delete(block.row_numbers, list(not_rows))
        last = max([self._last_row, *rows[-1:].tolist(), *(row.row_number for row in ragged)])
        return self._footer.release(before=last)

    def _written(self, rows: pa.Table) -> memoryview | bytes:
        if not self._needs_quotes:
            try:
                return _escaped(_lines(rows, "none"))
            except pa.ArrowInvalid:
                # A quote or a line end in a value. What has one block of them has more, so quotes stay on.
                self._needs_quotes = True
        return _lines(rows, "needed")

    def _raw_row(self, block: Block, index: int) -> str:
        cells = ((self._layout.shown[position], values[index].as_py()) for position, values in block.columns.items())
        return json.dumps({header: cell for header, cell in cells if cell is not None}, ensure_ascii=False)

    def _ragged(self, rows: list[RaggedRow]) -> list[Quarantined]:
        quarantined = []
        for row in rows:
            # Which of its cells belong to a dropped column cannot be told.
            text = NOT_KEPT if self._layout.dropped else row.text
            left_out = Quarantined(row.row_number, text.replace("\0", "\\u0000"), Fault("ragged_row", "", row.reason))
            if self._footer is None or not self._footer.holds(row, left_out):
                quarantined.append(left_out)
        return quarantined


def _blank_rows(block: Block) -> Iterator[int]:
    """Rows without a single value: blank lines, and lines of nothing but delimiters."""
    columns = iter(block.columns.values())
    first = next(columns)
    if first.null_count == 0:
        return iter(())
    candidates = pc.indices_nonzero(pc.is_null(first))
    for values in columns:
        if len(candidates) == 0:
            break
        candidates = candidates.filter(pc.is_null(values.take(candidates)))
    return iter(candidates.to_pylist())


def _without(batch: pa.RecordBatch, left_out: list[int]) -> pa.Table:
    """The rows but these, as stretches of the batch: leaving out a few of them copies none."""
    starts = [0, *(index + 1 for index in left_out)]
    ends = [*left_out, batch.num_rows]
    stretches = [batch.slice(start, end - start) for start, end in zip(starts, ends, strict=True) if start < end]
    return pa.Table.from_batches(stretches, batch.schema)


def _lines(rows: pa.Table, quoting: str) -> memoryview:
    sink = pa.BufferOutputStream()
    pyarrow.csv.write_csv(rows, sink, _options(quoting))
    return memoryview(sink.getvalue())


def _escaped(lines: memoryview) -> memoryview | bytes:
    """Lines without quotes as COPY's text format has them, which Postgres reads faster than CSV."""
    has_escapes = np.any(np.frombuffer(lines, dtype=np.uint8) == ord("\\"))
    return bytes(lines).replace(b"\\", b"\\\\") if has_escapes else lines


@functools.cache
def _options(quoting: str) -> pyarrow.csv.WriteOptions:
    return pyarrow.csv.WriteOptions(include_header=False, delimiter=COPY_DELIMITER, quoting_style=quoting)
