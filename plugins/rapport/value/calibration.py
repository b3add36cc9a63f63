"""Calibration: a model that was told nothing of the last months, beside what those months brought."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rapport.businesses import ValueLimits
from rapport.value.fitting import fit_model
from rapport.value.histories import Groups, Histories, Purchases
from rapport.value.likelihood import Floats
from rapport.value.model import Model
from rapport.value.scoring import score

# As in the paper's figure of conditional expectations; few buy more often.
MOST_SHOWN = 7
ALL = "all"


@dataclass(frozen=True)
class Row:
    """Customers with one number of repeat purchases in the calibration period, or all of them.

    What they bought in the holdout period: purchase days and money, as predicted (None where refused) and as it was.
    """

    repeat_purchases: str
    n_customers: int
    predicted_purchases: float | None
    actual_purchases: int
    predicted_amount: float | None
    actual_amount: float


@dataclass(frozen=True)
class Calibration:
    """The split (last days of both periods, days since 1970), the model of the first, and how it did in the second."""

    calibration_end: int
    holdout_end: int
    model: Model
    rows: tuple[Row, ...]

    @property
    def holdout_days(self) -> int:
        """Length of the holdout period."""
        return self.holdout_end - self.calibration_end


def holdout_days(span_days: int, limits: ValueLimits) -> int:
    """How long the holdout period is: a share of the history, up to a limit."""
    return min(math.ceil(span_days * limits.holdout_share), limits.most_holdout_days)


def calibrate(
    purchases: Purchases, last_day: int, n_days: int, limits: ValueLimits, start: Model | None = None
) -> Calibration:
    """Fit on what was known `n_days` before `last_day`, and compare what followed."""
    cut = last_day - n_days
    histories = Histories.of(purchases, cut)
    groups = Groups.of(histories)
    model = fit_model(histories, groups, limits, start)
    scores = score(histories, groups, model, (n_days,))
    followed = purchases.until(last_day).after(cut)
    n_all = int(purchases.customer.max(initial=-1)) + 1
    actual = np.bincount(followed.customer, minlength=n_all)[histories.customer]
    money = np.bincount(followed.customer, weights=followed.amount, minlength=n_all)[histories.customer]
    predicted = scores.expected_purchases[n_days]
    predicted_money = predicted * scores.expected_amount
    shown = np.minimum(histories.x, MOST_SHOWN)

    def row(label: str, chosen: NDArray[np.bool_]) -> Row:
        return Row(
            label,
            int(np.count_nonzero(chosen)),
            _sum(predicted[chosen], is_there=model.purchases is not None),
            int(actual[chosen].sum()),
            _sum(predicted_money[chosen], is_there=model.amounts is not None),
            float(money[chosen].sum()),
        )

    labels = [(f"{x}+" if x == MOST_SHOWN else str(x), shown == x) for x in range(MOST_SHOWN + 1)]
    rows = [row(label, chosen) for label, chosen in labels if chosen.any()]
    return Calibration(cut, last_day, model, (*rows, row(ALL, np.ones(len(histories), dtype=bool))))


def _sum(values: Floats, *, is_there: bool) -> float | None:
    return float(values.sum()) if is_there else None
