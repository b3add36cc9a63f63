"""Delimited text: records split by Arrow, those it leaves out told with their numbers."""

from __future__ import annotations

import codecs
import csv
import io
import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv

from rapport.errors import LandingError
from rapport.landing.encodings import undecodable
from rapport.landing.headers import Layout
from rapport.landing.reading import BLOCK_BYTES, Block, RaggedRow, RecordTooLong
from rapport.landing.text_bytes import NotInEncoding, TextBytes


class DelimitedReader:
    """Reads a delimited text once; see `Reader`."""

    def __init__(self, path: Path, encoding: str, layout: Layout, block_bytes: int = BLOCK_BYTES) -> None:
        self.path, self.encoding, self.layout, self.block_bytes = path, encoding, layout, block_bytes
        assert layout.delimiter is not None
        self._delimiter = layout.delimiter
        self.n_rows = 0
        self.cut_off: LandingError | None = None
        # A row of our own after the last one: if it does not come back whole, a quote was left open.
        self._mark = f"end-{uuid.uuid4().hex}"
        self._text = TextBytes(path, encoding)
        self._input = _ArrowInput(self._text, layout.header_bytes, self._last_row())
        self._ragged: list[RaggedRow] = []
        self._last_ragged = RaggedRow(0, 0, "", "", "")

    @property
    def sha256(self) -> str:
        return self._text.sha256

    @property
    def n_bytes(self) -> int:
        return self._text.n_bytes

    def blocks(self) -> Iterator[Block]:
        kept = self.layout.kept
        names = [str(position) for position in range(self.layout.n_columns)]
        numbering = _Numbering()
        try:
            with self._input, self._open(names, [names[position] for position in kept]) as stream:
                for batch in stream:
                    ragged, self._ragged = self._ragged, []
                    n_rows = batch.num_rows
                    numbers = numbering.next(n_rows, [row.row_number for row in ragged])
                    is_last = n_rows > 0 and batch.column(0)[n_rows - 1].as_py() == self._mark
                    if is_last:
                        self.n_rows = int(numbers[-1]) - 1
                        n_rows -= 1
                    columns = {position: batch.column(i).slice(0, n_rows) for i, position in enumerate(kept)}
                    yield Block(columns, numbers[:n_rows], ragged, self._text.saw_nul)
                    if is_last:
                        self.cut_off = self._cut_off()
                        return
        except pa.ArrowInvalid as error:
            raise self._explained(error) from None
        opened_in = max(numbering.last, self._last_ragged.row_number)
        raise LandingError(
            f"data row {opened_in}: a quote opened in it is never closed; the file was cut off,"
            " or a quote is not doubled.",
            where=self.path.name,
            fix="export it again and drop the whole file in anew",
        )

    def _open(self, names: list[str], kept: list[str]) -> pyarrow.csv.CSVStreamingReader:
        return pyarrow.csv.open_csv(
            pa.PythonFile(self._input, mode="r"),
            # Without threads Arrow tells the numbers of the rows it leaves out.
            pyarrow.csv.ReadOptions(use_threads=False, block_size=self.block_bytes, column_names=names),
            pyarrow.csv.ParseOptions(
                delimiter=self._delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=self._leave_out,
            ),
            pyarrow.csv.ConvertOptions(
                include_columns=kept,
                column_types={name: pa.string() for name in kept},
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )

    def _leave_out(self, row: pyarrow.csv.InvalidRow) -> str:
        reason = f"it has {row.actual_columns} fields, the header {self.layout.n_columns}"
        first = _first_cell(row.text, self._delimiter)
        self._last_ragged = RaggedRow(row.number, row.actual_columns, first, row.text, reason)
        if self._mark not in row.text:
            self._ragged.append(self._last_ragged)
        return "skip"

    def _last_row(self) -> bytes:
        cells = [""] * self.layout.n_columns
        cells[self.layout.kept[0]] = self._mark
        return self._delimiter.join(cells).encode() + b"\n"

    def _cut_off(self) -> LandingError | None:
        last = self._last_ragged
        is_short = last.row_number == self.n_rows and last.n_fields < self.layout.n_columns
        if not is_short or self._text.ends_with_newline:
            return None
        return LandingError(
            f"data row {last.row_number}, the last: it is cut off after {last.n_fields} of"
            f" {self.layout.n_columns} columns, without a line end.",
            where=self.path.name,
            fix="export it again and drop the whole file in anew",
        )

    def _explained(self, error: pa.ArrowInvalid) -> Exception:
        if self._input.is_undecodable or "UTF8" in str(error):
            return undecodable(self.path, self.encoding)
        if "straddling" not in str(error):
            return LandingError(
                "It cannot be read as CSV.",
                where=self.path.name,
                fix="export it again and drop it in anew",
            )
        return RecordTooLong(self.block_bytes)


class _Numbering:
    """Numbers of the rows that came through, given the numbers of those that did not."""

    def __init__(self) -> None:
        self.last = 0
        self._left_out = np.empty(0, dtype=np.int64)

    def next(self, n_rows: int, left_out: list[int]) -> npt.NDArray[np.int64]:
        if left_out:
            self._left_out = np.append(self._left_out, np.array(left_out, dtype=np.int64))
        candidates = np.arange(self.last + 1, self.last + 1 + n_rows + len(self._left_out), dtype=np.int64)
        if len(self._left_out):
            candidates = candidates[~np.isin(candidates, self._left_out)]
        numbers = candidates[:n_rows]
        if n_rows:
            self.last = int(numbers[-1])
            self._left_out = self._left_out[self._left_out > self.last]
        return numbers


def _first_cell(text: str, delimiter: str) -> str:
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [""])[0]
    except csv.Error:
        return text


class _ArrowInput(io.RawIOBase):
    """A text without its header and with a row of ours at its end."""

    def __init__(self, text: TextBytes, skip: int, last_row: bytes) -> None:
        self.is_undecodable = False
        self._text, self._skip, self._last_row = text, skip, last_row
        self._ready = b""
        # Arrow takes a mark off the start of what it reads: this one, so that the first cell keeps its own.
        self._mark = codecs.BOM_UTF8

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while not self._ready and not self._text.is_at_end:
            self._ready = self._next(max(size, 1 << 16))
        if 0 <= size < len(self._ready):
            given, self._ready = self._ready[:size], self._ready[size:]
        else:
            given, self._ready = self._ready, b""
        return given

    def close(self) -> None:
        self._text.close()
        super().close()

    def _next(self, size: int) -> bytes:
        try:
            chunk = self._text.read(size)
        except NotInEncoding:
            self.is_undecodable = True
            raise pa.ArrowInvalid("not in the declared encoding") from None
        if self._skip:
            skipped = min(self._skip, len(chunk))
            chunk, self._skip = chunk[skipped:], self._skip - skipped
        if self._text.is_at_end:
            chunk += (b"" if self._text.ends_with_newline else b"\n") + self._last_row
        if chunk and self._mark:
            chunk, self._mark = self._mark + chunk, b""
        return chunk
