"""The forms in which places want the same value: casing, dates, digits, hashes. Contact points come normalised.

Whole columns at a time, as Arrow arrays of text: a list may have a million rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import reduce
from typing import Literal, get_args

import pyarrow as pa
import pyarrow.compute as pc

Form = Literal[
    "text",
    "contact",
    "timestamp",
    "date",
    "compact_date",
    "month_day",
    "year",
    "lower",
    "squeezed",
    "name",
    "letters_and_digits",
    "digits",
]
# What Excel, LibreOffice and Sheets read as the start of a formula. A phone in international form is none.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_PHONE = r"^\+[0-9]{6,15}$"


def lowered(values: pa.StringArray, locales: pa.StringArray | None) -> pa.StringArray:
    """Lower case as the language has it: I is ı in Turkish, i elsewhere; İ is i everywhere, never i and a loose dot."""
    dotted = pc.replace_substring(values, "İ", "i")
    if locales is not None:
        is_turkish = pc.fill_null(pc.equal(locales, "tr"), False)
        dotted = pc.if_else(is_turkish, pc.replace_substring(dotted, "I", "ı"), dotted)
    # A sigma that ends a word has a form of its own, which simple case mapping does not know.
    return pc.replace_substring_regex(pc.utf8_lower(dotted), r"(\p{L})σ(\P{L}|$)", r"\1ς\2")


def _name(values: pa.StringArray, locales: pa.StringArray) -> pa.StringArray:
    words = pc.replace_substring_regex(lowered(values, locales), r"[\p{P}\p{S}\p{Z}\p{C}]+", " ")
    return pc.ascii_trim(words, " ")


def _without(values: pa.StringArray, pattern: str) -> pa.StringArray:
    return pc.replace_substring_regex(values, pattern, "")


def _day(values: pa.StringArray) -> pa.StringArray:
    return pc.utf8_slice_codeunits(values, 0, 10)


def _month_day(values: pa.StringArray) -> pa.StringArray:
    return pc.replace_substring(pc.utf8_slice_codeunits(values, 5, 10), "-", "/")


_FORMS: dict[str, Callable[[pa.StringArray, pa.StringArray], pa.StringArray]] = {
    "text": lambda values, _: values,
    "contact": lambda values, _: values,
    "timestamp": lambda values, _: values,
    "date": lambda values, _: _day(values),
    "compact_date": lambda values, _: pc.replace_substring(_day(values), "-", ""),
    "month_day": lambda values, _: _month_day(values),
    "year": lambda values, _: pc.utf8_slice_codeunits(values, 0, 4),
    # Of addresses and codes, which are in no language: IT is Italy in Turkish too.
    "lower": lambda values, _: lowered(pc.utf8_trim_whitespace(values), None),
    "squeezed": lambda values, locales: _without(lowered(values, locales), r"[\s\p{Z}]+"),
    "name": _name,
    "letters_and_digits": lambda values, locales: _without(lowered(values, locales), r"[^\p{L}\p{N}]+"),
    "digits": lambda values, _: pc.ascii_ltrim(_without(values, r"[^0-9]+"), "0"),
}
assert set(_FORMS) == set(get_args(Form))


def shaped(values: pa.StringArray, form: Form, locales: pa.StringArray, *, is_hashed: bool = False) -> pa.StringArray:
    """Values in their form; nothing gives ''. Days and times come in ISO 8601, UTC.

    locales: a language for each value, or null. `is_hashed`: the SHA-256 (hex) in each one's place, unsalted, as places
    match by; of nothing it is ''.
    """
    cells = _FORMS[form](pc.fill_null(values, ""), locales)
    if is_hashed:
        return _hashed(cells)
    return neutralised(cells, keeps_phones=form == "contact")


def _hashed(cells: pa.StringArray) -> pa.StringArray:
    hashes = [hashlib.sha256(cell.encode()).hexdigest() if cell else "" for cell in cells.to_pylist()]
    return pa.array(hashes, pa.string())


def neutralised(cells: pa.StringArray, *, keeps_phones: bool = False) -> pa.StringArray:
    """The cells, with a leading `'` where a spreadsheet would run one as a formula.

    A phone in international form (`+` and digits only) is a number to a spreadsheet, never a formula, and its
    readers need the `+`: it stays where the column holds contact points.
    """
    is_formula = reduce(pc.or_, (pc.starts_with(cells, first) for first in _FORMULA))
    if not pc.any(is_formula).as_py():
        return cells
    if keeps_phones:
        is_formula = pc.and_not(is_formula, pc.match_substring_regex(cells, _PHONE))
    return pc.if_else(is_formula, pc.binary_join_element_wise("'", cells, ""), cells)


def cut(cells: pa.StringArray, max_bytes: int | None) -> pa.StringArray:
    """The texts, each cut after the last whole character within so many bytes of UTF-8."""
    if max_bytes is None or not pc.any(pc.greater(pc.binary_length(cells), max_bytes)).as_py():
        return cells
    shortened = [cell.encode()[:max_bytes].decode(errors="ignore") for cell in cells.to_pylist()]
    return pa.array(shortened, pa.string())
