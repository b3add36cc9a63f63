"""A person's rows in landed files: the files are written anew without them and stay the same loads to the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import psycopg

from rapport.businesses import Business
from rapport.errors import LandingError
from rapport.files import write_like
from rapport.landing.contents import Contents, is_text, open_binary, open_text
from rapport.landing.declarations import Declaration
from rapport.landing.encodings import Undecodable, choose_encoding, detect_encoding
from rapport.landing.fetched_sizes import keep_fetched_size
from rapport.landing.headers import Layout, require_columns
from rapport.landing.packing import ExportFile, exports_in
from rapport.landing.reading import LARGEST_BLOCK_BYTES, RecordTooLong
from rapport.landing.recognition import landed_files, recognise
from rapport.privacy.person import Person
from rapport.privacy.raw_rows import matcher
from rapport.privacy.rewriting import CannotRewrite, content_of, repacked, text_of, without_rows
from rapport.privacy.tombstones import ErasedRows, Tombstones

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class ChangedFile:
    """What became of a landed file. `n_rows` were the person's; `note` says why a file is gone."""

    file: str
    outcome: Literal["rewritten", "deleted"]
    n_rows: int
    note: str = ""


@dataclass(frozen=True)
class _Read:
    """An export as it was read: the person's rows in it, and whether it names them anywhere."""

    contents: Contents
    layout: Layout
    n_rows: int
    rows: set[int]


def landing_folders(conn: Connection, business: Business) -> list[Path]:
    """Every folder that nights of the business took exports from, as far as they are there."""
    used = {Path(folder) for (folder,) in conn.execute("select distinct landing from ops.nights where landing <> ''")}
    return sorted(folder for folder in {business.landing_folder().absolute(), *used} if folder.is_dir())


def erase_from_landing(
    conn: Connection, business: Business, tables: Sequence[Declaration], person: Person, erasure_id: int
) -> list[ChangedFile]:
    """Write every landed file that has rows of the person anew without them.

    A file that cannot be written so is deleted. A call after one that was killed completes it. Commits.
    """
    _complete(conn, business, erasure_id)
    known = matcher(person, business.default_country)
    changed = []
    for folder in landing_folders(conn, business):
        for path in landed_files(folder):
            if (found := _erase_from(conn, business, tables, person, known, erasure_id, folder, path)) is not None:
                changed.append(found)
    return changed


def _erase_from(
    conn: Connection,
    business: Business,
    tables: Sequence[Declaration],
    person: Person,
    known: Tombstones,
    erasure_id: int,
    folder: Path,
    path: Path,
) -> ChangedFile | None:
    files = exports_in(path)
    contents: dict[str, bytes] = {}
    n_rows = 0
    try:
        for file in files:
            declaration = _declaration_of(business, file, folder, tables)
            if declaration is None:
                raise CannotRewrite("it is no export of a declared table")
            read = _read(business, declaration, file, known)
            content = content_of(file)
            redacted = 0
            if read.contents.encoding is not None:
                redacted = person.redacted(content.decode(read.contents.encoding))[1]
            if read.rows or redacted:
                contents[file.name] = without_rows(
                    content, read.contents.encoding, read.contents.format, read.layout, read.rows,
                    n_rows=read.n_rows,
                    skip_lines=declaration.export.skip_rows if declaration.export.fixed_width else 0,
                    redact=lambda text: person.redacted(text)[0],
                )  # fmt: skip
                n_rows += len(read.rows)
        if not contents:
            return None
        part = path.with_name(f".{path.name}.part")
        write_like(part, repacked(files[0], contents), path)  # as new as it was: nobody takes it for news
        _check(business, tables, known, files, part, folder)
    except (CannotRewrite, LandingError, UnicodeError) as error:
        path.with_name(f".{path.name}.part").unlink(missing_ok=True)
        if not n_rows and not person.is_in(text_of(path)[0]):
            return None
        return _delete(conn, path, files, n_rows, str(error) if isinstance(error, CannotRewrite) else "")
    for file, new in zip(files, exports_in(part), strict=True):
        _plan(conn, erasure_id, file, new)
    conn.commit()
    keep_fetched_size(path)
    part.replace(path)
    _complete(conn, business, erasure_id)
    return ChangedFile(path.name, "rewritten", n_rows)


def _declaration_of(
    business: Business, file: ExportFile, folder: Path, tables: Sequence[Declaration]
) -> Declaration | None:
    """The table a file is of: one of the business's vendors, else of any, as files are also taken in by hand."""
    listed = [table for table in tables if table.vendor in business.vendors]
    return recognise(file, folder, listed).declaration or recognise(file, folder, tables).declaration


