"""The ways amounts, dates and times are written in exports, and the one form in which they are stored.

Stored are 1234.56, 2026-04-03 and 2026-04-03 10:37:33, the offset after it as it was written. Patterns are RE2's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from rapport.landing import value_patterns

DecimalSign = Literal[".", ","]
DateOrder = Literal["dmy", "mdy"]

_DAY, _MONTH, _YEAR = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:0?[1-9]|1[0-2])", "[1-9][0-9]{3}"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# What may stand between thousands, besides the sign that is not the decimal one.
_GAPS = " \\x{a0}\\x{202f}'’"
_OTHER: dict[DecimalSign, DecimalSign] = {".": ",", ",": "."}

# How spreadsheets are kept from touching a value: '0123 or ="0123".
_WRAPPED = '(?s)\\A[ \\t\\x{a0}]*(?:="([^"]*)"|\'?(.*?))[ \\t\\x{a0}]*\\z'

# One rewriting: what it fits, and what becomes of it.
Step = tuple[str, str]


@dataclass(frozen=True)
class ValueDialect:
    """How a file writes its values; None: not known yet, or nothing in the file depends on it."""

    decimal: DecimalSign | None = None
    date_order: DateOrder | None = None


def unwrapped(values: pa.Array) -> pa.Array:
    """Values without blanks around them and without what guards them from spreadsheets."""
    return pc.replace_substring_regex(values, _WRAPPED, "\\1\\2")


def without_currency(values: pa.Array, signs: Sequence[str]) -> pa.Array:
    """Amounts without a currency's sign or code before or after them."""
    sign = "|".join(re.escape(sign) for sign in sorted(signs, key=len, reverse=True))
    values = pc.replace_substring_regex(values, f"\\A([+-]?)(?:{sign})[ \\x{{a0}}]*(.+)\\z", "\\1\\2")
    return pc.replace_substring_regex(values, f"\\A(.+?)[ \\x{{a0}}]*(?:{sign})\\z", "\\1")


def whole(pattern: str) -> str:
    """A pattern that fits whole values only."""
    return f"\\A(?:{pattern})\\z"


def fits(values: pa.Array, pattern: str) -> pa.Array:
    """Mask of the values that a pattern fits wholly; null where there is no value."""
    return pc.match_substring_regex(values, whole(pattern))


# ---- amounts


def amount_as_is(sign: DecimalSign) -> str:
    """Pattern of the amounts that are in the stored form already."""
    return value_patterns.DECIMAL if sign == "." else value_patterns.WHOLE_AMOUNT


def rewrite_amounts(values: pa.Array, sign: DecimalSign) -> pa.Array:
    """Amounts in the stored form; null where a value is no amount with that decimal sign."""
    point, other = re.escape(sign), re.escape(_OTHER[sign])
    gap = f"[{other}{_GAPS}]"
    grouped = fits(values, f"[+-]?[0-9]{{1,3}}(?:{gap}[0-9]{{3}})+(?:{point}[0-9]*)?")
    values = pc.if_else(grouped, pc.replace_substring_regex(values, gap, ""), values)
    plain = fits(values, f"[+-]?(?:[0-9]+(?:{point}[0-9]*)?|{point}[0-9]+)(?:[eE]-?[0-9]+)?")
    values = pc.if_else(plain, pc.replace_substring(values, sign, "."), pa.scalar(None, pa.string()))
    return pc.if_else(fits(values, value_patterns.DECIMAL), values, pa.scalar(None, pa.string()))


def rewrite_integers(values: pa.Array, sign: DecimalSign) -> pa.Array:
    """Whole numbers in the stored form; null where a value is none."""
    plain = fits(values, value_patterns.INTEGER)
    amounts = pc.replace_substring_regex(rewrite_amounts(values, sign), "\\.0*\\z", "")
    values = pc.if_else(plain, values, amounts)
    return pc.if_else(fits(values, value_patterns.INTEGER), values, pa.scalar(None, pa.string()))


def proof_of_sign(sign: DecimalSign) -> str:
    """Pattern of amounts that can only be read with that decimal sign."""
    point, other = re.escape(sign), re.escape(_OTHER[sign])
    several = f"[0-9]{{1,3}}(?:{other}[0-9]{{3}})"
    return (
        f"[+-]?(?:[0-9]*{point}(?:[0-9]{{0,2}}|[0-9]{{4,}})|(?:[0-9]{{4,}}|0+|){point}[0-9]{{3}}"
        f"|{several}+{point}[0-9]*|{several}{{2,}})"
    )


# 1.234 or 1,234: a thousand or a little more than one
EITHER_SIGN = "[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}"


