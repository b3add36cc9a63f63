"""Names: a folded key for matching, and how one is written to the person who bears it."""

from __future__ import annotations

import re

from rapport.contacts import folding
from rapport.contacts.known_values import verdict

_NOT_A_LETTER = re.compile(r"[^A-Z]+")
_WORD = re.compile(r"[^\W\d_]+")
_TURKISH = re.compile("[İıŞşĞğ]")
_PARTICLES = {"af", "da", "de", "den", "der", "la", "van", "von"}


def normal_form(text: str, default_country: str) -> tuple[str | None, bool, bool, str | None, str | None, str | None]:
    """normalised, is_valid, is_shared, reason, display, match_key of a name as `folding.spelling` gives it."""
    key = _NOT_A_LETTER.sub(" ", folding.fold(text)).strip()
    if not key:
        return None, False, False, "no_letters" if text else "empty", None, None
    known = verdict("name", key)
    if known is not None:
        return None, False, False, known.reason, None, None
    return key, True, False, None, display_form(text, default_country), folding.match_key(key)


def display_form(text: str, default_country: str) -> str:
    """A name in capitals or without any, written as names are; one of mixed case is taken at its word.

    I becomes ı where another letter shows that the name is Turkish: of ALI, Ali is the likelier name, and Yilmaz
    stays readable. In Turkey a first i becomes İ.
    """
    if text not in (text.upper(), text.lower()):
        return text
    is_turkish = bool(_TURKISH.search(text))
    capital_i = "İ" if is_turkish or default_country == "TR" else "I"

    def written(word: re.Match[str]) -> str:
        lowered = word[0].replace("İ", "i").replace("I", "ı" if is_turkish else "i").lower()
        if lowered in _PARTICLES and word.start() > 0:
            return lowered
        first = lowered[0]
        was_dotless = word[0][0] in "Iı"
        return (("I" if was_dotless else capital_i) if first in "iı" else first.upper()) + lowered[1:]

    return _WORD.sub(written, text)
