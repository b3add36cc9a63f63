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

PAIRS = pa.schema([("id_l", pa.string()), ("id_r", pa.string()), ("weight", pa.float64()), ("pattern", pa.int64())])


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
    apart though they reach the review threshold, or were parted by a guard.
    """

    clusters: pa.Table
    pairs: pa.Table
    for_review: pa.Table
    model: Model


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
    known_pairs: pa.Table,
    model: Model,
    settings: Settings = DEFAULT,
    *,
    progress: Progress = lambda _: None,
) -> Linked:
    """Link new records among known ones, comparing only what is new.

    `known_pairs` are those of earlier calls (PAIRS) with the same model. The answer holds the new pairs, and of
    all clusters those with a new record, and those that such a record parted.
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
    near_pairs = _keep_concerned(conn, known_pairs, settings)
    return _form(conn, model, settings, near_pairs)


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


def _keep_concerned(conn: duckdb.DuckDBPyConnection, known_pairs: pa.Table, settings: Settings) -> pa.Table:
    """Leave in `records`, numbered anew, who is connected with a new record; returns the known pairs among them."""
    found = conn.execute(
        "select id from new_ids union select id from scored join records on row = l"
        " union select id from scored join records on row = r"
    ).to_arrow_table()["id"]
    links = known_pairs.filter(pc.greater_equal(known_pairs["weight"], _log_odds(settings.merge)))
    bonds = pa.table(
        {"id_l": [one for one, _ in settings.must_link], "id_r": [other for _, other in settings.must_link]}
    )
    links = pa.concat_tables([links.select(["id_l", "id_r"]), bonds.cast(links.select(["id_l", "id_r"]).schema)])
    n_found = 0
    while n_found < len(found):
        n_found = len(found)
        near = pc.or_(pc.is_in(links["id_l"], found), pc.is_in(links["id_r"], found))
        ends = links.filter(near)
        found = pc.unique(pa.chunked_array([*found.chunks, *ends["id_l"].chunks, *ends["id_r"].chunks]))
        found, links = pa.chunked_array([found]), links.filter(pc.invert(near))
    conn.register("concerned", pa.table({"id": found}))
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
    return known_pairs.filter(pc.and_(pc.is_in(known_pairs["id_l"], found), pc.is_in(known_pairs["id_r"], found)))


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
    return Linked(clusters, pairs, pairs.filter(pa.array(is_apart & is_doubtful)), model)


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
