"""Where the data cannot bear a model there is none, and the reason stands in words."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from value.histories import drawn_purchases, histories_of

from rapport.businesses import ValueLimits
from rapport.samples.buyers import LAST_DAY
from rapport.value.bgnbd import Parameters
from rapport.value.fitting import fit_model
from rapport.value.histories import Groups, Histories
from rapport.value.model import Model
from rapport.value.scoring import score

TRUTH = Parameters(r=0.5, alpha=4.0, a=0.7, b=2.5)


def model_of(histories: Histories, **limits: float) -> Model:
    return fit_model(histories, Groups.of(histories), ValueLimits.model_validate(limits))


@pytest.fixture(scope="module")
def histories() -> Histories:
    return Histories.of(drawn_purchases(3_000, TRUTH), LAST_DAY)


def test_enough_customers_have_a_model_without_a_reason(histories: Histories) -> None:
    model = model_of(histories)
    assert model.purchases is not None
    assert model.amounts is not None
    assert (model.purchases_reason, model.amounts_reason) == (None, None)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"least_customers": 3_001}, "too few customers: 3,000 have bought, 3,001 are needed"),
        ({"least_repeaters": 3_000}, "too few repeat customers: .* have bought again, 3,000 are needed"),
        ({"least_days": 1_000}, "too short a history: 399 days since the first purchase, 1,000 are needed"),
    ],
)
def test_thin_data_refuse_both_models_in_the_same_words(
    histories: Histories, limits: dict[str, float], reason: str
) -> None:
    model = model_of(histories, **limits)
    assert model.purchases is None
    assert model.amounts is None
    assert model.purchases_reason is not None
    assert re.fullmatch(reason, model.purchases_reason)
    assert model.amounts_reason == model.purchases_reason


def test_the_last_one_needed_is_enough(histories: Histories) -> None:
    limits = {"least_customers": 3_000, "least_repeaters": np.count_nonzero(histories.x), "least_days": 399}
    assert model_of(histories, **limits).purchases_reason is None


def test_customers_who_are_all_alike_give_no_model() -> None:
    """Everybody buys every four weeks and nobody leaves: rates have no spread to be learned."""
    histories = histories_of([(10, 280, 300, 20.0)] * 500)
    model = model_of(histories)
    assert model.purchases is None
    assert model.purchases_reason is not None
    assert model.purchases_reason.startswith("not converged")


def test_amounts_that_go_with_frequency_are_refused_and_purchases_are_not(histories: Histories) -> None:
    model = model_of(replace(histories, mean_amount=np.where(histories.x > 0, 10.0 + histories.x, np.nan)))
    assert model.purchases is not None
    assert model.amounts is None
    assert model.amounts_reason is not None
    assert model.amounts_reason.startswith("amount and frequency depend on each other: correlation 1.00, at most 0.30")


def test_amounts_that_are_all_one_price_do_not_converge(histories: Histories) -> None:
    model = model_of(replace(histories, mean_amount=np.where(histories.x > 0, 9.99, np.nan)))
    assert model.amounts is None
    assert model.amounts_reason == "not converged: the amounts do not determine how customers differ"


def test_what_was_paid_back_in_full_is_left_out_of_the_amounts(histories: Histories) -> None:
    mean = histories.mean_amount.copy()
    paid_back = np.flatnonzero(histories.x > 0)[:20]
    mean[paid_back] = 0
    kept = np.flatnonzero(~np.isin(np.arange(len(histories)), paid_back) & (histories.x > 0))
    model = model_of(replace(histories, mean_amount=mean))
    assert model.amounts is not None
    without = np.full(len(mean), np.nan)
    without[kept] = mean[kept]
    assert model.amounts == model_of(replace(histories, mean_amount=without)).amounts


def test_nobody_at_all_is_too_few() -> None:
    nobody = histories_of([(0, 0, 1, np.nan)])
    empty = Histories(*(column[:0] for column in vars(nobody).values() if isinstance(column, np.ndarray)), LAST_DAY)
    model = model_of(empty)
    assert model.purchases_reason == "too few customers: 0 have bought, 200 are needed"
    assert len(score(empty, Groups.of(empty), model).expected_amount) == 0


def test_a_refused_model_scores_nobody(histories: Histories) -> None:
    groups = Groups.of(histories)
    scores = score(histories, groups, model_of(histories, least_days=1_000))
    assert np.isnan(scores.probability_alive).all()
    assert np.isnan(scores.expected_purchases[365]).all()
    assert np.isnan(scores.expected_amount).all()
    assert (scores.next_order_day == -1).all()


def test_a_model_is_kept_and_read_as_it_was(histories: Histories) -> None:
    for model in (model_of(histories), model_of(histories, least_days=1_000)):
        assert Model.of_json(model.as_json()) == model
        assert len(model.version) == 12
    assert model_of(histories).version != model_of(histories, least_days=1_000).version
