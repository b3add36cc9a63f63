"""Customers who buy exactly as the models say, and CDNOW's, for tests."""

from __future__ import annotations

from datetime import date
from importlib.metadata import distribution
from pathlib import Path

import numpy as np

from rapport.value.bgnbd import Parameters
from rapport.value.histories import Histories, Purchases

EPOCH = date(1970, 1, 1)
CALIBRATION_END = (date(1997, 9, 30) - EPOCH).days
HOLDOUT_END = (date(1998, 6, 30) - EPOCH).days
LAST_DAY = 20_000


def cdnow_file(name: str) -> Path:
    """CDNOW_sample.txt or CDNOW_master.txt of the package lifetimes, which is not imported."""
    return Path(str(distribution("lifetimes").locate_file(f"lifetimes/datasets/{name}")))


def cdnow_sample() -> Purchases:
    """The paper's one in ten: 2,357 customers, 6,919 purchases."""
    rows = [line.split() for line in cdnow_file("CDNOW_sample.txt").read_text().splitlines()]
    customers = np.unique([row[1] for row in rows], return_inverse=True)[1]
    days = np.array([(date(int(day[:4]), int(day[4:6]), int(day[6:])) - EPOCH).days for _, _, day, *_ in rows])
    return Purchases.of(customers.astype(np.int64), days, np.array([float(row[-1]) for row in rows]))


def drawn_purchases(n: int, parameters: Parameters, seed: int = 7, days: int = 400) -> Purchases:
    """Purchases of n customers won over the first half of `days`, drawn from the model; amounts have one mean."""
    random = np.random.default_rng(seed)
    first = LAST_DAY - random.integers(days // 2, days, n)
    rate = random.gamma(parameters.r, 1 / parameters.alpha, n)
    leaves = random.beta(parameters.a, parameters.b, n)
    worth = 50 * 2 / random.gamma(3, 1, n)
    customer, day = [np.arange(n)], [first]
    alive, weeks = np.arange(n), np.zeros(n)
    while len(alive):
        weeks[alive] += random.exponential(1 / np.maximum(rate[alive], 1e-12))
        alive = alive[first[alive] + weeks[alive] * 7 <= LAST_DAY]
        customer.append(alive)
        day.append(first[alive] + np.ceil(weeks[alive] * 7).astype(np.int64))
        alive = alive[random.random(len(alive)) >= leaves[alive]]
    customers, all_days = np.concatenate(customer), np.minimum(np.concatenate(day), LAST_DAY)
    return Purchases.of(customers, all_days, random.gamma(6, worth[customers] / 6))


def histories_of(rows: list[tuple[int, int, int, float]]) -> Histories:
    """From (x, t_x, T, mean amount) a customer, in days."""
    x, recency, age, mean = (np.array(column) for column in zip(*rows, strict=True))
    return Histories(
        np.arange(len(x)), x.astype(np.int64), LAST_DAY - age, LAST_DAY - age + recency, mean.astype(float), LAST_DAY
    )
