"""Campaign e-mails to contacts, and what became of each: opened, clicked, bounced, unsubscribed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rapport.samples import dirt
from rapport.samples.arrays import DAY, Column
from rapport.samples.contact_points import TYPO
from rapport.samples.contacts import EMAIL_MARKETING, Consents, Contacts
from rapport.samples.people import People

SENT, DELIVERED, OPEN, CLICK, BOUNCE, UNSUBSCRIBE = range(6)
EVENTS = ("SENT", "DELIVERED", "OPEN", "CLICK", "BOUNCE", "UNSUBSCRIBE")
NEWSLETTER, OFFER, CARE = range(3)
CAMPAIGN_NAMES = (
    "Haftanın İlhamı / Ugens inspiration",
    "Sana Özel Fırsat / Tilbud til dig",
    "Bakım Önerileri / Plejetips",
)


@dataclass(frozen=True)
class Events:
    """One row an event; `campaign` is ten times the days since 1970 plus the kind of campaign."""

    number: Column
    campaign: Column
    contact: Column
    event: Column
    at: Column
    bad: Column


def may_be_mailed(consents: Consents, n_contacts: int, clock: int) -> Column:
    """Mask of contacts whose last word on e-mail marketing before `clock` was yes."""
    said = np.flatnonzero((consents.kind == EMAIL_MARKETING) & (consents.at < clock))
    said = said[np.argsort(consents.at[said], kind="stable")]
    allowed = np.zeros(n_contacts, dtype=bool)
    # Of repeated rows numpy keeps the last assignment, which is the last word.
    allowed[consents.contact[said]] = consents.is_granted[said]
    return allowed


def campaign(
    rng: np.random.Generator,
    people: People,
    contacts: Contacts,
    allowed: Column,
    kind: int,
    share: float,
    sent_at: int,
    n_before: int,
) -> Events:
    """One campaign to a share of the contacts that may be mailed, with a day and a half of reactions."""
    to = np.flatnonzero(allowed & (rng.random(len(allowed)) < share) & (contacts.created_at < sent_at))
    n = len(to)
    relational = people.is_relational[contacts.person[to]]
    likes = np.where(relational, (0.45, 0.2, 0.4)[kind], (0.2, 0.5, 0.12)[kind])
    bounced = (contacts.spelling[to] == TYPO) | (rng.random(n) < 0.004)
    opened = ~bounced & (rng.random(n) < likes)
    clicked = opened & (rng.random(n) < 0.22)
    left = opened & ~clicked & (rng.random(n) < 0.012)
    start = sent_at + rng.integers(0, 1800, n)
    delivered_at = start + rng.integers(1, 60, n)
    opened_at = delivered_at + np.minimum(rng.exponential(4 * 3600, n), DAY).astype(np.int64) + 30
    after = opened_at + rng.integers(5, 600, n)
    parts = [
        (to[mask], event, at[mask])
        for mask, event, at in (
            (np.ones(n, dtype=bool), SENT, start),
            (~bounced, DELIVERED, delivered_at),
            (bounced, BOUNCE, delivered_at),
            (opened, OPEN, opened_at),
            (clicked, CLICK, after),
            (left, UNSUBSCRIBE, after),
        )
    ]
    at = np.concatenate([part[2] for part in parts])
    order = np.argsort(at, kind="stable")
    m = len(at)
    return Events(
        number=900_000_000 + n_before + np.arange(m),
        campaign=np.full(m, sent_at // DAY * 10 + kind),
        contact=np.concatenate([part[0] for part in parts])[order],
        event=np.concatenate([np.full(len(part[0]), part[1], dtype=np.int8) for part in parts])[order],
        at=at[order],
        bad=dirt.bad_rows(rng, np.ones(m, dtype=bool), (dirt.BAD_DATE,)),
    )
