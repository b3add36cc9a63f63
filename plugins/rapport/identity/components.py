"""Records that share a key are one person: connected components over records and keys, on integer codes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Components:
    """records: the distinct source_record_ids, sorted, n of them.

    component: n component numbers, in the order of their smallest records, so the same partition always has
    the same numbers. evidence: n texts, the types of the keys a record shares with another (`email+phone`),
    or `alone`.
    """

    records: pa.Array
    component: Integers
    evidence: pa.Array


def find_components(keys: pa.Table) -> Components:
    """Connect records through the keys they share.

    `keys` has text columns source_record_id, key_type, key_value; a row with a null key is a record only.
    """
    records = pc.unique(keys["source_record_id"].combine_chunks())
    records = records.take(pc.array_sort_indices(records))  # sorted: codes compare as the ids do
    n_records = len(records)
    keyed = keys.filter(pc.and_(pc.is_valid(keys["key_type"]), pc.is_valid(keys["key_value"])))
    record = positions(keyed["source_record_id"], records)
    types = pc.unique(keyed["key_type"].combine_chunks())
    types = types.take(pc.array_sort_indices(types))
    key_type = positions(keyed["key_type"], types)
    value = keyed["key_value"].combine_chunks().dictionary_encode().indices.to_numpy(zero_copy_only=False)
    # a key is its type and its value together: a phone must not meet an external id that looks the same
    key, distinct = pd.factorize(value.astype(np.int64) * max(len(types), 1) + key_type)
    n_keys = len(distinct)

    size = n_records + n_keys
    links = coo_array((np.ones(len(record), dtype=np.int8), (record, key + n_records)), shape=(size, size))
    _, labels = connected_components(links, directed=False)
    component, _ = pd.factorize(labels[:n_records])  # numbers them by first appearance
    return Components(records, component, _evidence(record, key, key_type, types, n_records, n_keys))


def positions(values: pa.Array | pa.ChunkedArray, among: pa.Array) -> Integers:
    """Position of each value in `among`, -1 where it is not there."""
    found = pc.fill_null(pc.index_in(values, value_set=among), -1)
    return np.asarray(found.to_numpy()).astype(np.int64)


def _evidence(
    record: Integers, key: Integers, key_type: Integers, types: pa.Array, n_records: int, n_keys: int
) -> pa.Array:
    """Per record, the types of its keys that another record has too."""
    _, once = np.unique(key * n_records + record, return_index=True)  # a record may give a key twice
    once = once[np.bincount(key[once], minlength=n_keys)[key[once]] > 1]
    bits = np.zeros(n_records, dtype=np.int64)
    for code in range(len(types)):
        bits[record[once[key_type[once] == code]]] |= 1 << code
    masks, position = np.unique(bits, return_inverse=True)
    names = [types[code].as_py() for code in range(len(types))]
    texts = ["+".join(name for code, name in enumerate(names) if mask >> code & 1) or "alone" for mask in masks]
    return pa.array(texts, pa.string()).take(pa.array(position))
