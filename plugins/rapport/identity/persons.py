"""The persons behind a set of records, as the choice of their ids needs them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Persons:
    """records: the source_record_ids, sorted, n of them; person: n numbers, in the order of their smallest records, so
    that the same partition always has the same numbers."""

    records: pa.Array
    person: Integers

    @classmethod
    def of(cls, clusters: pa.Table) -> Persons:
        """From a table with columns id and cluster."""
        ordered = clusters.take(pc.sort_indices(clusters, [("id", "ascending")]))
        number, _ = pd.factorize(ordered["cluster"].combine_chunks().dictionary_encode().indices.to_numpy())
        return cls(ordered["id"].combine_chunks(), number.astype(np.int64))


def positions(values: pa.Array | pa.ChunkedArray, among: pa.Array) -> Integers:
    """Position of each value in `among`, -1 where it is not there."""
    found = pc.fill_null(pc.index_in(values, value_set=among), -1)
    return np.asarray(found.to_numpy()).astype(np.int64)
