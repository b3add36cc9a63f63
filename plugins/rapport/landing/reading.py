"""Streaming the rows of an export: blocks of text columns with each row's number, whatever was left out."""

from __future__ import annotations

import codecs
import hashlib
import io
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv

from rapport.errors import LandingError
from rapport.landing.encodings import undecodable
from rapport.landing.headers import Layout

BLOCK_BYTES = 2 << 20
# A record that does not fit is refused: memory stays bounded whatever the file holds.
LARGEST_BLOCK_BYTES = 64 << 20


class RecordTooLong(Exception):
    """A record spans more than a block; reading again with larger blocks may help."""


@dataclass(frozen=True)
class RaggedRow:
    """A record whose number of fields is not the header's; `text` as in the file."""

    row_number: int
    n_fields: int
    text: str


@dataclass(frozen=True)
class Block:
    """Some rows: columns by position in the file (text, empty is null), and each row's number, from 1."""

    columns: dict[int, pa.Array]
    row_numbers: npt.NDArray[np.int64]
    ragged: list[RaggedRow]
    may_hold_nul: bool


class ExportReader:
    """Reads a file once. After the last block `n_rows`, `sha256` and `n_bytes` are those of the file."""

    def __init__(self, path: Path, encoding: str, layout: Layout, block_bytes: int = BLOCK_BYTES) -> None:
        self.path, self.encoding, self.layout, self.block_bytes = (
            path,
            encoding,
            layout,
            block_bytes,
        )
        self.n_rows = 0
        # A row of our own after the last one: if it does not come back whole, a quote was left open.
        self._mark = f"end-{uuid.uuid4().hex}"
        self._bytes = _Utf8Bytes(path, encoding, layout.header_bytes, self._last_row())
        self._ragged: list[RaggedRow] = []
        self._last_ragged = RaggedRow(0, 0, "")

    @property
    def sha256(self) -> str:
        return self._bytes.digest.hexdigest()

    @property
    def n_bytes(self) -> int:
        return self._bytes.n_bytes

    def blocks(self) -> Iterator[Block]:
        """The file's rows in order.

        Raises LandingError when the file turns out not to be whole or not to be text as declared, and
        RecordTooLong when a record is longer than a block.
        """
        kept = self.layout.kept
        names = [str(position) for position in range(self.layout.n_columns)]
        numbering = _Numbering()
        try:
            with self._bytes, self._open(names, [names[position] for position in kept]) as stream:
                for batch in stream:
                    ragged, self._ragged = self._ragged, []
                    n_rows = batch.num_rows
                    numbers = numbering.next(n_rows, [row.row_number for row in ragged])
                    is_last = n_rows > 0 and batch.column(0)[n_rows - 1].as_py() == self._mark
                    if is_last:
                        self.n_rows = int(numbers[-1]) - 1
                        n_rows -= 1
                    columns = {position: batch.column(i).slice(0, n_rows) for i, position in enumerate(kept)}
                    yield Block(columns, numbers[:n_rows], ragged, self._bytes.saw_nul)
                    if is_last:
                        self._refuse_cut_off()
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
            pa.PythonFile(self._bytes, mode="r"),
            # Without threads Arrow tells the numbers of the rows it leaves out.
            pyarrow.csv.ReadOptions(use_threads=False, block_size=self.block_bytes, column_names=names),
            pyarrow.csv.ParseOptions(
                delimiter=self.layout.delimiter,
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
        self._last_ragged = RaggedRow(row.number, row.actual_columns, row.text)
        if self._mark not in row.text:
            self._ragged.append(self._last_ragged)
        return "skip"

    def _last_row(self) -> bytes:
        cells = [""] * self.layout.n_columns
        cells[self.layout.kept[0]] = self._mark
        return self.layout.delimiter.join(cells).encode() + b"\n"

    def _refuse_cut_off(self) -> None:
        last = self._last_ragged
        is_short = last.row_number == self.n_rows and last.n_fields < self.layout.n_columns
        if is_short and not self._bytes.ends_with_newline:
            raise LandingError(
                f"data row {last.row_number}, the last: it is cut off after {last.n_fields} of"
                f" {self.layout.n_columns} columns, without a line end.",
                where=self.path.name,
                fix="export it again and drop the whole file in anew",
            )

    def _explained(self, error: pa.ArrowInvalid) -> Exception:
        if self._bytes.is_undecodable or "UTF8" in str(error):
            return undecodable(self.path, self.encoding)
        if "straddling" not in str(error):
            return LandingError(
                "It cannot be read as CSV.",
                where=self.path.name,
                fix="export it again and drop it in anew",
            )
        if self.block_bytes < LARGEST_BLOCK_BYTES:
            return RecordTooLong()
        return LandingError(
            f"A record is longer than {LARGEST_BLOCK_BYTES >> 20} MiB, or a quote is never closed.",
            where=self.path.name,
            fix="export it again, with quotes doubled inside of quoted values",
        )


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


class _Utf8Bytes(io.RawIOBase):
    """The file as UTF-8 without its header and with a row of ours at its end; hashed on the way."""

    def __init__(self, path: Path, encoding: str, skip: int, last_row: bytes) -> None:
        self.digest = hashlib.sha256()
        self.n_bytes = 0
        self.saw_nul = False
        self.is_undecodable = False
        self.ends_with_newline = True
        self._file = path.open("rb")
        is_utf8 = codecs.lookup(encoding).name in ("utf-8", "utf-8-sig", "ascii")
        self._decoder = None if is_utf8 else codecs.getincrementaldecoder(encoding)("strict")
        self._skip = skip
        self._last_row = last_row
        self._ready = b""
        # Arrow takes a mark off the start of what it reads: this one, so that the first cell keeps its own.
        self._mark = codecs.BOM_UTF8
        self._is_at_start = True
        self._is_at_end = False

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while not self._ready and not self._is_at_end:
            self._ready = self._next(max(size, 1 << 16))
        if 0 <= size < len(self._ready):
            given, self._ready = self._ready[:size], self._ready[size:]
        else:
            given, self._ready = self._ready, b""
        return given

    def close(self) -> None:
        self._file.close()
        super().close()

    def _next(self, size: int) -> bytes:
        raw = self._file.read(size)
        self.digest.update(raw)
        self.n_bytes += len(raw)
        chunk = self._as_utf8(raw)
        if self._skip:
            skipped = min(self._skip, len(chunk))
            chunk, self._skip = chunk[skipped:], self._skip - skipped
        if chunk:
            self.saw_nul = self.saw_nul or b"\0" in chunk
            self.ends_with_newline = chunk.endswith((b"\n", b"\r"))
        if not raw:
            self._is_at_end = True
            chunk += (b"" if self.ends_with_newline else b"\n") + self._last_row
        if chunk and self._mark:
            chunk, self._mark = self._mark + chunk, b""
        return chunk

    def _as_utf8(self, raw: bytes) -> bytes:
        if self._decoder is not None:
            try:
                raw = self._decoder.decode(raw, final=not raw).encode()
            except UnicodeDecodeError:
                self.is_undecodable = True
                raise pa.ArrowInvalid("not in the declared encoding") from None
        if self._is_at_start and raw:
            self._is_at_start = False
            raw = raw.removeprefix(codecs.BOM_UTF8)
        return raw
