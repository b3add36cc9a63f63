"""Customers who buy exactly as the models say, and CDNOW's, for tests."""

from __future__ import annotations

from datetime import date
from importlib.metadata import distribution
from pathlib import Path

import numpy as np

from rapport.samples.buyers import LAST_DAY, draw_purchases
from rapport.value import gamma_gamma
from rapport.value.bgnbd import Parameters
from rapport.value.histories import Histories, Purchases

EPOCH = date(1970, 1, 1)
CALIBRATION_END = (date(1997, 9, 30) - EPOCH).days
HOLDOUT_END = (date(1998, 6, 30) - EPOCH).days
AMOUNTS = gamma_gamma.Parameters(p=6, q=3, v=100 / 6)


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
    """Purchases of n customers won over the first half of `days`, drawn from the model; 50 apiece in the mean."""
    return draw_purchases(n, parameters, AMOUNTS, seed=seed, won=(days // 2, days))


def histories_of(rows: list[tuple[int, int, int, float]]) -> Histories:
    """From (x, t_x, T, mean amount) a customer, in days."""
    x, recency, age, mean = (np.array(column) for column in zip(*rows, strict=True))
    return Histories(
        np.arange(len(x)), x.astype(np.int64), LAST_DAY - age, LAST_DAY - age + recency, mean.astype(float), LAST_DAY
    )
