"""The first records of a delimited text: enough of it to find the header, however long that is."""

from __future__ import annotations

import codecs
import csv
import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from rapport.landing.encodings import undecodable
from rapport.landing.packing import ExportFile
from rapport.landing.quoting import Quoting

# What is longer than this is no header: an open quote, or not a text file.
LONGEST_HEADER = 1 << 24
FIRST_LOOK = 1 << 16

csv.field_size_limit(sys.maxsize)


@dataclass(frozen=True)
class Record:
    """One record's cells; `end` is where it ends in the text: bytes as UTF-8, without a BOM."""

    cells: list[str]
    end: int


def first_records(
    file: ExportFile, encoding: str, delimiter: str, quoting: Quoting, limit: int, skip_lines: int = 0
) -> list[Record]:
    """The first records of a file that are not blank; fewer than `limit` if there are no more.

    `skip_lines` are passed over first. Raises Undecodable if the bytes are not in the encoding.
    """
    size = FIRST_LOOK
    while True:
        text, is_whole = first_text(file, encoding, size)
        records = _parse(text, delimiter, quoting, limit, skip_lines, is_whole=is_whole)
        if len(records) == limit or is_whole or size >= LONGEST_HEADER:
            return records
        size *= 16


def first_text(file: ExportFile, encoding: str, size: int) -> tuple[str, bool]:
    """What a text begins with, so many bytes of it, without a mark; and whether it is all. Raises Undecodable."""
    with file.open() as content:
        raw = content.read(size)
        is_whole = not content.read(1)
    try:
        text = codecs.getincrementaldecoder(encoding)("strict").decode(raw, final=is_whole)
    except UnicodeError:
        raise undecodable(file, encoding) from None
    return text.removeprefix("\ufeff"), is_whole


def _parse(text: str, delimiter: str, quoting: Quoting, limit: int, skip_lines: int, *, is_whole: bool) -> list[Record]:
    consumed = 0

    def lines() -> Iterator[str]:
        nonlocal consumed
        for number, line in enumerate(io.StringIO(text, newline="")):
            consumed += len(line)
            if number >= skip_lines:
                yield line

    records: list[Record] = []
    try:
        for cells in quoting.split(lines(), delimiter, strict=True):
            if consumed == len(text) and not is_whole:
                break  # cut off where the look ended, not where the record does
            if any(cells):
                records.append(Record(cells, len(text[:consumed].encode())))
            if len(records) == limit:
                break
    except csv.Error:
        pass  # an open quote: what was read before it counts
    return records
