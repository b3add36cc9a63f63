"""The figures that Fader, Hardie and Lee published on CDNOW, at the precision they gave, and lifetimes' beside them."""

from __future__ import annotations

import csv
import json
from dataclasses import astuple
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner
from value.histories import CALIBRATION_END, HOLDOUT_END, cdnow_file, cdnow_sample

from rapport.businesses import ValueLimits
from rapport.value import bgnbd, gamma_gamma
from rapport.value.calibration import calibrate, holdout_days
from rapport.value.commands import app
from rapport.value.fitting import fit_model
from rapport.value.histories import Groups, Histories

pytestmark = pytest.mark.skipif(find_spec("lifetimes") is None, reason="installed by `make realdata`")
PAPER = bgnbd.Parameters(r=0.243, alpha=4.414, a=0.793, b=2.426)


@pytest.fixture(scope="module")
def histories() -> Histories:
    return Histories.of(cdnow_sample(), CALIBRATION_END)


def one(x: int, recency: float, age: float) -> Groups:
    return Groups(np.array([x]), np.array([recency]), np.array([age]), np.ones(1), np.zeros(1, dtype=np.int64))


def test_bgnbd_has_the_parameters_of_the_paper(histories: Histories) -> None:
    fit = bgnbd.fit(Groups.of(histories))
    assert len(histories) == 2_357
    assert [round(value, 3) for value in astuple(fit.parameters)] == [0.243, 4.414, 0.793, 2.426]
    assert round(fit.log_likelihood, 1) == -9582.4
    assert fit.has_converged


def test_gamma_gamma_has_the_parameters_of_the_note(histories: Histories) -> None:
    model = fit_model(histories, Groups.of(histories), ValueLimits())
    assert model.amounts is not None
    assert model.n_repeaters == 946
    assert [round(value, 2) for value in astuple(model.amounts.parameters)] == [6.25, 3.74, 15.44]
    assert model.correlation is not None
    assert round(model.correlation, 2) == 0.11


def test_the_papers_customer_buys_1_226_times_in_39_weeks() -> None:
    """x = 2, t_x = 30.43, T = 38.86; P(alive) is that of the authors' note on it."""
    customer = one(2, 30.43, 38.86)
    assert round(float(bgnbd.expected_purchases(PAPER, customer, 39)[0]), 3) == 1.226
    assert round(float(bgnbd.probability_alive(PAPER, customer)[0]), 4) == 0.7266


def test_the_notes_customers_spend_what_it_says(histories: Histories) -> None:
    """The population's mean of 35.17 where nothing is known; customer 1 of the sample: x = 2, mean 22.345."""
    model = fit_model(histories, Groups.of(histories), ValueLimits())
    assert model.amounts is not None
    found = gamma_gamma.expected_amount(model.amounts.parameters, np.array([0.0, 2.0]), np.array([np.nan, 22.345]))
    assert [round(float(value), 2) for value in found] == [35.17, 24.65]


def test_the_fit_is_that_of_lifetimes_to_four_digits(histories: Histories) -> None:
    """What a plain search over the likelihood gives, as the package's documentation does: no prior moves it."""
    found = astuple(bgnbd.fit(Groups.of(histories)).parameters)
    assert [round(value, 4) for value in found] == [0.2426, 4.4136, 0.7929, 2.4259]


def test_half_of_the_history_held_out_is_the_papers_split() -> None:
    purchases = cdnow_sample()
    span = Histories.of(purchases, HOLDOUT_END).span_days
    found = calibrate(purchases, HOLDOUT_END, holdout_days(span, ValueLimits()), ValueLimits())
    assert found.calibration_end == CALIBRATION_END
    total = found.rows[-1]
    assert [row.repeat_purchases for row in found.rows] == ["0", "1", "2", "3", "4", "5", "6", "7+", "all"]
    assert [row.n_customers for row in found.rows[:3]] == [1_411, 439, 214]  # the paper's table of frequencies
    assert total.actual_purchases == sum(row.actual_purchases for row in found.rows[:-1]) == 1_882
    assert total.predicted_purchases is not None
    assert round(total.predicted_purchases) == 1_653


def test_the_command_prints_the_fit_and_every_customer(tmp_path: Path) -> None:
    path = tmp_path / "purchases.csv"
    rows = [line.split() for line in cdnow_file("CDNOW_sample.txt").read_text().splitlines()]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(
            [("customer", "date", "amount"), *((who, day, amount) for _, who, day, _, amount in rows)]
        )
    result = CliRunner().invoke(app, ["fit", str(path), "--calibration-end", "1997-09-30", "--days", "7", "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.output)
    assert {name: round(found["bgnbd"][name], 3) for name in ("r", "alpha", "a", "b")} == vars(PAPER)
    assert round(found["bgnbd"]["log_likelihood"], 1) == -9582.4
    assert {name: round(found["gamma_gamma"][name], 2) for name in "pqv"} == {"p": 6.25, "q": 3.74, "v": 15.44}
    assert (found["n_customers"], found["n_repeaters"], found["holdout_days"]) == (2_357, 946, 273)
    first = next(row for row in found["customers"] if row["customer"] == "0001")
    assert (first["x"], round(first["t_x"], 2), round(first["T"], 2)) == (2, 30.43, 38.86)
    assert round(first["expected_purchases"]["273"], 3) == 1.226
    assert round(first["expected_amount"], 2) == 24.65
    assert len(found["customers"]) == 2_357
