"""The header of an export: how many rows it takes, and which column is which."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapport.errors import LandingError
from rapport.landing.checks import checks_of
from rapport.landing.declarations import Column, Declaration, HeaderRow, snake_case
from rapport.landing.packing import ExportFile
from rapport.landing.quoting import USUAL_QUOTING, Quoting
from rapport.landing.secret_headers import reads_like_a_secret
from rapport.landing.value_forms import ValueDialect

_ONLY_CHOICE = {"", "response", "open-ended response"}
# Records that are looked at below the header: what they agree on is how rows end.
LOOKED_AT = 3

# What can be read at all can be read in one of them.
_OPPOSITE_DIALECTS = (ValueDialect(".", "mdy"), ValueDialect(",", "dmy"))

Cells = list[str]


@dataclass(frozen=True)
class Heading:
    """What the file says above a column, as it says it; `label` is its label or, in a survey, its choice.

    A question that spans several columns is the header of each, `is_continued` on all but the first.
    """

    header: str
    label: str | None = None
    metadata: str | None = None
    is_continued: bool = False


@dataclass(frozen=True)
class Layout:
    """Where a file's columns are: positions from 0; `header_bytes` is the header's length as UTF-8, no BOM.

    `shown` names every column uniquely, as the file heads it; `extras` are the undeclared ones, but for those that read
    like secrets: `unkept`, dropped like what is declared so. `delimiter` is None where a text has none. Of a workbook,
    rows begin below `header_rows` rows of the `sheet`.
    """

    delimiter: str | None
    header_bytes: int
    headings: tuple[Heading, ...]
    shown: tuple[str, ...]
    columns: dict[str, int]
    extras: dict[str, int]
    dropped: frozenset[int]
    missing: tuple[str, ...]
    sheet: str | None = None
    header_rows: int = 0
    unkept: tuple[str, ...] = ()
    quoting: Quoting = USUAL_QUOTING

    @property
    def n_columns(self) -> int:
        return len(self.shown)

    @property
    def kept(self) -> list[int]:
        """Positions of all columns that are read, in the file's order."""
        return [position for position in range(self.n_columns) if position not in self.dropped]

    @property
    def new_columns(self) -> tuple[str, ...]:
        """Undeclared columns that have a header."""
        return tuple(name for name, position in self.extras.items() if self.headings[position].header)


def require_columns(
    layout: Layout | None, file: ExportFile, declaration: Declaration, others: Iterable[Declaration] = ()
) -> Layout:
    """The layout, if a file of it can be loaded as the declared table.

    A declared column that is there twice counts where it is first, the other is kept as an undeclared one.
    `others` are the tables the file might be instead, for the message. Raises LandingError for a file that has no
    readable header, lacks a required column or has none that is loaded.
    """
    if layout is None:
        raise LandingError(
            "line 1: the header is not a readable row (an open quote, NUL bytes, or not text).",
            where=file.name,
            fix="export it again as CSV and drop it in anew",
        )
    missing = missing_columns(layout, declaration)
    if missing:
        raise _missing_columns(missing, layout, declaration, file, others)
    if not layout.kept:
        raise LandingError(
            "It has no column that is loaded.", where=file.name, fix="export it again with the table's columns"
        )
    return layout


def missing_columns(layout: Layout, declaration: Declaration) -> list[Column]:
    """Required columns that a file lacks."""
    return [column for column in declaration.columns if column.required and column.name not in layout.columns]


def arrange(
    headings: Sequence[Heading], declaration: Declaration, delimiter: str | None = None, header_bytes: int = 0
) -> Layout:
    """The layout of columns with these headings."""
    names = ["" if heading.is_continued else heading.header for heading in headings]
    columns, dropped = _match(names, declaration.columns)
    unique = _unique(_shown(headings, declaration.export.header_rows))
    declared = set(columns.values()) | dropped
    unkept = [
        position
        for position, heading in enumerate(headings)
        if position not in declared and reads_like_a_secret(heading.header)
    ]
    dropped.update(unkept)
    taken = declared | dropped
    return Layout(
        delimiter=delimiter,
        header_bytes=header_bytes,
        headings=tuple(headings),
        shown=tuple(unique),
        columns=columns,
        extras={unique[position]: position for position in range(len(headings)) if position not in taken},
        dropped=frozenset(dropped),
        missing=tuple(column.name for column in declaration.loaded_columns if column.name not in columns),
        unkept=tuple(unique[position] for position in unkept),
    )


