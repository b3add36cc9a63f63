"""Landed exports, read as a load reads them, for the rows of a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg

from rapport.businesses import Business
from rapport.errors import LandingError
from rapport.landing.contents import Contents, is_text, open_binary, open_text
from rapport.landing.declarations import Declaration
from rapport.landing.encodings import Undecodable, choose_encoding, detect_encoding
from rapport.landing.headers import Layout, require_columns
from rapport.landing.packing import ExportFile
from rapport.landing.reading import LARGEST_BLOCK_BYTES, Block, RecordTooLong
from rapport.landing.recognition import recognise
from rapport.privacy.person import Person
from rapport.privacy.raw_rows import matcher
from rapport.privacy.tombstones import ErasedRows, Tombstones


def landing_folders(conn: psycopg.Connection[Any], business: Business) -> list[Path]:
    """Every folder that nights of the business took exports from, as far as they are there."""
    used = {Path(folder) for (folder,) in conn.execute("select distinct landing from ops.nights where landing <> ''")}
    return sorted(folder for folder in {business.landing_folder().absolute(), *used} if folder.is_dir())


@dataclass(frozen=True)
class ReadExport:
    """An export as it was read. `rows`: numbers of the person's, from 1.

    is_named_elsewhere: whether other rows name them too; looked at where the file is no text that shows it.
    """

    declaration: Declaration
    contents: Contents
    layout: Layout
    n_rows: int
    rows: set[int]
    is_named_elsewhere: bool


@dataclass(frozen=True)
class LandedExports:
    """Reads exports of a business for one person's rows."""

    business: Business
    tables: Sequence[Declaration]
    person: Person

    @cached_property
    def _known(self) -> Tombstones:
        return matcher(self.person, self.business.default_country)

    def read(self, file: ExportFile, folder: Path, declaration: Declaration | None = None) -> ReadExport | None:
        """Read a file of a landing folder, of a table if that is known; None where it is of no declared one.

        Raises LandingError where it cannot be read.
        """
        declaration = declaration or self._declaration_of(file, folder)
        if declaration is None:
            return None
        last: LandingError | None = None
        for contents in self._openings(declaration, file):
            try:
                return self._read(declaration, file, contents)
            except Undecodable as error:
                last = error
            except RecordTooLong as error:
                raise error.as_refusal(file.name) from None
        raise last or LandingError("It cannot be read.", where=file.name)

    def _declaration_of(self, file: ExportFile, folder: Path) -> Declaration | None:
        """The table of one of the business's vendors, else of any, as files are also taken in by hand."""
        listed = [table for table in self.tables if table.vendor in self.business.vendors]
        return recognise(file, folder, listed).declaration or recognise(file, folder, self.tables).declaration

    def _openings(self, declaration: Declaration, file: ExportFile) -> Iterator[Contents]:
        """As a load opens it: in the encoding that is told, else in one that is found."""
        if file.fault is not None:
            raise file.fault
        if not is_text(file):
            yield open_binary(file)
            return
        own = self.business.dialect_of(declaration.vendor).encodings
        is_fixed_width = bool(declaration.export.fixed_width)
        told = choose_encoding(file, own or declaration.export.encodings, is_certain=bool(own))
        yield open_text(file, told, is_fixed_width=is_fixed_width)
        if not own:
            yield open_text(file, detect_encoding(file), is_fixed_width=is_fixed_width)

    def _read(self, declaration: Declaration, file: ExportFile, contents: Contents) -> ReadExport:
        layout = contents.find_layout(declaration, self.business.dialect_of(declaration.vendor))
        layout = require_columns(layout, file, declaration)
        reader = contents.reader(layout, declaration, LARGEST_BLOCK_BYTES)
        theirs = ErasedRows(self._known, declaration)
        rows: set[int] = set()
        is_named_elsewhere = False
        for block in reader.blocks():
            declared = {name: block.columns[position] for name, position in layout.columns.items()}
            extras = {name: block.columns[position] for name, position in layout.extras.items()}
            found = theirs.of_block(declared, extras)
            rows |= {int(block.row_numbers[index]) for index in found}
            for ragged in block.ragged:
                cells = layout.quoting.cells(ragged.text, layout.delimiter) if layout.delimiter else [ragged.text]
                rows |= {ragged.row_number} if theirs.has_line(cells) else set()
            if contents.encoding is None and not is_named_elsewhere:
                is_named_elsewhere = self.person.is_in(_text_without(block, found))
        return ReadExport(declaration, contents, layout, reader.n_rows, rows, is_named_elsewhere)


def _text_without(block: Block, rows: set[int]) -> str:
    """The cells of all other rows of a block, a line each."""
    return "\n".join(
        cell
        for column in block.columns.values()
        for row, cell in enumerate(column.to_pylist())
        if cell and row not in rows
    )
