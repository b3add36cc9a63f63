"""How often values are: agreeing on a rare surname says more than on a common one."""

from __future__ import annotations

import duckdb

from rapport.identity.matching.comparisons import comparisons
from rapport.identity.matching.estimation import SAME, STRANGERS, Parameters

# Records that the average value's frequency weighs, and how far below that average a value may be.
PRIOR_RECORDS, RAREST = 50, 0.1


def count_frequencies(conn: duckdb.DuckDBPyConnection, parameters: Parameters) -> None:
    """Fill `frequency_<column>` (value, share) from `records`: the probability that a stranger has the value too.

    Of the records with the value, one is the record itself and some are the same person's: a value that
    two records have, who are one person, is as rare as any. Only values of several records are listed;
    all others have the least share, under the value null.
    """
    (n_records,) = conn.execute("select count(*) from records").fetchone() or (0,)
    same_records = parameters.shares[SAME] * (n_records - 1)  # of a record's pairs, those of its own person
    for position, comparison in enumerate(comparisons()):
        if comparison.frequency is None:
            continue
        column, average = comparison.frequency, float(parameters.levels[position][STRANGERS, -1])
        conn.execute(
            f"""
            create or replace table frequency_{column} as
            select value, greatest({average * RAREST},
                (greatest(n - 1 - {same_records}, 0) + {PRIOR_RECORDS * average})
                / (sum(n) over () + {PRIOR_RECORDS})) as share
            from (select {column} as value, count(*) as n from records where {column} is not null group by 1)
            union all select null, {average * RAREST}
            """
        )
        conn.execute(f"delete from frequency_{column} where value is not null and share <= {average * RAREST}")
