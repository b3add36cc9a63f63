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
from rapport.warehouse.arrow_tables import Connection, copy_in, copy_out, indexes_built_last

_LOCK = 7_263_472
# Each record of tonight or of the nights before: its person tonight (null where it is gone), and the id it bore.
# This very night's history is left out: a re-run decides from what was known before, as the first run did.
_MATCHED = """
    create temporary table matched on commit drop as
    with borne as (
        select distinct on (source_record_id) source_record_id, customer_id
        from history.identity_assignments
        where assigned_on < %(night)s
        order by source_record_id, assigned_on desc
    )
    select source_record_id, linked.cluster, linked.evidence, borne.customer_id as bore
    from build_identity.linked_records as linked
    full join borne using (source_record_id)
"""
# The same of whoever may be another person now, and of all who bore an id with one of them: the others bear what they
# bore, and nobody else bears it.
_MATCHED_SOME = """
    create temporary table matched on commit drop as
    with persons as (
        select distinct customer_id
        from build_identity.customer_records inner join pg_temp.touched on source_record_id = touched.id
    ),
    concerned as (
        select id as source_record_id from pg_temp.touched
        union
        select source_record_id from build_identity.customer_records inner join persons using (customer_id)
    )
    select source_record_id, linked.cluster, linked.evidence, borne.customer_id as bore
    from concerned
    left join build_identity.linked_records as linked using (source_record_id)
    left join build_identity.customer_records as borne using (source_record_id)
"""
# Whether customer_records is the outcome of the night before, and what history says of it.
_IS_OF_THE_NIGHT_BEFORE = """
    select assigned_on < %(night)s and not exists (
        select from history.identity_assignments where assigned_on > linked_with.assigned_on
    )
    from build_identity.linked_with
"""
# Persons whose records bear one id that nobody else bears keep it, whatever others choose; these are the others.
_UNSETTLED = """
    create temporary table unsettled on commit drop as
    with clusters as (
        select cluster, count(*) = count(bore) and min(bore) = max(bore) as is_one, min(bore) as bore
        from matched where cluster is not null group by cluster
    ),
    contested as (
        select bore from matched where cluster is not null and bore is not null
        group by bore having min(cluster) <> max(cluster)
    )
    select matched.source_record_id as id, matched.cluster
    from matched
    inner join clusters using (cluster)
    where clusters.is_one is not true or clusters.bore in (select bore from contested)
"""
_UNSETTLED_RECORDS = sql.SQL("select id, cluster from unsettled")
_PAST = sql.SQL(
    """
    select source_record_id, customer_id, assigned_on
    from history.identity_assignments
    where assigned_on < {night} and source_record_id in (
        select source_record_id from history.identity_assignments
        where assigned_on < {night} and customer_id in (
            select customer_id from history.identity_assignments
            where assigned_on < {night} and source_record_id in (select id from unsettled)
        )
    )
    """
)
_PAST_COLUMNS = {"source_record_id": pa.string(), "customer_id": pa.string(), "assigned_on": pa.date32()}
_CHOSEN = "create temporary table chosen (source_record_id text primary key, customer_id text) on commit drop"


def assign(conn: Connection, business: Business, business_date: date, *, keeps_history: bool = True) -> dict[str, int]:
    """Give every source record of int_identity_records its customer_id for the night, in one transaction.

    history.identity_assignments gains a row, dated `business_date`, for each record that is new, changes hands or is
    gone; rows of other nights are never touched. Rows of the same night are replaced only if the outcome
    differs, so a night run twice is a night run once. build_identity.customer_records holds the night's whole
    outcome; only rows that differ are written. Without `keeps_history` (a replay) only the latter is written.

    Returns counts: records, customers, new_records, new_customers, moved_records (to another id), gone_records,
    is_changed (0 or 1), compared (records), is_trained (0 or 1).
    Raises BuildError when dbt has not built int_identity_records, or built it empty.
    """
    with conn.transaction():
        conn.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
        follows = conn.execute(_IS_OF_THE_NIGHT_BEFORE, {"night": business_date}).fetchone() == (True,)
        resolved = resolve(conn, business_date, matching_settings(business), keeps_history=keeps_history)
        for table in ("matched", "unsettled", "chosen", "changed", "differing"):
            conn.execute(f"drop table if exists pg_temp.{table}")  # type: ignore[arg-type]
        is_whole = resolved.is_whole or not follows
        conn.execute(_MATCHED if is_whole else _MATCHED_SOME, {"night": business_date})
        conn.execute("analyze matched")
        n_new = _choose(conn, business_date)
        appended = _append_history(conn, business_date, is_kept=keeps_history)
        is_changed = _bring_up_to_date(conn, is_whole=is_whole)
        if keeps_history:
            conn.execute("update build_identity.linked_with set assigned_on = %s", [business_date])
        counted = conn.execute(
            "select coalesce(sum(n_records), 0)::bigint, count(*) from ("
            " select count(*) as n_records from build_identity.customer_records group by customer_id) as persons"
        ).fetchone()
    assert counted is not None
    return {
        "records": counted[0],
        "customers": counted[1],
        "new_customers": n_new,
        **appended,
        "is_changed": int(is_changed),
        "compared": resolved.n_compared,
        "is_trained": int(resolved.is_trained),
    }


