"""What words of names are: titles, suffixes, particles, given names and surnames of the seed name_words.csv."""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

from rapport.contacts import folding

SEED = Path(__file__).with_name("name_words.csv")


@cache
def words_of(role: str) -> frozenset[str]:
    """Words of a role, folded: title, suffix, particle, given_name, surname or surname_ending."""
    with SEED.open(encoding="utf-8", newline="") as file:
        return frozenset(folding.fold(row["word"]) for row in csv.DictReader(file) if row["role"] == role)


@cache
def is_any_of(*roles: str) -> str:
    """Regular expression that finds a word of these roles in a folded name."""
    words = sorted({re.escape(word) for role in roles for word in words_of(role)})
    return f"(^| )({'|'.join(words)})( |$)"
