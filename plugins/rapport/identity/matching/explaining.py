"""Why two records are one person or are not, in weights that add up."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from rapport.identity.matching.comparing import compare, levels
from rapport.identity.matching.comparisons import NULL_LEVEL, comparisons
from rapport.identity.matching.estimation import STRANGERS
from rapport.identity.matching.model import Model
from rapport.identity.matching.records import connect, prepare
from rapport.identity.matching.scoring import evidence, priors, score


@dataclass(frozen=True)
class Evidence:
    """What one comparison says: its level, and how many bits that speaks for one person.

    against_strangers, against_household: log2 of how much likelier the level is between two records of one person
    than of two strangers, or of two who share a home; frequency: what the value's rarity adds to the former.
    """

    comparison: str
    level: str
    against_strangers: float
    frequency: float
    against_household: float


@dataclass(frozen=True)
class Explanation:
    """The evidence, and what it comes to.

    prior_strangers, prior_household: log2 odds before anything is compared. weight: log2 odds after, against both
    together; probability: the same as a probability.
    """

    evidence: list[Evidence]
    prior_strangers: float
    prior_household: float
    weight: float
    probability: float


def explain(one: dict[str, object], other: dict[str, object], model: Model) -> Explanation:
    """Why two records (columns of records.SCHEMA) match or do not, by a model."""
    conn = connect()
    records = pa.Table.from_pylist([{**one, "id": "one"}, {**other, "id": "other"}])
    prepare(conn, records)
    conn.execute("create table pairs as select 0 as l, 1 as r")
    compare(conn, "pairs", "compared")
    model.pin_frequencies(conn)
    score(conn, "compared", model.parameters, "scored", least_weight=-np.inf)
    ((pattern, weight),) = conn.execute("select pattern, weight from scored").fetchall()
    found = levels(np.array([pattern]))
    against_strangers, against_home = evidence(found, model.parameters)
    said = []
    for position, comparison in enumerate(comparisons()):
        level = int(found[0, position])
        label = "missing" if level == NULL_LEVEL else comparison.levels[comparison.number(level)].label
        frequency = _frequency(conn, model, position) if level == comparison.top else 0.0
        said.append(
            Evidence(
                comparison.name,
                label,
                float(against_strangers[0, position]),
                frequency,
                float(against_home[0, position]),
            )
        )
    return Explanation(said, *priors(model.parameters), weight, float(1 / (1 + 2.0**-weight)))


def _frequency(conn: duckdb.DuckDBPyConnection, model: Model, position: int) -> float:
    """What the rarity of the value that both records have adds against strangers."""
    column = comparisons()[position].frequency
    if column is None:
        return 0.0
    ((share,),) = conn.execute(
        f"select coalesce(f.share, (select share from frequency_{column} where value is null))"
        f" from records left join frequency_{column} f on f.value = records.{column} where row = 0"
    ).fetchall()
    return float(np.log2(model.parameters.levels[position][STRANGERS, -1]) - np.log2(share))
