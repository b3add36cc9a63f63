"""A person's rows in landed files: the files are written anew without them and stay the same loads to the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import psycopg

from rapport.errors import LandingError
from rapport.files import write_like
from rapport.landing.contents import is_text
from rapport.landing.fetched_sizes import keep_fetched_size
from rapport.landing.packing import ExportFile, exports_in
from rapport.landing.recognition import landed_files
from rapport.privacy.landed_exports import LandedExports, ReadExport
from rapport.privacy.person import Person
from rapport.privacy.rewriting import CannotRewrite, content_of, decoded, repacked, text_of, without_rows

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class ChangedFile:
    """What became of a landed file. `n_rows` were the person's; `note` says why it is gone, or could not be read."""

    file: str
    outcome: Literal["rewritten", "deleted", "not read"]
    n_rows: int
    note: str = ""


def erase_from_landing(
    conn: Connection, exports: LandedExports, folders: Sequence[Path], erasure_id: int
) -> list[ChangedFile]:
    """Write every landed file that has rows of the person anew without them.

    A file that cannot be written so is deleted. A call after one that was killed completes it. Commits.
    """
    _complete(conn, folders, erasure_id)
    changed = []
    for folder in folders:
        for path in landed_files(folder):
            if (found := _erase_from(conn, exports, path, folder, erasure_id)) is not None:
                changed.append(found)
                _complete(conn, folders, erasure_id)
    return changed


def _erase_from(
    conn: Connection, exports: LandedExports, path: Path, folder: Path, erasure_id: int
) -> ChangedFile | None:
    files = exports_in(path)
    found = _look_through(exports, files, folder)
    part = path.with_name(f".{path.name}.part")
    if found.contents and not found.fault:
        write_like(part, repacked(files[0], found.contents), path)  # as new as it was: nobody takes it for news
        try:
            _check(exports, files, part, folder)
        except (CannotRewrite, LandingError, UnicodeError) as error:
            part.unlink()
            found.fault = _told(error)
    if found.fault and found.is_named:
        return _delete(conn, path, files, found.n_rows, found.fault)
    if found.fault and found.is_closed:
        return ChangedFile(path.name, "not read", 0, f"{found.fault}: look into it by hand")
    if found.fault or not found.contents:
        return None
    for file, new in zip(files, exports_in(part), strict=True):
        _plan(conn, erasure_id, file, new)
    conn.commit()
    keep_fetched_size(path)
    part.replace(path)
    return ChangedFile(path.name, "rewritten", found.n_rows)


@dataclass
class _Found:
    """What a landed file has of the person: new contents, by the ledger's name; `fault` says why it cannot have them.

    is_closed: a search for text in it shows nothing, as in a workbook.
    """

    contents: dict[str, bytes] = field(default_factory=dict)
    n_rows: int = 0
    is_named: bool = False
    is_closed: bool = False
    fault: str = ""


def _look_through(exports: LandedExports, files: Sequence[ExportFile], folder: Path) -> _Found:
    found = _Found()
    for file in files:
        try:
            read = exports.read(file, folder)
            if read is None:
                if is_text(file) and not _names_plainly(file, exports.person):
                    continue
                raise CannotRewrite("it is no export of a declared table")
            found.n_rows += len(read.rows)
            found.is_named |= bool(read.rows) or read.is_named_elsewhere
            if (content := _without_person(file, read, exports.person)) is not None:
                found.contents[file.name] = content
        except (CannotRewrite, LandingError, UnicodeError) as error:
            found.is_named |= _names_plainly(file, exports.person)
            found.is_closed |= _is_closed(file)
            found.fault = found.fault or _told(error)
    return found


def _is_closed(file: ExportFile) -> bool:
    try:
        return not is_text(file)
    except LandingError:
        return True


def _names_plainly(file: ExportFile, person: Person) -> bool:
    try:
        return person.is_in(decoded(content_of(file))[0])
    except LandingError:
        return person.is_in(text_of(file.path)[0])


def _told(error: Exception) -> str:
    return str(error) if isinstance(error, CannotRewrite) else "it cannot be read"


def _without_person(file: ExportFile, read: ReadExport, person: Person) -> bytes | None:
    """The export without the person's rows and what names them in others; None where there is neither."""
    if read.is_named_elsewhere:
        raise CannotRewrite("it names the person in rows of others, and its format cannot be written cell by cell")
    content, encoding = content_of(file), read.contents.encoding
    if not read.rows and (encoding is None or not person.is_in(content.decode(encoding))):
        return None
    return without_rows(
        content, encoding, read.contents.format, read.layout, read.rows,
        n_rows=read.n_rows,
        skip_lines=read.declaration.export.skip_rows if read.declaration.export.fixed_width else 0,
        redact=lambda text: person.redacted(text)[0],
    )  # fmt: skip


def _check(exports: LandedExports, files: Sequence[ExportFile], part: Path, folder: Path) -> None:
    """Raises CannotRewrite unless the new file is the old one without the person's rows."""
    again = exports_in(part)
    if len(again) != len(files):
        raise CannotRewrite("what is packed in it cannot be told apart")
    for old, new in zip(files, again, strict=True):
        if (before := exports.read(old, folder)) is None:
            continue  # left as it was
        after = exports.read(new, folder, before.declaration)
        if after is None or after.rows or after.n_rows != before.n_rows - len(before.rows):
            raise CannotRewrite("without the rows it reads otherwise")


def _plan(conn: Connection, erasure_id: int, file: ExportFile, new: ExportFile) -> None:
    conn.execute(
        "insert into ops.erased_files (erasure_id, file_name, old_digest, new_digest, new_size)"
        " values (%s, %s, %s, %s, %s) on conflict (erasure_id, file_name, old_digest) do update"
        " set new_digest = excluded.new_digest, new_size = excluded.new_size",
        [erasure_id, file.name, file.digest(), new.digest(), new.size],
    )


def _complete(conn: Connection, folders: Sequence[Path], erasure_id: int) -> None:
    """Let the ledger know the files that have been written anew. Commits."""
    planned = conn.execute(
        "select file_name, old_digest, new_digest, new_size from ops.erased_files where erasure_id = %s", [erasure_id]
    ).fetchall()
    if not planned:
        return
    names = {name.split("/", 1)[0] for name, *_ in planned}
    there = {
        (file.name, file.digest())
        for folder in folders
        for path in landed_files(folder)
        if path.name in names
        for file in exports_in(path)
    }
    for name, old, new, size in planned:
        if (name, new) in there:
            conn.execute(
                "update ops.loads set digest = %s, file_size = %s where file_name = %s and digest = %s",
                [new, size, name, old],
            )
    conn.execute("delete from ops.erased_files where erasure_id = %s", [erasure_id])
    conn.commit()


def _delete(conn: Connection, path: Path, files: Sequence[ExportFile], n_rows: int, why: str) -> ChangedFile:
    hashes = [file.digest() for file in files]
    row = conn.execute(
        "select count(distinct digest) from ops.loads where digest = any(%s) and status = 'loaded'", [hashes]
    ).fetchone()
    is_loaded = row is not None and row[0] == len(set(hashes))
    keep_fetched_size(path)
    path.unlink()
    note = "its other rows are in raw" if is_loaded else "it was not loaded: have it exported again"
    return ChangedFile(path.name, "deleted", n_rows, f"{why}; {note}")
