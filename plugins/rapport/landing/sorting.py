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

from rapport.landing.checks import ColumnCheck, Fault, find_faults, find_nul_bytes
from rapport.landing.extras import as_json
from rapport.landing.headers import Layout
from rapport.landing.reading import Block, RaggedRow

# Between fields on the way to Postgres: rare in text, so that values with commas need no quotes.
COPY_DELIMITER = "\x1f"


@dataclass(frozen=True)
class Quarantined:
    """A row left out: `raw_row` is JSON of its cells by header, or the line where it could not be split."""

    row_number: int
    raw_row: str
    fault: Fault


@dataclass(frozen=True)
class Sorted:
    """A block, sorted: `rows` are CSV lines for COPY."""

    rows: memoryview
    n_loaded: int
    n_skipped: int
    quarantined: list[Quarantined]


class RowSorter:
    """Sorts the blocks of one file. `copy_columns` names the raw columns of `Sorted.rows`, in order."""

    def __init__(self, layout: Layout, checks: list[ColumnCheck], load_id: int) -> None:
        self._layout, self._checks, self._load_id = layout, checks, load_id
        self._quoting = "none"
        self.copy_columns = [
            "_load_id",
            "_row_number",
            *layout.columns,
            *(["_extra"] if layout.extras else []),
        ]

    def sort(self, block: Block) -> Sorted:
        """Sort one block; blocks may be sorted in any thread, one at a time."""
        n_rows = len(block.row_numbers)
        ragged = [self._ragged(row) for row in block.ragged]
        if n_rows == 0:
            return Sorted(memoryview(b""), 0, 0, ragged)
        declared = {name: block.columns[position] for name, position in self._layout.columns.items()}
        extra = {header: block.columns[position] for header, position in self._layout.extras.items()}
        faults = find_faults(declared, self._checks)
        if block.may_hold_nul:
            faults |= find_nul_bytes(extra | declared)
        blank = set(_blank_rows(block))
        quarantined = [
            Quarantined(int(block.row_numbers[index]), self._raw_row(block, index), faults[index])
            for index in sorted(set(faults) - blank)
        ]
        left_out = blank | set(faults)
        arrays = [
            pa.array(np.full(n_rows, self._load_id, dtype=np.int64)),
            pa.array(block.row_numbers),
            *declared.values(),
            *([as_json(extra, n_rows)] if extra else []),
        ]
        batch = pa.RecordBatch.from_arrays(arrays, self.copy_columns)
        if left_out:
            stays = np.ones(n_rows, dtype=bool)
            stays[list(left_out)] = False
            batch = batch.filter(pa.array(stays))
        return Sorted(self._as_csv(batch), batch.num_rows, len(blank), quarantined + ragged)

    def _as_csv(self, batch: pa.RecordBatch) -> memoryview:
        try:
            return _written(batch, self._quoting)
        except pa.ArrowInvalid:
            # A quote or a line end in a value. What has one block of them has more, so quotes stay on.
            self._quoting = "needed"
            return _written(batch, self._quoting)

    def _raw_row(self, block: Block, index: int) -> str:
        cells = ((self._layout.shown[position], values[index].as_py()) for position, values in block.columns.items())
        return json.dumps({header: cell for header, cell in cells if cell is not None}, ensure_ascii=False)

    def _ragged(self, row: RaggedRow) -> Quarantined:
        fault = Fault("ragged_row", "", f"it has {row.n_fields} fields, the header {self._layout.n_columns}")
        # Which of its cells belong to a dropped column cannot be told.
        text = "(not kept: the file has columns that are never loaded)" if self._layout.dropped else row.text
        return Quarantined(row.row_number, text.replace("\0", "\\u0000"), fault)


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


def _written(batch: pa.RecordBatch, quoting: str) -> memoryview:
    sink = pa.BufferOutputStream()
    pyarrow.csv.write_csv(batch, sink, _options(quoting))
    return memoryview(sink.getvalue())


@functools.cache
def _options(quoting: str) -> pyarrow.csv.WriteOptions:
    return pyarrow.csv.WriteOptions(include_header=False, delimiter=COPY_DELIMITER, quoting_style=quoting)
