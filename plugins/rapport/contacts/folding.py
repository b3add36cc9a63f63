"""Text folded for comparison: transliterated to upper-case ASCII, and spellings of one letter brought to one."""

from __future__ import annotations

import re
import unicodedata

import pyarrow as pa
import pyarrow.compute as pc
from anyascii import anyascii

_APOSTROPHES = re.compile(r"['`\"]")
# Latin letters that NFKC leaves as they are; RE2 and Python read these ranges alike.
LETTER = r"A-Za-z\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{131}\x{134}-\x{13E}\x{141}-\x{148}\x{14A}-\x{17E}"
_AS_SPELLED = rf"^[\x01-\x7F{LETTER}]*$"
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_ALPHABET = 100  # letters outside ASCII that Latin scripts have
# å is written aa or a, ø oe or o, by whoever lacks the key; æ has ae only, which anyascii gives.
_ONE_LETTER = (("AA+", "A"), ("OE+", "O"))


def spelling(raw: str) -> str:
    """The value with its blanks put in order, without the dot that lower() leaves of an İ elsewhere."""
    return " ".join(unicodedata.normalize("NFKC", raw).replace("i\u0307", "i").split())


def spelling_column(values: pa.Array) -> pa.Array:
    """`spelling` of every value, but for blanks, where it differs from the value."""
    other = pc.invert(pc.match_substring_regex(values, _AS_SPELLED))
    if not pc.any(other).as_py():
        return values
    spelled = [spelling(value) for value in values.filter(other).to_pylist()]
    return pc.replace_with_mask(values, other, pa.array(spelled, pa.string()))


def fold(text: str) -> str:
    """Transliterated, then upper-cased, without apostrophes; digits and other punctuation stay.

    In this order: anyascii maps İ and I to I, ı and i to i, so that all four spellings of a Turkish i meet in I,
    and ø, æ, å become letters rather than nothing.
    """
    return _APOSTROPHES.sub("", anyascii(text).upper())


def match_key(folded: str) -> str:
    """A folded text in which Aa is an Å without its ring and Oe an Ø without its stroke."""
    for written, letter in _ONE_LETTER:
        folded = re.sub(written, letter, folded)
    return folded


def fold_column(values: pa.Array) -> pa.Array:
    """`fold` of every value; a line feed is a blank."""
    if not len(values):
        return values
    text = "\n".join(pc.replace_substring(values, "\n", " ").to_pylist())
    letters = set(_NOT_ASCII.findall(text))
    if len(letters) <= _ALPHABET:  # each replaced throughout is far quicker than a look at each character
        for letter in letters:
            text = text.replace(letter, anyascii(letter))
    return pa.array(fold(text).split("\n"), pa.string())


def match_key_column(folded: pa.Array) -> pa.Array:
    """`match_key` of every value."""
    for written, letter in _ONE_LETTER:
        folded = pc.replace_substring_regex(folded, written, letter)
    return folded
