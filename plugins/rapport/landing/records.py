"""What the full exports of a table come to: of each record the rows that count, and since when it is closed."""

from __future__ import annotations

from typing import Any, LiteralString

import psycopg
from psycopg import sql

from rapport.landing.declarations import Declaration

Connection = psycopg.Connection[Any]


def stores_differences(declaration: Declaration) -> bool:
    """Whether the table's exports are full and name their records."""
    return declaration.export.mode == "full" and bool(declaration.export.key)


def ensure_records_function(conn: Connection, declaration: Declaration) -> None:
    """Create raw.<vendor>__<table>__records(loads, up_to): what the exports among `loads` come to, up to a day.

    One row per row of raw that is the newest known of its record: where it is, the record's key, when an export last
    said so (said_on), the newest and the first export that list it (file_date, first_file_date), the first that lacks
    it since (closed_on), and load_order: of two rows, the smaller counts. Read by the loader and by dbt's `loaded`.
    """
    conn.execute(
        sql.SQL(_RECORDS).format(
            function=sql.Identifier("raw", f"{declaration.raw_table}__records"),
            table=sql.Identifier("raw", declaration.raw_table),
            key=record_key(declaration),
        )
    )


def record_key(declaration: Declaration) -> sql.Composable:
    """What identifies a record: its key columns as one text, never null; with the fallback where they are empty."""
    columns = [sql.Identifier(name) for name in declaration.export.key]
    key = sql.SQL(", ").join(columns)
    if declaration.export.key_fallback:
        fallback = sql.SQL(", ").join(map(sql.Identifier, declaration.export.key_fallback))
        template = "case when num_nonnulls({0}) > 0 then row({0})::text else row({0}, {1})::text end"
        return sql.SQL(template).format(key, fallback)
    # An empty cell is null in raw, so that nothing else becomes the empty text.
    return sql.SQL("coalesce({}, '')" if len(columns) == 1 else "row({})::text").format(key)


# Planned as passes over whole tables: the planner cannot know how many of them a list of loads has.
_RECORDS: LiteralString = """
create or replace function {function}(loads bigint[], up_to date)
returns table (
    _load_id bigint, _row_number bigint, record_key text, said_on date,
    file_date date, first_file_date date, closed_on date, load_order bigint
)
language sql stable rows 100000 set enable_nestloop = off as $$
    with exports as (
        -- Rows that left quarantine are of the file they came with, beside its others.
        select loads.load_id, loads.export_date, coalesce(loads.replays, loads.load_id) as said_by
        from ops.loads
        where loads.load_id = any($1) and loads.export_date <= $2
    ),
    days as (
        select export_date, lag(export_date) over (order by export_date) as previous_date
        from (select distinct export_date from exports) as distinct_days
    ),
    sightings as (
        select sightings.* from ops.sightings where sightings.load_id = any($1) and sightings.said_on <= $2
    ),
    stored as materialized (
        select _load_id, _row_number, {key} as record_key from {table}
    ),
    listed as (
        select stored.*, exports.export_date as said_on, exports.said_by, null::bigint as sighted_by
        from stored
        inner join exports on stored._load_id = exports.load_id
        union all
        select
            stored.*, sightings.said_on,
            case sightings.said_on when exports.export_date then exports.said_by else sightings.load_id end,
            sightings.load_id
        from stored
        inner join sightings on stored._load_id = sightings.row_load_id and stored._row_number = sightings.row_number
        inner join exports on sightings.load_id = exports.load_id
        where not sightings.is_closed
    ),
    latest as (
        select ranked.*
        from (
            select
                *,
                rank() over (
                    partition by record_key order by said_on desc, said_by desc, sighted_by desc nulls first
                ) as newest,
                min(said_on) over (partition by record_key) as first_file_date
            from listed
        ) as ranked
        where ranked.newest = 1
    ),
    closed as (
        select latest._load_id, latest._row_number, min(sightings.said_on) as closed_on
        from latest
        inner join sightings on latest._load_id = sightings.row_load_id and latest._row_number = sightings.row_number
        where sightings.is_closed and sightings.said_on > latest.said_on
        group by latest._load_id, latest._row_number
    )
    select
        latest._load_id, latest._row_number, latest.record_key, latest.said_on,
        case
            when closed.closed_on is null then (select max(export_date) from exports)
            else coalesce(days.previous_date, latest.said_on)
        end,
        latest.first_file_date, closed.closed_on,
        -- Listed before closed, then what was said of the latest day, then by the latest load.
        ((closed.closed_on is not null)::int::bigint << 61)
        + ((date '9999-12-31' - latest.said_on)::bigint << 38) - latest.said_by
    from latest
    left join closed on latest._load_id = closed._load_id and latest._row_number = closed._row_number
    left join days on closed.closed_on = days.export_date
$$
"""
