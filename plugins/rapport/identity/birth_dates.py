"""Birth dates as files write them, in one form for comparison: YYYYMMDD, a typo in it kept."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

_PARTS = re.compile(r"(\d{1,4})[-./ ](\d{1,2})[-./ ](\d{1,4})(?:[ T].*)?")
_DIGITS = re.compile(r"\d{8}")
# Nobody's birthday lies outside of these; the year of a date in eight digits is told by it.
_FIRST_YEAR, _LAST_YEAR = 1850, 2100
# 05 is 2005 and 50 is 1950: customers are rarely older than 90 and never unborn.
_CENTURY_TURNS = 30


def birth_dates(values: pa.ChunkedArray) -> pa.Array:
    """YYYYMMDD of each value, null where it is no date at all.

    Read are YYYYMMDD, YYYY-MM-DD, and the day first, with `.`, `/`, `-` or a blank between; the month first
    where a column holds a day over twelve in second place and none in first. A month of 13 or a 31st of February is
    a slip of the pen: it stays as it was written, since it is still close to the right one.
    """
    encoded = pc.dictionary_encode(values).combine_chunks()
    written = [text.strip() for text in encoded.dictionary.to_pylist()]
    is_month_first = _is_month_first(written)
    read = pa.array([_read(text, is_month_first) for text in written], pa.string())
    return read.take(encoded.indices)


def _is_month_first(written: Iterable[str]) -> bool:
    parts = [match for match in map(_PARTS.fullmatch, written) if match and len(match[1]) <= 2]
    return any(int(match[2]) > 12 for match in parts) and not any(int(match[1]) > 12 for match in parts)


def _read(text: str, is_month_first: bool) -> str | None:
    if _DIGITS.fullmatch(text):
        if _FIRST_YEAR <= int(text[:4]) <= _LAST_YEAR:
            return text
        is_year_last = _FIRST_YEAR <= int(text[4:]) <= _LAST_YEAR
        return text[4:] + text[2:4] + text[:2] if is_year_last else text
    match = _PARTS.fullmatch(text)
    if match is None:
        return None
    first, second, third = match.groups()
    if len(first) == 4:
        year, month, day = first, second, third
    elif is_month_first:
        year, month, day = third, first, second
    else:
        year, month, day = third, second, first
    if len(year) == 2:
        year = ("20" if int(year) < _CENTURY_TURNS else "19") + year
    if len(year) != 4 or len(day) > 2 or "00" in (month.zfill(2), day.zfill(2)):
        return None
    return year + month.zfill(2) + day.zfill(2)
