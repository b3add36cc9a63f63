"""The persons behind the records: who they are and how they buy. It is the truth that marts should find."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rapport.samples.arrays import DAY, NEVER, Column
from rapport.samples.names import (
    DENMARK,
    FAMILY_FROM,
    FAMILY_SIZE,
    GIVEN_FROM,
    GIVEN_SIZE,
    STREET_FROM,
    STREET_SIZE,
    TOWN_FROM,
    TOWN_SIZE,
)

HISTORY_DAYS = 730
SHARE_DANISH = 0.4
SHARE_RELATIONAL = 0.55
SHARE_VIP = 0.02
SHARE_PROSPECT = 0.10
SHARE_LAPSED = 0.25
N_CATEGORIES = 6


@dataclass(frozen=True)
class People:
    """One row a person; times are UTC seconds, `orders_a_year` a rate, shares between 0 and 1."""

    person: Column
    household: Column
    country: Column
    is_man: Column
    given: Column
    family: Column
    birth_day: Column
    town: Column
    street: Column
    house_number: Column
    mail_form: Column
    mail_domain: Column
    phone_form: Column
    is_relational: Column
    is_vip: Column
    is_advocate: Column
    is_prospect: Column
    favourite_category: Column
    orders_a_year: Column
    coupon_share: Column
    joined_at: Column
    left_at: Column


def people(rng: np.random.Generator, n: int, first_person: int, joined_from: int, joined_until: int) -> People:
    """Draw `n` persons, numbered from `first_person`, who begin in [joined_from, joined_until) (UTC seconds).

    One in five shares household, family name and address with the person before.
    """
    person = np.arange(first_person, first_person + n, dtype=np.int64)
    # The head of a household is the person before, never itself a follower, so households have two members.
    follows = (rng.random(n) < 0.2) & (np.arange(n) > 0)
    follows &= ~np.concatenate([[False], follows[:-1]])
    head = np.arange(n) - follows

    country = (rng.random(n) < SHARE_DANISH).astype(np.int8)[head]
    is_man = rng.random(n) < 0.42
    group = 2 * country + is_man
    is_relational = rng.random(n) < SHARE_RELATIONAL
    is_vip = rng.random(n) < SHARE_VIP
    rate = rng.lognormal(np.where(is_relational, 0.65, 0.15), 0.5)
    rate = np.where(is_vip, 9 + 6 * rng.random(n), rate)
    joined_at = joined_from + (rng.random(n) * (joined_until - joined_from)).astype(np.int64)
    lapses = (rng.random(n) < SHARE_LAPSED) & ~is_vip
    stays = (rng.integers(20, 300, n) * DAY).astype(np.int64)
    name = rng.integers(0, GIVEN_SIZE[group])
    # Two of one home are not called the same: hardly any are, and of a record without a birthday nobody could tell
    # whose it is.
    is_namesake = follows & (group == group[head]) & (name == name[head])
    given = GIVEN_FROM[group] + (name + is_namesake) % GIVEN_SIZE[group]
    return People(
        person=person,
        household=person[head],
        country=country,
        is_man=is_man,
        given=given.astype(np.int16),
        family=(FAMILY_FROM[country] + rng.integers(0, FAMILY_SIZE[country]))[head].astype(np.int16),
        birth_day=rng.integers(-14_000, 12_500, n).astype(np.int32),
        town=(TOWN_FROM[country] + rng.integers(0, TOWN_SIZE[country]))[head].astype(np.int16),
        street=(STREET_FROM[country] + rng.integers(0, STREET_SIZE[country]))[head].astype(np.int16),
        house_number=rng.integers(1, 190, n)[head].astype(np.int16),
        mail_form=rng.integers(0, 4, n).astype(np.int8),
        mail_domain=rng.integers(0, 6, n).astype(np.int8),
        phone_form=rng.integers(0, 8, n).astype(np.int8),
        is_relational=is_relational,
        is_vip=is_vip,
        is_advocate=is_relational & (rng.random(n) < 0.15),
        is_prospect=(rng.random(n) < SHARE_PROSPECT) & ~is_vip,
        favourite_category=rng.integers(0, N_CATEGORIES, n).astype(np.int8),
        orders_a_year=rate.astype(np.float32),
        coupon_share=np.where(is_relational, 0.06, 0.7).astype(np.float32),
        joined_at=joined_at,
        left_at=np.where(lapses, joined_at + stays, NEVER),
    )


def is_danish(country: Column) -> Column:
    """Mask of the Danish."""
    return np.asarray(country == DENMARK)


def shares_household(persons: People) -> Column:
    """Mask of those with another person of the same batch in their household."""
    households = persons.household - persons.person.min(initial=0)
    return np.asarray(np.bincount(households)[households] > 1)
