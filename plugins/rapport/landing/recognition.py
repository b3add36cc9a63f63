"""Which declared table a file is an export of: by its folder, its name, else its header."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rapport.businesses import Business
from rapport.errors import LandingError
from rapport.landing.declarations import Declaration
from rapport.landing.first_records import first_records
from rapport.landing.headers import Layout, find_layout, nearest_tables

# A file of this name beside an export says that it is whole.
MARKER = ".done"
_UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload", ".partial", "~")


@dataclass(frozen=True)
class Recognised:
    """A file and the table it belongs to; without one, `reason` and `fix` say why."""

    path: Path
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


def is_temporary(name: str) -> bool:
    """Whether a file name is one that programs use while they are still writing."""
    return name.startswith((".", "_")) or name.lower().endswith(_UNFINISHED)


def is_whole(path: Path, business: Business) -> bool:
    """Whether whoever writes the file is done with it: it is marked so, or has not been touched for a while."""
    if business.landing_complete == "marker":
        return path.with_name(path.name + MARKER).exists()
    return is_settled(path, business.settle_seconds)


def is_settled(path: Path, settle_seconds: float, now: float | None = None) -> bool:
    """Whether nobody has written to the file for that long. A time in the future counts as settled."""
    age = (time.time() if now is None else now) - path.stat().st_mtime
    return abs(age) >= settle_seconds


def recognise(path: Path, folder: Path, tables: Sequence[Declaration], vendor: str | None = None) -> Recognised:
    """Find the table a file belongs to. `folder` is the landing folder; `vendor` overrules folders.

    A file in a vendor's folder is that vendor's. Its name decides, and its header where names decide nothing.
    """
    vendor = vendor or _vendor_folder(path, folder, {table.vendor for table in tables})
    candidates = [table for table in tables if vendor in (None, table.vendor)]
    named = [
        table
        for table in candidates
        if table.export.names(path.name) and (vendor or not table.export.needs_vendor_folder)
    ]
    if len(named) == 1:
        return _recognised(path, named[0])
    matching = _by_header(path, named or [table for table in candidates if _tells_by_header(table)])
    if len(matching) == 1:
        return _recognised(path, matching[0])
    return Recognised(
        path,
        vendor or "",
        None,
        reason=_why_not(path, candidates, matching),
        fix=_what_to_do(vendor),
    )


def _recognised(path: Path, table: Declaration) -> Recognised:
    written = table.export.date_in(path.name) if table.export.names(path.name) else None
    try:
        file_date = date.fromisoformat(written) if written else None
    except ValueError:
        return Recognised(
            path,
            table.vendor,
            None,
            reason=f"{written} in the file's name is not a day of the calendar.",
            fix="rename it to the day it was exported",
        )
    return Recognised(path, table.vendor, table, file_date)


def _vendor_folder(path: Path, folder: Path, vendors: set[str]) -> str | None:
    inside = path.parent.relative_to(folder).parts if path.is_relative_to(folder) else ()
    return next(
        (name for name in (*reversed(inside), folder.absolute().name) if name in vendors),
        None,
    )


def _tells_by_header(table: Declaration) -> bool:
    """Whether a header alone shows that a file is of this table."""
    return not table.export.needs_name and not table.export.fixed_width


def _by_header(path: Path, tables: Sequence[Declaration]) -> list[Declaration]:
    """Tables whose required columns are all in the header; of several, those that explain most of it."""
    fits: list[tuple[Declaration, Layout]] = []
    for table in tables:
        layout = _layout_of(path, table)
        required = {column.name for column in table.columns if column.required}
        if layout is None or not required or not required <= set(layout.columns):
            continue
        # Surveys may ask anything; elsewhere mostly strange columns make a strange file.
        if table.export.header_rows != ["name"] or len(layout.columns) > len(layout.extras):
            fits.append((table, layout))
    fewest = min((len(layout.extras) for _, layout in fits), default=0)
    return [table for table, layout in fits if len(layout.extras) == fewest]


def _layout_of(path: Path, table: Declaration) -> Layout | None:
    for encoding in table.export.encodings:
        try:
            return find_layout(path, encoding, table)
        except LandingError:
            continue
    return None


def _why_not(path: Path, candidates: Sequence[Declaration], matching: Sequence[Declaration]) -> str:
    if path.stat().st_size == 0:
        return "The file is empty (0 bytes), and its name is not that of a declared export."
    if matching:
        names = ", ".join(map(str, matching))
        return f"line 1: the header fits several tables: {names}; its name fits none of them alone."
    nearest = nearest_tables(_header_of(path, candidates), candidates)[:2]
    if not nearest:
        return "It is not an export of a declared table: neither its name nor a column of line 1 is known."
    found = " and ".join(f"{table} ({shared} of {len(table.columns)} columns)" for table, shared in nearest)
    return f"It is not an export of a declared table: its name is not known, line 1 is nearest to {found}."


def _header_of(path: Path, candidates: Sequence[Declaration]) -> list[str]:
    """Cells of the first row, by whichever delimiter gives most; [] if the file cannot be read as text."""
    best: list[str] = []
    for encoding in dict.fromkeys(name for table in candidates for name in table.export.encodings):
        for delimiter in ",;\t|":
            try:
                records = first_records(path, encoding, delimiter, 1)
            except LandingError:
                break
            best = max(best, records[0].cells if records else [], key=len)
        if best:
            break
    return best


def _what_to_do(vendor: str | None) -> str:
    if vendor:
        return f"name it as {vendor}'s exports are named, or declare it (docs/how-to/add-a-source.md)"
    return "put it into a folder named after its vendor, or declare it (docs/how-to/add-a-source.md)"
