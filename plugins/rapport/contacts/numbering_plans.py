"""National numbering plans, applied to whole columns: libphonenumber's own patterns, without its work on each value.

Where a plan is simple (one country to a calling code, a trunk prefix of plain digits) what libphonenumber makes of a
number that is valid in the end can be told by patterns alone. All else is left to it: null here says nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

_TYPES = (  # what is_valid_number looks at
    "fixed_line",
    "mobile",
    "premium_rate",
    "toll_free",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
)


@dataclass(frozen=True)
class Plan:
    """How numbers of one country are written.

    `valid` are patterns of national numbers with the lengths they hold for, one of which a valid number fits.
    """

    calling_code: str
    trunk_prefix: str
    international_prefix: str | None
    possible: str
    possible_lengths: pa.Array
    valid: tuple[tuple[str, pa.Array], ...]

    def of_inhabitants(self, digits: pa.Array) -> pa.Array:
        """National numbers of what the country's own people wrote: digits, perhaps with a + before them."""
        if self.international_prefix is None:
            return self.of_international(digits)
        code, abroad = self.calling_code, self.international_prefix
        is_abroad = pc.or_(pc.starts_with(digits, "+"), pc.starts_with(digits, abroad))
        # 90532… is taken for +90 532… where it could be no number of the country as it stands
        is_coded = pc.and_not(pc.starts_with(digits, code), pc.match_substring_regex(digits, self.possible))
        after = pc.replace_substring_regex(digits, rf"^(\+|{abroad})?{code}", "")
        after_code = pc.match_substring_regex(digits, rf"^(\+|{abroad}){code}")
        rest = pc.if_else(is_abroad, pc.if_else(after_code, after, _NULL), pc.if_else(is_coded, after, digits))
        return self._valid(rest)

    def of_international(self, digits: pa.Array) -> pa.Array:
        """National numbers of those that are written with + and the country's calling code."""
        written = rf"^\+{self.calling_code}"
        rest = pc.replace_substring_regex(digits, written, "")
        return self._valid(pc.if_else(pc.match_substring_regex(digits, written), rest, _NULL))

    def _valid(self, rest: pa.Array) -> pa.Array:
        national = pc.replace_substring_regex(rest, f"^{self.trunk_prefix}", "") if self.trunk_prefix else rest
        length = pc.binary_length(national)
        is_valid = pc.and_(
            pc.is_in(length, self.possible_lengths),
            # a second trunk prefix, or a 0 that belongs to the number, is libphonenumber's to judge
            pc.invert(pc.match_substring_regex(national, f"^(0|{self.trunk_prefix or '0'})")),
        )
        fits = pa.repeat(pa.scalar(False), len(national))
        for pattern, lengths in self.valid:
            fits = pc.or_(fits, pc.and_(pc.match_substring_regex(national, pattern), pc.is_in(length, lengths)))
        return pc.if_else(pc.and_(is_valid, fits), national, _NULL)


_NULL = pa.scalar(None, pa.string())


@cache
def plan_of(country: str) -> Plan | None:
    """The country's plan if it is simple, else None."""
    metadata = PhoneMetadata.metadata_for_region(country, None)
    if metadata is None or metadata.general_desc is None or metadata.country_code is None:
        return None
    if len(COUNTRY_CODE_TO_REGION_CODE[metadata.country_code]) > 1:
        return None
    trunk_prefix = metadata.national_prefix_for_parsing or ""
    if metadata.national_prefix_transform_rule or not (trunk_prefix.isdigit() or not trunk_prefix):
        return None
    abroad = metadata.international_prefix
    general = metadata.general_desc
    patterns: dict[tuple[int, ...], list[str]] = {}
    for name in _TYPES:
        kind = getattr(metadata, name)
        if kind is not None and kind.national_number_pattern:
            patterns.setdefault(kind.possible_length or general.possible_length, []).append(
                kind.national_number_pattern
            )
    return Plan(
        calling_code=str(metadata.country_code),
        trunk_prefix=trunk_prefix,
        international_prefix=abroad if abroad and abroad.isdigit() else None,
        possible=f"^(?:{general.national_number_pattern})$",
        possible_lengths=_lengths(general.possible_length),
        valid=tuple((f"^(?:{'|'.join(alike)})$", _lengths(lengths)) for lengths, alike in patterns.items()),
    )


def plans_in(digits: pa.Array, *, least: int) -> list[Plan]:
    """Simple plans of the countries that at least so many of the numbers, written with +, seem to be from."""
    counted: Counter[str] = Counter()
    for start in pc.value_counts(pc.utf8_slice_codeunits(digits, 1, 4)).to_pylist():
        code = next((start["values"][:n] for n in (1, 2, 3) if _country(start["values"][:n])), None)
        if code is not None:
            counted[_country(code)] += start["counts"]
    plans = [plan_of(country) for country, n in counted.items() if n >= least]
    return [plan for plan in plans if plan is not None]


def _country(calling_code: str) -> str:
    """The first country of a calling code, or nothing."""
    return next(iter(COUNTRY_CODE_TO_REGION_CODE.get(int(calling_code or 0), ())), "")


def _lengths(possible: tuple[int, ...]) -> pa.Array:
    return pa.array(possible, pa.int32())
