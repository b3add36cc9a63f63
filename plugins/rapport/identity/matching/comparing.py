"""Pairs of records become patterns: how far they agree in each comparison, packed into one number."""

from __future__ import annotations

import duckdb
import numpy as np
import numpy.typing as npt

from rapport.identity.matching.comparisons import SHARED, comparisons
from rapport.identity.matching.records import fetch

Integers = npt.NDArray[np.int64]

SAMPLED_PAIRS = 150_000
# Among more records than this a pair drawn is no candidate but once in thousands.
_ALL_DRAWN_RECORDS = 20_000


def compare(conn: duckdb.DuckDBPyConnection, pairs: str, into: str) -> None:
    """Fill the table `into` (l, r, pattern) from the table `pairs` (l, r)."""
    columns = sorted({column for comparison in comparisons() for column in comparison.columns})
    sides = ", ".join(f"{side}.{column} as {column}_{side}" for column in columns for side in "lr")
    shared = ", ".join(f"{expression} as {name}" for name, expression in SHARED.items())
    pattern = " + ".join(
        f"({_with_shared(comparison.sql())} + 1)::bigint * {size}"
        for comparison, size in zip(comparisons(), _place_values(), strict=True)
    )
    conn.execute(
        f"create or replace table {into} as select l, r, ({pattern})::bigint as pattern from ("
        f" select *, {shared} from ("
        f"  select pairs.l, pairs.r, {sides} from {pairs} as pairs"
        "  join records as l on l.row = pairs.l join records as r on r.row = pairs.r))"
    )


def _with_shared(sql: str) -> str:
    for name, expression in SHARED.items():
        sql = sql.replace(expression, name)
    return sql


def sample_strangers(conn: duckdb.DuckDBPyConnection, into: str) -> None:
    """Fill the table `into` (l, r) with pairs drawn from all records that are no candidates: strangers, nearly all."""
    ((n_records,),) = conn.execute("select count(*) from records").fetchall()
    candidates = "anti join pairs using (l, r)" if n_records <= _ALL_DRAWN_RECORDS else ""
    # drawn by a hash, not by chance: the same records give the same model
    conn.execute(
        f"create or replace table {into} as with drawn as ("
        " select distinct least(one, other) as l, greatest(one, other) as r from ("
        f"  select (hash(number) % {n_records})::integer as one,"
        f"   (hash(number + 1000000007) % {n_records})::integer as other"
        f"  from range({SAMPLED_PAIRS}) as numbers(number)) where one <> other)"
        f" select l, r from drawn {candidates}"
    )


def count_patterns(conn: duckdb.DuckDBPyConnection, table: str) -> tuple[Integers, Integers]:
    """The distinct patterns of a table that `compare` filled, ascending, and how often each is there."""
    found = fetch(conn, f"select pattern, count(*) as n from {table} group by pattern order by pattern")
    return found["pattern"].astype(np.int64), found["n"].astype(np.int64)


def levels(patterns: Integers) -> Integers:
    """One row a pattern, one column a comparison: the level's number, -1 where the comparison is missing."""
    return np.stack(
        [
            patterns // size % (len(comparison.levels) + 1) - 1
            for comparison, size in zip(comparisons(), _place_values(), strict=True)
        ],
        axis=1,
    )


def _place_values() -> list[int]:
    sizes = [1]
    for comparison in comparisons()[:-1]:
        sizes.append(sizes[-1] * (len(comparison.levels) + 1))
    return sizes
