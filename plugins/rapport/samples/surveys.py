"""Survey responses: after an order, and from a panel that is asked every day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rapport.samples import dirt
from rapport.samples.arrays import DAY, NEVER, Column
from rapport.samples.contact_points import NONE, OWN
from rapport.samples.orders import Orders, is_late
from rapport.samples.people import People

NPS = "How likely is it that you would recommend us to a friend or colleague?"
CSAT = "Overall, how satisfied are you with your experience?"
CES = "How easy was it to get what you needed?"
WHY = "What should we do better?"
TOUCHPOINT = "Which experience is this about?"
TOUCHPOINTS = ("delivery", "product", "service", "website")
WEB_LINK, SMS_LINK = range(2)
# By country and mood (unhappy, fine, delighted).
TEXTS = (
    (
        (
            "Kargo çok geç geldi, kimse aramadı.",
            "Ürün kırık geldi; iade çok uzun sürdü.",
            "Fiyatlar arttı, hayal kırıklığı.",
        ),
        (
            "Teslimat biraz daha hızlı olabilir.",
            "Daha fazla renk seçeneği, lütfen.",
            "İndirimleri önceden duyurun.",
        ),
        (
            "Her şey çok güzeldi, teşekkürler!",
            "Çağrı merkeziniz harika, ilgili.",
            "Arkadaşlarıma önerdim bile.",
        ),
    ),
    (
        (
            "Pakken kom alt for sent, og ingen svarede.",
            "Varen var gået i stykker, ærgerligt.",
            "Dårlig service på telefonen.",
        ),
        (
            "Leveringen må gerne være hurtigere.",
            "Flere størrelser, tak.",
            "Hjemmesiden er lidt langsom på mobil.",
        ),
        (
            "Alt var perfekt, tusind tak!",
            "Sød og hjælpsom betjening.",
            "Jeg har allerede anbefalet jer til søster og nabo.",
        ),
    ),
)


@dataclass(frozen=True)
class Responses:
    """One row a response; `order` is a row of orders or -1, scores -1 where the question was left empty."""

    number: Column
    person: Column
    country: Column
    order: Column
    collector: Column
    nps: Column
    csat: Column
    ces: Column
    words: Column
    touchpoint: Column
    which_email: Column
    spelling: Column
    has_name: Column
    started_at: Column
    ended_at: Column
    bad: Column


def responses_to_orders(
    rng: np.random.Generator,
    people: People,
    orders: Orders,
    first_order: int,
    n_before: int,
    at_least_bad: int,
) -> Responses:
    """Answers that a batch of orders will bring, one to eight days after delivery; regulars answer more."""
    relational = people.is_relational[orders.person]
    answers = rng.random(len(orders.number)) < np.where(relational, 0.16, 0.05)
    answers |= is_late(orders) & (rng.random(len(orders.number)) < 0.2)
    answers &= (orders.delivered_at < NEVER) & ~orders.is_test & (orders.which_email != NONE)
    row = np.flatnonzero(answers)
    at = orders.delivered_at[row] + DAY + (rng.random(len(row)) * 7 * DAY).astype(np.int64)
    order = np.argsort(at, kind="stable")
    row, at = row[order], at[order]
    touchpoint = np.where(is_late(orders)[row], 0, rng.integers(0, 4, len(row)))
    return _answers(
        rng,
        people,
        orders.person[row],
        first_order + row,
        is_late(orders)[row],
        touchpoint,
        at,
        n_before,
        at_least_bad,
    )


def panel_of_the_day(
    rng: np.random.Generator, people: People, n: int, n_before: int, from_: int, until: int
) -> Responses:
    """`n` answers of a day without an order; the first two unhappy, so that every night has detractors."""
    who = rng.choice(len(people.person), min(n, len(people.person)), replace=False)
    unhappy = np.arange(len(who)) < 2
    at = np.sort(rng.integers(from_, until - 900, len(who)))
    touchpoint = rng.integers(1, 4, len(who))
    answers = _answers(rng, people, who, np.full(len(who), -1), unhappy, touchpoint, at, n_before, 0)
    answers.nps[:2] = (3, 6)
    # The last two come by text message, whose answers arrive a day late.
    answers.collector[-2:] = SMS_LINK
    return answers


def _answers(
    rng: np.random.Generator,
    people: People,
    who: Column,
    order: Column,
    unhappy: Column,
    touchpoint: Column,
    at: Column,
    n_before: int,
    at_least_bad: int,
) -> Responses:
    n = len(who)
    warmth = np.where(people.is_relational[who], 8.7, 7.2) + np.where(people.is_advocate[who], 1.2, 0) - 3.2 * unhappy
    nps = np.clip(np.round(rng.normal(warmth, 1.5)), 0, 10).astype(np.int8)
    csat = np.clip(np.round(1 + nps / 2.5 + rng.normal(0, 0.5, n)), 1, 5)
    ces = np.clip(np.round(1 + nps / 1.6 + rng.normal(0, 0.9, n)), 1, 7)
    mood = np.where(nps <= 6, 0, np.where(nps <= 8, 1, 2))
    writes = rng.random(n) < np.where(mood == 1, 0.35, 0.6)
    anonymous = (order >= 0) & (rng.random(n) < 0.1)
    return Responses(
        number=118_300_000_000 + 11 * (n_before + np.arange(n)),
        person=people.person[who],
        country=people.country[who],
        order=order,
        collector=np.where(rng.random(n) < 0.12, SMS_LINK, WEB_LINK).astype(np.int8),
        nps=nps,
        csat=np.where(rng.random(n) < 0.06, -1, csat).astype(np.int8),
        ces=np.where(rng.random(n) < 0.15, -1, ces).astype(np.int8),
        words=np.where(writes, 3 * mood + rng.integers(0, 3, n), -1).astype(np.int8),
        touchpoint=touchpoint.astype(np.int8),
        which_email=np.where(anonymous, NONE, np.where(rng.random(n) < 0.05, 1, OWN)).astype(np.int8),
        spelling=dirt.spellings(rng, n),
        has_name=rng.random(n) < 0.4,
        started_at=at,
        ended_at=at + rng.integers(40, 900, n),
        bad=dirt.bad_rows(rng, np.ones(n, dtype=bool), (dirt.BAD_DATE, dirt.BAD_EMAIL), at_least_bad),
    )
