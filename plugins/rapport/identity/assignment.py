"""The night's assignment of source records to people: find who is one person, choose ids, write what changed."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
from psycopg import sql

from rapport.businesses import Business
from rapport.identity.matching import Guards, Settings
from rapport.identity.persons import Persons
from rapport.identity.resolving import resolve
from rapport.identity.stable_ids import choose_ids
from rapport.warehouse.arrow_tables import Connection, copy_in, copy_out

_LOCK = 7_263_472
_TONIGHT = "create temporary table tonight (source_record_id text, customer_id text, evidence text) on commit drop"
_FOUND = sql.SQL("select source_record_id as id, cluster, evidence from build_identity.linked_records")


def assign(conn: Connection, business: Business, business_date: date, *, keeps_history: bool = True) -> dict[str, int]:
    """Give every source record of int_identity_records its customer_id for the night, in one transaction.

    history.identity_assignments gains a row, dated `business_date`, for each record that is new, changes hands or is
    gone; rows of other nights are never touched. Rows of the same night are replaced only if the outcome
    differs, so a night run twice is a night run once. build_identity.customer_records holds the night's whole
    outcome, and is written only if it differs. Without `keeps_history` (a replay) only the latter is written.

    Returns counts: records, customers, new_records, new_customers, moved_records (to another id), gone_records,
    is_changed (0 or 1), and those of `resolve`.
    Raises BuildError when dbt has not built int_identity_records, or built it empty.
    """
    with conn.transaction():
        conn.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
        resolved = resolve(conn, business_date, matching_settings(business), keeps_history=keeps_history)
        found = copy_out(conn, _FOUND, {"id": pa.string(), "cluster": pa.string(), "evidence": pa.string()})
        found = found.sort_by("id")
        persons = Persons.of(found)
        ids = choose_ids(persons, _read_past(conn, business_date))
        _stage(conn, persons.records, ids.customer_id, found["evidence"])
        appended = _append_history(conn, business_date, is_kept=keeps_history)
        is_changed = _replace_customer_records(conn)
        if is_changed:
            conn.execute("analyze build_identity.customer_records")
    return {
        "records": len(persons.records),
        "customers": ids.n_customers,
        "new_customers": ids.n_new,
        **appended,
        "is_changed": int(is_changed),
        **resolved,
    }


def matching_settings(business: Business) -> Settings:
    """How sure is sure enough for this business; decisions of people come on top."""
    limits = business.identity
    guards = Guards(emails=limits.most_emails, phones=limits.most_phones, birth_dates=limits.most_birth_dates)
    return Settings(
        merge=limits.merge, review=limits.review, guards=guards, most_bearers=business.max_names_per_contact
    )


def _read_past(conn: Connection, business_date: date) -> pa.Table:
    # This very night's rows are left out: a re-run decides from what was known before, as the first run did.
    query = sql.SQL(
        "select source_record_id, customer_id, assigned_on from history.identity_assignments where assigned_on < {}"
    )
    columns = {"source_record_id": pa.string(), "customer_id": pa.string(), "assigned_on": pa.date32()}
    return copy_out(conn, query.format(sql.Literal(business_date)), columns)


def _stage(conn: Connection, records: pa.Array, customer_ids: pa.Array, evidence: pa.ChunkedArray) -> None:
    conn.execute("drop table if exists pg_temp.tonight")
    conn.execute(_TONIGHT)
    table = pa.table([records, customer_ids, evidence], ["source_record_id", "customer_id", "evidence"])
    copy_in(conn, "tonight", table)
    conn.execute("analyze tonight")


def _append_history(conn: Connection, business_date: date, *, is_kept: bool) -> dict[str, int]:
    conn.execute("drop table if exists pg_temp.changed")
    conn.execute(
        """
        create temporary table changed on commit drop as
        with borne as (
            select distinct on (source_record_id) source_record_id, customer_id
            from history.identity_assignments
            where assigned_on < %(night)s
            order by source_record_id, assigned_on desc
        )
        select
            tonight.source_record_id, tonight.customer_id, %(night)s::date as assigned_on, tonight.evidence,
            borne.customer_id is null as is_new
        from tonight
        left join borne using (source_record_id)
        where borne.customer_id is distinct from tonight.customer_id
        union all
        select source_record_id, null, %(night)s::date, 'gone', false
        from borne
        where customer_id is not null
            and not exists (select from tonight where tonight.source_record_id = borne.source_record_id)
        """,
        {"night": business_date},
    )
    columns = "source_record_id, customer_id, assigned_on, evidence"
    stored = f"select {columns} from history.identity_assignments where assigned_on = %(night)s"
    outcome = f"select {columns} from changed"
    differs = conn.execute(
        f"select exists (({stored} except {outcome}) union all ({outcome} except {stored}))",
        {"night": business_date},
    ).fetchone()
    if is_kept and differs == (True,):
        conn.execute("delete from history.identity_assignments where assigned_on = %s", [business_date])
        conn.execute(f"insert into history.identity_assignments ({columns}) {outcome}")
    counted = conn.execute(
        "select count(*) filter (where is_new), count(*) filter (where not is_new and customer_id is not null),"
        " count(*) filter (where customer_id is null) from changed"
    ).fetchone()
    assert counted is not None
    return dict(zip(("new_records", "moved_records", "gone_records"), counted, strict=True))


def _replace_customer_records(conn: Connection) -> bool:
    differs = conn.execute(
        """
        select exists (
            select from tonight
            full join build_identity.customer_records as stored using (source_record_id)
            where tonight.customer_id is distinct from stored.customer_id
                or tonight.evidence is distinct from stored.evidence
        )
        """
    ).fetchone()
    if differs != (True,):
        return False
    conn.execute("truncate build_identity.customer_records")
    conn.execute(
        "insert into build_identity.customer_records (source_record_id, customer_id, evidence) "
        "select source_record_id, customer_id, evidence from tonight"
    )
    return True
