"""Text folded for comparison: transliterated to upper-case ASCII, and spellings of one letter brought to one."""

from __future__ import annotations

import re
import unicodedata

from anyascii import anyascii

_APOSTROPHES = re.compile(r"['`\"]")
# å is written aa or a, ø oe or o, by whoever lacks the key; æ has ae only, which anyascii gives.
_ONE_LETTER = ((re.compile("AA+"), "A"), (re.compile("OE+"), "O"))


def spelling(raw: str) -> str:
    """The value with its blanks put in order, without the dot that lower() leaves of an İ elsewhere."""
    return " ".join(unicodedata.normalize("NFKC", raw).replace("i\u0307", "i").split())


def fold(text: str) -> str:
    """Transliterated, then upper-cased, without apostrophes; digits and other punctuation stay.

    In this order: anyascii maps İ and I to I, ı and i to i, so that all four spellings of a Turkish i meet in I,
    and ø, æ, å become letters rather than nothing.
    """
    return _APOSTROPHES.sub("", anyascii(text).upper())


def match_key(folded: str) -> str:
    """A folded text in which Aa is an Å without its ring and Oe an Ø without its stroke."""
    for written, letter in _ONE_LETTER:
        folded = written.sub(letter, folded)
    return folded
