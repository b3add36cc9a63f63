"""What follows an order beside tickets: its carrier, a review, a return, points; and baskets that were left.

Reviews come from 22 % of relational shoppers' delivered orders, half of advocates', 5 % of bargain hunters'. A late
delivery costs two stars on average and is what the text is about; other low ratings are about damage or size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rapport.samples.arrays import DAY, NEVER, Column
from rapport.samples.orders import SHOP, Orders, is_late
from rapport.samples.people import People
from rapport.samples.products import PRODUCT_CATEGORY

N_CARRIERS = 3
# What a review is about.
DELIVERY, DAMAGE, SIZE, STAFF, QUALITY, PRICE = range(6)
NO_REVIEW = 0
POINTS_PER = 10_00  # hundredths of money that earn a point
POINTS_SPENT = 50


@dataclass(frozen=True)
class Aftermath:
    """One row an order, in the orders' order; times UTC seconds, NEVER if never."""

    carrier: Column
    rating: Column
    about: Column
    reviewed_at: Column
    review_replied_at: Column
    return_reason: Column
    return_requested_at: Column
    return_received_at: Column
    points_spent: Column


@dataclass(frozen=True)
class Checkouts:
    """One row a checkout that was begun; `order` is the row of the order it became, -1 if none."""

    person: Column
    product: Column
    quantity: Column
    order: Column
    started_at: Column
    completed_at: Column


def aftermath(rng: np.random.Generator, people: People, orders: Orders) -> Aftermath:
    """What becomes of a batch of orders once they are placed."""
    n = len(orders.number)
    late, refunded = is_late(orders), (orders.refunded_at < NEVER) & (orders.cancelled_at == NEVER)
    # One carrier brings most of what is late.
    carrier = np.where(late & (rng.random(n) < 0.6), N_CARRIERS - 1, rng.integers(0, N_CARRIERS, n))
    relational = people.is_relational[orders.person]
    writes = np.where(people.is_advocate[orders.person], 0.5, np.where(relational, 0.22, 0.05))
    has_review = (rng.random(n) < writes) & (orders.delivered_at < NEVER) & ~orders.is_test
    stars = rng.choice(5, n, p=[0.03, 0.04, 0.1, 0.33, 0.5]) + 1
    stars = np.where(late | refunded, np.maximum(stars - 2, 1), stars)
    low = np.where(late, DELIVERY, rng.integers(DAMAGE, SIZE + 1, n))
    about = np.where(stars <= 3, low, rng.integers(STAFF, PRICE + 1, n))
    reviewed_at = np.where(has_review, orders.delivered_at + rng.integers(DAY, 12 * DAY, n), NEVER)
    replies = has_review & (rng.random(n) < np.where(stars <= 3, 0.6, 0.15))
    requested = np.where(refunded, orders.refunded_at - rng.integers(4 * DAY, 7 * DAY, n), NEVER)
    requested = np.where(refunded, np.maximum(requested, orders.delivered_at + 3600), NEVER)
    received = np.where(refunded, requested + (orders.refunded_at - np.minimum(requested, orders.refunded_at)) // 2, 0)
    return Aftermath(
        carrier=carrier.astype(np.int8),
        rating=np.where(has_review, stars, NO_REVIEW).astype(np.int8),
        about=about.astype(np.int8),
        reviewed_at=reviewed_at,
        review_replied_at=np.where(replies, np.minimum(reviewed_at, NEVER - DAY) + rng.integers(3600, DAY, n), NEVER),
        return_reason=np.where(late, DELIVERY, rng.integers(DAMAGE, SIZE + 1, n)).astype(np.int8),
        return_requested_at=requested,
        return_received_at=np.where(refunded, received, NEVER),
        points_spent=np.where((rng.random(n) < 0.06) & ~orders.is_first & ~orders.is_test, POINTS_SPENT, 0),
    )


def checkouts(rng: np.random.Generator, people: People, orders: Orders, first_order: int) -> Checkouts:
    """Baskets left: of a sixth of the batch's web orders before they were placed, and of others for good.

    `first_order` is the batch's first row among all orders.
    """
    completed = np.flatnonzero((rng.random(len(orders.number)) < 0.15) & (orders.channel != SHOP) & ~orders.is_test)
    n_left = max(1, len(orders.number) // 8)
    others = rng.integers(0, len(people.person), n_left)
    near = orders.created_at[rng.integers(0, len(orders.number), n_left)] if len(orders.number) else np.zeros(0)
    others = others[: len(near)]
    started = np.concatenate(
        [orders.created_at[completed] - rng.integers(3600, 2 * DAY, len(completed)), near.astype(np.int64)]
    )
    n = len(started)
    order = np.argsort(started, kind="stable")
    return Checkouts(
        person=np.concatenate([orders.person[completed], people.person[others]]).astype(np.int64)[order],
        product=rng.integers(0, len(PRODUCT_CATEGORY), n).astype(np.int16),
        quantity=rng.integers(1, 4, n).astype(np.int8),
        order=np.concatenate([first_order + completed, np.full(len(others), -1)])[order],
        started_at=started[order],
        completed_at=np.concatenate([orders.created_at[completed], np.full(len(others), NEVER)])[order],
    )
