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


class LandingFile:
    """A file being written under a hidden temporary name; see `landing_file`."""

    def __init__(self, stream: IO[str]) -> None:
        self.stream = stream
        self.is_new = True


@contextmanager
def landing_file(path: Path, encoding: str = UTF8) -> Iterator[LandingFile]:
    """Write `path` under a hidden temporary name, renamed once it is whole; `is_new` is known afterwards.

    A file of the same bytes that is already there keeps its time. After an error nothing remains.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding=encoding, newline="") as stream:
            file = LandingFile(stream)
            yield file
        file.is_new = not (path.is_file() and filecmp.cmp(part, path, shallow=False))
        if file.is_new:
            os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_rows(
    path: Path,
    header_rows: Iterable[list[str]],
    chunks: Iterable[Iterable[tuple[object, ...]]],
    encoding: str = UTF8,
) -> bool:
    """Write a CSV file (RFC 4180, quotes only where needed); say whether its bytes are new.

    `chunks` yields blocks of rows, so that a big file is never in memory whole; None is an empty cell.
    """
    with landing_file(path, encoding) as file:
        writer = csv.writer(file.stream, lineterminator="\n")
        writer.writerows(header_rows)
        for rows in chunks:
            writer.writerows(rows)
    return file.is_new