def _read(business: Business, declaration: Declaration, file: ExportFile, known: Tombstones) -> _Read:
    last: LandingError | None = None
    for contents in _openings(business, declaration, file):
        try:
            layout = contents.find_layout(declaration, business.dialect_of(declaration.vendor))
            layout = require_columns(layout, file, declaration)
            reader = contents.reader(layout, declaration, LARGEST_BLOCK_BYTES)
            theirs = ErasedRows(known, declaration)
            rows: set[int] = set()
            for block in reader.blocks():
                declared = {name: block.columns[position] for name, position in layout.columns.items()}
                extras = {name: block.columns[position] for name, position in layout.extras.items()}
                rows |= {int(block.row_numbers[index]) for index in theirs.of_block(declared, extras)}
                for ragged in block.ragged:
                    cells = layout.quoting.cells(ragged.text, layout.delimiter) if layout.delimiter else [ragged.text]
                    rows |= {ragged.row_number} if theirs.has_line(cells) else set()
            return _Read(contents, layout, reader.n_rows, rows)
        except Undecodable as error:
            last = error
        except RecordTooLong as error:
            raise error.as_refusal(file.name) from None
    raise last or LandingError("It cannot be read.", where=file.name)


def _openings(business: Business, declaration: Declaration, file: ExportFile) -> Iterator[Contents]:
    """As a load opens it: in the encoding that is told, else in one that is found."""
    if file.fault is not None:
        raise file.fault
    if not is_text(file):
        yield open_binary(file)
        return
    own = business.dialect_of(declaration.vendor).encodings
    is_fixed_width = bool(declaration.export.fixed_width)
    told = choose_encoding(file, own or declaration.export.encodings, is_certain=bool(own))
    yield open_text(file, told, is_fixed_width=is_fixed_width)
    if not own:
        yield open_text(file, detect_encoding(file), is_fixed_width=is_fixed_width)


def _check(
    business: Business,
    tables: Sequence[Declaration],
    known: Tombstones,
    files: Sequence[ExportFile],
    part: Path,
    folder: Path,
) -> None:
    """Raises CannotRewrite unless the new file is the old one without the person's rows."""
    again = exports_in(part)
    if len(again) != len(files):
        raise CannotRewrite("what is packed in it cannot be told apart")
    for old, new in zip(files, again, strict=True):
        declaration = _declaration_of(business, old, folder, tables)
        assert declaration is not None
        before, after = _read(business, declaration, old, known), _read(business, declaration, new, known)
        if after.rows or after.n_rows != before.n_rows - len(before.rows):
            raise CannotRewrite("without the rows it reads otherwise")


def _plan(conn: Connection, erasure_id: int, file: ExportFile, new: ExportFile) -> None:
    conn.execute(
        "insert into ops.erased_files (erasure_id, file_name, old_sha256, new_sha256, new_size)"
        " values (%s, %s, %s, %s, %s) on conflict (erasure_id, file_name, old_sha256) do update"
        " set new_sha256 = excluded.new_sha256, new_size = excluded.new_size",
        [erasure_id, file.name, file.sha256(), new.sha256(), new.size],
    )


def _complete(conn: Connection, business: Business, erasure_id: int) -> None:
    """Let the ledger know the files that have been written anew. Commits."""
    planned = conn.execute(
        "select file_name, old_sha256, new_sha256, new_size from ops.erased_files where erasure_id = %s", [erasure_id]
    ).fetchall()
    if not planned:
        return
    names = {name.split("/", 1)[0] for name, *_ in planned}
    there = {
        (file.name, file.sha256())
        for folder in landing_folders(conn, business)
        for path in landed_files(folder)
        if path.name in names
        for file in exports_in(path)
    }
    for name, old, new, size in planned:
        if (name, new) in there:
            conn.execute(
                "update ops.loads set sha256 = %s, file_size = %s where file_name = %s and sha256 = %s",
                [new, size, name, old],
            )
    conn.execute("delete from ops.erased_files where erasure_id = %s", [erasure_id])
    conn.commit()


def _delete(conn: Connection, path: Path, files: Sequence[ExportFile], n_rows: int, why: str) -> ChangedFile:
    hashes = [file.sha256() for file in files]
    row = conn.execute(
        "select count(distinct sha256) from ops.loads where sha256 = any(%s) and status = 'loaded'", [hashes]
    ).fetchone()
    is_loaded = row is not None and row[0] == len(set(hashes))
    keep_fetched_size(path)
    path.unlink()
    note = f"{why}; its other rows are in raw" if is_loaded else f"{why}; it was not loaded: have it exported again"
    return ChangedFile(path.name, "deleted", n_rows, note.removeprefix("; "))
