"""Service contacts (tickets) that follow from orders: late deliveries and returns bring most of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rapport.samples import dirt
from rapport.samples.arrays import DAY, NEVER, Column
from rapport.samples.orders import Orders, is_late

LATE, RETURN, PRODUCT, PAYMENT = range(4)
CATEGORIES = ("DELIVERY", "RETURN", "PRODUCT_QUESTION", "BILLING_ISSUE")
CHANNELS = ("EMAIL", "PHONE", "CHAT", "FORM")
TICKET_NAMES = (
    ("Siparişim gecikti", "İade talebi", "Ürün hakkında soru", "Fatura sorunu"),
    ("Min levering er forsinket", "Returnering", "Spørgsmål om et produkt", "Problem med betaling"),
)
TICKET_TEXTS = (
    (
        "Kargom hâlâ gelmedi, ne zaman teslim edilecek?",
        "Ürün beklediğim gibi değil, iade etmek istiyorum.",
        "Bu ürün bulaşık makinesinde yıkanır mı, ölçüsü nedir?",
        "Kartımdan iki kez çekim yapıldı, lütfen kontrol edin.",
    ),
    (
        "Min pakke er ikke kommet endnu, hvornår bliver den leveret?",
        "Varen passer ikke, jeg vil gerne sende den retur.",
        'Kan den tåle opvaskemaskine? Måler den 24" eller 30"?',
        "Beløbet er trukket to gange, kan I tjekke det?",
    ),
)


@dataclass(frozen=True)
class Tickets:
    """One row a ticket; times UTC seconds, NEVER while it has not happened or never will."""

    number: Column
    contact: Column
    second_contact: Column
    order: Column
    country: Column
    category: Column
    channel: Column
    priority: Column
    opened_at: Column
    replied_at: Column
    closed_at: Column
    bad: Column


def contact_of_person(person_of_contact: Column, n_persons: int) -> Column:
    """Row of the first contact of each person, -1 where there is none."""
    row = np.full(n_persons, -1, dtype=np.int64)
    rows = np.arange(len(person_of_contact))[::-1]
    row[person_of_contact[rows]] = rows
    return row


def tickets_of_orders(
    rng: np.random.Generator,
    orders: Orders,
    first_order: int,
    contact_of: Column,
    second_contact_of: Column,
    n_before: int,
    at_least_bad: int,
) -> Tickets:
    """Tickets that a batch of orders will bring; `first_order` is the batch's first row among all orders."""
    n = len(orders.number)
    late, refunded = is_late(orders), orders.refunded_at < NEVER
    asks = rng.random(n) < np.where(late, 0.6, np.where(refunded, 0.45, 0.11))
    asks &= (contact_of[orders.person] >= 0) & ~orders.is_test
    row = np.flatnonzero(asks)
    m = len(row)
    category = np.where(late[row], LATE, np.where(refunded[row], RETURN, rng.integers(PRODUCT, PAYMENT + 1, m)))
    began = np.where(
        category == LATE,
        orders.promised_at[row] + DAY,
        np.where(
            category == RETURN,
            np.minimum(orders.refunded_at[row], NEVER - DAY) - DAY // 2,
            orders.created_at[row],
        ),
    )
    opened = np.maximum(began, orders.created_at[row]) + rng.integers(600, DAY, m)
    answered = rng.random(m) < 0.93
    replied = np.where(answered, opened + np.minimum(rng.lognormal(9.3, 1.1, m), 10 * DAY).astype(np.int64), NEVER)
    solved = answered & (rng.random(m) < 0.9)
    closed = np.where(solved, np.minimum(replied, NEVER - DAY) + rng.integers(600, 5 * DAY, m), NEVER)
    order = np.argsort(opened, kind="stable")
    row = row[order]
    return Tickets(
        number=3_400_000_000 + 7 * (n_before + np.arange(m)),
        contact=contact_of[orders.person[row]],
        second_contact=second_contact_of[orders.person[row]],
        order=first_order + row,
        country=orders.country[row],
        category=category[order].astype(np.int8),
        channel=rng.integers(0, 4, m).astype(np.int8),
        priority=rng.integers(0, 3, m).astype(np.int8),
        opened_at=opened[order],
        replied_at=replied[order],
        closed_at=closed[order],
        bad=dirt.bad_rows(rng, np.ones(m, dtype=bool), (dirt.BAD_DATE,), at_least_bad if m else 0),
    )