def matching_settings(business: Business) -> Settings:
    """How sure is sure enough for this business; decisions of people come on top."""
    limits = business.identity
    guards = Guards(emails=limits.most_emails, phones=limits.most_phones, birth_dates=limits.most_birth_dates)
    return Settings(
        merge=limits.merge, review=limits.review, guards=guards, most_bearers=business.max_names_per_contact
    )


def _choose(conn: Connection, business_date: date) -> int:
    """Fill the table `chosen` with the ids of the persons that are not settled; returns how many of them are new."""
    conn.execute(_UNSETTLED)
    conn.execute("analyze unsettled")
    conn.execute(_CHOSEN)
    unsettled = copy_out(conn, _UNSETTLED_RECORDS, {"id": pa.string(), "cluster": pa.string()})
    if not unsettled.num_rows:
        return 0

    past = copy_out(conn, _PAST.format(night=sql.Literal(business_date)), _PAST_COLUMNS)
    is_first = _is_empty(conn, "history.identity_assignments")

    def used(ids: list[str]) -> set[str]:
        if is_first:
            return set()
        found = conn.execute(
            "select distinct customer_id from history.identity_assignments"
            " where assigned_on < %s and customer_id = any(%s)",
            [business_date, ids],
        )
        return {customer_id for (customer_id,) in found}

    persons = Persons.of(unsettled)
    ids = choose_ids(persons, past, used)
    copy_in(conn, "chosen", pa.table([persons.records, ids.customer_id], ["source_record_id", "customer_id"]))
    conn.execute("analyze chosen")
    return ids.n_new


def _append_history(conn: Connection, business_date: date, *, is_kept: bool) -> dict[str, int]:
    conn.execute(
        """
        create temporary table changed on commit drop as
        select
            source_record_id, chosen.customer_id, %(night)s::date as assigned_on, matched.evidence,
            matched.bore is null as is_new
        from chosen inner join matched using (source_record_id)
        where matched.bore is distinct from chosen.customer_id
        union all
        select source_record_id, null, %(night)s::date, 'gone', false
        from matched
        where cluster is null and bore is not null
        """,
        {"night": business_date},
    )
    columns = "source_record_id, customer_id, assigned_on, evidence"
    stored = f"select {columns} from history.identity_assignments where assigned_on = %(night)s"
    outcome = f"select {columns} from changed"
    insert = f"insert into history.identity_assignments ({columns}) {outcome}"
    if is_kept and _is_empty(conn, "history.identity_assignments"):
        with indexes_built_last(conn, "history.identity_assignments"):
            conn.execute(insert)
    elif is_kept and conn.execute(
        f"select exists (({stored} except {outcome}) union all ({outcome} except {stored}))",
        {"night": business_date},
    ).fetchone() == (True,):
        conn.execute("delete from history.identity_assignments where assigned_on = %s", [business_date])
        conn.execute(insert)
    counted = conn.execute(
        "select count(*) filter (where is_new), count(*) filter (where not is_new and customer_id is not null),"
        " count(*) filter (where customer_id is null) from changed"
    ).fetchone()
    assert counted is not None
    return dict(zip(("new_records", "moved_records", "gone_records"), counted, strict=True))


def _bring_up_to_date(conn: Connection, *, is_whole: bool) -> bool:
    """Write to customer_records what differs from it; returns whether anything does.

    Unless `matched` is of all records, those that it has not stay as they are.
    """
    which = "full" if is_whole else "left"
    conn.execute(
        f"""
        create temporary table differing on commit drop as
        with tonight as (
            select
                source_record_id,
                case when cluster is not null then coalesce(chosen.customer_id, matched.bore) end as customer_id,
                matched.evidence
            from matched left join chosen using (source_record_id)
        )
        select source_record_id, tonight.customer_id, tonight.evidence
        from tonight {which} join build_identity.customer_records as stored using (source_record_id)
        where tonight.customer_id is distinct from stored.customer_id
            or tonight.evidence is distinct from stored.evidence
        """
    )
    counted = conn.execute("select count(*) from differing").fetchone()
    assert counted is not None
    n_differing = int(counted[0])
    if not n_differing:
        return False
    insert = (
        "insert into build_identity.customer_records (source_record_id, customer_id, evidence)"
        " select source_record_id, customer_id, evidence from differing where customer_id is not null"
    )
    if _is_empty(conn, "build_identity.customer_records"):
        with indexes_built_last(conn, "build_identity.customer_records"):
            conn.execute(insert)
        return True
    conn.execute("analyze differing")
    conn.execute(
        "delete from build_identity.customer_records where source_record_id in (select source_record_id from differing)"
    )
    conn.execute(insert)
    return True


def _is_empty(conn: Connection, table: str) -> bool:
    return conn.execute(f"select not exists (select from {table})").fetchone() == (True,)  # type: ignore[arg-type]
