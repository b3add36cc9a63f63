"""Names: a folded key for matching; the display form stays as it was written."""

from __future__ import annotations

import re
import unicodedata

from anyascii import anyascii

from rapport.contacts.known_values import verdict

_NOT_A_LETTER = re.compile(r"[^A-Z]+")


def spelling(raw: str) -> str:
    """The value with its blanks put in order."""
    return " ".join(unicodedata.normalize("NFKC", raw).split())


def normal_form(text: str, default_country: str) -> tuple[str | None, bool, bool, str | None]:
    """normalised, is_valid, is_shared, reason of a name as `spelling` gives it.

    The key is transliterated, then upper-cased, in this order: anyascii maps İ and I to I, ı and i to i, so
    that all four spellings of a Turkish i meet in I, and ø, æ, å become letters rather than nothing.
    """
    key = _NOT_A_LETTER.sub(" ", anyascii(text).upper().replace("'", "")).strip()
    if not key:
        return None, False, False, "no_letters" if text else "empty"
    known = verdict("name", key)
    if known is not None:
        return None, False, False, known.reason
    return key, True, False, None
