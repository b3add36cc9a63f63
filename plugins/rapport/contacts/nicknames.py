"""Nicknames and the given names they may stand for: Turkish and Danish by nicknames.csv, English by a library."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from nicknames import NickNamer

from rapport.contacts import folding
from rapport.contacts.name_words import words_of

SEED = Path(__file__).with_name("nicknames.csv")


def formal_names(given_name_key: str) -> frozenset[str]:
    """Match keys of the given names that a name may be short for, its own among them.

    `given_name_key` is the match key of one given name, such as MIE; each word of several is a name of its own.
    """
    return _by_nickname().get(given_name_key, frozenset()) | {given_name_key}


@cache
def known_given_names() -> frozenset[str]:
    """Match keys of the words that are known as given names: those of name_words.csv, and all in the nicknames."""
    formal = frozenset().union(*_by_nickname().values())
    return formal | _by_nickname().keys() | frozenset(map(folding.match_key, words_of("given_name")))


@cache
def _by_nickname() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    english = NickNamer().canonical_lookup
    pairs = [(nickname, formal) for nickname, canonical in english.items() for formal in canonical]
    with SEED.open(encoding="utf-8", newline="") as file:
        pairs += [(row["nickname"], row["given_name"]) for row in csv.DictReader(file)]
    for nickname, formal in pairs:
        found.setdefault(_key(nickname), set()).add(_key(formal))
    return {nickname: frozenset(formal) for nickname, formal in found.items()}


def _key(name: str) -> str:
    return folding.match_key(folding.fold(name))
