"""The header of an export: its delimiter, how many rows it takes, and which column is which."""

from __future__ import annotations

import codecs
import csv
import difflib
import io
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rapport.errors import LandingError
from rapport.landing.declarations import Column, Declaration, snake_case
from rapport.landing.encodings import undecodable

# What is longer than this is no header: an open quote, or not a text file.
LONGEST_HEADER = 1 << 24
_FIRST_LOOK = 1 << 16
_ONLY_CHOICE = {"", "response", "open-ended response"}

csv.field_size_limit(sys.maxsize)


@dataclass(frozen=True)
class Layout:
    """Where a file's columns are: positions from 0; `header_bytes` is the header's length as UTF-8, no BOM.

    `shown` names every column uniquely, as the file heads it; `extras` are the undeclared ones.
    """

    delimiter: str
    header_rows: int
    header_bytes: int
    shown: tuple[str, ...]
    columns: dict[str, int]
    extras: dict[str, int]
    dropped: frozenset[int]
    missing: tuple[str, ...]

    @property
    def n_columns(self) -> int:
        return len(self.shown)

    @property
    def kept(self) -> list[int]:
        """Positions of all columns that are read, in the file's order."""
        return [position for position in range(self.n_columns) if position not in self.dropped]


@dataclass(frozen=True)
class _Record:
    cells: list[str]
    end: int  # bytes of the text, as UTF-8, up to the end of this record


def read_layout(
    path: Path,
    encoding: str,
    declaration: Declaration,
    others: Iterable[Declaration] = (),
) -> Layout:
    """Read the header of a file as the declaration says.

    A declared column that is there twice counts where it is first, the other is kept as an undeclared one.
    `others` are the tables the file might be instead, for the message. Raises LandingError for a file that is
    empty, has no readable header or lacks a required column.
    """
    if path.stat().st_size == 0:
        raise LandingError(
            "The file is empty (0 bytes).",
            where=path.name,
            fix="export it again and drop it in anew",
        )
    layout = find_layout(path, encoding, declaration)
    if layout is None:
        raise LandingError(
            "line 1: the header is not a readable row (an open quote, NUL bytes, or not text).",
            where=path.name,
            fix="export it again as CSV and drop it in anew",
        )
    required = [column for column in declaration.columns if column.required]
    missing = [column for column in required if column.name not in layout.columns]
    if missing:
        raise _missing_columns(missing, layout, declaration, path, others)
    return layout


def find_layout(path: Path, encoding: str, declaration: Declaration) -> Layout | None:
    """The layout by the delimiter that gives most declared columns; None if there is no readable header."""
    layouts = []
    for delimiter in declaration.export.delimiter:
        records = first_records(path, encoding, delimiter, len(declaration.export.header_rows))
        if records and not any("\0" in cell for cell in records[0].cells):
            layouts.append(_layout(records, delimiter, declaration))
    return max(layouts, key=lambda layout: len(layout.columns), default=None)


def first_records(path: Path, encoding: str, delimiter: str, limit: int) -> list[_Record]:
    """The first records of a file that are not blank; fewer than `limit` if there are no more.

    Raises LandingError if the bytes are not in the encoding.
    """
    size = _FIRST_LOOK
    while True:
        with path.open("rb") as file:
            raw = file.read(size)
            is_whole = not file.read(1)
        try:
            text = codecs.getincrementaldecoder(encoding)("strict").decode(raw, final=is_whole)
        except UnicodeDecodeError:
            raise undecodable(path, encoding) from None
        records = _parse(text.removeprefix("\ufeff"), delimiter, limit, is_whole=is_whole)
        if len(records) == limit or is_whole or size >= LONGEST_HEADER:
            return records
        size *= 16


def _parse(text: str, delimiter: str, limit: int, *, is_whole: bool) -> list[_Record]:
    consumed = 0

    def lines() -> Iterator[str]:
        nonlocal consumed
        for line in io.StringIO(text, newline=""):
            consumed += len(line)
            yield line

    records: list[_Record] = []
    try:
        for cells in csv.reader(lines(), delimiter=delimiter, strict=True):
            if consumed == len(text) and not is_whole:
                break  # cut off where the look ended, not where the record does
            if any(cells):
                records.append(_Record(cells, len(text[:consumed].encode())))
            if len(records) == limit:
                break
    except csv.Error:
        pass  # an open quote: what was read before it counts
    return records


