"""What a file holds, told by its first bytes: which format it is in, where its columns are, who reads its rows."""

from __future__ import annotations

import re
from typing import Protocol

from rapport.businesses import AS_DECLARED, Dialect
from rapport.errors import LandingError
from rapport.landing.declarations import Declaration
from rapport.landing.delimited import DelimitedText
from rapport.landing.first_records import FIRST_LOOK, first_text
from rapport.landing.fixed_width import FixedWidthText
from rapport.landing.headers import Layout
from rapport.landing.json_lines import JsonLines
from rapport.landing.packing import ExportFile
from rapport.landing.parquet import ParquetTable
from rapport.landing.reading import Reader
from rapport.landing.workbooks import Workbook

_REPACK = "drop in what is packed in it, by itself"
_NOT_READ = (
    (0, b"\xd0\xcf\x11\xe0", "a workbook of the old kind (.xls), or with a password", "save it as xlsx or CSV"),
    (0, b"\x1f\x8b", "an archive in an archive", _REPACK),
    (0, b"BZh", "packed by bzip2", "pack it with gzip or zip"),
    (0, b"\xfd7zXZ", "packed by xz", "pack it with gzip or zip"),
    (0, b"\x28\xb5\x2f\xfd", "packed by Zstandard", "pack it with gzip or zip"),
    (0, b"7z\xbc\xaf", "packed by 7-Zip", "pack it with gzip or zip"),
    (0, b"Rar!", "packed by RAR", "pack it with gzip or zip"),
    (257, b"ustar", "an archive in an archive (tar)", _REPACK),
    (0, b"%PDF", "a PDF", "export it as CSV"),
)
_OBJECT = re.compile(r'\s*\{\s*(?:"(?:[^"\\]|\\.)*"\s*:|\}\s*$)')
_JSON_ENDINGS = (".json", ".jsonl", ".ndjson")


class Contents(Protocol):
    """A file of a known format."""

    @property
    def file(self) -> ExportFile: ...
    @property
    def format(self) -> str: ...
    @property
    def encoding(self) -> str | None: ...

    def find_layout(self, declaration: Declaration, own: Dialect = AS_DECLARED) -> Layout | None:
        """Where the columns of a declared table are; None if the file has no readable header.

        `own` is what the business says of its exports. Raises LandingError where the file cannot be read at all.
        """

    def reader(self, layout: Layout, declaration: Declaration, block_bytes: int) -> Reader: ...


def is_text(file: ExportFile) -> bool:
    """Whether a file's format depends on an encoding. Raises LandingError for one that is empty or not read."""
    start = _first_bytes(file)
    if not start:
        raise LandingError("The file is empty (0 bytes).", where=file.name, fix="export it again and drop it in anew")
    for offset, magic, what, fix in _NOT_READ:
        if start[offset:].startswith(magic):
            raise LandingError(f"It is {what}.", where=file.name, fix=fix)
    return not start.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PAR1"))


def open_binary(file: ExportFile) -> Contents:
    """A file whose format is no text. Raises LandingError where it cannot be opened."""
    return ParquetTable(file) if _first_bytes(file).startswith(b"PAR1") else Workbook(file)


def open_text(file: ExportFile, encoding: str, *, is_fixed_width: bool, is_glance: bool = False) -> Contents:
    """A text in an encoding; at a glance, its beginning alone tells its columns. Raises Undecodable."""
    text, _ = first_text(file, encoding, FIRST_LOOK)
    if _is_json_lines(file, text):
        return JsonLines(file, encoding, is_glance=is_glance)
    return FixedWidthText(file, encoding) if is_fixed_width else DelimitedText(file, encoding)


def _first_bytes(file: ExportFile) -> bytes:
    with file.open() as content:
        return content.read(1 << 9)


def _is_json_lines(file: ExportFile, text: str) -> bool:
    """Whether the first line begins like a JSON object; in a file named so, any of those that are looked at."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not file.names[0].lower().removesuffix(".gz").endswith(_JSON_ENDINGS):
        lines = lines[:1]
    elif lines and lines[0].lstrip().startswith("["):
        raise LandingError(
            "It is one JSON array, which cannot be read piece by piece.",
            where=file.name,
            fix="export it as JSON lines: one object a line",
        )
    return any(map(_OBJECT.match, lines))
