"""The night's assignment of source records to people: read keys, choose ids, write what changed."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import date
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.csv as arrow_csv
from psycopg import sql

from rapport.errors import BuildError
from rapport.identity.components import Components, find_components
from rapport.identity.stable_ids import choose_ids

_LOCK = 7_263_472
_TONIGHT = "create temporary table tonight (source_record_id text, customer_id text, evidence text) on commit drop"


def assign(conn: psycopg.Connection[Any], business_date: date, *, keeps_history: bool = True) -> dict[str, int]:
    """Give every source record of int_identity_keys its customer_id for the night, in one transaction.

    history.identity_assignments gains a row, dated `business_date`, for each record that is new or changes
    hands; rows of other nights are never touched. Rows of the same night are replaced only if the outcome
    differs, so a night run twice is a night run once. build_identity.customer_records holds the night's whole
    outcome, and is written only if it differs. Without `keeps_history` (a replay) only the latter is written.

    Returns counts: records, customers, new_records, new_customers, moved_records (to another id),
    is_changed (0 or 1).
    Raises BuildError when dbt has not built int_identity_keys, or built it empty.
    """
    with conn.transaction():
        conn.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
        found = find_components(_read_keys(conn))
        ids = choose_ids(found, _read_past(conn, business_date))
        _stage(conn, found, ids.customer_id)
        appended = _append_history(conn, business_date, is_kept=keeps_history)
        is_changed = _replace_customer_records(conn)
        if is_changed:
            conn.execute("analyze build_identity.customer_records")
    return {
        "records": len(found.records),
        "customers": ids.n_customers,
        "new_customers": ids.n_new,
        **appended,
        "is_changed": int(is_changed),
    }


def _read_keys(conn: psycopg.Connection[Any]) -> pa.Table:
    columns = dict.fromkeys(["source_record_id", "key_type", "key_value"], pa.string())
    query = sql.SQL("select {} from build_intermediate.int_identity_keys").format(_names(columns))
    try:
        keys = _copy_out(conn, query, columns)
    except psycopg.errors.UndefinedTable:
        raise _not_built("have not been built") from None
    if not keys.num_rows:
        raise _not_built("are empty")
    return keys


def _not_built(what: str) -> BuildError:
    return BuildError(
        f"The keys that identify people {what}.",
        where="build_intermediate.int_identity_keys",
        fix="run `rapport dbt -- build --select intermediate/identity` first, and check its staging models",
    )


def _read_past(conn: psycopg.Connection[Any], business_date: date) -> pa.Table:
    # This very night's rows are left out: a re-run decides from what was known before, as the first run did.
    columns = {"source_record_id": pa.string(), "customer_id": pa.string(), "assigned_on": pa.date32()}
    query = sql.SQL("select {} from history.identity_assignments where assigned_on < {}")
    return _copy_out(conn, query.format(_names(columns), sql.Literal(business_date)), columns)


def _names(columns: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def _copy_out(conn: psycopg.Connection[Any], query: sql.Composable, columns: dict[str, pa.DataType]) -> pa.Table:
    """Result of a query as an Arrow table; COPY is several times faster than fetching."""
    buffer = io.BytesIO()
    with conn.cursor().copy(sql.SQL("copy ({}) to stdout (format csv, header)").format(query)) as copy:
        for block in copy:
            buffer.write(block)
    buffer.seek(0)
    return arrow_csv.read_csv(
        buffer,
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(
            column_types=columns,
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            null_values=[""],
        ),
    )


def _stage(conn: psycopg.Connection[Any], found: Components, customer_ids: pa.Array) -> None:
    buffer = io.BytesIO()
    table = pa.table([found.records, customer_ids, found.evidence], ["source_record_id", "customer_id", "evidence"])
    arrow_csv.write_csv(table, buffer, arrow_csv.WriteOptions(include_header=False))
    conn.execute("drop table if exists pg_temp.tonight")
    conn.execute(_TONIGHT)
    with conn.cursor().copy("copy tonight from stdin (format csv)") as copy:
        copy.write(buffer.getbuffer())
    conn.execute("analyze tonight")


def _append_history(conn: psycopg.Connection[Any], business_date: date, *, is_kept: bool) -> dict[str, int]:
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
        "select count(*) filter (where is_new), count(*) filter (where not is_new) from changed"
    ).fetchone()
    assert counted is not None
    return {"new_records": counted[0], "moved_records": counted[1]}


def _replace_customer_records(conn: psycopg.Connection[Any]) -> bool:
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
