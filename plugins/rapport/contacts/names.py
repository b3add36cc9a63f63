"""Names: a folded key for matching, and how one is written to the person who bears it.

Titles and suffixes are no part of a name. Which words are is in name_words.csv, for any language.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from rapport.contacts import folding, forms
from rapport.contacts.forms import NormalForm
from rapport.contacts.known_values import verdict, verdicts
from rapport.contacts.name_words import is_any_of, words_of

_NOT_A_LETTER = re.compile(r"[^A-Z]+")
# what stands in brackets is another name, and what is neither letter nor sign of a name keeps words apart
_NOT_IN_A_WORD = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|[^\w.'’`´-]|[\d_]|(?<=\.)(?=\w)")
_WORD = re.compile(r"[^\W\d_]+")
_TURKISH = re.compile("[İıŞşĞğ]")

_PLAIN = f"^[{folding.LETTER}]+([ -][{folding.LETTER}]+)*$"


def normal_forms(values: pa.Array, default_country: str) -> pa.Table:
    """Forms of given names and surnames as written in records that keep them apart."""
    folded = folding.fold_column(values)
    plain = is_plain(values, folded)
    return forms.with_quick_way(
        values,
        plain,
        lambda names: _plain_names(names, folded.filter(plain)),
        lambda others: forms.one_by_one(others, folding.spelling, lambda text: name(text, default_country)),
    )


def is_plain(values: pa.Array, folded: pa.Array) -> pa.BooleanArray:
    """Which names are letters, blanks and hyphens in mixed case, and hold no word that is not the person's own."""
    mixed = pc.and_(pc.match_substring_regex(values, r"\p{Lu}"), pc.match_substring_regex(values, r"\p{Ll}"))
    plain = pc.and_(mixed, pc.match_substring_regex(values, _PLAIN))
    key = pc.replace_substring(folded, "-", " ")
    plain = pc.and_not(plain, pc.match_substring_regex(key, is_any_of("title", "suffix")))
    return pc.and_not(plain, pc.is_in(key, verdicts("name").values))


def _plain_names(values: pa.Array, folded: pa.Array) -> pa.Table:
    key = pc.replace_substring(folded, "-", " ")
    return forms.table(
        len(values),
        {
            "normalised": key,
            "is_valid": pa.repeat(pa.scalar(True), len(values)),
            "display": values,
            "match_key": folding.match_key_column(key),
        },
    )


def name(text: str, default_country: str) -> NormalForm:
    """The form of a given name or surname as `folding.spelling` gives it."""
    own = own_words(text)
    found = key(own)
    fault = fault_of(found, text)
    if fault is not None:
        return forms.unusable(fault)
    return NormalForm(
        found, True, display=display_form(" ".join(own), default_country), match_key=folding.match_key(found)
    )


def own_words(text: str) -> list[str]:
    """Words of a name without what stands in brackets, titles before it and suffixes behind it.

    If nothing else is there, it is the name: Bay is a surname as well.
    """
    words = _NOT_IN_A_WORD.sub(" ", text).split() or text.split()
    first, last = 0, len(words)
    while first < last and word_key(words[first]) in words_of("title"):
        first += 1
    while last > first and word_key(words[last - 1]) in words_of("suffix"):
        last -= 1
    return words[first:last] or words


@lru_cache(maxsize=1 << 16)  # names have few words
def word_key(word: str) -> str:
    """A word folded to upper-case ASCII letters; one blank where other signs stand between them."""
    return _NOT_A_LETTER.sub(" ", folding.fold(word)).strip()


def key(words: Sequence[str]) -> str:
    """Words folded as `word_key` does, with a blank between them."""
    return " ".join(filter(None, map(word_key, words)))


def fault_of(folded: str, text: str) -> str | None:
    """Why a folded name is none, or None."""
    if not folded:
        return "no_letters" if text else "empty"
    known = verdict("name", folded)
    return known.reason if known is not None else None


def display_form(text: str, default_country: str, *, within: str | None = None) -> str:
    """A name in capitals or without any, written as names are; one of mixed case is taken at its word.

    I becomes ı where another letter, of the name or of the whole name it stands `within`, shows that it is Turkish:
    of ALI, Ali is the likelier name, and Yilmaz stays readable. In Turkey a first i becomes İ.
    """
    if text not in (text.upper(), text.lower()):
        return text
    is_turkish = bool(_TURKISH.search(within or text))
    capital_i = "İ" if is_turkish or default_country == "TR" else "I"
    begins = within is None or within.startswith(text)  # von Trier is Von Trier where nothing stands before it

    def written(word: re.Match[str]) -> str:
        lowered = word[0].replace("İ", "i").replace("I", "ı" if is_turkish else "i").lower()
        if (word.start() > 0 or not begins) and lowered.upper() in words_of("particle"):
            return lowered
        first = lowered[0]
        was_dotless = word[0][0] in "Iı"
        return (("I" if was_dotless else capital_i) if first in "iı" else first.upper()) + lowered[1:]

    return _WORD.sub(written, text)
