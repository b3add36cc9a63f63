"""Text of fixed width: a record a line, its columns where the declaration says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rapport.businesses import AS_DECLARED, Dialect
from rapport.errors import LandingError
from rapport.landing.declarations import Declaration, Export, FixedField
from rapport.landing.encodings import undecodable
from rapport.landing.headers import Heading, Layout, arrange
from rapport.landing.packing import ExportFile
from rapport.landing.reading import BLOCK_BYTES, Block, RaggedRow, RecordTooLong
from rapport.landing.text_bytes import NotInEncoding, TextBytes


def layout_of(declaration: Declaration) -> Layout:
    """The layout of a text whose columns lie where the declaration says."""
    return arrange([Heading(field.header) for field in declaration.export.fixed_width], declaration)


class FixedWidthText:
    """A text whose columns lie where the declaration says."""

    format = "fixed_width"

    def __init__(self, file: ExportFile, encoding: str) -> None:
        self.file, self.encoding = file, encoding

    def find_layout(self, declaration: Declaration, own: Dialect = AS_DECLARED) -> Layout:
        """See `Contents`; nothing of it is in the file."""
        return layout_of(declaration)

    def reader(self, layout: Layout, declaration: Declaration, block_bytes: int) -> FixedWidthReader:
        return FixedWidthReader(self.file, self.encoding, layout, declaration.export, block_bytes)


class FixedWidthReader:
    """Reads a text of fixed width once; see `Reader`. Blanks around a value are not part of it."""

    def __init__(
        self, file: ExportFile, encoding: str, layout: Layout, export: Export, block_bytes: int = BLOCK_BYTES
    ) -> None:
        self.file, self.encoding, self.layout, self.block_bytes = file, encoding, layout, block_bytes
        self.n_rows = 0
        self.cut_off: LandingError | None = None
        self._fields: Sequence[FixedField] = export.fixed_width
        self._skip_lines = export.skip_rows
        self._width = max(field.start + field.length - 1 for field in self._fields)
        self._text = TextBytes(file, encoding)
        self._shortest = self._width

    @property
    def digest(self) -> str:
        return self._text.digest

    @property
    def n_bytes(self) -> int:
        return self._text.n_bytes

    def blocks(self) -> Iterator[Block]:
        try:
            for lines in self._lines():
                if len(lines):
                    yield self._block(lines)
        finally:
            self._text.close()

    def _lines(self) -> Iterator[pa.Array]:
        rest = b""
        while not self._text.is_at_end:
            try:
                rest += self._text.read(self.block_bytes)
            except NotInEncoding:
                raise undecodable(self.file, self.encoding) from None
            whole, end = (rest, len(rest)) if self._text.is_at_end else (rest, rest.rfind(b"\n") + 1)
            if end == 0 and len(rest) > self.block_bytes:
                raise RecordTooLong(self.block_bytes)
            rest = whole[end:]
            yield self._split(whole[:end])

    def _split(self, piece: bytes) -> pa.Array:
        try:
            lines = piece.decode().replace("\r\n", "\n").replace("\r", "\n").split("\n")
        except UnicodeDecodeError:
            raise undecodable(self.file, self.encoding) from None
        has_line_end = lines[-1] == ""
        if has_line_end:
            lines.pop()
        skipped = min(self._skip_lines, len(lines))
        self._skip_lines -= skipped
        del lines[:skipped]
        if lines and not has_line_end:
            self._look_at_the_end(lines)
        return pa.array(lines, pa.string())

    def _look_at_the_end(self, lines: list[str]) -> None:
        shortest = min((len(line) for line in lines[:-1] if line), default=self._width)
        if len(lines[-1]) < min(shortest, self._shortest):
            self.cut_off = LandingError(
                f"data row {self.n_rows + len(lines)}, the last: it is shorter than all others, without a line end.",
                where=self.file.name,
                fix="export it again and drop the whole file in anew",
            )

    def _block(self, lines: pa.Array) -> Block:
        numbers = np.arange(self.n_rows + 1, self.n_rows + 1 + len(lines), dtype=np.int64)
        self.n_rows += len(lines)
        lengths = pc.utf8_length(lines)
        self._shortest = min(self._shortest, pc.min(lengths.filter(pc.greater(lengths, 0))).as_py() or self._shortest)
        ragged = []
        if pc.max(lengths).as_py() > self._width:
            rest = pc.utf8_trim(pc.utf8_slice_codeunits(lines, self._width), " \t")
            is_longer = pc.not_equal(rest, "")
            reason = f"it is longer than {self._width} characters"
            ragged = [
                RaggedRow(int(numbers[index]), 1, line := lines[index].as_py(), line, reason)
                for index in pc.indices_nonzero(is_longer).to_pylist()
            ]
            fits = pc.invert(is_longer)
            lines, numbers = lines.filter(fits), numbers[fits.to_numpy(zero_copy_only=False)]
        columns = {position: cells_of(lines, self._fields[position]) for position in self.layout.kept}
        return Block(columns, numbers, ragged, self._text.saw_nul)


def cells_of(lines: pa.Array, field: FixedField) -> pa.Array:
    """What lines hold where a field lies, without blanks around it; null where that is nothing."""
    cut = pc.utf8_slice_codeunits(lines, field.start - 1, field.start - 1 + field.length)
    trimmed = pc.utf8_trim(cut, " \t")
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)
