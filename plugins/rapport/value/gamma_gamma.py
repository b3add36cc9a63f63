"""Gamma-Gamma: what a purchase of a customer is worth, given the mean of those seen.

Fader and Hardie, "The Gamma-Gamma Model of Monetary Value" (2013), after Colombo and Jiang (1999). Amounts of a
customer's purchases are gamma distributed (p, nu), nu is gamma distributed over customers (q, v), and neither has to do
with how often they buy. v is in the currency of the amounts.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np
from scipy.special import digamma, gammaln

from rapport.value.likelihood import Floats, maximise

START = (2.0, 3.0, 2.0)  # v as a multiple of the mean amount


@dataclass(frozen=True)
class Parameters:
    """p of a customer's amounts, q and v of their spread over customers."""

    p: float
    q: float
    v: float


@dataclass(frozen=True)
class Fit:
    """The best parameters and their log-likelihood over the customers given."""

    parameters: Parameters
    log_likelihood: float
    has_converged: bool
    n_evaluations: int


def fit(x: Floats, mean_amount: Floats, start: Parameters | None = None) -> Fit:
    """Parameters of the highest likelihood, of customers with x >= 1 amounts and a mean amount above 0.

    Amounts are measured in their own mean while searching, so that a currency of small units is no harder.
    """
    unit = float(np.average(mean_amount, weights=x))
    objective = Likelihood(x, mean_amount / unit)
    first = np.array([start.p, start.q, start.v / unit] if start else START)
    best = maximise(objective, first)
    p, q, v = map(float, best.parameters)
    value = (best.value - np.log(unit)) * len(x)
    return Fit(Parameters(p, q, v * unit), float(value), best.is_found, best.n_evaluations)


class Likelihood:
    """Mean log-likelihood (equation 1a of the note), with its gradient by the parameters' logarithms."""

    def __init__(self, x: Floats, mean_amount: Floats) -> None:
        self.n, self.x, self.total = len(x), x, x * mean_amount
        self.log_z_sum = float(np.log(mean_amount).sum())
        self.x_log_total = float(np.dot(x, np.log(self.total)))
        self.xs, index = np.unique(x, return_inverse=True)
        self.n_of_x = np.bincount(index).astype(np.float64)

    def __call__(self, parameters: Floats) -> tuple[float, Floats]:
        p, q, v = map(float, parameters)
        px, n = p * self.xs, self.n_of_x
        log_sum = np.log(v + self.total)
        x_log_sum, all_log_sum = np.dot(self.x, log_sum), log_sum.sum()
        value = np.dot(n, gammaln(px + q) - gammaln(px)) + self.n * (q * np.log(v) - gammaln(q))
        value += p * (self.x_log_total - x_log_sum) - q * all_log_sum - self.log_z_sum

        together = digamma(px + q)
        by_p = np.dot(n * self.xs, together - digamma(px)) + self.x_log_total - x_log_sum
        by_q = np.dot(n, together) + self.n * (np.log(v) - digamma(q)) - all_log_sum
        by_v = self.n * q / v - np.sum((p * self.x + q) / (v + self.total))
        return float(value) / self.n, np.array([by_p, by_q, by_v]) * parameters / self.n


def expected_amount(parameters: Parameters, x: Floats, mean_amount: Floats) -> Floats:
    """What a purchase is worth on average, given x amounts of that mean (equation 5); all customers' mean where x is 0.

    Only for q > 1: below it the amounts have no finite mean.
    """
    p, q, v = astuple(parameters)
    known = np.where(x > 0, x * np.maximum(np.nan_to_num(mean_amount), 0), 0.0)
    expected: Floats = p * (v + known) / (p * x + q - 1)
    return expected
