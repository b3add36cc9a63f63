"""The likelihoods and what follows from them, against the integrals they stand for and against plain differences."""

from __future__ import annotations

import itertools
from dataclasses import astuple, replace

import numpy as np
import pytest
from scipy.special import gammaln, roots_jacobi
from value.histories import drawn_purchases, histories_of

from rapport.samples.buyers import LAST_DAY
from rapport.value import bgnbd, gamma_gamma
from rapport.value.bgnbd import Parameters
from rapport.value.histories import Groups, Histories

TRUTH = Parameters(r=0.5, alpha=4.0, a=0.7, b=2.5)
OTHERS = [TRUTH, Parameters(0.243, 4.414, 0.793, 2.426), Parameters(2.0, 1.5, 1.0, 3.0), Parameters(0.9, 8, 0.05, 0.4)]
LIMITS = [Parameters(0.36, 6.9, 2.2e5, 1.2e6), Parameters(1.5, 41.0, 3e-5, 1.3e3), Parameters(1.4, 38.4, 1e-6, 1e-5)]
ROWS = [
    (0, 0, 1, np.nan),
    (0, 0, 300, np.nan),
    (1, 7, 7, 9.0),
    (2, 200, 272, 30.0),
    (40, 300, 310, 12.5),
    (400, 800, 801, 9.0),
]


@pytest.fixture(scope="module")
def histories() -> Histories:
    return Histories.of(drawn_purchases(3_000, TRUTH), LAST_DAY)


def differences(objective: object, parameters: np.ndarray) -> np.ndarray:
    """Slopes by the parameters' logarithms, from values alone."""
    found = []
    for position in range(len(parameters)):
        step = np.zeros(len(parameters))
        step[position] = 1e-5
        up, down = (objective(parameters * np.exp(sign * step))[0] for sign in (1, -1))  # type: ignore[operator]
        found.append((up - down) / 2e-5)
    return np.array(found)