# ---- dates and times

_TIME = "(?:(?:[T ]+|, *)(.*))?"
# Zeros that were left out, and blanks.
_TIDY: list[Step] = [
    ("\\A([0-9]{4}-)([0-9]-)", "\\10\\2"),
    ("\\A([0-9]{4}-[0-9]{2}-)([0-9])( |\\z)", "\\10\\2\\3"),
    ("\\A([0-9-]{10}) +([0-9]:)", "\\1 0\\2"),
    ("\\A([0-9-]{10}) *\\z", "\\1"),
]
# 10.37, as in Denmark
_POINTS: list[Step] = [
    ("\\A([0-9-]{10} [0-9]{1,2})\\.([0-9]{2})(?:\\.([0-9]{2}))\\z", "\\1:\\2:\\3"),
    ("\\A([0-9-]{10} [0-9]{1,2})\\.([0-9]{2})\\z", "\\1:\\2"),
]
_TWELVE_HOURS: list[Step] = [
    *((f"\\A(.{{10}}) {hour:02d}(:[0-9:.]+) ?(?i:p\\.?m\\.?)", f"\\1 {hour + 12}\\2") for hour in range(1, 12)),
    ("\\A(.{10}) 12(:[0-9:.]+) ?(?i:a\\.?m\\.?)", "\\1 00\\2"),
    # 14:15 PM, as Magento writes it
    ("\\A(.{10} (?:1[3-9]|2[0-3]):[0-9:.]+) ?(?i:p\\.?m\\.?)", "\\1"),
    ("\\A(.{10} (?:0[0-9]|1[0-2]):[0-9:.]+) ?(?i:[ap]\\.?m\\.?)", "\\1"),
]
_MIDNIGHT = " 00:00(?::00(?:\\.0+)?)?\\z"


def moment_as_is(check: str, declared: Sequence[str], *, needs_offset: bool) -> str:
    """Pattern of the dates or times that are in the stored form already; a time may be a day alone where declared."""
    if check == "date":
        return value_patterns.DATE
    pattern = value_patterns.TIMESTAMP_WITH_OFFSET if needs_offset else value_patterns.TIMESTAMP
    return f"{pattern}|{value_patterns.DATE}" if any("%H" not in i and "%I" not in i for i in declared) else pattern


class MomentForms:
    """Rewrites dates or times into the stored form; `declared` are strftime formats besides the usual ways."""

    def __init__(self, check: str, order: DateOrder | None, declared: Sequence[str] = (), needs_offset: bool = False):
        self.as_is = moment_as_is(check, declared, needs_offset=needs_offset)
        self._is_date = check == "date"
        self._declared = [step for format_ in declared for step in declared_steps(format_)]
        self._usual = [*_usual_steps(order), *_TIDY]

    def rewrite(self, values: pa.Array) -> pa.Array:
        """Dates or times in the stored form; null where a value is none, or can be read in two ways."""
        values, readable = self._rewritten(values, self._usual)
        if pc.all(readable).as_py() is False:
            # In stages: hardly a file has the ways to write that come last, and each costs time.
            months = _MONTH_NAMES if pc.any(pc.match_substring_regex(values, "[A-Za-z]{3}")).as_py() else []
            halves = _TWELVE_HOURS if pc.any(pc.match_substring_regex(values, "(?i)[ap]\\.?m")).as_py() else []
            values, readable = self._rewritten(values, [*self._declared, *_LOOSE, *months, *_POINTS, *_TIDY, *halves])
        return pc.if_else(readable, values, pa.scalar(None, pa.string()))

    def _rewritten(self, values: pa.Array, steps: Sequence[Step]) -> tuple[pa.Array, pa.Array]:
        for pattern, replacement in steps:
            values = pc.replace_substring_regex(values, pattern, replacement)
        if self._is_date:
            values = pc.replace_substring_regex(values, _MIDNIGHT, "")
        return values, fits(values, self.as_is)


def _usual_steps(order: DateOrder | None) -> Iterator[Step]:
    yield "\\A([0-9]{4}-[0-9]{2}-[0-9]{2})T(.*)\\z", "\\1 \\2"
    yield f"\\A({_DAY})\\.({_MONTH})\\.({_YEAR}){_TIME}\\z", "\\3-\\2-\\1 \\4"
    # Without an order the file has no date but such as 05/05/2026, or it is asked before any row is loaded.
    first, second, turned = (_MONTH, _DAY, "\\3-\\1-\\2") if order == "mdy" else (_DAY, _MONTH, "\\3-\\2-\\1")
    for mark in "/-":
        yield f"\\A({first}){mark}({second}){mark}({_YEAR}){_TIME}\\z", f"{turned} \\4"