def _layout(records: list[_Record], delimiter: str, declaration: Declaration) -> Layout:
    headers = records[0].cells
    columns, dropped = _match(headers, declaration.columns)
    shown, header_rows = headers, 1
    if len(records) > 1:
        choices = records[1].cells
        required = [
            columns[column.name] for column in declaration.columns if column.required and column.name in columns
        ]
        # With a single header row, the row below it already is a record and has these filled.
        if all(position >= len(choices) or not choices[position].strip() for position in required):
            shown, header_rows = _question_and_choice(headers, choices), 2
    unique = _unique(shown)
    taken = set(columns.values()) | dropped
    return Layout(
        delimiter=delimiter,
        header_rows=header_rows,
        header_bytes=records[header_rows - 1].end,
        shown=tuple(unique),
        columns=columns,
        extras={unique[position]: position for position in range(len(headers)) if position not in taken},
        dropped=frozenset(dropped),
        missing=tuple(column.name for column in declaration.loaded_columns if column.name not in columns),
    )


def _match(headers: list[str], declared: list[Column]) -> tuple[dict[str, int], set[int]]:
    positions: dict[str, list[int]] = {}
    for position, header in enumerate(headers):
        positions.setdefault(snake_case(header), []).append(position)
    columns: dict[str, int] = {}
    dropped: set[int] = set()
    for column in declared:
        found = [position for header in column.headers for position in positions.get(snake_case(header), [])]
        if column.drop:
            dropped.update(found)
        elif found:
            columns[column.name] = found[0]
    return columns, dropped


def _question_and_choice(questions: list[str], choices: list[str]) -> list[str]:
    """ "question | choice" a column; a blank question is that of the column to the left."""
    shown, question = [], ""
    for position, cell in enumerate(questions):
        question = _plain(cell) or question
        choice = _plain(choices[position]) if position < len(choices) else ""
        shown.append(question if choice.lower() in _ONLY_CHOICE else f"{question} | {choice}")
    return shown


def _plain(cell: str) -> str:
    return " ".join(re.sub(r"<[^<>]*>", " ", cell).split())


def _unique(headers: list[str]) -> list[str]:
    """Name blank headers by their position, and number those that repeat."""
    seen: set[str] = set()
    unique = []
    for position, header in enumerate(headers, start=1):
        name = base = header.strip() or f"(column {position})"
        count = 1
        while name in seen:
            count += 1
            name = f"{base} ({count})"
        seen.add(name)
        unique.append(name)
    return unique


def _missing_columns(
    missing: list[Column],
    layout: Layout,
    declaration: Declaration,
    path: Path,
    others: Iterable[Declaration],
) -> LandingError:
    names = ", ".join(repr(column.headers[0]) for column in missing)
    fix = "export it again with these columns and drop it in anew"
    by_snake = {snake_case(header): header for header in layout.extras}
    similar = {
        column.headers[0]: by_snake[close[0]]
        for column in missing
        if (close := difflib.get_close_matches(snake_case(column.headers[0]), by_snake, n=1, cutoff=0.75))
    }
    if similar:
        renamed = ", ".join(f"{old!r} may now be {new!r}" for old, new in similar.items())
        fix = f"{renamed}: if so, add it to `aliases` in {declaration.source_file}; else {fix}"
    instead = [
        other
        for other, n_shared in nearest_tables(layout.shown, others)
        if n_shared > len(layout.columns) and other != declaration
    ]
    looks_like = f" Its header looks like {instead[0]} instead." if instead else ""
    noun = "columns" if len(missing) > 1 else "column"
    return LandingError(
        f"line 1: {noun} {names} missing, which {declaration} requires.{looks_like}",
        where=path.name,
        fix=f"move it to the folder of {instead[0].vendor}, named as its exports are" if instead else fix,
    )


def nearest_tables(header: Iterable[str], tables: Iterable[Declaration]) -> list[tuple[Declaration, int]]:
    """Tables that share columns with a header, those that share most first, with how many."""
    present = {snake_case(cell) for cell in header}
    shared = [
        (
            table,
            sum(any(snake_case(name) in present for name in column.headers) for column in table.columns),
        )
        for table in tables
    ]
    return sorted((pair for pair in shared if pair[1]), key=lambda pair: -pair[1])
