"""What a readable value looks like: declared formats as regular expressions (RE2) for the whole value.

Days are checked against the calendar, so 30 February does not pass. Blanks around a value are let through:
Postgres reads over them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_BLANKS = "[ \\t]*"
_DIGIT = "[0-9]"
_DIRECTIVES = {
    "Y": f"[1-9]{_DIGIT}{{3}}",
    "y": f"{_DIGIT}{{2}}",
    "m": "(?:0[1-9]|1[0-2])",
    "d": f"(?:0[1-9]|[12]{_DIGIT}|3[01])",
    "H": f"(?:[01]{_DIGIT}|2[0-3])",
    "I": "(?:0[1-9]|1[0-2])",
    "M": f"[0-5]{_DIGIT}",
    "S": f"[0-5]{_DIGIT}",
    "f": f"{_DIGIT}{{1,6}}",
    "p": "(?:[AaPp][Mm])",
    # Postgres takes offsets of less than 16 hours
    "z": f"(?:[+-](?:0{_DIGIT}|1[0-5]):?[0-5]{_DIGIT}|Z)",
    "%": "%",
}
_LEAP_ENDING = "(?:0[48]|[2468][048]|[13579][26])"
_LEAP_YEAR = {
    "Y": f"(?:[1-9]{_DIGIT}{_LEAP_ENDING}|(?:[2468][048]|[13579][26])00)",
    "y": f"(?:00|{_LEAP_ENDING})",
}
# months with the days that each of their years has
_CALENDAR = (
    {"m": "(?:0[13578]|1[02])", "d": _DIRECTIVES["d"]},
    {"m": "(?:0[469]|11)", "d": f"(?:0[1-9]|[12]{_DIGIT}|30)"},
    {"m": "02", "d": f"(?:0[1-9]|1{_DIGIT}|2[0-8])"},
    {"m": "02", "d": "29"} | _LEAP_YEAR,
)

INTEGER = f"{_BLANKS}[+-]?{_DIGIT}{{1,18}}{_BLANKS}"
BOOLEAN = f"{_BLANKS}(?i:true|false|yes|no|0|1){_BLANKS}"
_NOT_BLANK_NOR_AT = "[^@\\s\\x00\\x{a0}]"
# Deliberately mild: real dirt such as casing is for the contact room to judge.
EMAIL = f"{_BLANKS}{_NOT_BLANK_NOR_AT}+@{_NOT_BLANK_NOR_AT}+\\.{_NOT_BLANK_NOR_AT}+{_BLANKS}"


def moment(formats: list[str]) -> str:
    """Pattern of dates or times in any of the given strftime formats.

    Raises ValueError, naming the directive, when a format has one that is not understood.
    """
    alternatives = [pattern for format_ in formats for pattern in _calendar_patterns(format_)]
    return f"{_BLANKS}(?:{'|'.join(alternatives)}){_BLANKS}"


def decimal(point: str) -> str:
    """Pattern of amounts with that decimal point: at most 15 digits before it, no thousands separators.

    An exponent may follow: programs write what rounding left over as 1.776357e-15.
    """
    point = re.escape(point)
    plain = f"(?:{_DIGIT}{{1,15}}(?:{point}{_DIGIT}*)?|{point}{_DIGIT}+)(?:[eE]-{_DIGIT}{{1,3}})?"
    large = f"{_DIGIT}(?:{point}{_DIGIT}*)?[eE][+]?(?:0?{_DIGIT}|1[0-4])"
    return f"{_BLANKS}[+-]?(?:{plain}|{large}){_BLANKS}"


def _calendar_patterns(format_: str) -> Iterator[str]:
    directives = re.findall("%(.)", format_)
    unknown = sorted(set(directives) - set(_DIRECTIVES))
    if unknown:
        known = ", ".join(f"%{name}" for name in _DIRECTIVES)
        raise ValueError(f"%{unknown[0]} in {format_!r} is not understood; expected only {known}")
    cases = _CALENDAR if {"m", "d"} <= set(directives) else ({},)
    for case in cases:
        yield _fill(format_, _DIRECTIVES | case)


def _fill(format_: str, directives: dict[str, str]) -> str:
    parts = re.split("%(.)", format_)
    return "".join(
        directives[part] if odd else re.escape(part) for odd, part in ((i % 2, p) for i, p in enumerate(parts))
    )
