"""Who joins the shop's community or a group of people who like the same, and who leaves it again.

Half of advocates and VIPs join something sooner or later, of other relational shoppers one in five, of bargain
hunters hardly any: at any time about a tenth of all customers ever did.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rapport.samples.arrays import DAY, NEVER, Column
from rapport.samples.names import words
from rapport.samples.people import People

COMMUNITY = 0
# The shop's community, then affinity groups: Turkish, Danish.
GROUPS = np.stack(
    [
        words("Hane & Hjem Topluluğu, Kahve severler, Ev tekstili severler, Dekorasyon severler, Bahçe tutkunları"),
        words("Hane & Hjem Fællesskab, Kaffeklubben, Tekstilvennerne, Boligindretterne, Havevennerne"),
    ]
)
_GROUP_OF_CATEGORY = np.array([1, 2, 2, 3, 3, 4])  # by a product's category


@dataclass(frozen=True)
class Memberships:
    """One row a membership; `group` is a column of GROUPS, times UTC seconds, `left_at` NEVER if never."""

    number: Column
    person: Column
    group: Column
    joined_at: Column
    left_at: Column


def memberships(rng: np.random.Generator, people: People, n_before: int) -> Memberships:
    """All memberships that a batch of persons will ever have, by the time they join; two of a person at most."""
    n = len(people.person)
    is_close = people.is_advocate | people.is_vip
    joins = rng.random(n) < np.select([is_close, people.is_relational], [0.5, 0.2], 0.03)
    first_at = people.joined_at + rng.integers(2 * DAY, 400 * DAY, n)
    second_at = np.where(rng.random(n) < 0.3, first_at + rng.integers(10 * DAY, 200 * DAY, n), NEVER)
    affinity = _GROUP_OF_CATEGORY[people.favourite_category]
    first = np.where(rng.random(n) < 0.6, COMMUNITY, affinity)
    second = np.where(first == COMMUNITY, affinity, COMMUNITY)

    row = np.tile(np.arange(n), 2)
    joined_at = np.concatenate([first_at, second_at])
    left_at = np.minimum(_tired(rng, joined_at), _lapsed(rng, people)[row])
    # Whoever no longer buys joins nothing.
    happens = (joins & ~people.is_prospect)[row] & (joined_at < people.left_at[row])
    found = np.flatnonzero(happens)
    found = found[np.argsort(joined_at[found], kind="stable")]
    return Memberships(
        number=n_before + np.arange(len(found)) + 1,
        person=people.person[row[found]],
        group=np.concatenate([first, second])[found].astype(np.int8),
        joined_at=joined_at[found],
        left_at=left_at[found],
    )


def _tired(rng: np.random.Generator, joined_at: Column) -> Column:
    """When a fifth of members leave though they still buy."""
    n = len(joined_at)
    return np.where(rng.random(n) < 0.2, joined_at + rng.integers(30 * DAY, 500 * DAY, n), NEVER)


def _lapsed(rng: np.random.Generator, people: People) -> Column:
    """When half of those who stop buying leave their groups, too."""
    n = len(people.person)
    leaves = (rng.random(n) < 0.5) & (people.left_at < NEVER)
    return np.where(leaves, people.left_at + rng.integers(DAY, 60 * DAY, n), NEVER)
