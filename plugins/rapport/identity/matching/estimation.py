"""What agreement is worth: expectation maximisation over three kinds of pairs, held by priors.

Two records are of one person, of two persons who share a home, or of strangers. The second kind is what Fellegi and
Sunter's two lack: a surname, a street and a phone in common are strong evidence against strangers and none against a
household, and no two-class model can say both. Within a kind, comparisons count as independent.

Winkler (2000), Using the EM algorithm for weight computation in the Fellegi-Sunter model; three classes as in
Larsen and Rubin (2001), Iterative automated record linkage using mixture models.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rapport.identity.matching.comparisons import Comparison, comparisons

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

SAME, HOME, STRANGERS = 0, 1, 2
# How many pairs the priors weigh.
PRIOR_PAIRS = {SAME: 40.0, HOME: 100.0}
# What a level may be worth at least among strangers, in pairs that nobody saw.
UNSEEN_PAIRS = 0.5
MAX_ITERATIONS, TOLERANCE = 300, 1e-5
# More records a person than this is no set of customers: the estimate has gone astray.
MOST_PAIRS_A_RECORD = 25.0


@dataclass(frozen=True)
class Parameters:
    """Shares of the three kinds among all pairs, and per comparison a matrix (kinds x levels, level 0 first)."""

    shares: Floats
    levels: tuple[Floats, ...]
    is_estimated: bool


@dataclass(frozen=True)
class Counts:
    """Pairs by pattern: levels (patterns x comparisons), n candidates of each, n of pairs that are no candidates."""

    levels: Integers
    candidates: Floats
    others: Floats


def estimate(counts: Counts, n_records: int, *, max_iterations: int = MAX_ITERATIONS) -> Parameters:
    """Parameters by EM; where it does not settle or goes astray the priors stand, but for shares and strangers."""
    found, has_settled = _iterate(counts, n_records, max_iterations, learns=True)
    if has_settled and _is_sound(found, counts, n_records):
        return found
    return _iterate(counts, n_records, max_iterations, learns=False)[0]


def contributions(levels: Integers, parameters: Parameters) -> Floats:
    """log2 of P(level | kind) of each comparison, patterns x comparisons x kinds; what is missing says nothing."""
    found = np.zeros((*levels.shape, 3))
    for position, matrix in enumerate(parameters.levels):
        logs = np.concatenate([np.log2(matrix), np.zeros((3, 1))], axis=1)  # level -1 picks the added last column
        found[:, position] = logs.T[levels[:, position]]
    return found


def log_likelihoods(levels: Integers, parameters: Parameters) -> Floats:
    """log2 of P(pattern | kind), patterns x kinds."""
    total: Floats = contributions(levels, parameters).sum(axis=1)
    return total


def _iterate(counts: Counts, n_records: int, max_iterations: int, *, learns: bool) -> tuple[Parameters, bool]:
    """The parameters, and whether they have settled."""
    n_pairs = max(n_records * (n_records - 1) / 2, 1.0)
    parameters = Parameters(
        np.array([0.3 * n_records, 0.3 * n_records, n_pairs]) / (n_pairs + 0.6 * n_records),
        tuple(
            _prior(comparison, strangers)
            for comparison, strangers in zip(comparisons(), _all_pairs(counts), strict=True)
        ),
        learns,
    )
    for _ in range(max_iterations):
        posterior = _posterior(counts, parameters)
        renewed = _maximise(counts, posterior, learns=learns)
        moved = max(float(np.abs(new - old).max()) for new, old in zip(renewed.levels, parameters.levels, strict=True))
        parameters = renewed
        if moved < TOLERANCE:
            return parameters, True
    return parameters, False


def _posterior(counts: Counts, parameters: Parameters) -> Floats:
    logs = log_likelihoods(counts.levels, parameters) + np.log2(parameters.shares)
    logs -= logs.max(axis=1, keepdims=True)
    odds = np.exp2(logs)
    posterior: Floats = odds / odds.sum(axis=1, keepdims=True)
    return posterior


def _maximise(counts: Counts, posterior: Floats, *, learns: bool) -> Parameters:
    weights = posterior * counts.candidates[:, None]
    weights[:, STRANGERS] += counts.others
    shares = weights.sum(axis=0) + np.array([1.0, 1.0, 1.0])
    matrices = []
    for position, comparison in enumerate(comparisons()):
        seen = _by_level(counts.levels[:, position], weights, len(comparison.levels))
        prior = _prior(comparison, seen[STRANGERS])
        for kind, n_prior in PRIOR_PAIRS.items():
            if learns and not (kind == HOME and comparison.tells_apart):
                prior[kind] = (seen[kind] + n_prior * prior[kind]) / (seen[kind].sum() + n_prior)
        matrices.append(prior)
    return Parameters(shares / shares.sum(), tuple(matrices), learns)


def _all_pairs(counts: Counts) -> list[Floats]:
    everything = (counts.candidates + counts.others)[:, None]
    return [
        _by_level(counts.levels[:, position], everything, len(comparison.levels))[0]
        for position, comparison in enumerate(comparisons())
    ]


def _by_level(levels: Integers, weights: Floats, n_levels: int) -> Floats:
    """Sum of the weights (patterns x kinds) by level: kinds x levels. What is missing is left out."""
    is_there = levels >= 0
    return np.stack([np.bincount(levels[is_there], kind[is_there], n_levels) for kind in weights.T])


def _prior(comparison: Comparison, strangers: Floats) -> Floats:
    """Priors of the comparison (kinds x levels), with strangers as counted."""
    same = np.array([level.same for level in reversed(comparison.levels)])
    home = np.array([level.home for level in reversed(comparison.levels)])
    counted = (strangers + UNSEEN_PAIRS) / (strangers + UNSEEN_PAIRS).sum()
    if comparison.tells_apart:
        # two of a household agree as often as strangers by chance, or as often as households do
        home = np.maximum(home, counted)
    return np.stack([same / same.sum(), home / home.sum(), counted])


def _is_sound(parameters: Parameters, counts: Counts, n_records: int) -> bool:
    if not all(np.isfinite(matrix).all() for matrix in parameters.levels):
        return False
    n_same = parameters.shares[SAME] * (counts.candidates.sum() + counts.others.sum())
    return bool(n_same <= MOST_PAIRS_A_RECORD * n_records)
