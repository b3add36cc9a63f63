"""Which declared table a file is an export of: by its folder, its name, else its header."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rapport.businesses import Business
from rapport.errors import LandingError
from rapport.landing.contents import Contents, is_text, open_binary, open_text
from rapport.landing.declarations import Declaration
from rapport.landing.encodings import Undecodable, encoding_of_start
from rapport.landing.file_names import MARKER, is_temporary
from rapport.landing.headers import Layout, missing_columns, nearest_tables
from rapport.landing.packing import ExportFile


@dataclass(frozen=True)
class Recognised:
    """A file and the table it belongs to; without one, `reason` and `fix` say why."""

    file: ExportFile
    vendor: str
    declaration: Declaration | None
    file_date: date | None = None
    reason: str = ""
    fix: str = ""


def landed_files(folder: Path) -> Iterator[Path]:
    """Files under a landing folder, sorted; no markers, no temporary names, no folders that begin with `_` or `.`."""
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(("_", ".")))
        for name in sorted(names):
            if not is_temporary(name) and not name.endswith(MARKER):
                yield Path(root) / name


def is_whole(path: Path, business: Business) -> bool:
    """Whether whoever writes the file is done with it: it is marked so, or has not been touched for a while."""
    if business.landing_complete == "marker":
        return path.with_name(path.name + MARKER).exists()
    return is_settled(path, business.settle_seconds)


def is_settled(path: Path, settle_seconds: float, now: float | None = None) -> bool:
    """Whether nobody has written to the file for that long. A time in the future counts as settled."""
    age = (time.time() if now is None else now) - path.stat().st_mtime
    return abs(age) >= settle_seconds


def recognise(file: ExportFile, folder: Path, tables: Sequence[Declaration], vendor: str | None = None) -> Recognised:
    """Find the table a file belongs to. `folder` is the landing folder; `vendor` overrules folders.

    A file in a vendor's folder is that vendor's. Its name decides, and its header where names decide nothing. The only
    member of an archive may be named by the archive.
    """
    vendor = vendor or _vendor_folder(file.path, folder, {table.vendor for table in tables})
    candidates = [table for table in tables if vendor in (None, table.vendor)]
    named: list[Declaration] = []
    for name in file.names:
        named = named or [
            table
            for table in candidates
            if table.export.names(name) and (vendor or not table.export.needs_vendor_folder)
        ]
    if len(named) == 1:
        return _recognised(file, named[0])
    reason, fix, matching = "", _what_to_do(vendor), list[Declaration]()
    try:
        if file.fault is not None:
            raise file.fault
        texts = _Readings(file)
        matching = _by_header(texts, named or [table for table in candidates if _tells_by_header(table)])
        reason = _why_not(texts, candidates, matching)
    except LandingError as error:
        reason, fix = error.what, error.fix
    if len(matching) == 1:
        return _recognised(file, matching[0])
    return Recognised(file, vendor or "", None, reason=reason, fix=fix)


def _recognised(file: ExportFile, table: Declaration) -> Recognised:
    written = next(
        (day for name in file.names if table.export.names(name) and (day := table.export.date_in(name))), None
    )
    try:
        file_date = date.fromisoformat(written) if written else None
    except ValueError:
        return Recognised(
            file,
            table.vendor,
            None,
            reason=f"{written} in the file's name is not a day of the calendar.",
            fix="rename it to the day it was exported",
        )
    return Recognised(file, table.vendor, table, file_date)


class _Readings:
    """A file read in any encoding it may be in, each once; headers of exports are mostly plain letters."""

    def __init__(self, file: ExportFile) -> None:
        self.file = file
        self._binary = None if is_text(file) else open_binary(file)
        self._texts: dict[str, Contents | None] = {}

    def in_turn(self, encodings: Iterable[str]) -> Iterator[Contents]:
        """The file in each encoding that its beginning is in; once if it is no text."""
        if self._binary is not None:
            yield self._binary
            return
        for encoding in dict.fromkeys([encoding_of_start(self.file), *encodings, "windows-1252"]):
            if encoding not in self._texts:
                try:
                    self._texts[encoding] = open_text(self.file, encoding, is_fixed_width=False, is_glance=True)
                except Undecodable:
                    self._texts[encoding] = None
            if (contents := self._texts[encoding]) is not None:
                yield contents


def _vendor_folder(path: Path, folder: Path, vendors: set[str]) -> str | None:
    inside = path.parent.relative_to(folder).parts if path.is_relative_to(folder) else ()
    return next(
        (name for name in (*reversed(inside), folder.absolute().name) if name in vendors),
        None,
    )


def _tells_by_header(table: Declaration) -> bool:
    """Whether a header alone shows that a file is of this table."""
    return not table.export.needs_name and not table.export.fixed_width


def _by_header(readings: _Readings, tables: Sequence[Declaration]) -> list[Declaration]:
    """Tables whose required columns are all in the header; of several, those that explain most of it."""
    fits: list[tuple[Declaration, Layout]] = []
    for table in tables:
        layout = _layout_of(readings, table)
        has_required = any(column.required for column in table.columns)
        if layout is None or not has_required or missing_columns(layout, table):
            continue
        # Surveys may ask anything; elsewhere mostly strange columns make a strange file.
        if table.export.header_rows != ["name"] or len(layout.columns) > len(layout.extras):
            fits.append((table, layout))
    fewest = min((len(layout.extras) for _, layout in fits), default=0)
    return [table for table, layout in fits if len(layout.extras) == fewest]


def _layout_of(readings: _Readings, table: Declaration) -> Layout | None:
    for contents in readings.in_turn(table.export.encodings):
        try:
            return contents.find_layout(table)
        except LandingError:
            continue
    return None


def _why_not(readings: _Readings, candidates: Sequence[Declaration], matching: Sequence[Declaration]) -> str:
    if matching:
        names = ", ".join(map(str, matching))
        return f"line 1: the header fits several tables: {names}; its name fits none of them alone."
    nearest = nearest_tables(_header_of(readings, candidates), candidates)[:2]
    if not nearest:
        return "It is not an export of a declared table: neither its name nor a column of line 1 is known."
    found = " and ".join(f"{table} ({shared} of {len(table.columns)} columns)" for table, shared in nearest)
    return f"It is not an export of a declared table: its name is not known, line 1 is nearest to {found}."


def _header_of(readings: _Readings, candidates: Sequence[Declaration]) -> Sequence[str]:
    """Names of the columns, by the table that gives most of them; [] if there is no readable header."""
    layouts = (_layout_of(readings, table) for table in candidates if not table.export.fixed_width)
    return max((layout.shown for layout in layouts if layout is not None), key=len, default=())


def _what_to_do(vendor: str | None) -> str:
    if vendor:
        return f"name it as {vendor}'s exports are named, or declare it (docs/how-to/add-a-source.md)"
    return "put it into a folder named after its vendor, or declare it (docs/how-to/add-a-source.md)"
