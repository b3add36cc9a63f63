"""Shop accounts: one for most buyers, a second under another address for a few, some without an order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rapport.samples import dirt
from rapport.samples.arrays import Column
from rapport.samples.orders import FIRST_ACCOUNT, GUEST, Orders, total
from rapport.samples.people import People, shares_household


@dataclass(frozen=True)
class Habits:
    """One row a person: what they typed when they opened an account."""

    which_email: Column
    spelling: Column
    phone_form: Column
    has_phone: Column
    accepts_email: Column
    accepts_sms: Column
    is_upper: Column
    bad: Column


@dataclass(frozen=True)
class Accounts:
    """One row an account as it stands at a moment; `spent` in hundredths of the customer's currency."""

    person: Column
    slot: Column
    since: Column
    spent: Column
    n_orders: Column


def habits(rng: np.random.Generator, persons: People, at_least_bad: int) -> Habits:
    """Draw the habits of a batch of persons."""
    n = len(persons.person)
    return Habits(
        which_email=dirt.which_email(rng, n, shares_household(persons)),
        spelling=dirt.spellings(rng, n, 0.02),
        phone_form=np.where(rng.random(n) < 0.6, persons.phone_form, rng.integers(0, 8, n)).astype(np.int8),
        has_phone=rng.random(n) < 0.75,
        accepts_email=rng.random(n) < 0.6,
        accepts_sms=rng.random(n) < 0.3,
        is_upper=rng.random(n) < 0.02,
        bad=dirt.bad_rows(rng, ~persons.is_prospect, (dirt.BAD_AMOUNT, dirt.BAD_EMAIL), at_least_bad),
    )


def account_number(person: Column, slot: Column | int) -> Column:
    """The shop's id of an account."""
    return np.asarray(7_100_000_000_000 + (2 * person + (slot - FIRST_ACCOUNT)) * 32_771)


def accounts_at(clock: int, people: People, orders: Orders) -> Accounts:
    """The accounts that exist at `clock` (UTC seconds), oldest first."""
    seen = (orders.exported_from <= clock) & (orders.account != GUEST)
    key = 2 * orders.person[seen] + (orders.account[seen] - FIRST_ACCOUNT)
    keys, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    since = orders.created_at[seen][first]
    owed = np.where(orders.cancelled_at[seen] <= clock, 0, total(orders)[seen])
    spent = np.bincount(inverse, weights=owed, minlength=len(keys)).astype(np.int64)
    n_orders = np.bincount(inverse, minlength=len(keys))
    # A third of those who never bought left an address for the newsletter.
    signed_up = np.flatnonzero(people.is_prospect & (people.person % 3 == 0) & (people.joined_at <= clock))
    zeros = np.zeros(len(signed_up), dtype=np.int64)
    found = Accounts(
        person=np.concatenate([keys // 2, people.person[signed_up]]),
        slot=np.concatenate([keys % 2 + FIRST_ACCOUNT, zeros + FIRST_ACCOUNT]),
        since=np.concatenate([since, people.joined_at[signed_up]]),
        spent=np.concatenate([spent, zeros]),
        n_orders=np.concatenate([n_orders, zeros]),
    )
    oldest_first = np.lexsort((found.slot, found.person, found.since))
    return Accounts(*(getattr(found, name)[oldest_first] for name in Accounts.__dataclass_fields__))
