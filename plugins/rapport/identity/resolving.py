"""Tonight's records become persons: what is new is compared with what is known, the rest stands as it was found.

What was found is kept in build_identity, as a function of the records and the model alone: whichever night is built, a
later one or an old one again, the records that differ from those of the last build are compared anew, and the persons
are those that a comparison of all would have given.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql

from rapport.identity.decisions import Decisions, read_decisions
from rapport.identity.evidence import agreements, evidence_of
from rapport.identity.matching import Linked, Model, Settings, link, link_new
from rapport.identity.matching.linking import PAIRS
from rapport.identity.models import keep_model, model_for
from rapport.identity.records import count_records, read_records
from rapport.warehouse.arrow_tables import Connection, copy_in, copy_out, indexes_built_last

_RECORDS, _LINKS = "build_identity.linked_records", "build_identity.linked_pairs"
# With more than this share of records new, comparing all takes less time.
_MOST_NEW = 0.2
_PAIRS_OF = sql.SQL(
    """
    select one_record_id as id_l, other_record_id as id_r, weight, pattern
    from build_identity.linked_pairs inner join pg_temp.asked on one_record_id = asked.id
    union
    select one_record_id, other_record_id, weight, pattern
    from build_identity.linked_pairs inner join pg_temp.asked on other_record_id = asked.id
    """
)
_PAIRS = dict(zip(PAIRS.names, PAIRS.types, strict=True))
# Changes with any column of a record. Only the warehouse computes it, so that a million need not be sent here.
_FINGERPRINT = "hashtextextended(records::text, 0)"
_FOUND = "create temporary table found_records (source_record_id text, cluster text, evidence text) on commit drop"
_KEEP_ALL = f"""
    insert into build_identity.linked_records (source_record_id, fingerprint, cluster, evidence)
    select source_record_id, {_FINGERPRINT}, found.cluster, found.evidence
    from pg_temp.found_records as found
    inner join build_intermediate.int_identity_records as records using (source_record_id)
"""
_KEEP_SOME = """
    insert into build_identity.linked_records (source_record_id, fingerprint, cluster, evidence)
    select source_record_id, coalesce(differences.fingerprint, linked.fingerprint), found.cluster, found.evidence
    from pg_temp.found_records as found
    left join pg_temp.differences using (source_record_id)
    left join build_identity.linked_records as linked using (source_record_id)
    on conflict (source_record_id) do update
    set fingerprint = excluded.fingerprint, cluster = excluded.cluster, evidence = excluded.evidence
    where (linked_records.fingerprint, linked_records.cluster, linked_records.evidence)
        is distinct from (excluded.fingerprint, excluded.cluster, excluded.evidence)
"""
_DIFFERENCES = f"""
    create temporary table differences on commit drop as
    select source_record_id, {_FINGERPRINT} as fingerprint, records.source_record_id is null as is_gone
    from build_intermediate.int_identity_records as records
    full join build_identity.linked_records as linked using (source_record_id)
    where linked.fingerprint is distinct from {_FINGERPRINT}
