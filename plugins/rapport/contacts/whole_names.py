"""Whole names in one cell: which part is the surname, and how sure that is.

A comma, capitals, particles, and words that are known as given names or surnames tell; where nothing does, the given
name is written first. Both orders stay open to matching: the confidence of the other one is what is left to 1.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from rapport.contacts import folding, forms, names
from rapport.contacts.forms import NormalForm
from rapport.contacts.name_words import is_any_of, words_of
from rapport.contacts.nicknames import known_given_names

# By how much more speaks for the given name first than for the surname first, each of the two words counting one.
_CONFIDENCE = {2: 0.99, 1: 0.95, 0: 0.85, -1: 0.7, -2: 0.95}
_COMMA, _CAPITALS, _PARTICLE, _ONE_WORD = 0.99, 0.97, 0.95, 0.5
_CAPITALISED = r"^\p{Lu}\p{Ll}+(-\p{Lu}\p{Ll}+)*( \p{Lu}\p{Ll}+(-\p{Lu}\p{Ll}+)*)+$"


class Parts(NamedTuple):
    """Words of a whole name, and how sure it is which are the surname's."""

    given: list[str]
    surname: list[str]
    confidence: float


def normal_forms(values: pa.Array, default_country: str) -> pa.Table:
    """Forms of whole names: `SURNAME, GIVEN NAMES`, or the one word there is."""
    folded = folding.fold_column(values)
    plain = pc.and_(names.is_plain(values, folded), pc.match_substring_regex(values, _CAPITALISED))
    plain = pc.and_not(plain, pc.match_substring_regex(pc.replace_substring(folded, "-", " "), is_any_of("particle")))
    return forms.with_quick_way(
        values,
        plain,
        lambda whole: _plain_names(whole, folded.filter(plain)),
        lambda others: forms.one_by_one(others, folding.spelling, lambda text: whole_name(text, default_country)),
    )


def whole_name(text: str, default_country: str) -> NormalForm:
    """The form of a whole name as `folding.spelling` gives it."""
    parts = split(text)
    surname, given = names.key(parts.surname), names.key(parts.given)
    fault = names.fault_of(" ".join(filter(None, (given, surname))), text)
    if fault is not None:
        return forms.unusable(fault)
    shown = [
        names.display_form(" ".join(words), default_country, within=text)
        for words in (parts.surname, parts.given)
        if names.key(words)
    ]
    found = ", ".join(filter(None, (surname, given)))
    return NormalForm(
        found,
        True,
        display=", ".join(shown),
        match_key=folding.match_key(found),
        confidence=parts.confidence if len(shown) == 2 else _ONE_WORD,
    )


def split(text: str) -> Parts:
    """Tell the surname from the given names; of a single word nobody can."""
    before, comma, after = text.partition(",")
    if comma:
        surname, given = names.own_words(before), names.own_words(after)
        if given and names.key(surname) and not set(names.key(given).split()) <= words_of("suffix") | words_of("title"):
            return Parts(given, surname, _COMMA)
        text = before if names.word_key(before) else after
    words = [word for word in names.own_words(text) if names.word_key(word)]
    if len(words) < 2:
        return Parts(words, [], _ONE_WORD)
    return _by_capitals(words) or _by_particle(words) or _by_known_words(words)


def _by_capitals(words: list[str]) -> Parts | None:
    """YILMAZ Ayşe, Ayşe YILMAZ: whatever else is in mixed case, capitals are the surname."""
    capitals = [word.isupper() and len(names.word_key(word)) > 1 for word in words]
    n_capitals = sum(capitals)
    if n_capitals in (0, len(words)):
        return None
    if all(capitals[-n_capitals:]):
        return Parts(words[:-n_capitals], words[-n_capitals:], _CAPITALS)
    if all(capitals[:n_capitals]):
        return Parts(words[n_capitals:], words[:n_capitals], _CAPITALS)
    return None


def _by_particle(words: list[str]) -> Parts | None:
    """Jens von der Lippe; von Trier, Lars is Von Trier Lars without its comma."""
    is_particle = [names.word_key(word) in words_of("particle") for word in words]
    if True in is_particle[1:-1]:
        first = is_particle.index(True, 1)
        if not is_particle[0]:
            return Parts(words[:first], words[first:], _PARTICLE)
    if is_particle[0] and len(words) > 2:
        last = is_particle.index(False) if False in is_particle else len(words) - 1
        if last + 1 < len(words):
            return Parts(words[last + 1 :], words[: last + 1], _PARTICLE)
    return None


def _by_known_words(words: list[str]) -> Parts:
    first, last = _leaning(words[0]), _leaning(words[-1])
    score = first - last
    if score < 0:
        return Parts(words[1:], words[:1], _CONFIDENCE[score])
    return Parts(words[:-1], words[-1:], _CONFIDENCE[score])


@lru_cache(maxsize=1 << 16)
def _leaning(word: str) -> int:
    """1 for a word known as a given name only, -1 as a surname only, else 0."""
    folded = folding.match_key(folding.fold(word))
    is_given = re.sub("-.*", "", folded) in known_given_names()
    is_surname = folded in _surnames() or re.search(_surname_ending(), folded) is not None
    return int(is_given) - int(is_surname)


@cache
def _surnames() -> frozenset[str]:
    return frozenset(map(folding.match_key, words_of("surname")))


@cache
def _surname_ending() -> str:
    return f"..({'|'.join(sorted(words_of('surname_ending')))})$"


def _plain_names(values: pa.Array, folded: pa.Array) -> pa.Table:
    """The same as whole_name for names whose words are all capitalised and none a particle, in whole columns."""
    score = pc.subtract(_leanings(_first(folded)), _leanings(_last(folded)))
    is_surname_first = pc.less(score, 0)

    def ordered(whole: pa.Array) -> pa.Array:
        given_first = pc.replace_substring_regex(whole, "^(.*) ([^ ]*)$", r"\2, \1")
        return pc.if_else(is_surname_first, pc.replace_substring(whole, " ", ", ", max_replacements=1), given_first)

    key = pc.replace_substring(ordered(folded), "-", " ")
    confidence = pa.array([_CONFIDENCE[score] for score in (-2, -1, 0, 1, 2)], pa.float64())
    return forms.table(
        len(values),
        {
            "normalised": key,
            "is_valid": pa.repeat(pa.scalar(True), len(values)),
            "display": ordered(values),
            "match_key": folding.match_key_column(key),
            "confidence": confidence.take(pc.add(score, 2)),
        },
    )


def _leanings(words: pa.Array) -> pa.Array:
    folded = folding.match_key_column(words)
    is_given = pc.is_in(pc.replace_substring_regex(folded, "-.*", ""), pa.array(sorted(known_given_names())))
    is_surname = pc.or_(
        pc.is_in(folded, pa.array(sorted(_surnames()))), pc.match_substring_regex(folded, _surname_ending())
    )
    return pc.subtract(is_given.cast(pa.int8()), is_surname.cast(pa.int8()))


def _first(names_: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(names_, " .*", "")


def _last(names_: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(names_, ".* ", "")
