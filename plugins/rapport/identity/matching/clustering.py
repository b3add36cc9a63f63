"""Pairs become persons: the partition that the pairs' weights speak for, not whatever a chain of links connects.

Correlation clustering (Bansal, Blum and Chawla 2004) by greedy merging: two clusters become one while the mean weight
of all pairs between them is above the threshold, the strongest first. A single link between two strong
clusters is outvoted by the pairs across it that disagree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

# Beyond these, a weight says no more: independence is never exact enough for certainty.
LEAST, MOST = -10.0, 20.0
# A component is taken whole up to this; a larger one is first taken apart at stronger links.
LARGEST = 60
_STRONGER = 3.0


@dataclass(frozen=True)
class Pairs:
    """Weighted pairs: row numbers l < r, log2 odds."""

    l: Integers  # noqa: E741  the name the field uses
    r: Integers
    weight: Floats


@dataclass(frozen=True)
class Bonds:
    """Pairs that are decided by hand, and cannot be outvoted."""

    must: list[tuple[int, int]] = field(default_factory=list)
    cannot: list[tuple[int, int]] = field(default_factory=list)


def partition(n_records: int, pairs: Pairs, threshold: float, score_missing: Callable[[Integers, Integers], Floats] | None = None) -> Integers:
    """Cluster number of each record, numbered by their smallest records.

    `score_missing(l, r)` gives the weights of pairs that are not among `pairs` but within one component;
    without it they count as the least.
    """
    labels = _components(n_records, pairs, threshold)
    inside = (labels[pairs.l] == labels[pairs.r])
    l, r, weight, component = pairs.l[inside], pairs.r[inside], pairs.weight[inside], labels[pairs.l[inside]]
    size = np.bincount(labels)
    n_strong = np.bincount(component[weight >= threshold], minlength=len(size))
    contested = n_strong < size * (size - 1) // 2
    members = np.flatnonzero(contested[labels])
    result = labels.astype(np.int64).copy()
    if len(members):
        is_contested = contested[component]
        groups = _members_by_component(members, labels[members])
        missing_l, missing_r, missing_w = _missing(groups, l[is_contested], r[is_contested], score_missing)
        l = np.concatenate([l[is_contested], missing_l]); r = np.concatenate([r[is_contested], missing_r])
        weight = np.concatenate([weight[is_contested], missing_w])
        order = np.argsort(labels[l], kind="stable")
        l, r, weight = l[order], r[order], weight[order]
        starts = np.searchsorted(labels[l], [labels[g[0]] for g in groups])
        ends = np.append(starts[1:], len(l))
        next_label = len(size)
        for rows, start, end in zip(groups, starts, ends, strict=True):
            if len(rows) > LARGEST:
                continue
            matrix = np.full((len(rows), len(rows)), LEAST)
            a = np.searchsorted(rows, l[start:end]); b = np.searchsorted(rows, r[start:end])
            matrix[a, b] = matrix[b, a] = np.clip(weight[start:end], LEAST, MOST)
            local = _merge(matrix, threshold)
            result[rows] = next_label + local
            next_label += int(local.max()) + 1
    return pd.factorize(result)[0]


def _components(n_records: int, pairs: Pairs, threshold: float) -> Integers:
    links = pairs.weight >= threshold
    labels = np.zeros(n_records, dtype=np.int64)
    bound = threshold
    while True:
        graph = coo_array((np.ones(int(links.sum()), dtype=np.int8), (pairs.l[links], pairs.r[links])), shape=(n_records, n_records))
        _, labels = connected_components(graph, directed=False)
        size = np.bincount(labels)
        too_large = size > LARGEST
        if not too_large.any() or bound > 60:
            return labels.astype(np.int64)
        bound += _STRONGER
        links &= ~(too_large[labels[pairs.l]] & (pairs.weight < bound))


def _members_by_component(members: Integers, labels: Integers) -> list[Integers]:
    order = np.lexsort((members, labels))
    members, labels = members[order], labels[order]
    return np.split(members, np.flatnonzero(np.diff(labels)) + 1)


def _missing(groups: list[Integers], l: Integers, r: Integers, score_missing):
    every_l, every_r = [], []
    for rows in groups:
        if 2 < len(rows) <= LARGEST:
            a, b = np.triu_indices(len(rows), 1)
            every_l.append(rows[a]); every_r.append(rows[b])
    if not every_l:
        return l[:0], r[:0], np.zeros(0)
    all_l, all_r = np.concatenate(every_l), np.concatenate(every_r)
    n = int(max(all_r.max(), r.max(initial=0))) + 1
    new = ~np.isin(all_l * n + all_r, l * n + r)
    all_l, all_r = all_l[new], all_r[new]
    if score_missing is None or not len(all_l):
        return all_l, all_r, np.full(len(all_l), LEAST)
    return all_l, all_r, score_missing(all_l, all_r)


def _merge(matrix: Floats, threshold: float) -> Integers:
    """Cluster number of each row of a symmetric matrix of weights."""
    n = len(matrix)
    labels = np.arange(n)
    sums = matrix.copy()
    sizes = np.ones(n)
    alive = np.ones(n, dtype=bool)
    means = sums.copy()
    np.fill_diagonal(means, -np.inf)
    while True:
        best = int(np.argmax(means))
        a, b = divmod(best, n)
        if means[a, b] < threshold or not alive[a]:
            break
        a, b = min(a, b), max(a, b)
        sums[a] += sums[b]; sums[:, a] += sums[:, b]
        sizes[a] += sizes[b]; alive[b] = False
        labels[labels == b] = a
        means[b] = means[:, b] = -np.inf
        others = alive.copy(); others[a] = False
        means[a, others] = means[others, a] = sums[a, others] / (sizes[a] * sizes[others])
    return pd.factorize(labels)[0]