"""


@dataclass(frozen=True)
class Resolved:
    """What was done: how many records were compared (those that were new, changed or near such) and whether a model was
    trained. Unless all were formed anew, the temporary table `touched` (id) has the records whose person may be
    another now, the gone ones too."""

    n_compared: int
    is_trained: bool
    is_whole: bool


def resolve(conn: Connection, business_date: date, settings: Settings, *, keeps_history: bool = True) -> Resolved:
    """Bring build_identity.linked_records up to tonight's records, in the caller's transaction.

    Trains a model where there is none to use; it is kept unless `keeps_history` is off.
    Raises BuildError when dbt has not built int_identity_records, or built it empty.
    """
    n_records = count_records(conn)
    decisions = read_decisions(conn)
    settings = replace(settings, must_link=decisions.same, cannot_link=decisions.different)
    state = _State(conn)
    model = model_for(conn, business_date, n_records)
    changed, gone = state.differences() if model else ([], [])  # without one, all are compared anyway
    touched = {*changed, *(state.decisions.undone_by(decisions) - set(gone))}
    if model is not None and state.is_trained_on(business_date) and (changed or gone):
        model = None  # the night is built again, of other records: it learns from them
    is_trained = model is None
    known_as = (model.version if model else "", _for_all_pairs(settings))
    is_whole = model is None or known_as != state.found_with or len(touched) > _MOST_NEW * n_records
    if model is None or is_whole:
        records = read_records(conn)
        linked = link(records, settings, model=model)
        conn.execute("truncate build_identity.linked_records, build_identity.linked_pairs")
        with indexes_built_last(conn, _RECORDS), indexes_built_last(conn, _LINKS):
            _keep(conn, linked, _KEEP_ALL)
        conn.execute("analyze build_identity.linked_records, build_identity.linked_pairs")
        model, n_compared = linked.model, n_records
        if is_trained and keeps_history:
            keep_model(conn, business_date, model, n_records)
    elif touched or gone:
        n_compared = _relink(conn, touched, gone, settings, linked_by=model, decisions=decisions)
    else:
        n_compared = 0
        _stage(conn, "touched", pa.array([], pa.string()))
    state.write(model.version, known_as[1], decisions)
    return Resolved(n_compared, is_trained, is_whole)


def _relink(
    conn: Connection,
    touched: Iterable[str],
    gone: Iterable[str],
    settings: Settings,
    *,
    linked_by: Model,
    decisions: Decisions,
) -> int:
    """Compare what is touched, and who stood beside it, with all others; returns how many records that are."""
    records = read_records(conn)
    moved = pa.array(sorted({*touched, *gone}), pa.string())
    near = pa.array(sorted({*touched, *_neighbours(conn, moved), *decisions.partners(moved.to_pylist())}), pa.string())
    is_new = pc.is_in(records["id"], value_set=near)
    new, known = records.filter(is_new), records.filter(pc.invert(is_new))
    _stage(conn, "outdated", pc.unique(pa.concat_arrays([new["id"].combine_chunks(), moved])))
    for side in ("one_record_id", "other_record_id"):
        conn.execute(f"delete from build_identity.linked_pairs where {side} in (select id from pg_temp.outdated)")
    conn.execute("delete from build_identity.linked_records where source_record_id = any(%s)", [list(gone)])

    def pairs_of(ids: pa.Array) -> pa.Table:
        _stage(conn, "asked", ids)
        return copy_out(conn, _PAIRS_OF, _PAIRS)

    linked = link_new(new, known, pairs_of, linked_by, settings)
    _keep(conn, linked, _KEEP_SOME)
    _stage(conn, "touched", pc.unique(pa.concat_arrays([linked.clusters["id"].combine_chunks(), moved])))
    return int(new.num_rows)


def _stage(conn: Connection, table: str, ids: pa.Array) -> None:
    """Put ids into a temporary table of that name, in place of others."""
    conn.execute(f"drop table if exists pg_temp.{table}")  # type: ignore[arg-type]
    conn.execute(f"create temporary table {table} (id text primary key) on commit drop")  # type: ignore[arg-type]
    copy_in(conn, table, pa.table({"id": ids}))
    conn.execute(f"analyze pg_temp.{table}")  # type: ignore[arg-type]


def _neighbours(conn: Connection, moved: pa.Array) -> list[str]:
    """Records that a link, strong or weak, connects with one of these."""
    _stage(conn, "asked", moved)
    pairs = copy_out(conn, _PAIRS_OF, _PAIRS)
    ends = pa.chunked_array([*pairs["id_l"].chunks, *pairs["id_r"].chunks], pa.string())
    found: list[str] = pc.unique(ends.filter(pc.invert(pc.is_in(ends, value_set=moved)))).to_pylist()
    return found


def _keep(conn: Connection, linked: Linked, records: str) -> None:
    """Write down what was found: of each pair its weight, and by a statement for `records` the cluster of each."""
    clusters = linked.clusters
    evidence = evidence_of(clusters, pa.concat_tables([linked.pairs, linked.known_pairs]))
    conn.execute("drop table if exists pg_temp.found_records")
    conn.execute(_FOUND)
    found = pa.table([clusters["id"], clusters["cluster"], evidence], ["source_record_id", "cluster", "evidence"])
    copy_in(conn, "found_records", found)
    conn.execute("analyze pg_temp.found_records")
    conn.execute(records)  # type: ignore[arg-type]
    pairs = linked.pairs
    contested = _pair_keys(linked.for_review)
    copy_in(
        conn,
        _LINKS,
        pairs.append_column("is_contested", pc.is_in(_pair_keys(pairs), value_set=contested)).rename_columns(
            {"id_l": "one_record_id", "id_r": "other_record_id"}
        ),
    )
    patterns = pc.unique(pairs["pattern"].combine_chunks())
    conn.execute(
        "insert into build_identity.agreements (pattern, agreement)"
        " select * from unnest(%s::bigint[], %s::text[]) on conflict do nothing",
        [patterns.to_pylist(), agreements(patterns)],
    )


def _pair_keys(pairs: pa.Table) -> pa.Array:
    return pc.binary_join_element_wise(pairs["id_l"], pairs["id_r"], "\x1f").combine_chunks()


def _for_all_pairs(settings: Settings) -> dict[str, Any]:
    """What of the settings concerns every pair, as JSON has it; decisions concern only those they name."""
    found: dict[str, Any] = json.loads(json.dumps(asdict(replace(settings, must_link=(), cannot_link=()))))
    return found


class _State:
    """What build_identity holds: the records that were compared, with what, and under which decisions."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        row = conn.execute("select model_version, settings, decisions from build_identity.linked_with").fetchone()
        self.found_with: tuple[str, dict[str, Any]] = (row[0], row[1]) if row else ("", {})
        self.decisions = Decisions.of(row[2]) if row else Decisions()

    def differences(self) -> tuple[list[str], list[str]]:
        """Ids that are new or look different now, and those that are gone."""
        self._conn.execute("drop table if exists pg_temp.differences")
        self._conn.execute(_DIFFERENCES)
        found = self._conn.execute("select source_record_id, is_gone from pg_temp.differences").fetchall()
        return [id_ for id_, is_gone in found if not is_gone], [id_ for id_, is_gone in found if is_gone]

    def is_trained_on(self, business_date: date) -> bool:
        """Whether the model in use was trained by that very night."""
        row = self._conn.execute(
            "select exists (select from history.identity_models where version = %s and trained_on = %s)",
            [self.found_with[0], business_date],
        ).fetchone()
        return row == (True,)

    def write(self, version: str, settings: dict[str, Any], decisions: Decisions) -> None:
        """Say what the records were compared with."""
        self._conn.execute("delete from build_identity.linked_with")
        self._conn.execute(
            "insert into build_identity.linked_with (model_version, settings, decisions) values (%s, %s, %s)",
            [version, json.dumps(settings), decisions.as_json()],
        )
