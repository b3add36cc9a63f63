"""Workbooks (xlsx): the one sheet that fits, its cells as the text that a CSV export of it would show."""

from __future__ import annotations

import functools
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from rapport.businesses import AS_DECLARED, Dialect
from rapport.errors import LandingError
from rapport.landing.declarations import Declaration
from rapport.landing.headers import LOOKED_AT, Cells, Layout, arrange, missing_columns, read_headings
from rapport.landing.nested_values import json_text
from rapport.landing.packing import ALWAYS_ALLOWED_BYTES, LARGEST_RATIO, ExportFile
from rapport.landing.reading import Block, RaggedRow, RecordTooLong
from rapport.landing.typed_values import moment_text, number_text

MOST_ROWS = 1_048_576
# Empty ones before others count: a few bytes can place a cell far to the right.
MOST_CELLS = 50_000_000
# Texts that cells share are held in memory, and so is all that is no sheet.
LARGEST_SHARED_BYTES = 64 << 20
MOST_SHARED = 2_000_000
LARGEST_PART_BYTES = 8 << 20
_BLOCK_ROWS = 4_096
_BLOCK_CELLS = 1_000_000
_PIECE = 1 << 20
# A formula without the value it had when the workbook was saved; a text that came out empty is one.
_NO_VALUE = re.compile(
    rb"<c\b([^>]*)>\s*<f\b[^<>]*(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>",
)
_ZEROS = re.compile("0{2,}")
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')

# It warns of looks (styles, validations) that do not matter here.
warnings.filterwarnings("ignore", module="openpyxl")


class ErrorValue(str):
    """What a cell shows whose formula failed, such as #N/A."""

    __slots__ = ()


class Workbook:
    """A workbook; hidden sheets are not read."""

    format = "xlsx"
    encoding = None

    def __init__(self, file: ExportFile) -> None:
        self.file = file

    def find_layout(self, declaration: Declaration, own: Dialect = AS_DECLARED) -> Layout | None:
        """See `Contents`: of the only sheet that has all required columns; else of the first that holds anything.

        Raises LandingError where several sheets have them.
        """
        layouts = [layout for name in self._first_rows if (layout := self._layout(name, declaration)) is not None]
        fitting = [layout for layout in layouts if not missing_columns(layout, declaration)]
        if len(fitting) > 1:
            names = ", ".join(repr(layout.sheet) for layout in fitting)
            raise LandingError(
                f"Several of its sheets are {declaration}: {names}.",
                where=self.file.name,
                fix="keep the one that counts, or save each as a file of its own",
            )
        return next(iter(fitting or layouts), None)

    def reader(self, layout: Layout, declaration: Declaration, block_bytes: int) -> WorkbookReader:
        return WorkbookReader(self, layout, declaration, block_bytes)

    def rows(self, sheet: str) -> Iterator[Sequence[Any]]:
        """Cells of each row of a sheet, as openpyxl's. Raises LandingError where they cannot be read."""
        n_cells = 0
        with _readable(self.file):
            worksheet = self._book[sheet]
            worksheet.reset_dimensions()
            for n_rows, row in enumerate(worksheet.iter_rows(), start=1):
                n_cells += len(row)
                if n_rows > MOST_ROWS or n_cells > MOST_CELLS:
                    raise LandingError(
                        f"Its sheet is larger than a workbook holds ({MOST_ROWS:,} rows), or nearly empty.",
                        where=self.file.name,
                        fix="export it as CSV",
                    )
                yield row

    def refuse_uncomputed(self, sheet: str) -> None:
        """Raises LandingError if a cell of a sheet has a formula without the value it comes to."""
        with _readable(self.file), self.file.open_held() as content, zipfile.ZipFile(content) as archive:
            path = self._book[sheet]._worksheet_path.lstrip("/")
            with archive.open(path) as part:
                rest = b""
                while block := part.read(_PIECE):
                    rest = rest[-(1 << 16) :] + block
                    if any(b't="str"' not in found[1] for found in _NO_VALUE.finditer(rest)):
                        raise LandingError(
                            "A cell has a formula that was never computed: the workbook was written by a program.",
                            where=self.file.name,
                            fix="open it in a spreadsheet and save it; or export it as CSV",
                        )

    @functools.cached_property
    def _book(self) -> Any:
        from openpyxl import load_workbook

        with _readable(self.file):
            content = self.file.open_held()
            _refuse_bombs(self.file, content)
            return load_workbook(content, read_only=True, data_only=True, keep_links=False)

    @functools.cached_property
    def _first_rows(self) -> dict[str, list[tuple[int, Cells]]]:
        """Number and cells of the first rows that are not blank, of each sheet that is shown."""
        found: dict[str, list[tuple[int, Cells]]] = {}
        for sheet in self._book.worksheets:
            if sheet.sheet_state != "visible":
                continue
            first: list[tuple[int, Cells]] = []
            for number, row in enumerate(self.rows(sheet.title), start=1):
                cells = [text_of(cell) or "" for cell in row]
                if any(cells):
                    first.append((number, cells))
                if number > _BLOCK_ROWS or len(first) == _BLOCK_ROWS // 64:
                    break
            found[sheet.title] = first
        return found

    def _layout(self, sheet: str, declaration: Declaration) -> Layout | None:
        export = declaration.export
        rows = [(number, cells) for number, cells in self._first_rows[sheet] if number > export.skip_rows]
        rows = rows[: len(export.header_rows) + LOOKED_AT]
        if not rows:
            return None
        width = max(position for _, cells in rows for position, cell in enumerate(cells, start=1) if cell)
        squared = [(cells + [""] * width)[:width] for _, cells in rows]
        headings, n_rows = read_headings(squared, declaration)
        return replace(arrange(headings, declaration), sheet=sheet, header_rows=rows[n_rows - 1][0])


