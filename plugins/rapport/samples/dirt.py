"""The dirt of real exports: how often it happens, and which rows get it."""

from __future__ import annotations

import numpy as np

from rapport.samples.arrays import Column, Text
from rapport.samples.contact_points import (
    BLANKS,
    DIACRITICS,
    HOUSEHOLD,
    OWN,
    PLACEHOLDER,
    PLAIN,
    ROLE,
    TITLE,
    TURKISH_UPPER,
    TYPO,
    UPPER,
    WORK,
)

# What can be unreadable in a row.
FINE, BAD_DATE, BAD_AMOUNT, BAD_EMAIL = range(4)
BAD_KINDS = ("", "unreadable_date", "unreadable_amount", "unreadable_email")
BAD_TEXTS = ("", "31.02.2026 25:61", "1.2.3,-", "mangler(at)test")
BAD_SHARE = 0.001


def spellings(rng: np.random.Generator, n: int, share: float = 0.06) -> Column:
    """Codes of e-mail spellings: PLAIN but for a share of capitals, blanks, diacritics and (rarely) typos."""
    kinds = np.array([UPPER, TURKISH_UPPER, TITLE, BLANKS, DIACRITICS, TYPO])
    odd = rng.choice(kinds, n, p=[0.3, 0.1, 0.25, 0.1, 0.15, 0.1])
    return np.where(rng.random(n) < share, odd, PLAIN).astype(np.int8)


def which_email(rng: np.random.Generator, n: int, in_household: Column) -> Column:
    """Codes of addresses: OWN but for some WORK, few ROLE and PLACEHOLDER, some HOUSEHOLD."""
    draw = rng.random(n)
    which = np.select([draw < 0.08, draw < 0.086, draw < 0.09], [WORK, ROLE, PLACEHOLDER], OWN)
    return np.where(in_household & (draw > 0.8), HOUSEHOLD, which).astype(np.int8)


def bad_rows(rng: np.random.Generator, candidates: Column, kinds: tuple[int, ...], at_least_each: int = 0) -> Column:
    """Codes FINE … BAD_EMAIL for every row: one in a thousand candidates is bad in one of `kinds`."""
    bad = np.zeros(len(candidates), dtype=np.int8)
    possible = np.flatnonzero(candidates)
    n_bad = max(at_least_each * len(kinds), rng.binomial(len(possible), BAD_SHARE))
    picked = rng.choice(possible, min(n_bad, len(possible)), replace=False)
    bad[picked] = np.resize(np.array(kinds, dtype=np.int8), len(picked))
    return bad


def spoiled(values: Text, bad: Column, kind: int) -> Text:
    """The values, unreadable in rows that are bad in this kind."""
    if not (bad == kind).any():
        return values
    values = values.copy()
    values[bad == kind] = BAD_TEXTS[kind]
    return values
