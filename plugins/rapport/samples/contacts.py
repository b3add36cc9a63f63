"""CRM contacts of persons, some twice, and the permissions given and withdrawn on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rapport.samples import dirt
from rapport.samples.arrays import DAY, Column
from rapport.samples.contact_points import OWN, WORK
from rapport.samples.people import People, shares_household

EMAIL_MARKETING, SMS_MARKETING, EMAIL_SURVEY, PHONE_SERVICE, POST_MARKETING = range(5)
CHANNELS = ("email", "sms", "email", "phone", "post")
PURPOSES = ("marketing", "marketing", "survey", "service", "marketing")
SOURCES = ("Web form", "Checkout", "Call centre", "Store", "Unsubscribe link", "Preference centre")
UNSUBSCRIBE_LINK, PREFERENCE_CENTRE = 4, 5


@dataclass(frozen=True)
class Contacts:
    """One row a CRM contact; times UTC seconds."""

    person: Column
    number: Column
    which_email: Column
    spelling: Column
    phone_form: Column
    has_mobile: Column
    has_landline: Column
    has_birthday: Column
    has_typo: Column
    is_upper: Column
    is_placeholder: Column
    owner: Column
    bad: Column
    created_at: Column
    modified_at: Column


@dataclass(frozen=True)
class Consents:
    """One row a permission given or refused, on a contact (its row) for a channel and purpose (`kind`)."""

    contact: Column
    kind: Column
    is_granted: Column
    source: Column
    at: Column
    bad: Column


def first_contacts(rng: np.random.Generator, persons: People, n_before: int, until: int, at_least_bad: int) -> Contacts:
    """Contacts of a batch of persons: most relational, many bargain hunters, all prospects; a few twice."""
    n = len(persons.person)
    known = persons.is_prospect | (rng.random(n) < np.where(persons.is_relational, 0.92, 0.72))
    once = np.flatnonzero(known)
    twice = once[rng.random(len(once)) < 0.05]
    who = np.concatenate([once, twice])
    is_copy = np.arange(len(who)) >= len(once)
    at = persons.joined_at[who] + rng.integers(0, 3600, len(who))
    at = np.where(is_copy, at + rng.integers(DAY, 200 * DAY, len(who)), at)
    at = np.minimum(at, until - 1)
    order = np.argsort(at, kind="stable")
    return _contacts(rng, persons, who[order], is_copy[order], at[order], n_before, until, at_least_bad)


def copies(rng: np.random.Generator, people: People, n: int, n_before: int, from_: int, until: int) -> Contacts:
    """`n` second contacts of persons chosen among all, made between two moments."""
    who = rng.choice(len(people.person), n, replace=False)
    at = np.sort(rng.integers(from_, until, n))
    return _contacts(rng, people, who, np.ones(n, dtype=bool), at, n_before, until, 0)


def _contacts(
    rng: np.random.Generator,
    people: People,
    who: Column,
    is_copy: Column,
    at: Column,
    n_before: int,
    until: int,
    at_least_bad: int,
) -> Contacts:
    n = len(who)
    which = dirt.which_email(rng, n, shares_household(people)[who])
    # A copy arises where the address did not give it away: another one, or the same spelled otherwise.
    which = np.where(is_copy, np.where(rng.random(n) < 0.4, WORK, OWN), which)
    spelling = np.where(is_copy & (which == OWN), dirt.spellings(rng, n, 1.0), dirt.spellings(rng, n))
    modified = at + (rng.random(n) * (until - at)).astype(np.int64)
    return Contacts(
        person=people.person[who],
        number=20_100_000_000 + 13 * (n_before + np.arange(n)),
        which_email=which.astype(np.int8),
        spelling=spelling.astype(np.int8),
        phone_form=np.where(rng.random(n) < 0.5, people.phone_form[who], rng.integers(0, 8, n)).astype(np.int8),
        has_mobile=rng.random(n) < 0.8,
        has_landline=rng.random(n) < 0.2,
        has_birthday=rng.random(n) < 0.55,
        has_typo=(rng.random(n) < np.where(is_copy, 0.4, 0.01)),
        is_upper=rng.random(n) < 0.03,
        is_placeholder=rng.random(n) < 0.003,
        owner=rng.integers(0, 4, n).astype(np.int8),
        bad=dirt.bad_rows(rng, ~is_copy, (dirt.BAD_DATE, dirt.BAD_EMAIL), at_least_bad),
        created_at=at,
        modified_at=modified,
    )


def first_consents(
    rng: np.random.Generator, contacts: Contacts, people: People, n_before: int, until: int, at_least_bad: int
) -> Consents:
    """What people answered when the contact was made (or did not), and withdrawals since, in time order."""
    n = len(contacts.person)
    relational = people.is_relational[contacts.person]
    parts = []
    for kind, (asked, granted) in enumerate(((0.8, 0.8), (0.5, 0.65), (0.75, 0.92), (0.3, 0.97), (0.15, 0.6))):
        answered = np.flatnonzero(rng.random(n) < asked)
        yes = rng.random(len(answered)) < granted
        parts.append((answered, np.full(len(answered), kind), yes, rng.integers(0, 4, len(answered))))
        # Bargain hunters leave a list sooner.
        leaves = yes & (rng.random(len(answered)) < np.where(relational[answered], 0.05, 0.12)) & (kind < 3)
        gone = answered[leaves]
        parts.append((gone, np.full(len(gone), kind), np.zeros(len(gone), dtype=bool), np.full(len(gone), 4)))
    contact = np.concatenate([part[0] for part in parts])
    since = contacts.created_at[contact]
    source = np.concatenate([part[3] for part in parts])
    later = since + (rng.random(len(contact)) * (until - since)).astype(np.int64)
    at = np.where(source >= UNSUBSCRIBE_LINK, later, since)
    order = np.argsort(at, kind="stable")
    return Consents(
        contact=n_before + contact[order],
        kind=np.concatenate([part[1] for part in parts])[order].astype(np.int8),
        is_granted=np.concatenate([part[2] for part in parts])[order],
        source=source[order].astype(np.int8),
        at=at[order],
        bad=dirt.bad_rows(rng, np.ones(len(contact), dtype=bool), (dirt.BAD_DATE,), at_least_bad),
    )


def changes_of_mind(rng: np.random.Generator, n_contacts: int, n: int, from_: int, until: int) -> Consents:
    """A day's `n` opt-outs (and one return) of contacts chosen among all."""
    contact = rng.choice(n_contacts, min(n + 1, n_contacts), replace=False)
    m = len(contact)
    return Consents(
        contact=contact,
        kind=rng.choice([EMAIL_MARKETING, SMS_MARKETING, EMAIL_SURVEY], m, p=[0.7, 0.2, 0.1]).astype(np.int8),
        is_granted=np.arange(m) == 0,
        source=np.where(np.arange(m) == 0, PREFERENCE_CENTRE, UNSUBSCRIBE_LINK).astype(np.int8),
        at=np.sort(rng.integers(from_, until, m)),
        bad=np.zeros(m, dtype=np.int8),
    )


def unsubscribed(contact: Column, at: Column) -> Consents:
    """Refusals that follow from the unsubscribe link of a message."""
    n = len(contact)
    return Consents(
        contact=contact,
        kind=np.full(n, EMAIL_MARKETING, dtype=np.int8),
        is_granted=np.zeros(n, dtype=bool),
        source=np.full(n, UNSUBSCRIBE_LINK, dtype=np.int8),
        at=at,
        bad=np.zeros(n, dtype=np.int8),
    )
