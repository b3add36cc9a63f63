"""What ties records together, in words."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from rapport.identity.matching.comparing import levels
from rapport.identity.matching.comparisons import NULL_LEVEL, comparisons
from rapport.identity.persons import Integers, positions

ALONE, BY_HAND, SIMILAR = "alone", "decided", "similar"


def agreements(patterns: pa.Array) -> list[str]:
    """Of each pattern the level of each comparison that both records have: `given_name: the same; phone: different`."""
    found = levels(patterns.to_numpy())
    return [
        "; ".join(
            f"{comparison.name}: {comparison.levels[comparison.number(level)].label}"
            for comparison, level in zip(comparisons(), row, strict=True)
            if level != NULL_LEVEL
        )
        for row in found.tolist()
    ]


def evidence_of(clusters: pa.Table, pairs: pa.Table) -> pa.Array:
    """What ties each record of `clusters` (id, cluster) to the strongest match within its cluster: `email+phone`.

    `alone` where a record is a person by itself, `decided` where nothing but a decision ties it, `similar` where
    nothing is quite the same. `pairs`: id_l, id_r, weight, pattern.
    """
    ids = clusters["id"].combine_chunks()
    cluster = clusters["cluster"].combine_chunks().dictionary_encode().indices.to_numpy().astype(np.int64)
    left, right = positions(pairs["id_l"], ids), positions(pairs["id_r"], ids)
    is_here = (left >= 0) & (right >= 0)
    is_here[is_here] = cluster[left[is_here]] == cluster[right[is_here]]
    record = np.concatenate([left[is_here], right[is_here]])
    weight = np.tile(pairs["weight"].to_numpy()[is_here], 2)
    pattern = np.tile(pairs["pattern"].to_numpy()[is_here], 2)
    order = np.lexsort((pattern, weight, record))
    is_strongest = np.ones(len(order), dtype=bool)
    is_strongest[:-1] = np.diff(record[order]) != 0
    strongest = order[is_strongest]

    distinct, position = np.unique(pattern[strongest], return_inverse=True)
    texts = np.array([*_same(distinct), ALONE, BY_HAND], dtype=object)
    size = np.bincount(cluster, minlength=1)
    found = np.where(size[cluster] > 1, len(texts) - 1, len(texts) - 2)
    found[record[strongest]] = position
    return pa.array(texts[found], pa.string())


def _same(patterns: Integers) -> list[str]:
    names = [comparison.name for comparison in comparisons()]
    tops = [comparison.top for comparison in comparisons()]
    # What identifies by itself comes first.
    order = sorted(range(len(names)), key=lambda i: names[i] not in ("external_id", "email", "phone"))
    rows = levels(patterns) if len(patterns) else np.zeros((0, len(names)), dtype=np.int64)
    return ["+".join(names[i] for i in order if row[i] == tops[i]) or SIMILAR for row in rows]
