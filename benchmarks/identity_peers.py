"""Splink on the same records, as its documentation has it and tuned for a million."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

THRESHOLD = 0.95
# Of .95 to .999999 on a million made-up records: F1 .391, .412, .432, .486, .641, .705.
BEST_THRESHOLD = 0.999999


def documented(records: pa.Table) -> pd.DataFrame:
    """id, cluster: the settings of Splink's own page on FEBRL, less the number of social insurance."""
    there = _there(records)
    rules = [
        [name] for name in ("given_name", "surname", "birth_date", "postal_code", "email", "phone") if name in there
    ]
    trained_on = [[name] for name in ("birth_date", "postal_code", "email") if name in there][:2]
    return _run(records, there, rules, trained_on, max_pairs=1e6)


def tuned(records: pa.Table) -> pd.DataFrame:
    """id, cluster: blocks that a million records can afford, as few as find most."""
    return _run(records, _there(records), _BLOCKS, _TRAINED_ON, max_pairs=1e6)


def tuned_for_f1(records: pa.Table) -> pd.DataFrame:
    """id, cluster: more blocks and more training, which find more; of several thresholds the best by the truth."""
    rules = [
        *_BLOCKS, ["surname", "postal_code"], ["given_name", "birth_date"], ["surname", "birth_date"],
        ["street", "postal_code"], ["given_name", "postal_code", "street"], ["surname", "city", "given_name"],
    ]  # fmt: skip
    trained_on = [*_TRAINED_ON, ["birth_date", "postal_code"]]
    return _run(records, _there(records), rules, trained_on, max_pairs=5e6, threshold=BEST_THRESHOLD)


_BLOCKS = [
    ["email"], ["phone"], ["given_name", "surname", "postal_code"], ["given_name", "surname", "birth_date"],
    ["birth_date", "postal_code"], ["surname", "street", "postal_code"],
]  # fmt: skip
_TRAINED_ON = [["email"], ["given_name", "surname", "postal_code"]]


def _there(records: pa.Table) -> list[str]:
    return [name for name in records.column_names if records[name].null_count < records.num_rows]


def _run(
    records: pa.Table,
    there: Sequence[str],
    rules: list[list[str]],
    trained_on: list[list[str]],
    max_pairs: float,
    threshold: float = THRESHOLD,
) -> pd.DataFrame:
    import splink.comparison_library as library
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    logging.getLogger("splink").setLevel(logging.ERROR)
    comparisons: dict[str, Any] = {
        "given_name": lambda: library.NameComparison("given_name").configure(term_frequency_adjustments=True),
        "surname": lambda: library.NameComparison("surname").configure(term_frequency_adjustments=True),
        "birth_date": lambda: library.DateOfBirthComparison(
            "birth_date", input_is_string=True, datetime_format="%Y%m%d"
        ),
        "street": lambda: library.JaroWinklerAtThresholds("street", [0.9, 0.7]),
        "postal_code": lambda: library.ExactMatch("postal_code").configure(term_frequency_adjustments=True),
        "city": lambda: library.JaroWinklerAtThresholds("city", [0.9]),
        "email": lambda: library.EmailComparison("email"),
        "phone": lambda: library.LevenshteinAtThresholds("phone", [1]),
    }
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="id",
        comparisons=[build() for name, build in comparisons.items() if name in there],
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in rules],
    )
    database = DuckDBAPI()
    linker = Linker(database.register(records), settings, log_level=logging.ERROR)
    certain = [name for name in ("given_name", "surname", "birth_date", "postal_code") if name in there]
    sure: list[Any] = [block_on(*certain)] + [block_on(name) for name in ("email",) if name in there]
    linker.training.estimate_probability_two_random_records_match(sure, recall=0.6)
    linker.training.estimate_u_using_random_sampling(max_pairs=max_pairs)
    for rule in trained_on:
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*rule))
    pairs = linker.inference.predict(threshold_match_probability=threshold)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, threshold_match_probability=threshold)
    found: pd.DataFrame = clusters.as_pandas_dataframe()  # type: ignore[no-untyped-call]
    return found[["id", "cluster_id"]].rename(columns={"cluster_id": "cluster"})
