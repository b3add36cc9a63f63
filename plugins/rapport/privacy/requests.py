"""Requests to be forgotten, by file: a CSV with a column `key` in a folder of the business.

A file's name goes into logs and into Airflow's database, so one that may say who asks is given another first.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
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
_DELIMITERS = ",;\t"
_DATE = re.compile(r"20\d\d-?[01]\d-?[0-3]\d")
# An address, or as many digits as a phone has.
_TELLING = re.compile(r"@|\d(?:[ ().\-/]*\d){6}")


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
    """Files of requests that have not been answered, by name; those whose names may tell who asks are renamed."""
    found = [path for path in requests_folder(business).glob("[!.]*.csv") if not path.name.endswith(_DONE)]
    return sorted(_named_neutrally(path) for path in found)


def _named_neutrally(path: Path) -> Path:
    if not _TELLING.search(_DATE.sub("", path.stem)):
        return path
    number = hashlib.sha256(path.read_bytes()).hexdigest()[:6]
    return path.rename(path.with_name(f"requests_{number}.csv"))


def answer_requests(
    business: Business, tables: list[Declaration], path: Path, say: Callable[[str], None] = lambda _: None
) -> Answered:
    """Erase every person a file names, one after the other, and put an answer without keys in its place.

    Killed in between, it is answered from the start: who is erased already stays so. Raises UsageError for a file that
    is not UTF-8 or lacks the column, and what `erase` raises but for keys that name nobody, or several.
    """
    rows = _read(path)
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


def _read(path: Path) -> csv.DictReader[str]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(
            "The file is not UTF-8.", where=path.name, fix="save it as CSV in UTF-8 and drop it in anew"
        ) from None
    header = text.partition("\n")[0]
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(_DELIMITERS, key=header.count))
    if "key" not in (rows.fieldnames or ()):
        raise UsageError("The file has no column `key`.", where=path.name, fix="docs/how-to/erase-a-customer.md")
    return rows
