"""Maximum likelihood for positive parameters: one way for both models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

Floats = NDArray[np.float64]
# Mean log-likelihood and its gradient by the logarithms of the parameters.
Objective = Callable[[Floats], tuple[float, Floats]]

# Logarithms beyond these are a parameter on its way to 0 or infinity: the data do not hold it.
_BOUND = 14.0
_GRADIENT = 1e-9
_FLAT = 1e-5
_NEWTON_STEPS = 20


@dataclass(frozen=True)
class Optimum:
    """Where the mean log-likelihood is highest, and how high.

    `is_found`: it falls off on all sides. `is_flat`: in no direction does it rise any more that anybody could see,
    which is also so where it only ever nears its height, with a parameter on its way to 0 or infinity.
    """

    parameters: Floats
    value: float
    is_found: bool
    is_flat: bool
    n_evaluations: int


def maximise(objective: Objective, start: Floats) -> Optimum:
    """The parameters of the highest mean log-likelihood, from `start` (all positive).

    L-BFGS in logarithms comes near; Newton's steps, with the gradient's differences for a Hessian, settle the flat
    directions these likelihoods have, so that any start ends in the same place to eight digits.
    """
    n_evaluations = 0

    def negative(logs: Floats) -> tuple[float, Floats]:
        nonlocal n_evaluations
        n_evaluations += 1
        value, gradient = objective(np.exp(logs))
        return -value, -gradient

    logs = np.clip(np.log(start), -_BOUND + 1, _BOUND - 1)
    found = optimize.minimize(
        negative,
        logs,
        jac=True,
        method="L-BFGS-B",
        bounds=[(-_BOUND, _BOUND)] * len(logs),
        options={"ftol": 1e-13, "gtol": 1e-6, "maxiter": 500},
    )
    logs, is_found = _settle(negative, found.x)
    value, gradient = objective(np.exp(logs))
    is_inside = bool(np.all(np.abs(logs) < _BOUND - 0.5))
    is_flat = bool(np.max(np.abs(gradient)) < _FLAT)
    return Optimum(np.exp(logs), value, is_found and is_inside, is_flat, n_evaluations)


def _settle(negative: Objective, logs: Floats) -> tuple[Floats, bool]:
    value, gradient = negative(logs)
    for _ in range(_NEWTON_STEPS):
        if np.max(np.abs(gradient)) < _GRADIENT:
            return logs, True
        hessian = _hessian(negative, logs)
        try:
            np.linalg.cholesky(hessian)
        except np.linalg.LinAlgError:
            return logs, False
        step = np.linalg.solve(hessian, gradient)
        step *= min(1.0, 2.0 / np.max(np.abs(step)))
        for _ in range(6):  # a step that overshoots is halved
            next_value, next_gradient = negative(logs - step)
            if next_value <= value + 1e-12 * abs(value):
                break
            step /= 2
        else:
            return logs, False
        if np.any(np.abs(logs - step) > _BOUND):
            return logs, False
        logs, value, gradient = logs - step, next_value, next_gradient
    return logs, bool(np.max(np.abs(gradient)) < 1e-7)


def _hessian(negative: Objective, logs: Floats) -> Floats:
    width = 1e-4
    columns = []
    for position in range(len(logs)):
        shift = np.zeros(len(logs))
        shift[position] = width
        columns.append((negative(logs + shift)[1] - negative(logs - shift)[1]) / (2 * width))
    hessian = np.array(columns)
    return (hessian + hessian.T) / 2
