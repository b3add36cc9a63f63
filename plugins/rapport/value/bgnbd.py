"""BG/NBD: how often customers buy while they are customers, and whether they still are.

Fader, Hardie and Lee, "'Counting Your Customers' the Easy Way: An Alternative to the Pareto/NBD Model", Marketing
Science 24 (2005); numbers of equations are the paper's. While active, a customer buys as a Poisson process with a rate
of their own, gamma distributed (r, alpha); after each purchase they are lost with a probability of their own, beta
distributed (a, b). Time is in weeks: x repeat purchases, the last of them t_x after the first purchase, seen for T.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, expit, gammaln, hyp2f1

from rapport.value.histories import Groups
from rapport.value.likelihood import Floats, maximise

START = (1.0, 10.0, 1.0, 3.0)
_NEAR_LIMIT = (0.01, 0.1)  # a and b of customers who leave at once or never
_LARGE = 1e3  # beyond it purchase rates have no spread, or no size, that could be learned
_NEAR_ONE = 1e-5


@dataclass(frozen=True)
class Parameters:
    """r and alpha of the purchase rates (alpha in weeks), a and b of the dropout probabilities."""

    r: float
    alpha: float
    a: float
    b: float


@dataclass(frozen=True)
class Fit:
    """The best parameters and their log-likelihood over all customers.

    `is_limit`: it is highest where dropout vanishes, or is certain for some and impossible for others; what is
    predicted holds all the same, a and b by themselves say nothing.
    """

    parameters: Parameters
    log_likelihood: float
    has_converged: bool
    is_limit: bool
    n_evaluations: int


def fit(groups: Groups, start: Parameters | None = None) -> Fit:
    """Parameters of the highest likelihood; `start` saves time and does not change the outcome."""
    objective = Likelihood(groups)
    best = maximise(objective, np.array(astuple(start) if start else START))
    n_evaluations = best.n_evaluations
    if not best.is_found:  # at a limit there may be a higher one
        other = maximise(objective, np.array([*best.parameters[:2], *_NEAR_LIMIT]))
        n_evaluations += other.n_evaluations
        best = max(best, other, key=lambda one: (one.is_found, one.value))
    r, alpha = best.parameters[:2]
    is_limit = bool(not best.is_found and best.is_flat and max(r, 1 / r, alpha / r, r / alpha) < _LARGE)
    parameters = Parameters(*map(float, best.parameters))
    return Fit(parameters, best.value * groups.n_customers, best.is_found or is_limit, is_limit, n_evaluations)


class Likelihood:
    """Mean log-likelihood (equation 6) of grouped customers, with its gradient by the parameters' logarithms.

    What depends on x alone is summed over the few values that x has; what is left is two logarithms a group.
    """

    def __init__(self, groups: Groups) -> None:
        self.n = groups.n_customers
        self.xs, index = np.unique(groups.x, return_inverse=True)
        self.n_of_x = np.bincount(index, weights=groups.n)
        self.ages, index = np.unique(groups.age, return_inverse=True)
        self.n_of_age = np.bincount(index, weights=groups.n)
        self.x_of_age = np.bincount(index, weights=groups.n * groups.x)
        repeat = groups.x > 0
        self.x = groups.x[repeat].astype(np.float64)
        self.recency, self.age, self.weight = groups.recency[repeat], groups.age[repeat], groups.n[repeat]

    def __call__(self, parameters: Floats) -> tuple[float, Floats]:
        r, alpha, a, b = map(float, parameters)
        x, n, weight = self.xs, self.n_of_x, self.weight
        log_age = np.log(alpha + self.ages)
        # A1 to A4 of the paper's appendix: ln A1 + ln A2 by x, ln A3 by age, ln(A3 + A4) - ln A3 by group.
        value = np.dot(n, gammaln(r + x) + gammaln(b + x) - gammaln(a + b + x))
        value += self.n * (r * np.log(alpha) + gammaln(a + b) - gammaln(r) - gammaln(b))
        value -= np.dot(r * self.n_of_age + self.x_of_age, log_age)
        log_ratio = np.log((alpha + self.age) / (alpha + self.recency))
        lost = (r + self.x) * log_ratio + np.log(a / (b + self.x - 1))
        value += np.dot(weight, np.logaddexp(0, lost))
        share = weight * expit(lost)

        by_sum = np.dot(n, digamma(a + b + x))
        by_r = np.dot(n, digamma(r + x)) + self.n * (np.log(alpha) - digamma(r))
        by_r += np.dot(share, log_ratio) - np.dot(self.n_of_age, log_age)
        by_alpha = self.n * r / alpha - np.dot(r * self.n_of_age + self.x_of_age, 1 / (alpha + self.ages))
        by_alpha += np.dot(share * (r + self.x), 1 / (alpha + self.age) - 1 / (alpha + self.recency))
        by_a = self.n * digamma(a + b) - by_sum + share.sum() / a
        by_b = self.n * (digamma(a + b) - digamma(b)) + np.dot(n, digamma(b + x)) - by_sum
        by_b -= np.dot(share, 1 / (b + self.x - 1))
        gradient = np.array([by_r, by_alpha, by_a, by_b]) * parameters
        return float(value) / self.n, gradient / self.n


def probability_alive(parameters: Parameters, groups: Groups) -> Floats:
    """P(still a customer | x, t_x, T), 0 to 1.

    1 for who has bought once: the model lets nobody go but after a repeat purchase, so that it says nothing of them.
    Source: Fader, Hardie and Lee, "Computing P(alive) Using the BG/NBD Model" (2008).
    """
    return _alive(parameters, groups.x, groups.recency, groups.age)


def expected_purchases(parameters: Parameters, groups: Groups, weeks: float) -> Floats:
    """Purchases to expect in the next `weeks` (equation 10), whether still a customer or not.

    Euler's transformation of the hypergeometric function stays small however often somebody buys, the function itself
    however many leave: each is taken where it converges on all of (0, 1). What is too large for both, thousands of
    purchases where all leave alike, is that of the mean dropout probability.
    """
    r, alpha, a, b = astuple(parameters)
    if abs(a - 1) < 0.99 * _NEAR_ONE:  # 0/0 there, and smooth around it; both sides of it are outside
        sides = (replace(parameters, a=1 + side * _NEAR_ONE) for side in (-1, 1))
        below, above = (expected_purchases(side, groups, weeks) for side in sides)
        return (below + above) / 2
    x, age = groups.x.astype(np.float64), groups.age
    z = weeks / (alpha + age + weeks)
    is_often = r + x > a - 1
    power, first, second = np.where(
        is_often,
        (np.full_like(x, a - 1), np.full_like(x, a - 1), np.full_like(x, a + b - 1 - r)),
        (r + x, r + x, b + x),
    )
    with np.errstate(invalid="ignore", under="ignore"):
        left = (1 - z) ** power * hyp2f1(first, second, a + b + x - 1, z)
    p = a / (a + b + x)
    alike = -np.expm1(-(r + x) * np.log1p(p * weeks / (alpha + age))) / p
    if_alive: Floats = np.where(np.isfinite(left), (a + b + x - 1) / (a - 1) * (1 - left), alike)
    return if_alive * _alive(parameters, groups.x, groups.recency, age)


def weeks_to_next_purchase(parameters: Parameters, groups: Groups) -> Floats:
    """Weeks until the next purchase is as likely to have happened as not; infinite where it never is.

    Who is still a customer waits exponentially, at a rate that is gamma distributed, (r + x, alpha + T) by what is
    known: P(bought within s) = P(alive) (1 - ((alpha + T) / (alpha + T + s)) ** (r + x)). This is its median.
    """
    r, alpha = parameters.r, parameters.alpha
    alive = _alive(parameters, groups.x, groups.recency, groups.age)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        waits = (alpha + groups.age) * np.expm1(-np.log1p(-0.5 / alive) / (r + groups.x))
    return np.where(alive > 0.5, waits, np.inf)


def _alive(parameters: Parameters, x: NDArray[np.int64], recency: Floats, age: Floats) -> Floats:
    r, alpha, a, b = astuple(parameters)
    bought = np.maximum(x, 1)
    lost = (r + x) * np.log((alpha + age) / (alpha + recency)) + np.log(a / (b + bought - 1))
    alive: Floats = np.where(x == 0, 1.0, expit(-lost))
    return alive
