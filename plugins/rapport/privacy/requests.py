"""Requests to be forgotten, by file: a CSV with a column `key` in a folder of the business."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rapport import settings
from rapport.businesses import Business
from rapport.errors import UsageError
from rapport.files import write_whole
from rapport.landing.declarations import Declaration
from rapport.privacy.erasing import erase

_DONE = ".done.csv"


@dataclass(frozen=True)
class Answered:
    """What became of a file: how many persons were erased, and rows (from 1) whose key names nobody, or several."""

    file: str
    n_erased: int
    unknown_rows: tuple[int, ...]


def requests_folder(business: Business) -> Path:
    """Where files of requests are dropped; made for its owner only."""
    folder = settings.state_dir() / "erasures" / business.name
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def pending_requests(business: Business) -> list[Path]:
    """Files of requests that have not been answered, by name."""
    return sorted(path for path in requests_folder(business).glob("[!.]*.csv") if not path.name.endswith(_DONE))


def answer_requests(
    business: Business, tables: list[Declaration], path: Path, say: Callable[[str], None] = lambda _: None
) -> Answered:
    """Erase every person a file names, one after the other, and put an answer without keys in its place.

    Killed in between, it is answered from the start: who is erased already stays so. Raises UsageError for a file
    without the column, and what `erase` raises but for keys that name nobody, or several.
    """
    rows = csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline=""))
    if "key" not in (rows.fieldnames or ()):
        raise UsageError("The file has no column `key`.", where=path.name, fix="docs/how-to/erase-a-customer.md")
    answers: list[tuple[int, str]] = []
    for number, row in enumerate(rows, start=1):
        say(f"row {number}")
        try:
            answers.append((number, str(erase(business, tables, row["key"] or "").erasure_id)))
        except UsageError as error:
            answers.append((number, error.what.partition(":")[0]))
    told = io.StringIO(newline="")
    csv.writer(told).writerows([("row", "erasure"), *answers])
    write_whole(path.with_name(path.stem + _DONE), told.getvalue())
    path.unlink()
    unknown = tuple(number for number, answer in answers if not answer.isdigit())
    return Answered(path.name, len(answers) - len(unknown), unknown)
