"""Delimited text: records split by Arrow, those it leaves out told with their numbers."""

from __future__ import annotations

import codecs
import functools
import io
import itertools
import re
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv

from rapport.businesses import AS_DECLARED, Dialect
from rapport.errors import LandingError
from rapport.landing.declarations import Declaration
from rapport.landing.encodings import undecodable
from rapport.landing.first_records import FIRST_LOOK, first_records, first_text
from rapport.landing.headers import LOOKED_AT, Layout, arrange, missing_columns, read_headings
from rapport.landing.packing import ExportFile
from rapport.landing.quoting import USUAL_QUOTES, EscapeWatch, Quoting
from rapport.landing.reading import BLOCK_BYTES, Block, RaggedRow, RecordTooLong
from rapport.landing.text_bytes import NotInEncoding, TextBytes

# What is tried where neither the business nor the vendor's declaration fits.
_USUAL_DELIMITERS = (",", ";", "\t", "|", "^", "~", "\x1f", "\x01")
_SEPARATOR_LINE = re.compile('"?sep=([\x01-\x09\x0b\x0c\x0e-\x21\x23-\x7f])"?(?:\r\n|\n|\r)', re.IGNORECASE)


class DelimitedText:
    """A text whose columns are divided by a character."""

    format = "delimited"

    def __init__(self, file: ExportFile, encoding: str) -> None:
        self.file, self.encoding = file, encoding
        self._first = functools.cache(functools.partial(first_records, file, encoding))

    def find_layout(self, declaration: Declaration, own: Dialect = AS_DECLARED) -> Layout | None:
        """See `Contents`: by the delimiter that gives most columns.

        Excel's `sep=;` in the first line says it; then the business, then the vendor; another counts where theirs
        leave a required column unfound and it finds them all.
        """
        separator, n_before = self._separator_line()
        told = separator or own.delimiter
        expected = [told] if told else declaration.export.delimiter
        quotings = _quotings(own, declaration)
        layout = self._best(expected, quotings, declaration, n_before)
        if told or (layout is not None and not missing_columns(layout, declaration)):
            return layout
        others = [other for other in _USUAL_DELIMITERS if other not in expected]
        detected = self._best(others, quotings, declaration, n_before)
        return detected if detected is not None and not missing_columns(detected, declaration) else layout

    def reader(self, layout: Layout, declaration: Declaration, block_bytes: int) -> DelimitedReader:
        return DelimitedReader(self.file, self.encoding, layout, block_bytes)

    def _best(
        self, delimiters: Iterable[str], quotings: Iterable[Quoting], declaration: Declaration, n_before: int
    ) -> Layout | None:
        export = declaration.export
        layouts: list[tuple[int, Layout]] = []
        for delimiter, quoting in itertools.product(delimiters, quotings):
            records = self._first(delimiter, quoting, len(export.header_rows) + LOOKED_AT, export.skip_rows + n_before)
            if records and not any("\0" in cell for cell in records[0].cells):
                headings, n_rows = read_headings([record.cells for record in records], declaration)
                found = arrange(headings, declaration, delimiter, records[n_rows - 1].end)
                # Columns are found through quotes that were taken for part of their names.
                n_left = sum(cell[:1] in USUAL_QUOTES for cell in records[0].cells if cell)
                layouts.append((-n_left, replace(found, quoting=quoting)))
        _, best = max(layouts, key=lambda one: (len(one[1].columns), one[0]), default=(0, None))
        return best

    def _separator_line(self) -> tuple[str | None, int]:
        """The delimiter that a first line such as `sep=;` names, and how many lines that takes."""
        text, _ = first_text(self.file, self.encoding, FIRST_LOOK)
        found = _SEPARATOR_LINE.match(text)
        return (found[1], 1) if found else (None, 0)


class DelimitedReader:
    """Reads a delimited text once; see `Reader`."""

    def __init__(self, file: ExportFile, encoding: str, layout: Layout, block_bytes: int = BLOCK_BYTES) -> None:
        self.file, self.encoding, self.layout, self.block_bytes = file, encoding, layout, block_bytes
        assert layout.delimiter is not None
        self._delimiter = layout.delimiter
        self.n_rows = 0
        self.cut_off: LandingError | None = None
        # A row of our own after the last one: if it does not come back whole, a quote was left open.
        self._mark = f"end-{uuid.uuid4().hex}"
        self._text = TextBytes(file, encoding)
        watch = EscapeWatch(layout.quoting, layout.delimiter, file.name)
        self._input = _ArrowInput(self._text, layout.header_bytes, self._last_row(), watch)
        self._ragged: list[RaggedRow] = []
        self._last_ragged = RaggedRow(0, 0, "", "", "")

    @property
    def digest(self) -> str:
        return self._text.digest

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
            where=self.file.name,
            fix="export it again and drop the whole file in anew",
        )

    def _open(self, names: list[str], kept: list[str]) -> pyarrow.csv.CSVStreamingReader:
        return pyarrow.csv.open_csv(
            pa.PythonFile(self._input, mode="r"),
            # Without threads Arrow tells the numbers of the rows it leaves out.
            pyarrow.csv.ReadOptions(use_threads=False, block_size=self.block_bytes, column_names=names),
            self.layout.quoting.parse_options(
                self._delimiter,
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
        first = self.layout.quoting.cells(row.text, self._delimiter)[0]
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
            where=self.file.name,
            fix="export it again and drop the whole file in anew",
        )

    def _explained(self, error: pa.ArrowInvalid) -> Exception:
        if self._input.is_undecodable or "UTF8" in str(error):
            return undecodable(self.file, self.encoding)
        if "straddling" not in str(error):
            return LandingError(
                "It cannot be read as CSV.",
                where=self.file.name,
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


def _quotings(own: Dialect, declaration: Declaration) -> list[Quoting]:
    """How the text may be quoted: as the business says, else as the vendor does, else in the usual ways."""
    quote = declaration.export.quote if own.quote is None else own.quote
    escape = declaration.export.escape if own.escape is None else own.escape
    return [Quoting(mark, escape) for mark in (USUAL_QUOTES if quote is None else (quote,))]


class _ArrowInput(io.RawIOBase):
    """A text without its header and with a row of ours at its end."""

    def __init__(self, text: TextBytes, skip: int, last_row: bytes, watch: EscapeWatch) -> None:
        self.is_undecodable = False
        self._text, self._skip, self._last_row, self._watch = text, skip, last_row, watch
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
        self._watch.look_at(chunk)
        if self._skip:
            skipped = min(self._skip, len(chunk))
            chunk, self._skip = chunk[skipped:], self._skip - skipped
        if self._text.is_at_end:
            chunk += (b"" if self._text.ends_with_newline else b"\n") + self._last_row
        if chunk and self._mark:
            chunk, self._mark = self._mark + chunk, b""
        return chunk
