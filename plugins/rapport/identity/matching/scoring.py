"""The weight of a pair: log2 of the odds that it is one person, against strangers and households together."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

from rapport.identity.matching.comparing import levels
from rapport.identity.matching.comparisons import comparisons
from rapport.identity.matching.estimation import HOME, SAME, STRANGERS, Floats, Integers, Parameters, contributions
from rapport.identity.matching.records import fetch

# A pair below this can be no one's: 1 in 1,000. It is not kept.
LEAST_WEIGHT = -10.0
# What the frequencies of rare values may add to a pattern at most (they are bounded below, see frequencies.py).
_MOST_ADDED = 14.0
_LEAST_CONTRADICTION = 0.5
_FARTHEST = 500  # so that 2 to this power is a number still


def priors(parameters: Parameters) -> tuple[float, float]:
    """log2 odds of one person before anything is compared, against strangers and against people of one home."""
    shares = np.log2(parameters.shares)
    return float(shares[SAME] - shares[STRANGERS]), float(shares[SAME] - shares[HOME])


def evidence(found: Integers, parameters: Parameters) -> tuple[Floats, Floats]:
    """What each comparison adds to these odds, patterns x comparisons each.

    A mailbox or number that a whole household uses is as good as no evidence between two given names, or two
    birthdays: there it adds nothing against people of one home.
    """
    logs = contributions(found, parameters)
    strangers, home = logs[:, :, SAME] - logs[:, :, STRANGERS], logs[:, :, SAME] - logs[:, :, HOME]
    telling = [position for position, comparison in enumerate(comparisons()) if comparison.tells_apart]
    shared = [position for position, comparison in enumerate(comparisons()) if comparison.is_shared_at_home]
    is_contradicted = (found[:, telling] == 0).any(axis=1)
    home[np.ix_(is_contradicted, shared)] = np.minimum(home[np.ix_(is_contradicted, shared)], 0)
    return strangers, home


def votes(patterns: Integers, weights: Floats, parameters: Parameters, threshold: float) -> Floats:
    """What each pair says of a cluster that would hold both: its weight, or nan where it says nothing.

    A pair below the threshold speaks against one only by what differs in it. That little is known of two records, so
    that two strangers are likelier, is no such thing; nor is a second mailbox or number. Another given name or
    birthday speaks against it as strongly as anything may: father and son must not be joined by the records of
    both that tell no birthday.
    """
    distinct, position = np.unique(patterns, return_inverse=True)
    found = levels(distinct)
    against, against_home = evidence(found, parameters)
    prior_strangers, prior_home = priors(parameters)
    is_home = prior_home + against_home.sum(axis=1) < prior_strangers + against.sum(axis=1)
    own = [at for at, comparison in enumerate(comparisons()) if not comparison.is_shared_at_home]
    telling = [at for at, comparison in enumerate(comparisons()) if comparison.tells_apart]
    contradiction = np.minimum(against[:, own], 0).sum(axis=1)[position]
    is_told_apart = (is_home & (found[:, telling] == 0).any(axis=1))[position]
    below = np.where(is_told_apart, LEAST_WEIGHT, np.maximum(weights, contradiction))
    below[contradiction > -_LEAST_CONTRADICTION] = np.nan
    return np.where(weights >= threshold, weights, below)


def score(
    conn: duckdb.DuckDBPyConnection,
    compared: str,
    parameters: Parameters,
    into: str,
    *,
    least_weight: float = LEAST_WEIGHT,
) -> None:
    """Fill the table `into` (l, r, pattern, weight) from a table that `compare` filled.

    Needs the tables `frequency_<column>` (value, share) of frequencies.py. A pair is weighed against strangers,
    where an agreement counts by how often its value is, and against people of one home; the odds against
    both are the harmonic sum of the two.
    """
    patterns = fetch(conn, f"select distinct pattern from {compared} order by pattern")["pattern"].astype(np.int64)
    found = levels(patterns)
    prior_strangers, prior_home = priors(parameters)
    against_strangers, against_home = evidence(found, parameters)
    strangers, home = prior_strangers + against_strangers.sum(axis=1), prior_home + against_home.sum(axis=1)
    frequent = [(position, c) for position, c in enumerate(comparisons()) if c.frequency]
    is_possible = np.minimum(strangers + _MOST_ADDED, home) >= least_weight
    table = pa.table(
        {
            "pattern": patterns[is_possible],
            "strangers": strangers[is_possible],
            "home": home[is_possible],
            **{f"top_{c.frequency}": (found[:, position] == c.top)[is_possible] for position, c in frequent},
        }
    )
    conn.register("weights", table)
    keys, joins, by_strangers, by_home = [], [], ["strangers"], ["home"]
    for position, comparison in frequent:
        column, matrix = comparison.frequency, parameters.levels[position]
        ((rarest,),) = conn.execute(f"select share from frequency_{column} where value is null").fetchall()
        share = f"coalesce({column}.share, {rarest})"
        keys.append(f"if(top_{column}, records.{column}, null) as common_{column}")
        joins.append(f"left join frequency_{column} as {column} on {column}.value = common_{column}")
        by_strangers.append(f"if(common_{column} is null, 0, {np.log2(matrix[STRANGERS, -1])} - log2({share}))")
        if comparison.tells_apart:
            top = matrix[HOME, -1]
            by_home.append(f"if(common_{column} is null, 0, {np.log2(top)} - log2(greatest({top}, {share})))")
    conn.execute(
        f"create or replace table possible as select compared.l, compared.r, weights.*"
        f" from {compared} as compared join weights using (pattern)"
    )
    conn.execute(
        f"""
        create or replace table {into} as
        select l, r, pattern, -log2(pow(2, -strangers) + pow(2, -home)) as weight
        from (
            select
                l,
                r,
                pattern,
                greatest({" + ".join(by_strangers)}, -{_FARTHEST}) as strangers,
                greatest({" + ".join(by_home)}, -{_FARTHEST}) as home
            from (
                select possible.*, {", ".join(keys)}
                from possible join records on records.row = possible.l
            )
            {" ".join(joins)}
        )
        {"" if np.isinf(least_weight) else f"where weight >= {least_weight}"}
        """
    )
    conn.execute("drop table possible")
    conn.unregister("weights")