def read_headings(rows: Sequence[Cells], declaration: Declaration) -> tuple[list[Heading], int]:
    """What the first rows of a file say of its columns, and how many of them are its header.

    `rows`: those the declaration expects above the records and a few below. Of the expected ones, each after the
    names may be missing: a record in its place is told by its values.
    """
    roles = declaration.export.header_rows
    named = next(index for index, role in enumerate(roles) if role in ("name", "question"))
    named = min(named, len(rows) - 1)
    found: dict[HeaderRow, Cells] = dict(zip(roles, rows[: named + 1], strict=False))
    n_rows = named + 1
    columns, _ = _match(rows[named], declaration.columns)
    for role in roles[n_rows:]:
        if n_rows < len(rows) and _is_header(rows[n_rows], role, columns, declaration):
            found[role] = rows[n_rows]
            n_rows += 1
    names = _as_wide_as_records(rows[named], rows[n_rows : n_rows + LOOKED_AT])
    labels, metadata = found.get("label", found.get("choice", [])), found.get("metadata", [])
    headings = []
    question = ""
    for position, name in enumerate(map(str.strip, names)):
        is_continued = "choice" in found and not name and question != ""
        question = question if is_continued else name
        headings.append(Heading(question, _cell(labels, position), _cell(metadata, position), is_continued))
    return headings, n_rows


def _is_header(cells: Cells, role: HeaderRow, columns: dict[str, int], declaration: Declaration) -> bool:
    """Whether the row below the names is what the declaration expects there, rather than a record."""
    if role == "choice":
        # With a single header row, the row below it already is a record and has these filled.
        required = [
            columns[column.name] for column in declaration.columns if column.name in columns and column.required
        ]
        return not any(_cell(cells, position) for position in required)
    checked = [
        check.fits(cell)
        for dialect in _OPPOSITE_DIALECTS
        for check in checks_of(declaration, dialect)
        if check.column.check and (cell := _cell(cells, columns.get(check.column.name, len(cells))))
    ]
    if checked:
        return not any(checked)
    filled = [cell for cell in cells if cell.strip()]
    return role == "label" or all(cell.startswith("{") for cell in filled)


def _as_wide_as_records(names: Cells, records: Sequence[Cells]) -> Cells:
    """The names, without blank ones at the end that records lack, or with those that only records have."""
    widths = {len(record) for record in records}
    if len(widths) != 1:
        return names
    (width,) = widths
    is_blank = not any(cell.strip() for row in (names, *records) for cell in row[min(width, len(names)) :])
    return (names + [""] * (width - len(names)))[:width] if is_blank else names


def _cell(cells: Cells, position: int) -> str | None:
    return (cells[position].strip() or None) if position < len(cells) else None


def _match(headers: Sequence[str], declared: list[Column]) -> tuple[dict[str, int], set[int]]:
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


def _shown(headings: Sequence[Heading], roles: Sequence[HeaderRow]) -> list[str]:
    if "question" not in roles:
        return [heading.header for heading in headings]
    return [_question_and_choice(heading) for heading in headings]


def _question_and_choice(heading: Heading) -> str:
    """ "question | choice"; the question alone where there is but one column of answers."""
    question, choice = _plain(heading.header), _plain(heading.label or "")
    return question if choice.lower() in _ONLY_CHOICE else f"{question} | {choice}"


def _plain(cell: str) -> str:
    return " ".join(re.sub(r"<[^<>]*>", " ", cell).split())


def _unique(headers: Sequence[str]) -> list[str]:
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
    file: ExportFile,
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
        where=file.name,
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
