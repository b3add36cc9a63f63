"""Files of a landing folder: never seen half-written, never touched when nothing changed."""

from __future__ import annotations

import csv
import filecmp
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

UTF8 = "utf-8"
UTF8_WITH_BOM = "utf-8-sig"
WINDOWS_1252 = "cp1252"


@dataclass
class Written:
    """What a command wrote: path relative to the folder, data records, and whether the bytes are new."""

    root: Path
    files: list[tuple[str, int, bool]] = field(default_factory=list)

    def add(self, path: Path, rows: int, is_new: bool) -> None:
        self.files.append((path.relative_to(self.root).as_posix(), rows, is_new))

    @property
    def n_rows(self) -> int:
        return sum(rows for _, rows, _ in self.files)


@contextmanager
def temporary_then_renamed(path: Path, encoding: str = UTF8) -> Iterator[IO[str]]:
    """Open `path` for writing under a hidden temporary name and rename it once it is whole.

    A file of the same bytes that is already there stays as it is, with its time. After an error nothing remains.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding=encoding, newline="") as stream:
            yield stream
        if path.is_file() and filecmp.cmp(part, path, shallow=False):
            part.unlink()
        else:
            os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_rows(
    path: Path, header_rows: Iterable[list[str]], chunks: Iterable[Iterable[tuple[object, ...]]], encoding: str
) -> int:
    """Write a CSV file (RFC 4180, quotes only where needed) and return its number of data records.

    `chunks` yields blocks of rows, so that a big file is never in memory whole; None is an empty cell.
    """
    n_rows = 0

    def counted(rows: Iterable[tuple[object, ...]]) -> Iterator[tuple[object, ...]]:
        nonlocal n_rows
        for row in rows:
            n_rows += 1
            yield row

    with temporary_then_renamed(path, encoding) as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerows(header_rows)
        for rows in chunks:
            writer.writerows(counted(rows))
    return n_rows
