"""Fitting with its gates: a model is learned where the data can bear one, and refused in words where not."""

from __future__ import annotations

import numpy as np

from rapport.businesses import ValueLimits
from rapport.value import bgnbd, gamma_gamma
from rapport.value.histories import Groups, Histories
from rapport.value.likelihood import Floats
from rapport.value.model import Model


def fit_model(histories: Histories, groups: Groups, limits: ValueLimits, start: Model | None = None) -> Model:
    """Learn from all customers how often they buy, and from repeat customers for how much.

    `start` is an earlier night's model: it saves time. Without the first fit there is no second.
    """
    n_repeaters = int(np.count_nonzero(histories.x))
    purchases, reason = None, _thinness(histories, n_repeaters, limits)
    if reason is None:
        purchases = bgnbd.fit(groups, start.purchases.parameters if start and start.purchases else None)
        if not purchases.has_converged:
            purchases, reason = None, "not converged: the purchases do not determine how customers buy and leave"
    amounts, amounts_reason, correlation = None, reason, None
    if purchases is not None:
        # Given away or paid back in full: such a mean says nothing of what the next purchase is worth.
        is_paid = (histories.x > 0) & (np.nan_to_num(histories.mean_amount) > 0)
        x, mean_amount = histories.x[is_paid].astype(np.float64), histories.mean_amount[is_paid]
        correlation = _correlation(x, mean_amount)
        amounts_reason = _dependence(len(x), correlation, limits)
        if amounts_reason is None:
            amounts = gamma_gamma.fit(x, mean_amount, start.amounts.parameters if start and start.amounts else None)
            amounts_reason = _unusable(amounts)
            amounts = amounts if amounts_reason is None else None
    return Model(len(histories), n_repeaters, purchases, reason, amounts, amounts_reason, correlation)


def _thinness(histories: Histories, n_repeaters: int, limits: ValueLimits) -> str | None:
    if len(histories) < limits.least_customers:
        return f"too few customers: {len(histories):,} have bought, {limits.least_customers:,} are needed"
    if n_repeaters < limits.least_repeaters:
        return f"too few repeat customers: {n_repeaters:,} have bought again, {limits.least_repeaters:,} are needed"
    if histories.span_days < limits.least_days:
        return (
            f"too short a history: {histories.span_days:,} days since the first purchase,"
            f" {limits.least_days:,} are needed"
        )
    return None


def _dependence(n_repeaters: int, correlation: float | None, limits: ValueLimits) -> str | None:
    if n_repeaters < limits.least_repeaters:
        return f"too few repeat customers who paid: {n_repeaters:,}, {limits.least_repeaters:,} are needed"
    if correlation is not None and abs(correlation) > limits.most_correlation:
        return (
            f"amount and frequency depend on each other: correlation {correlation:.2f}, at most"
            f" {limits.most_correlation:.2f} either way lets the one be predicted without the other"
        )
    return None


def _unusable(fit: gamma_gamma.Fit) -> str | None:
    if not fit.has_converged:
        return "not converged: the amounts do not determine how customers differ"
    if fit.parameters.q <= 1:
        return f"amounts without a finite mean: q is {fit.parameters.q:.2f}, above 1 is needed"
    return None


def _correlation(x: Floats, mean_amount: Floats) -> float | None:
    if len(x) < 3 or np.ptp(x) == 0 or np.ptp(mean_amount) == 0:
        return None
    return float(np.corrcoef(x, mean_amount)[0, 1])
