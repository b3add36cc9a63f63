"""The forms in which places want the same value: casing, dates, digits, hashes. Contact points come normalised."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, Literal, get_args

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
# What Excel, LibreOffice and Sheets read as the start of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_PHONE = re.compile(r"\+\d{6,15}")
_TURKISH = str.maketrans("Iİ", "ıi")


def lowered(value: str, locale: str | None) -> str:
    """Lower case as the language has it: I is ı in Turkish, i elsewhere; İ is i everywhere, never i and a loose dot."""
    value = value.translate(_TURKISH) if locale == "tr" else value.replace("İ", "i")
    return value.lower()


def _name(value: str, locale: str | None) -> str:
    words = "".join(" " if unicodedata.category(mark)[0] in "PSZC" else mark for mark in lowered(value, locale))
    return " ".join(words.split())


_TEXTS: dict[str, Callable[[str, str | None], str]] = {
    "text": lambda value, _: value,
    "contact": lambda value, _: value,
    # Of addresses and codes, which are in no language: IT is Italy in Turkish too.
    "lower": lambda value, _: lowered(value.strip(), None),
    "squeezed": lambda value, locale: "".join(lowered(value, locale).split()),
    "name": _name,
    "letters_and_digits": lambda value, locale: "".join(filter(str.isalnum, lowered(value, locale))),
    "digits": lambda value, _: "".join(re.findall(r"[0-9]", value)).lstrip("0"),
}
_DAYS = {"date": "%Y-%m-%d", "compact_date": "%Y%m%d", "month_day": "%m/%d", "year": "%Y"}
assert {*_TEXTS, *_DAYS, "timestamp"} == set(get_args(Form))


def shaped(value: Any, form: Form, *, locale: str | None = None, is_hashed: bool = False) -> str:
    """A value in its form; nothing gives ''. `is_hashed`: its SHA-256 (hex), unsalted, as places match by."""
    if value is None or value != value or value == "":  # pandas has NaN and NaT for nothing
        return ""
    text = _shaped(value, form, locale)
    if is_hashed:
        return hashlib.sha256(text.encode()).hexdigest() if text else ""
    return text if isinstance(value, date) else neutralised(text, keeps_phones=form == "contact")


def _shaped(value: Any, form: Form, locale: str | None) -> str:
    if isinstance(value, datetime) and form == "timestamp":
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    if form in _DAYS:
        return f"{value:{_DAYS[form]}}"
    return _TEXTS[form](str(value), locale)


def neutralised(cell: str, *, keeps_phones: bool = False) -> str:
    """The cell with a leading `'` if a spreadsheet would run it as a formula.

    A phone in international form (`+` and digits only) is a number to a spreadsheet, never a formula, and its
    readers need the `+`: it stays where the column holds contact points.
    """
    if not cell.startswith(_FORMULA) or (keeps_phones and _PHONE.fullmatch(cell)):
        return cell
    return "'" + cell


def cut(text: str, max_bytes: int | None) -> str:
    """The text, cut after the last whole character within so many bytes of UTF-8."""
    return text if max_bytes is None else text.encode()[:max_bytes].decode(errors="ignore")
