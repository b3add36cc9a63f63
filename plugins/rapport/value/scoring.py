"""What a model says of each customer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rapport.value import bgnbd, gamma_gamma
from rapport.value.histories import WEEK, Groups, Histories
from rapport.value.likelihood import Floats
from rapport.value.model import Model

HORIZONS = (30, 90, 365)  # days; the names of published columns
BOUGHT_ONCE = (
    "one purchase day: nobody is taken for lost before a repeat purchase, so it cannot be told whether they are"
)


@dataclass(frozen=True)
class Scores:
    """One element per customer of the histories, nan where it is refused; a horizon in days leads to its purchases.

    probability_alive is the model's, 1 for who bought once. next_order_day: days since 1970 of the first day by which
    another purchase is as likely as not; -1 where that never comes, or only beyond the longest horizon.
    """

    probability_alive: Floats
    expected_purchases: dict[int, Floats]
    expected_amount: Floats
    next_order_day: NDArray[np.int64]


def score(histories: Histories, groups: Groups, model: Model, horizons: tuple[int, ...] = HORIZONS) -> Scores:
    """Score all customers: each group once for purchases, each customer for amounts."""
    n = len(histories)
    nothing = np.full(n, np.nan)
    if model.purchases is None:
        return Scores(nothing, dict.fromkeys(horizons, nothing), nothing, np.full(n, -1))
    parameters, of_customer = model.purchases.parameters, groups.of_customer
    days = np.ceil(bgnbd.weeks_to_next_purchase(parameters, groups) * WEEK)
    is_near = days <= max(horizons)
    next_day = np.where(is_near, histories.last_day + np.where(is_near, days, 0), -1).astype(np.int64)
    amount = nothing
    if model.amounts is not None:
        x = histories.x.astype(np.float64)
        amount = gamma_gamma.expected_amount(model.amounts.parameters, x, histories.mean_amount)
    return Scores(
        probability_alive=bgnbd.probability_alive(parameters, groups)[of_customer],
        expected_purchases={
            horizon: bgnbd.expected_purchases(parameters, groups, horizon / WEEK)[of_customer] for horizon in horizons
        },
        expected_amount=amount,
        next_order_day=next_day[of_customer],
    )
