"""Towns: one key whatever the letters, without the postal district behind a Danish town or a code before it."""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

from rapport.contacts import folding, forms
from rapport.contacts.forms import NormalForm
from rapport.contacts.known_values import verdict

SEED = Path(__file__).with_name("city_names.csv")

_NOT_A_LETTER = re.compile(r"[^A-Z]+")
_DISTRICT = re.compile(r"(?<=[A-Z]{3}) (?:[A-Z]|N[VO]|S[VO])$")  # København NV, Aarhus C


@cache
def _known_names() -> dict[str, str]:
    with SEED.open(encoding="utf-8", newline="") as file:
        return {row["written"]: row["city"] for row in csv.DictReader(file)}


def city(text: str, default_country: str) -> NormalForm:
    """The form of a town as `folding.spelling` gives it."""
    words = _NOT_A_LETTER.sub(" ", folding.fold(text)).strip()
    if not words:
        return forms.unusable("no_letters" if text else "empty")
    known = verdict("address", words)
    if known is not None:
        return forms.unusable(known.reason)
    town = _DISTRICT.sub("", words)
    town = _known_names().get(town, town)
    return NormalForm(town, True, match_key=folding.match_key(town))