_LOOSE: list[Step] = [
    (f"\\A({_YEAR}){mark}({_MONTH}){mark}({_DAY}){_TIME}\\z", "\\1-\\2-\\3 \\4") for mark in ("-", "/", "\\.")
]
_MONTH_NAMES: list[Step] = [
    step
    for number, month in enumerate(_MONTHS, start=1)
    for step in (
        (f"\\A({_DAY})[ -](?i:{month}[a-z]*)\\.?,?[ -]({_YEAR}){_TIME}\\z", f"\\2-{number:02d}-\\1 \\3"),
        (f"\\A(?i:{month}[a-z]*)\\.? ({_DAY}),? ({_YEAR}){_TIME}\\z", f"\\2-{number:02d}-\\1 \\3"),
    )
]


# 03/04/2026: which of the two is the day is told by a number above twelve, or not at all. What no time follows is no
# moment, and tells nothing.
def _numeric(first: str, second: str) -> str:
    return f"(?:{first})[/-](?:{second})[/-]{_YEAR}(?:[T ,]+[0-9]{{1,2}}[:.][0-9].*)?"


_BEYOND_MONTHS = "1[3-9]|2[0-9]|3[01]"
PROOF_OF_ORDER: dict[DateOrder, str] = {
    "dmy": _numeric(_BEYOND_MONTHS, _MONTH),
    "mdy": _numeric(_MONTH, _BEYOND_MONTHS),
}
EITHER_ORDER = _numeric(_MONTH, _MONTH)
SAME_IN_BOTH_ORDERS = "|".join(_numeric(f"0?{number}", f"0?{number}") for number in range(1, 13))

# ---- declared formats

_DIRECTIVES = {
    "Y": _YEAR,
    "y": "[0-9]{2}",
    "m": _MONTH,
    "d": _DAY,
    "H": "[0-9]{1,2}",
    "I": "[0-9]{1,2}",
    "M": "[0-9]{2}",
    "S": "[0-9]{2}",
    "f": "[0-9]{1,6}",
    "p": "(?i:[AP]M)",
    "z": "(?:[+-][0-9]{2}:?[0-9]{2}|Z)",
}


def declared_order(formats: Sequence[str]) -> DateOrder | None:
    """The order of day and month that strftime formats such as %d/%m/%Y show; None if none does, or both."""
    found: set[DateOrder] = set()
    for format_ in formats:
        if re.match("%d([/-])%m\\1%Y", format_):
            found.add("dmy")
        if re.match("%m([/-])%d\\1%Y", format_):
            found.add("mdy")
    return found.pop() if len(found) == 1 else None


def declared_steps(format_: str) -> list[Step]:
    """The rewriting of a strftime format; none for one that is read anyway.

    Raises ValueError, naming the directive, when it has one that is not understood, or lacks a whole date.
    """
    names = re.findall("%(.)", format_.replace("%%", ""))
    unknown = sorted(set(names) - set(_DIRECTIVES))
    if unknown:
        known = ", ".join(f"%{name}" for name in _DIRECTIVES)
        raise ValueError(f"%{unknown[0]} in {format_!r} is not understood; expected only {known}")
    if not {"m", "d"} <= set(names) or not {"Y", "y"} & set(names) or len(set(names)) < len(names):
        raise ValueError(f"{format_!r} does not give year, month and day, each once")
    if declared_order([format_]):
        return []
    literals = [re.escape(part) for part in re.split("%.", format_.replace("%%", "\0"))]
    groups = {name: f"\\{number}" for number, name in enumerate(names, start=1)}
    clock = ""
    if hour := groups.get("H", groups.get("I")):
        clock = f" {hour}:{groups.get('M', '00')}:{groups.get('S', '00')}"
        clock += f".{groups['f']}" if "f" in groups else ""
        clock += "".join(f" {groups[name]}" for name in "pz" if name in groups)
    steps = []
    # Two digits mean 1969 to 2068, as everywhere.
    for year, century in (("[0-5][0-9]|6[0-8]", "20"), ("69|[7-9][0-9]", "19")) if "y" in names else (("", ""),):
        found = [f"({year if name == 'y' else _DIRECTIVES[name]})" for name in names]
        pattern = "".join(text + group for text, group in zip(literals, [*found, ""], strict=True)).replace("\0", "%")
        whole_year = groups.get("Y") or century + groups["y"]
        steps.append((whole(pattern), f"{whole_year}-{groups['m']}-{groups['d']}{clock}"))
    return steps
