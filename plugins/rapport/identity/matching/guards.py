"""No person has a dozen telephones: clusters that hold too much are taken back to their strong links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from rapport.identity.matching.clustering import MOST, Integers, Pairs, ScoreMissing, partition

_STRONGER = 4.0


@dataclass(frozen=True)
class Guards:
    """How many different values of a kind one person's records may hold."""

    emails: int = 12
    phones: int = 12
    birth_dates: int = 4

    def limits(self) -> dict[str, int]:
        """By the name of the value's kind."""
        return {"emails": self.emails, "phones": self.phones, "birth_dates": self.birth_dates}


@dataclass(frozen=True)
class Values:
    """Which record holds which value of a kind: row numbers, and a number for each distinct value."""

    row: Integers
    value: Integers


def guard(
    cluster: Integers,
    values: Mapping[str, Values],
    guards: Guards,
    pairs: Pairs,
    threshold: float,
    score_missing: ScoreMissing,
) -> tuple[Integers, npt.NDArray[np.bool_]]:
    """Clusters that keep within the guards, and for each record whether it was in one that did not."""
    was_broken = np.zeros(len(cluster), dtype=bool)
    while threshold < MOST:
        broken = _broken(cluster, values, guards)
        is_broken = np.isin(cluster, broken)
        if not len(broken):
            break
        was_broken |= is_broken
        threshold += _STRONGER
        inside = pairs.take(is_broken[pairs.left] & (cluster[pairs.left] == cluster[pairs.right]))
        parted = partition(len(cluster), inside, threshold, score_missing)
        cluster = pd.factorize(np.where(is_broken, len(cluster) + parted, cluster))[0].astype(np.int64)
    return cluster, was_broken


def _broken(cluster: Integers, values: Mapping[str, Values], guards: Guards) -> Integers:
    found = [np.zeros(0, dtype=np.int64)]
    for kind, limit in guards.limits().items():
        held = pd.DataFrame({"cluster": cluster[values[kind].row], "value": values[kind].value}).drop_duplicates()
        n_held = held.groupby("cluster").size()
        found.append(n_held.index[n_held > limit].to_numpy())
    return np.unique(np.concatenate(found))