class WorkbookReader:
    """Reads a sheet once; see `Reader`."""

    def __init__(self, book: Workbook, layout: Layout, declaration: Declaration, block_bytes: int) -> None:
        self.file, self.layout, self.block_bytes = book.file, layout, block_bytes
        self.n_rows = 0
        self.cut_off: LandingError | None = None
        self.digest, self.n_bytes = book.file.digest(), book.file.size
        self._book, self._has_footer = book, declaration.export.footer is not None
        self._declared = {position: name for name, position in layout.columns.items()}

    def blocks(self) -> Iterator[Block]:
        from openpyxl.cell.read_only import EMPTY_CELL

        assert self.layout.sheet is not None
        self._book.refuse_uncomputed(self.layout.sheet)
        rows: list[list[str | None]] = []
        numbers: list[int] = []
        ragged: list[RaggedRow] = []
        n_bytes, n_at_once = 0, max(1, min(_BLOCK_ROWS, _BLOCK_CELLS // self.layout.n_columns))
        for row in self._rows():
            cells = [None if cell is EMPTY_CELL else text_of(cell) for cell in row[: self.layout.n_columns]]
            cells += [None] * (self.layout.n_columns - len(cells))
            self.n_rows += 1
            reason = self._fault(row, cells)
            if reason is None:
                rows.append(cells)
                numbers.append(self.n_rows)
            else:
                ragged.append(self._ragged(cells, reason))
            size = sum(len(cell) for cell in cells if cell)
            if size > self.block_bytes:
                raise RecordTooLong(self.block_bytes)
            n_bytes += size
            if len(rows) + len(ragged) == n_at_once or n_bytes > self.block_bytes:
                yield self._block(rows, numbers, ragged)
                rows, numbers, ragged, n_bytes = [], [], [], 0
        yield self._block(rows, numbers, ragged)

    def _rows(self) -> Iterator[Sequence[Any]]:
        assert self.layout.sheet is not None
        for number, row in enumerate(self._book.rows(self.layout.sheet), start=1):
            if number > self.layout.header_rows:
                yield row

    def _fault(self, row: Sequence[Any], cells: list[str | None]) -> str | None:
        for position in self._declared:
            if isinstance(cells[position], ErrorValue):
                return f"{self.layout.shown[position]}: it holds an error of the spreadsheet ({cells[position]})"
        n_filled = len(row)
        while n_filled > self.layout.n_columns and row[n_filled - 1].value is None:
            n_filled -= 1
        if n_filled > self.layout.n_columns:
            return f"it has {n_filled} fields, the header {self.layout.n_columns}"
        if self._has_footer and cells[0] is not None and len(cells) > 1 and not any(cells[1:]):
            return "only its first cell is filled"
        return None

    def _ragged(self, cells: list[str | None], reason: str) -> RaggedRow:
        shown = {self.layout.shown[i]: cell for i, cell in enumerate(cells) if cell is not None}
        n_fields = 1 if list(shown) == [self.layout.shown[0]] else len(cells)
        return RaggedRow(self.n_rows, n_fields, cells[0] or "", json_text(shown), reason)

    def _block(self, rows: list[list[str | None]], numbers: list[int], ragged: list[RaggedRow]) -> Block:
        columns = list(zip(*rows, strict=True)) or [()] * self.layout.n_columns
        kept = {position: pa.array(columns[position], pa.string()) for position in self.layout.kept}
        return Block(kept, np.array(numbers, dtype=np.int64), ragged, may_hold_nul=False)


def text_of(cell: Any) -> str | None:
    """What a cell holds, as text: dates in ISO order, numbers as they were entered; None where it is empty."""
    value = cell.value
    if value is None or value == "":
        return None
    if cell.data_type == "e":
        return ErrorValue(value)
    if isinstance(value, str):
        return value.replace("_x000D_", "\r")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return _number(value, cell.number_format)
    return _moment(value, cell.number_format)


def _number(value: int | float, format_: str) -> str:
    # A spreadsheet keeps 15 digits; what it adds up is off in the 17th.
    written = f"{value:.15g}" if isinstance(value, float) else str(value)
    if "%" in format_ and "%" in _QUOTED.sub("", format_):
        return f"{number_text(str((Decimal(written) * 100).normalize()))}%"
    if abs(value) >= 1e15 and isinstance(value, float):
        return written.upper()  # digits are lost, and it shows
    text = number_text(written)
    return text.zfill(len(format_)) if _ZEROS.fullmatch(format_) and text.isdecimal() else text


def _moment(value: date | time | timedelta, format_: str) -> str:
    if isinstance(value, datetime):
        value += timedelta(microseconds=500)
        value = value.replace(microsecond=value.microsecond // 1000 * 1000)
        if value.time() == time() and "h" not in _QUOTED.sub("", format_.lower()):
            value = value.date()
    return moment_text(value)


def _refuse_bombs(file: ExportFile, content: Any) -> None:
    with zipfile.ZipFile(content) as archive:
        parts = archive.infolist()
        if sum(part.file_size for part in parts) > max(ALWAYS_ALLOWED_BYTES, LARGEST_RATIO * file.size):
            raise LandingError(
                f"It unpacks to more than {LARGEST_RATIO} times its size: no workbook does.",
                where=file.name,
                fix="find out who made it; if it is right, export it as CSV",
            )
        for part in parts:
            name = part.filename.lower()
            is_shared = name.endswith("sharedstrings.xml")
            if not name.endswith((".xml", ".rels")) or "worksheets/sheet" in name:
                continue
            if part.file_size > (LARGEST_SHARED_BYTES if is_shared else LARGEST_PART_BYTES) or (
                is_shared and _n_shared(archive, part) > MOST_SHARED
            ):
                raise LandingError(
                    "Its texts or styles are more than is held in memory.", where=file.name, fix="export it as CSV"
                )
    content.seek(0)


def _n_shared(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    with archive.open(part) as texts:
        return sum(block.count(b"<si") for block in iter(lambda: texts.read(_PIECE), b""))


@contextmanager
def _readable(file: ExportFile) -> Iterator[None]:
    """Whatever the parsers of a workbook raise: it cannot be read."""
    try:
        yield
    except (LandingError, RecordTooLong, GeneratorExit):
        raise
    except Exception:
        raise LandingError(
            "It cannot be read as a workbook (xlsx): it is cut off or damaged, or of another kind.",
            where=file.name,
            fix="save it again as xlsx or CSV, and drop it in anew",
        ) from None
