"""Tonight's records become persons: what is new is compared with what is known, the rest stands as it was found.

What was found is kept in build_identity, as a function of the records and the model alone: whichever night is built, a
later one or an old one again, the records that differ from those of the last build are compared anew, and the persons
are those that a comparison of all would have given.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql

from rapport.identity.decisions import Decisions, read_decisions
from rapport.identity.evidence import agreements, evidence_of
from rapport.identity.matching import Linked, Model, Settings, link, link_new
from rapport.identity.models import keep_model, model_for
from rapport.identity.persons import positions
from rapport.identity.records import read_records
from rapport.warehouse.arrow_tables import Connection, copy_in, copy_out

# With more than this share of records new, comparing all takes less time.
_MOST_NEW = 0.2
_STATE = {"source_record_id": pa.string(), "fingerprint": pa.int64()}
_FORGET_OUTDATED = """
    delete from build_identity.linked_records where source_record_id in (select id from pg_temp.outdated)
"""
_KNOWN_PAIRS = sql.SQL(
    "select one_record_id as id_l, other_record_id as id_r, weight, pattern from build_identity.linked_pairs"
)
_PAIRS = {"id_l": pa.string(), "id_r": pa.string(), "weight": pa.float64(), "pattern": pa.int64()}


def resolve(conn: Connection, business_date: date, settings: Settings, *, keeps_history: bool = True) -> dict[str, int]:
    """Bring build_identity.linked_records up to tonight's records, in the caller's transaction.

    Trains a model where there is none to use; it is kept unless `keeps_history` is off. Returns counts: compared
    (records that were new, changed or near such), is_trained (0 or 1), for_review (pairs of records).
    Raises BuildError as `read_records` does.
    """
    records = read_records(conn)
    fingerprints, records = records["fingerprint"].combine_chunks(), records.drop_columns("fingerprint")
    decisions = read_decisions(conn)
    settings = replace(settings, must_link=decisions.same, cannot_link=decisions.different)
    state = _State(conn)
    ids = records["id"].combine_chunks()
    changed, gone = state.differences(ids, fingerprints)
    touched = sorted({*changed, *state.decisions.undone_by(decisions)} & set(ids.to_pylist()))
    model = model_for(conn, business_date, records.num_rows)
    if model is not None and state.is_trained_on(conn, business_date) and (changed or gone):
        model = None  # the night is built again, of other records: it learns from them
    is_trained = model is None
    known_as = (model.version if model else "", _for_all_pairs(settings))
    if model is None or known_as != state.found_with or len(touched) > _MOST_NEW * records.num_rows:
        linked = link(records, settings, model=model)
        conn.execute("truncate build_identity.linked_records, build_identity.linked_pairs")
        _keep(conn, linked, ids, fingerprints)
        n_compared = records.num_rows
    elif touched or gone:
        n_compared = _relink(conn, records, fingerprints, touched, gone, settings, linked_by=model, decisions=decisions)
        linked = None
    else:
        return {"compared": 0, "is_trained": 0, "for_review": _n_for_review(conn)}
    if is_trained and linked is not None:
        model = linked.model
        if keeps_history:
            keep_model(conn, business_date, model, records.num_rows)
    assert model is not None
    state.write(conn, model.version, known_as[1], decisions)
    conn.execute("analyze build_identity.linked_records, build_identity.linked_pairs")
    return {"compared": n_compared, "is_trained": int(is_trained), "for_review": _n_for_review(conn)}


def _relink(
    conn: Connection,
    records: pa.Table,
    fingerprints: pa.Array,
    touched: list[str],
    gone: list[str],
    settings: Settings,
    *,
    linked_by: Model,
    decisions: Decisions,
) -> int:
    """Compare what is touched, and who stood beside it, with all others; returns how many records that are."""
    ids = records["id"].combine_chunks()
    moved = pa.array(sorted({*touched, *gone}), pa.string())
    near = {*touched, *_neighbours(conn, moved), *decisions.partners(moved.to_pylist())}
    is_new = pc.is_in(ids, value_set=pa.array(sorted(near), pa.string()))
    new, known = records.filter(is_new), records.filter(pc.invert(is_new))
    conn.execute("drop table if exists pg_temp.outdated")
    conn.execute("create temporary table outdated (id text primary key) on commit drop")
    copy_in(conn, "outdated", pa.table({"id": pc.unique(pa.concat_arrays([new["id"].combine_chunks(), moved]))}))
    conn.execute("analyze pg_temp.outdated")
    for side in ("one_record_id", "other_record_id"):
        conn.execute(f"delete from build_identity.linked_pairs where {side} in (select id from pg_temp.outdated)")
    conn.execute(_FORGET_OUTDATED)
    known_pairs = copy_out(conn, _KNOWN_PAIRS, _PAIRS)
    linked = link_new(new, known, known_pairs, linked_by, settings)
    conn.execute("truncate pg_temp.outdated")
    copy_in(conn, "outdated", linked.clusters.select(["id"]))
    conn.execute(_FORGET_OUTDATED)
    _keep(conn, linked, ids, fingerprints, known_pairs)
    return int(new.num_rows)


def _neighbours(conn: Connection, moved: pa.Array) -> list[str]:
    """Records that a link, strong or weak, connects with one of these."""
    conn.execute("drop table if exists pg_temp.moved")
    conn.execute("create temporary table moved (id text primary key) on commit drop")
    copy_in(conn, "moved", pa.table({"id": moved}))
    found = conn.execute(
        """
        select other_record_id from build_identity.linked_pairs
        inner join pg_temp.moved on one_record_id = moved.id
        union
        select one_record_id from build_identity.linked_pairs
        inner join pg_temp.moved on other_record_id = moved.id
        """
    )
    return [record for (record,) in found]


def _keep(
    conn: Connection, linked: Linked, ids: pa.Array, fingerprints: pa.Array, known_pairs: pa.Table | None = None
) -> None:
    """Add what was found: of each record its cluster, of each pair its weight."""
    clusters = linked.clusters
    all_pairs = linked.pairs if known_pairs is None else pa.concat_tables([linked.pairs, known_pairs])
    copy_in(
        conn,
        "build_identity.linked_records",
        pa.table(
            {
                "source_record_id": clusters["id"],
                "fingerprint": fingerprints.take(pa.array(positions(clusters["id"], ids))),
                "cluster": clusters["cluster"],
                "evidence": evidence_of(clusters, all_pairs),
            }
        ),
    )
    pairs = linked.pairs
    contested = _pair_keys(linked.for_review)
    copy_in(
        conn,
        "build_identity.linked_pairs",
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


def _n_for_review(conn: Connection) -> int:
    row = conn.execute("select count(*) from build_identity.pairs_for_review").fetchone()
    assert row is not None
    return int(row[0])


def _for_all_pairs(settings: Settings) -> dict[str, Any]:
    """What of the settings concerns every pair, as JSON has it; decisions concern only those they name."""
    found: dict[str, Any] = json.loads(json.dumps(asdict(replace(settings, must_link=(), cannot_link=()))))
    return found


class _State:
    """What build_identity holds: the records that were compared, with what, and under which decisions."""

    def __init__(self, conn: Connection) -> None:
        query = sql.SQL("select source_record_id, fingerprint from build_identity.linked_records")
        self._records = copy_out(conn, query, _STATE)
        row = conn.execute("select model_version, settings, decisions from build_identity.linked_with").fetchone()
        self.found_with: tuple[str, dict[str, Any]] = (row[0], row[1]) if row else ("", {})
        self.decisions = Decisions.of(row[2]) if row else Decisions()

    def differences(self, ids: pa.Array, fingerprints: pa.Array) -> tuple[list[str], list[str]]:
        """Ids that are new or look different now, and those that are gone."""
        stored = self._records["source_record_id"].combine_chunks()
        at = positions(ids, stored)
        then = self._records["fingerprint"].to_numpy()
        is_same = at >= 0
        is_same[is_same] = then[at[is_same]] == fingerprints.to_numpy()[is_same]
        gone = pc.invert(pc.is_in(stored, value_set=ids))
        return ids.filter(pa.array(~is_same)).to_pylist(), stored.filter(gone).to_pylist()

    def is_trained_on(self, conn: Connection, business_date: date) -> bool:
        """Whether the model in use was trained by that very night."""
        row = conn.execute(
            "select exists (select from history.identity_models where version = %s and trained_on = %s)",
            [self.found_with[0], business_date],
        ).fetchone()
        return row == (True,)

    def write(self, conn: Connection, version: str, settings: dict[str, Any], decisions: Decisions) -> None:
        conn.execute("delete from build_identity.linked_with")
        conn.execute(
            "insert into build_identity.linked_with (model_version, settings, decisions) values (%s, %s, %s)",
            [version, json.dumps(settings), decisions.as_json()],
        )
