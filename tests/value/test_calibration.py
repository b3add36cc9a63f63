"""The holdout period is kept from the model, and the table and the plot say how it did."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from value.histories import drawn_purchases

from rapport.businesses import ValueLimits
from rapport.samples.buyers import LAST_DAY
from rapport.value.bgnbd import Parameters
from rapport.value.calibration import ALL, Calibration, calibrate, holdout_days
from rapport.value.charts import calibration_chart
from rapport.value.histories import Purchases

TRUTH = Parameters(r=0.5, alpha=4.0, a=0.7, b=2.5)
LIMITS = ValueLimits()


@pytest.fixture(scope="module")
def purchases() -> Purchases:
    return drawn_purchases(20_000, TRUTH, days=600)


@pytest.fixture(scope="module")
def calibration(purchases: Purchases) -> Calibration:
    return calibrate(purchases, LAST_DAY, 200, LIMITS)


@pytest.mark.parametrize(("span", "days"), [(545, 273), (2_000, 365), (10, 5), (0, 0)])
def test_the_holdout_period_is_half_of_the_history_and_at_most_a_year(span: int, days: int) -> None:
    assert holdout_days(span, LIMITS) == days


def test_on_purchases_drawn_from_the_model_the_prediction_comes_true(calibration: Calibration) -> None:
    assert calibration.model.purchases_reason is None
    for row in calibration.rows:
        assert row.predicted_purchases is not None
        # Four standard errors of a count that varies more than a Poisson count does.
        assert abs(row.predicted_purchases - row.actual_purchases) < 4 * np.sqrt(4 * row.predicted_purchases + 9)


def test_money_drawn_without_regard_to_frequency_comes_true(calibration: Calibration) -> None:
    total = calibration.rows[-1]
    assert total.predicted_amount == pytest.approx(total.actual_amount, rel=0.05)


def test_rows_add_up_to_all(purchases: Purchases, calibration: Calibration) -> None:
    *rows, total = calibration.rows
    cut = LAST_DAY - 200
    known = np.unique(purchases.customer[purchases.day <= cut])
    followed = np.isin(purchases.customer, known) & (purchases.day > cut)
    assert total.repeat_purchases == ALL
    assert sum(row.n_customers for row in rows) == total.n_customers == len(known)
    assert sum(row.actual_purchases for row in rows) == total.actual_purchases == np.count_nonzero(followed)
    assert sum(row.actual_amount for row in rows) == pytest.approx(purchases.amount[followed].sum())
    assert sum(row.predicted_purchases or 0 for row in rows) == pytest.approx(total.predicted_purchases)


def test_the_model_knows_nothing_of_the_holdout_period(purchases: Purchases, calibration: Calibration) -> None:
    cut = LAST_DAY - 200
    before = purchases.until(cut)
    doubled = Purchases.of(
        np.concatenate([before.customer, before.customer]),
        np.concatenate([before.day, np.full(len(before.day), LAST_DAY)]),
        np.concatenate([before.amount, before.amount * 9]),
    )
    assert calibrate(doubled, LAST_DAY, 200, LIMITS).model == calibration.model


def test_a_history_that_is_too_thin_still_says_what_came() -> None:
    thin = calibrate(drawn_purchases(50, TRUTH, days=600), LAST_DAY, 200, LIMITS)
    assert thin.model.purchases_reason == f"too few customers: {thin.rows[-1].n_customers} have bought, 200 are needed"
    assert thin.rows[-1].actual_purchases > 0
    assert {row.predicted_purchases for row in thin.rows} == {None}
    assert "too few customers" in calibration_chart(thin)


def test_the_plot_stands_alone_and_has_a_point_for_every_row(calibration: Calibration) -> None:
    chart = calibration_chart(calibration)
    svg = ElementTree.fromstring(chart)
    space = {"svg": "http://www.w3.org/2000/svg"}
    assert not any(word in chart for word in ("href", "<script", "url(", "@import"))
    circles = svg.findall(".//svg:circle", space)
    rows = calibration.rows[:-1]
    assert len(circles) == 2 * len(rows)
    said = [title.text for title in svg.findall(".//svg:title", space)]
    assert said[0] == f"actual: {rows[0].actual_purchases / rows[0].n_customers:.3f}"
    heights = [float(circle.get("cy", "nan")) for circle in circles[: len(rows)]]
    shares = [row.actual_purchases / row.n_customers for row in rows]
    assert np.corrcoef(heights, shares)[0, 1] == pytest.approx(-1, abs=1e-4)
    assert all(72 <= height <= 344 for height in heights)
