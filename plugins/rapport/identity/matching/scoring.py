"""The weight of a pair: log2 of the odds that it is one person, against strangers and households together."""

from __future__ import annotations

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from rapport.identity.matching.comparing import levels
from rapport.identity.matching.comparisons import comparisons
from rapport.identity.matching.estimation import HOME, SAME, STRANGERS, Parameters, log_likelihoods

# A pair below this can be no one's: 1 in 1,000. It is not kept.
LEAST_WEIGHT = -10.0
# What the frequencies of rare values may add to a pattern at most (they are bounded below, see frequencies.py).
_MOST_ADDED = 14.0


def pattern_weights(patterns: npt.NDArray[np.int64], parameters: Parameters) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """log2 odds of each pattern against strangers, and against people of one home."""
    logs = log_likelihoods(levels(patterns), parameters) + np.log2(parameters.shares)
    return logs[:, SAME] - logs[:, STRANGERS], logs[:, SAME] - logs[:, HOME]


def score(conn: duckdb.DuckDBPyConnection, compared: str, parameters: Parameters, into: str) -> None:
    """Fill the table `into` (l, r, pattern, weight) from a table that `compare` filled.

    Needs the tables `frequency_<column>` (value, share) of frequencies.py.
    """
    patterns = conn.execute(f"select distinct pattern from {compared} order by pattern").fetchnumpy()["pattern"]
    patterns = patterns.astype(np.int64)
    strangers, home = pattern_weights(patterns, parameters)
    found = levels(patterns)
    frequent = [(position, c) for position, c in enumerate(comparisons()) if c.frequency]
    is_candidate = (np.minimum(strangers + _MOST_ADDED, home) >= LEAST_WEIGHT)
    table = pa.table(
        {
            "pattern": patterns[is_candidate],
            "strangers": strangers[is_candidate],
            "home": home[is_candidate],
            **{f"top_{c.frequency}": (found[:, position] == c.top)[is_candidate] for position, c in frequent},
        }
    )
    conn.register("pattern_weights", table)
    joins, by_strangers, by_home = [], ["strangers"], ["home"]
    for position, comparison in frequent:
        column, matrix = comparison.frequency, parameters.levels[position]
        share = f"coalesce(f_{column}.share, (select min(share) from frequency_{column}))"
        joins.append(f"left join frequency_{column} f_{column} on top_{column} and f_{column}.value = l.{column}")
        by_strangers.append(f"case when top_{column} then {np.log2(matrix[STRANGERS, -1])} - log2({share}) else 0 end")
        if comparison.tells_apart:
            top = matrix[HOME, -1]
            by_home.append(f"case when top_{column} then {np.log2(top)} - log2(greatest({top}, {share})) else 0 end")
    conn.execute(
        f"""
        create or replace table {into} as
        select l, r, pattern, -log2(exp2(-strangers) + exp2(-home)) as weight
        from (
            select compared.l, compared.r, pattern,
                greatest({" + ".join(by_strangers)}, -500) as strangers, greatest({" + ".join(by_home)}, -500) as home
            from {compared} as compared join pattern_weights using (pattern) join records as l on l.row = compared.l
            {" ".join(joins)}
        )
        where -log2(exp2(-strangers) + exp2(-home)) >= {LEAST_WEIGHT}
        """.replace("exp2(", "pow(2, ")
    )
    conn.unregister("pattern_weights")
