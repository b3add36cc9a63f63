"""Pairs become persons: the partition that the pairs' weights speak for, not whatever a chain of links connects.

Correlation clustering (Bansal, Blum and Chawla 2004) by greedy merging: two clusters become one while the mean weight
of the pairs between them reaches the threshold, the strongest first. A single link between two strong clusters
is outvoted by the pairs across it that disagree, and a record that resembles each of five a little joins them. Pairs
that say nothing either way, such as two answers under different mailboxes without a name, do not vote.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
ScoreMissing = Callable[[Integers, Integers], Floats]

# Beyond these a weight says no more: independence is never exact enough for certainty. Only what is decided by hand is.
LEAST, MOST = -10.0, 20.0
MUST, CANNOT = 1e6, -4e6  # of contradicting decisions the parting one counts
# A component is weighed whole up to this many records; of a larger one the weakest links are left out first.
LARGEST_COMPONENT = 300
_STRONGER = 3.0


@dataclass(frozen=True)
class Pairs:
    """Weighted pairs: row numbers left < right, log2 odds or nan where a pair says nothing."""

    left: Integers
    right: Integers
    weight: Floats

    def take(self, where: npt.NDArray[np.bool_] | Integers) -> Pairs:
        """Those at the positions, or where the mask is true."""
        return Pairs(self.left[where], self.right[where], self.weight[where])

    def joined(self, other: Pairs) -> Pairs:
        """These and the others."""
        return Pairs(
            np.concatenate([self.left, other.left]),
            np.concatenate([self.right, other.right]),
            np.concatenate([self.weight, other.weight]),
        )


def decided(pairs: Pairs, must: Integers, cannot: Integers) -> Pairs:
    """The pairs within their bounds, those decided by hand (n x 2, left < right) with that for a weight."""
    bonds = Pairs(
        np.concatenate([must[:, 0], cannot[:, 0]]),
        np.concatenate([must[:, 1], cannot[:, 1]]),
        np.repeat([MUST, CANNOT], [len(must), len(cannot)]),
    )
    bounded = Pairs(pairs.left, pairs.right, np.clip(pairs.weight, LEAST, MOST))
    if not len(bonds.left):
        return bounded
    everything = bounded.joined(bonds)
    frame = pd.DataFrame({"left": everything.left, "right": everything.right, "weight": everything.weight})
    # sorted by strength of decision, the last one counts
    frame["rank"] = np.select([frame["weight"] == CANNOT, frame["weight"] == MUST], [2, 1], 0)
    frame = frame.sort_values(["left", "right", "rank"]).drop_duplicates(["left", "right"], keep="last")
    return Pairs(frame["left"].to_numpy(), frame["right"].to_numpy(), frame["weight"].to_numpy())


def partition(n_records: int, pairs: Pairs, threshold: float, score_missing: ScoreMissing) -> Integers:
    """Cluster number of each record, numbered in the order of their first records.

    `pairs` as `decided` gives them; `score_missing(left, right)` gives the weights of pairs that are not among
    them but within one component.
    """
    component = components(n_records, pairs, threshold)
    size = np.bincount(component)
    inside = pairs.take(component[pairs.left] == component[pairs.right])
    of = component[inside.left]
    n_links = np.bincount(of[inside.weight >= threshold], minlength=len(size))
    # where all pairs are linked there is nothing to weigh
    is_contested = (n_links < size * (size - 1) // 2) & (size <= LARGEST_COMPONENT)
    rows = np.flatnonzero(is_contested[component])
    if not len(rows):
        return component
    rows = rows[np.argsort(component[rows], kind="stable")]
    bounds = np.flatnonzero(np.diff(component[rows])) + 1
    groups = np.split(rows, bounds)
    contested = inside.take(is_contested[of])
    contested = contested.joined(_missing(groups, contested, n_records, score_missing))
    return _weigh(groups, contested, component, threshold)


def components(n_records: int, pairs: Pairs, threshold: float) -> Integers:
    """Connected components over the pairs that reach the threshold; over stronger ones where they grow too large."""
    links, bound = pairs.weight >= threshold, threshold
    while True:
        ends = (pairs.left[links], pairs.right[links])
        graph = coo_array((np.ones(len(ends[0]), dtype=np.int8), ends), shape=(n_records, n_records))
        _, labels = connected_components(graph, directed=False)
        component: Integers = pd.factorize(labels)[0].astype(np.int64)
        is_too_large = np.bincount(component) > LARGEST_COMPONENT
        bound += _STRONGER
        if not is_too_large.any() or bound > MOST:
            return component
        links &= ~(is_too_large[component[pairs.left]] & (pairs.weight < bound))


def _missing(groups: list[Integers], known: Pairs, n_records: int, score_missing: ScoreMissing) -> Pairs:
    corners = {size: np.triu_indices(size, 1) for size in {len(rows) for rows in groups}}
    left = np.concatenate([rows[corners[len(rows)][0]] for rows in groups])
    right = np.concatenate([rows[corners[len(rows)][1]] for rows in groups])
    is_new = ~np.isin(left * n_records + right, known.left * n_records + known.right)
    left, right = left[is_new], right[is_new]
    weight = np.clip(score_missing(left, right), LEAST, MOST) if len(left) else np.zeros(0)
    return Pairs(left, right, weight)


def _weigh(groups: list[Integers], pairs: Pairs, component: Integers, threshold: float) -> Integers:
    pairs = pairs.take(np.argsort(component[pairs.left], kind="stable"))
    ends = np.searchsorted(component[pairs.left], [component[rows[0]] for rows in groups], side="right")
    result, fresh, start = component.copy(), len(component), 0
    for rows, end in zip(groups, ends, strict=True):
        weights = np.full((len(rows), len(rows)), np.nan)
        one = np.searchsorted(rows, pairs.left[start:end])
        other = np.searchsorted(rows, pairs.right[start:end])
        weights[one, other] = weights[other, one] = pairs.weight[start:end]
        result[rows] = fresh + merge(weights, threshold)
        fresh, start = fresh + len(rows), end
    return pd.factorize(result)[0].astype(np.int64)


def merge(weights: Floats, threshold: float) -> Integers:
    """Clusters of a component, of the symmetric matrix of its weights: for each row the first row of its cluster."""
    size = len(weights)
    cluster = np.arange(size)
    n_votes, sums = np.isfinite(weights).astype(float), np.nan_to_num(weights)
    means = np.where(n_votes > 0, sums, -np.inf)
    np.fill_diagonal(means, -np.inf)
    is_left = np.ones(size, dtype=bool)
    while True:
        kept, gone = divmod(int(np.argmax(means)), size)
        if means[kept, gone] < threshold:
            return cluster
        for total in (sums, n_votes):
            total[kept] += total[gone]
            total[:, kept] = total[kept]
        cluster[cluster == gone] = kept
        is_left[gone] = False
        means[gone] = means[:, gone] = -np.inf
        others = is_left & (n_votes[kept] > 0)
        others[kept] = False
        means[kept, others] = means[others, kept] = sums[kept, others] / n_votes[kept, others]
