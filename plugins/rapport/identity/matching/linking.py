"""From records to persons: train, score, partition; and the same for what is new among what is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rapport.errors import IdentityError
from rapport.identity.matching.blocking import block, block_new
from rapport.identity.matching.clustering import Pairs, components, decided, partition
from rapport.identity.matching.comparing import compare, count_patterns, levels, sample_strangers
from rapport.identity.matching.estimation import Counts, estimate
from rapport.identity.matching.frequencies import count_frequencies
from rapport.identity.matching.guards import Guards, Values, guard
from rapport.identity.matching.model import Model, take_frequencies
from rapport.identity.matching.records import MOST_BEARERS, connect, fetch, prepare
from rapport.identity.matching.scoring import score, votes
from rapport.identity.persons import positions

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Progress = Callable[[str], None]
Ids = Sequence[tuple[str, str]]
PairsOf = Callable[[pa.Array], pa.Table]

PAIRS = pa.schema([("id_l", pa.string()), ("id_r", pa.string()), ("weight", pa.float64()), ("pattern", pa.int64())])
_ENDS = pa.schema([PAIRS.field("id_l"), PAIRS.field("id_r")])


@dataclass(frozen=True)
class Settings:
    """How sure is sure enough, and what is decided already.

    merge, review: probabilities from which two records are one person, and from which somebody should look at
    them. Merging at p is right where a false merge costs p / (1 - p) times what a missed one does: 0.5 counts
    them alike and finds the likeliest of all partitions; 0.9 takes nine missed ones for a false one.
    most_bearers: a mailbox or number of more given names than that tells nobody's identity.
    must_link, cannot_link: pairs of ids; one that is not among the records is passed over.
    """

    merge: float = 0.5
    review: float = 0.1
    guards: Guards = field(default_factory=Guards)
    most_bearers: int = MOST_BEARERS
    must_link: Ids = ()
    cannot_link: Ids = ()

    def __post_init__(self) -> None:
        if not 0 < self.review <= self.merge < 1:
            raise IdentityError(
                "The thresholds are no probabilities, or the one for review is the higher.",
                where=f"merge {self.merge}, review {self.review}",
                fix="choose 0 < review <= merge < 1",
            )


DEFAULT = Settings()


@dataclass(frozen=True)
class Linked:
    """clusters: id, cluster (the smallest id of the person's records), in the order of ids.

    pairs: as PAIRS, id_l < id_r, weight in log2 odds, all above LEAST_WEIGHT. for_review: those of them that are left
    apart though they reach the review threshold, or were parted by a guard. known_pairs: those of earlier calls that
    counted beside them.
    """

    clusters: pa.Table
    pairs: pa.Table
    for_review: pa.Table
    model: Model
    known_pairs: pa.Table = field(default_factory=PAIRS.empty_table)


def link(
    records: pa.Table,
    settings: Settings = DEFAULT,
    *,
    model: Model | None = None,
    progress: Progress = lambda _: None,
) -> Linked:
    """Which records are one person. `records` has columns of records.SCHEMA; without a `model` one is trained.

    The order of the rows makes no difference. Raises IdentityError where an id is missing or given twice.
    """
    conn = _open(records, settings)
    progress("Finding records that have something in common")
    limits = block(conn, model.limits if model else None)
    progress("Comparing them")
    compare(conn, "pairs", "compared")
    if model is None:
        progress("Estimating what agreement is worth")
        model = _train(conn, limits)
    else:
        model.pin_frequencies(conn)
    score(conn, "compared", model.parameters, "scored")
    progress("Forming persons")
    return _form(conn, model, settings, None)


def link_new(
    new: pa.Table,
    known: pa.Table,
    pairs_of: PairsOf,
    model: Model,
    settings: Settings = DEFAULT,
    *,
    progress: Progress = lambda _: None,
) -> Linked:
    """Link new records among known ones, comparing only what is new.

    `pairs_of` gives those pairs of earlier calls with the same model (PAIRS) of which one record is among some ids.
    The answer holds the new pairs, and of all clusters those with a new record, and those that such a record parted.
    """
    conn = _open(pa.concat_tables([known, new], promote_options="default"), settings)
    conn.register("new_ids", new.select(["id"]))
    conn.execute("create or replace table new_rows as select row from records semi join new_ids using (id)")
    progress("Finding what the new records have in common with others")
    block_new(conn, model.limits)
    progress("Comparing them")
    compare(conn, "pairs", "compared")
    model.pin_frequencies(conn)
    score(conn, "compared", model.parameters, "scored")
    progress("Forming persons")
    near = conn.execute(
        "select id from new_ids union select id from scored join records on row = l"
        " union select id from scored join records on row = r"
    ).to_arrow_table()["id"]
    found, known_pairs = _around(near.combine_chunks(), pairs_of, settings)
    _keep_only(conn, found)
    return _form(conn, model, settings, known_pairs)


def _open(records: pa.Table, settings: Settings) -> duckdb.DuckDBPyConnection:
    ids = records["id"]
    if ids.null_count or len(pc.unique(ids)) < len(ids):
        raise IdentityError(
            "Records have no id, or share one.",
            where=f"{len(ids) - len(pc.unique(ids)) + ids.null_count} of {len(ids)} records",
            fix="give each record an id of its own",
        )
    conn = connect()
    prepare(conn, records, settings.most_bearers)
    return conn


def _train(conn: duckdb.DuckDBPyConnection, limits: dict[str, int]) -> Model:
    ((n_records,),) = conn.execute("select count(*) from records").fetchall()
    sample_strangers(conn, "drawn")
    compare(conn, "drawn", "drawn_compared")
    patterns, n_candidates = count_patterns(conn, "compared")
    drawn, n_drawn = count_patterns(conn, "drawn_compared")
    every = np.union1d(patterns, drawn)
    candidates, others = np.zeros(len(every)), np.zeros(len(every))
    candidates[np.searchsorted(every, patterns)] = n_candidates
    n_others = n_records * (n_records - 1) / 2 - n_candidates.sum()
    others[np.searchsorted(every, drawn)] = n_drawn * (n_others / max(n_drawn.sum(), 1))
    parameters = estimate(Counts(levels(every), candidates, others), n_records)
    count_frequencies(conn, parameters)
    return Model(parameters, take_frequencies(conn), limits)


def _around(ids: pa.Array, pairs_of: PairsOf, settings: Settings) -> tuple[pa.Array, pa.Table]:
    """These records with all whom links and decisions connect with them, and the known pairs among all of those."""
    tied_to = [[pair[side] for pair in settings.must_link] for side in (0, 1)]
    bonds = pa.table(dict(zip(_ENDS.names, tied_to, strict=True)), schema=_ENDS)
    found, met, coming = ids, PAIRS.empty_table(), ids
    while len(coming):
        pairs = pairs_of(coming)
        met = pa.concat_tables([met, pairs])
        links = pairs.filter(pc.greater_equal(pairs["weight"], _log_odds(settings.merge))).select(_ENDS.names)
        tied = bonds.filter(pc.or_(*(pc.is_in(bonds[side], value_set=coming) for side in _ENDS.names)))
        ends = pa.concat_tables([links, tied])
        others = pc.unique(pa.chunked_array([*ends["id_l"].chunks, *ends["id_r"].chunks], pa.string()))
        coming = others.filter(pc.invert(pc.is_in(others, value_set=found)))
        found = pa.concat_arrays([found, coming])
    inside = met.filter(pc.and_(*(pc.is_in(met[side], value_set=found) for side in _ENDS.names)))
    return found, inside.group_by(PAIRS.names).aggregate([])


def _keep_only(conn: duckdb.DuckDBPyConnection, ids: pa.Array) -> None:
    """Leave these in `records`, numbered anew, and what is said of them in the other tables."""
    conn.register("concerned", pa.table({"id": ids}))
    conn.execute(
        """
        create or replace table kept as
        select row as old, (row_number() over (order by row) - 1)::integer as row
        from records semi join concerned using (id);
        create or replace table scored as
        select one.row as l, other.row as r, weight, pattern
        from scored join kept as one on one.old = l join kept as other on other.old = r;
        create or replace table new_rows as
        select kept.row from new_rows join kept on kept.old = new_rows.row;
        create or replace table records as
        select records.* replace (kept.row as row) from records join kept on kept.old = records.row;
        """
    )
    conn.unregister("concerned")


def _form(conn: duckdb.DuckDBPyConnection, model: Model, settings: Settings, known_pairs: pa.Table | None) -> Linked:
    ids = conn.execute("select id from records order by row").to_arrow_table()["id"].combine_chunks()
    found = conn.execute("select l, r, weight, pattern from scored order by l, r").to_arrow_table()
    threshold = _log_odds(settings.merge)
    own = _pairs(found["l"], found["r"], found, model, threshold)
    everything = own
    if known_pairs is not None:
        left, right = (pa.array(positions(known_pairs[name], ids)) for name in ("id_l", "id_r"))
        known = _pairs(left, right, known_pairs, model, threshold)
        everything = own.joined(known.take((known.left >= 0) & (known.right >= 0)))
    bonds = [_bonds(ids, pairs) for pairs in (settings.must_link, settings.cannot_link)]
    weighed = decided(everything, *bonds)
    touched = np.ones(len(ids), dtype=bool)
    if known_pairs is not None:
        component = components(len(ids), weighed, threshold)
        new_rows = fetch(conn, "select row from new_rows")["row"]
        touched = np.isin(component, component[new_rows])
        weighed = weighed.take(touched[weighed.left] & touched[weighed.right])

    def score_missing(left: Integers, right: Integers) -> Floats:
        return _score_missing(conn, model, threshold, left, right)

    cluster = partition(len(ids), weighed, threshold, score_missing)
    cluster, was_broken = guard(cluster, _values(conn), settings.guards, weighed, threshold, score_missing)
    _, first = np.unique(cluster, return_index=True)
    clusters = pa.table({"id": ids, "cluster": ids.take(pa.array(first[cluster]))}).filter(pa.array(touched))
    pairs = pa.table([ids.take(found["l"]), ids.take(found["r"]), found["weight"], found["pattern"]], schema=PAIRS)
    is_apart = cluster[own.left] != cluster[own.right]
    is_doubtful = (found["weight"].to_numpy() >= _log_odds(settings.review)) | (
        was_broken[own.left] & was_broken[own.right]
    )
    for_review = pairs.filter(pa.array(is_apart & is_doubtful))
    return Linked(clusters, pairs, for_review, model, PAIRS.empty_table() if known_pairs is None else known_pairs)


def _pairs(left: pa.Array, right: pa.Array, scored: pa.Table, model: Model, threshold: float) -> Pairs:
    patterns, weights = scored["pattern"].to_numpy(), scored["weight"].to_numpy()
    rows = [side.to_numpy().astype(np.int64) for side in (left, right)]
    return Pairs(rows[0], rows[1], votes(patterns, weights, model.parameters, threshold))


def _log_odds(probability: float) -> float:
    return float(np.log2(probability / (1 - probability)))


def _bonds(ids: pa.Array, pairs: Ids) -> Integers:
    ends = [positions(pa.array([pair[side] for pair in pairs], pa.string()), ids) for side in (0, 1)]
    rows: Integers = np.sort(np.stack(ends, axis=1), axis=1)
    is_there: npt.NDArray[np.bool_] = (rows[:, 0] >= 0) & (rows[:, 0] != rows[:, 1])
    return np.compress(is_there, rows, axis=0)


def _values(conn: duckdb.DuckDBPyConnection) -> dict[str, Values]:
    queries = {
        "emails": "select row, unnest(emails) as value from records",
        "phones": "select row, unnest(phones) as value from records",
        "birth_dates": "select row, birth_date as value from records where birth_date is not null",
    }
    found = {}
    for kind, query in queries.items():
        held = fetch(conn, f"select row, dense_rank() over (order by value) as value from ({query})")
        found[kind] = Values(held["row"].astype(np.int64), held["value"].astype(np.int64))
    return found


def _score_missing(
    conn: duckdb.DuckDBPyConnection, model: Model, threshold: float, left: Integers, right: Integers
) -> Floats:
    asked = pa.table({"l": left.astype(np.int32), "r": right.astype(np.int32), "position": np.arange(len(left))})
    conn.register("asked", asked)
    compare(conn, "asked", "asked_compared")
    score(conn, "asked_compared", model.parameters, "asked_scored", least_weight=-np.inf)
    found = fetch(conn, "select pattern, weight from asked join asked_scored using (l, r) order by position")
    conn.unregister("asked")
    return votes(found["pattern"].astype(np.int64), found["weight"], model.parameters, threshold)
