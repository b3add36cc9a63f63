"""The final scan: every table and file again, for what identified the person."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg

from rapport.errors import LandingError
from rapport.landing.packing import exports_in
from rapport.landing.recognition import landed_files
from rapport.privacy.landed_exports import LandedExports
from rapport.privacy.other_files import files_in, kept_apart, places
from rapport.privacy.person import Person
from rapport.privacy.rewriting import content_of, decoded, text_of
from rapport.privacy.sweeping import count_mentions, text_tables

Connection = psycopg.Connection[Any]
_LANDED = "landed files"


def scan(
    conn: Connection, airflow: Connection | None, exports: LandedExports, folders: Sequence[Path]
) -> tuple[dict[str, int], dict[str, int]]:
    """What was looked through (tables, files), and where the person is still named (rows, files), by place.

    `folders` are those exports are landed in.
    """
    person = exports.person
    looked_at = Counter({"tables of the warehouse": len(text_tables(conn))})
    found = Counter(count_mentions(conn, person))
    if airflow is not None:
        looked_at["tables of Airflow"] = len(text_tables(airflow))
        found.update({f"airflow: {name}": count for name, count in count_mentions(airflow, person).items()})
    for folder in folders:
        landed = set(landed_files(folder))
        for path in files_in(folder):
            looked_at[_LANDED] += 1
            found[_LANDED] += _names(path, person) or (path in landed and _names_inside(path, exports, folder))
    for place in places(exports.business):
        for path in files_in(place.folder, kept_apart(exports.business)):
            looked_at[place.name] += 1
            found[place.name] += _names(path, person)
    return dict(looked_at), {name: count for name, count in found.items() if count}


def _names(path: Path, person: Person) -> bool:
    return person.is_in(text_of(path)[0])


def _names_inside(path: Path, exports: LandedExports, folder: Path) -> bool:
    """Whether what is packed in a file, or in the cells of a workbook, names the person."""
    with contextlib.suppress(LandingError):  # what cannot be read shows nothing; the proof names such files
        for file in exports_in(path):
            if file.packing != "plain" and exports.person.is_in(decoded(content_of(file))[0]):
                return True
            read = exports.read(file, folder)
            if read is not None and (read.rows or read.is_named_elsewhere):
                return True
    return False