@pytest.mark.parametrize("parameters", OTHERS, ids=str)
def test_the_gradient_of_bgnbd_is_that_of_its_values(histories: Histories, parameters: Parameters) -> None:
    objective, at = bgnbd.Likelihood(Groups.of(histories)), np.array(astuple(parameters))
    np.testing.assert_allclose(objective(at)[1], differences(objective, at), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("at", [(6.25, 3.74, 0.5), (1.0, 1.2, 3.0)], ids=str)
def test_the_gradient_of_gamma_gamma_is_that_of_its_values(at: tuple[float, ...]) -> None:
    random = np.random.default_rng(1)
    objective = gamma_gamma.Likelihood(random.integers(1, 9, 500).astype(float), random.gamma(2, 1, 500))
    np.testing.assert_allclose(objective(np.array(at))[1], differences(objective, np.array(at)), rtol=1e-6, atol=1e-8)


def test_grouped_customers_have_the_likelihood_of_each_on_their_own(histories: Histories) -> None:
    """Equation 6 of the paper, written down customer by customer."""
    r, alpha, a, b = astuple(TRUTH)
    x, recency = histories.x, (histories.newest_day - histories.first_day) / 7
    age = (histories.last_day - histories.first_day) / 7
    kept = gammaln(b + x) + gammaln(a + b) - gammaln(b) - gammaln(a + b + x)
    stayed = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - (r + x) * np.log(alpha + age)
    left = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - (r + x) * np.log(alpha + recency)
    each = np.exp(kept + stayed) + (x > 0) * np.exp(kept + left) * a / (b + np.maximum(x, 1) - 1)
    groups = Groups.of(histories)
    assert len(groups.x) < len(histories)
    assert bgnbd.Likelihood(groups)(np.array(astuple(TRUTH)))[0] == pytest.approx(np.log(each).mean(), rel=1e-12)


def test_grouped_and_ungrouped_customers_are_fitted_and_scored_alike(histories: Histories) -> None:
    groups = Groups.of(histories)
    every = np.arange(len(histories))
    alone = Groups(
        histories.x,
        (histories.newest_day - histories.first_day) / 7,
        (histories.last_day - histories.first_day) / 7,
        np.ones(len(histories)),
        every,
    )
    one, other = bgnbd.fit(groups), bgnbd.fit(alone)
    np.testing.assert_allclose(astuple(one.parameters), astuple(other.parameters), rtol=1e-7)
    for score in (bgnbd.probability_alive, bgnbd.weeks_to_next_purchase):
        np.testing.assert_allclose(score(TRUTH, groups)[groups.of_customer], score(TRUTH, alone), rtol=1e-12)


def test_what_was_drawn_from_parameters_gives_them_back() -> None:
    histories = Histories.of(drawn_purchases(100_000, TRUTH, seed=11), LAST_DAY)
    fit = bgnbd.fit(Groups.of(histories))
    assert fit.has_converged
    # Days are coarser than the model's time: what falls on one day is one purchase.
    np.testing.assert_allclose(astuple(fit.parameters), astuple(TRUTH), rtol=0.12)


@pytest.mark.parametrize("start", [(0.01, 100.0, 5.0, 0.1), (20.0, 0.1, 0.01, 50.0), (1.0, 1.0, 1.0, 1.0)], ids=str)
def test_any_start_ends_in_the_same_place(histories: Histories, start: tuple[float, ...]) -> None:
    groups = Groups.of(histories)
    cold, warm = bgnbd.fit(groups), bgnbd.fit(groups, Parameters(*start))
    assert warm.has_converged
    np.testing.assert_allclose(astuple(warm.parameters), astuple(cold.parameters), rtol=1e-6)


def test_a_warm_start_ends_in_the_same_place_sooner(histories: Histories) -> None:
    groups = Groups.of(histories)
    cold = bgnbd.fit(groups)
    warm = bgnbd.fit(groups, cold.parameters)
    np.testing.assert_allclose(astuple(warm.parameters), astuple(cold.parameters), rtol=1e-8)
    assert warm.n_evaluations < cold.n_evaluations / 2
    assert warm.log_likelihood == pytest.approx(cold.log_likelihood, rel=1e-12)

    is_repeat = histories.x > 0
    x, mean = histories.x[is_repeat].astype(float), histories.mean_amount[is_repeat]
    first = gamma_gamma.fit(x, mean)
    again = gamma_gamma.fit(x, mean, first.parameters)
    np.testing.assert_allclose(astuple(again.parameters), astuple(first.parameters), rtol=1e-7)
    assert again.n_evaluations < first.n_evaluations


def test_where_nobody_leaves_the_limit_is_the_fit_and_predicts_what_the_nbd_does() -> None:
    """Ehrenberg's NBD: (r + x) / (alpha + T) purchases a week, for ever."""
    purchases = drawn_purchases(2_000, Parameters(r=1.4, alpha=20.0, a=1e-9, b=1.0))
    groups = Groups.of(Histories.of(purchases, LAST_DAY))
    fit = bgnbd.fit(groups)
    assert fit.has_converged
    assert fit.is_limit
    again = bgnbd.fit(groups, fit.parameters)
    found = bgnbd.expected_purchases(fit.parameters, groups, 13)
    np.testing.assert_allclose(found, bgnbd.expected_purchases(again.parameters, groups, 13), rtol=1e-3)
    nbd = 13 * (fit.parameters.r + groups.x) / (fit.parameters.alpha + groups.age)
    assert np.dot(groups.n, found) == pytest.approx(np.dot(groups.n, nbd), rel=0.02)


def test_who_bought_once_is_alive_to_the_model() -> None:
    groups = Groups.of(histories_of([(0, 0, 1, np.nan), (0, 0, 3_000, np.nan)]))
    assert bgnbd.probability_alive(TRUTH, groups).tolist() == [1.0, 1.0]


def test_who_has_just_bought_is_gone_with_the_chance_of_leaving_after_it() -> None:
    """t_x = T: the odds are those of the beta distribution, a to b + x - 1."""
    groups = Groups.of(histories_of([(3, 70, 70, 9.0)]))
    assert bgnbd.probability_alive(TRUTH, groups)[0] == pytest.approx(4.5 / (4.5 + 0.7))


def test_who_bought_often_and_stopped_is_gone() -> None:
    groups = Groups.of(histories_of([(40, 100, 2_000, 9.0)]))
    assert bgnbd.probability_alive(TRUTH, groups)[0] < 1e-12


@pytest.mark.parametrize("parameters", OTHERS, ids=str)
@pytest.mark.parametrize("weeks", [1 / 7, 13, 1_040])
def test_expected_purchases_are_the_integral_over_all_dropout_rates(parameters: Parameters, weeks: float) -> None:
    """Given p, purchases of who is alive are (1 - E exp(-lambda p t)) / p; p is beta (a, b + x), lambda gamma."""
    groups = Groups.of(histories_of(ROWS))
    r, alpha, a, b = astuple(parameters)

    def expected(x: float, age: float) -> float:
        node, weight = roots_jacobi(600, b + x - 1, a - 1)
        p = (1 + node) / 2
        bought = -np.expm1(-(r + x) * np.log1p(p * weeks / (alpha + age))) / p
        return float(np.average(bought, weights=weight))

    alive = bgnbd.probability_alive(parameters, groups)
    wanted = [expected(x, age) for x, age in zip(groups.x, groups.age, strict=True)] * alive
    np.testing.assert_allclose(bgnbd.expected_purchases(parameters, groups, weeks), wanted, rtol=1e-7)


def test_where_all_leave_alike_expected_purchases_are_those_of_one_dropout_rate() -> None:
    """a and b beyond all bounds, one p for all: (1 - E exp(-lambda p t)) / p, times P(alive)."""
    groups, found = Groups.of(histories_of(ROWS)), LIMITS[0]
    p = found.a / (found.a + found.b + groups.x)
    bought = -np.expm1(-(found.r + groups.x) * np.log1p(p * 13 / (found.alpha + groups.age))) / p
    wanted = bought * bgnbd.probability_alive(found, groups)
    np.testing.assert_allclose(bgnbd.expected_purchases(found, groups, 13), wanted, rtol=1e-4)


def test_expected_purchases_are_smooth_where_a_is_one() -> None:
    groups = Groups.of(histories_of(ROWS))
    at = bgnbd.expected_purchases(replace(TRUTH, a=1.0), groups, 52)
    near = bgnbd.expected_purchases(replace(TRUTH, a=1.0001), groups, 52)
    np.testing.assert_allclose(at, near, rtol=1e-3)


def test_nothing_overflows_for_who_buys_every_day_for_years() -> None:
    groups = Groups.of(histories_of([(3_000, 3_000, 3_000, 1.0), (3_000, 2_990, 3_600, 1.0), (0, 0, 0, np.nan)]))
    for parameters, weeks in itertools.product([*OTHERS, *LIMITS], (52, 1_040)):
        found = bgnbd.expected_purchases(parameters, groups, weeks)
        assert np.isfinite(found).all()
        assert (found >= 0).all()
        assert (bgnbd.probability_alive(parameters, groups) <= 1).all()


def test_the_next_order_is_due_when_it_is_as_likely_as_not() -> None:
    groups = Groups.of(histories_of(ROWS))
    weeks, alive = bgnbd.weeks_to_next_purchase(TRUTH, groups), bgnbd.probability_alive(TRUTH, groups)
    is_due = alive > 0.5
    assert np.isinf(weeks[~is_due]).all()
    chance = alive * (1 - ((TRUTH.alpha + groups.age) / (TRUTH.alpha + groups.age + weeks)) ** (TRUTH.r + groups.x))
    np.testing.assert_allclose(chance[is_due], 0.5, rtol=1e-12)
    assert is_due.any()


def test_the_mean_of_few_amounts_is_drawn_to_that_of_all() -> None:
    parameters = gamma_gamma.Parameters(p=6.25, q=3.74, v=15.44)
    found = gamma_gamma.expected_amount(parameters, np.array([0.0, 1, 10, 1e6]), np.array([np.nan, 100, 100, 100]))
    assert found[0] == pytest.approx(6.25 * 15.44 / 2.74)
    assert found[0] < found[1] < found[2] < found[3]
    assert found[3] == pytest.approx(100, rel=1e-4)


def test_amounts_in_another_currency_give_the_same_model() -> None:
    random = np.random.default_rng(3)
    x, mean = random.integers(1, 9, 800).astype(float), 40 / random.gamma(3, 1, 800) * random.gamma(5, 0.2, 800)
    euro, lira = gamma_gamma.fit(x, mean), gamma_gamma.fit(x, mean * 4_000)
    np.testing.assert_allclose(astuple(lira.parameters), np.array(astuple(euro.parameters)) * [1, 1, 4_000], rtol=1e-6)
    assert lira.log_likelihood == pytest.approx(euro.log_likelihood - 800 * np.log(4_000))
