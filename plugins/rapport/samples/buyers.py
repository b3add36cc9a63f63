"""Customers who buy exactly as BG/NBD and Gamma-Gamma say: what is fitted on them has to come back."""

from __future__ import annotations

import numpy as np

from rapport.value import bgnbd, gamma_gamma
from rapport.value.histories import Purchases

LAST_DAY = 20_000  # since 1970


def draw_purchases(
    n: int, purchases: bgnbd.Parameters, amounts: gamma_gamma.Parameters, *, seed: int, won: tuple[int, int]
) -> Purchases:
    """Purchases up to LAST_DAY of n customers, each won at least `won[0]` and under `won[1]` days before it."""
    random = np.random.default_rng(seed)
    first = LAST_DAY - random.integers(*won, n)
    rate = random.gamma(purchases.r, 1 / purchases.alpha, n)
    leaves = random.beta(purchases.a, purchases.b, n)
    worth = amounts.v / random.gamma(amounts.q, 1, n)
    customer, day = [np.arange(n)], [first]
    alive, weeks = np.arange(n), np.zeros(n)
    while len(alive):
        weeks[alive] += random.exponential(1 / np.maximum(rate[alive], 1e-12))
        alive = alive[first[alive] + weeks[alive] * 7 <= LAST_DAY]
        customer.append(alive)
        day.append(first[alive] + np.ceil(weeks[alive] * 7).astype(np.int64))
        alive = alive[random.random(len(alive)) >= leaves[alive]]
    customers, days = np.concatenate(customer), np.minimum(np.concatenate(day), LAST_DAY)
    return Purchases.of(customers, days, random.gamma(amounts.p, worth[customers]))
