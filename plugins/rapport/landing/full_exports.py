"""Full exports that name their records: raw stores what differs, and who disappeared is closed.

Of every record an export says that it is as certain rows show it, or that it is listed no longer. A row of raw says
the first, for the export it was loaded from; what else an export says is a sighting (ops.sightings): that a record
is as rows show it which are stored already, or is closed (docs/decisions/0012-full-exports-store-differences.md).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from rapport.landing.declarations import Declaration
from rapport.landing.records import record_key

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Merged:
    """Rows that were stored, and records that were closed."""

    n_loaded: int
    n_closed: int


def note_withheld(
    conn: Connection, declaration: Declaration, load_id: int, rows: Iterable[dict[str, str | int | None]]
) -> None:
    """Write to quarantined rows which record they are about; `rows` are their row_number and key columns."""
    columns = [*declaration.export.key, *declaration.export.key_fallback]
    conn.execute(
        sql.SQL(
            "update quality.quarantine set record_key = withheld.record_key"
            " from (select row_number, {key} as record_key"
            "  from jsonb_to_recordset(%(rows)s::jsonb) as given (row_number bigint, {columns})) as withheld"
            " where quarantine.load_id = %(load)s and quarantine.row_number = withheld.row_number"
        ).format(
            key=record_key(declaration),
            columns=sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(name)) for name in columns),
        ),
        {"rows": json.dumps(list(rows)), "load": load_id},
    )


def create_incoming(conn: Connection, declaration: Declaration) -> sql.Identifier:
    """Create the table that a file is copied into to be compared; gone with the transaction."""
    raw = sql.Identifier("raw", declaration.raw_table)
    conn.execute("drop table if exists pg_temp.incoming, pg_temp.known, pg_temp.listed, pg_temp.changed, listed_then")
    conn.execute(sql.SQL("create temp table incoming (like {}) on commit drop").format(raw))
    return sql.Identifier("pg_temp", "incoming")


def merge_incoming(
    conn: Connection,
    declaration: Declaration,
    load_id: int,
    *,
    before: Collection[int],
    replaced: Collection[int],
) -> Merged:
    """Store those rows of `incoming` that are news in raw, and the sightings of the load.

    `before` are the loads that counted until now, `replaced` those of them that this one supersedes. Records of which
    a row is in quarantine are listed, though nothing can be said of them. Whatever the load's place in time, every
    other export says afterwards what it said before.
    """
    others = sorted(set(before) - set(replaced))
    found = conn.execute("select export_date, scope from ops.loads where load_id = %s", [load_id]).fetchone()
    assert found is not None
    export_date, scope = found
    contents = [*(column.name for column in declaration.loaded_columns), "_extra"]
    names = {
        "raw": sql.Identifier("raw", declaration.raw_table),
        "records": sql.Identifier("raw", f"{declaration.raw_table}__records"),
        "key": record_key(declaration),
        "incoming_row": sql.SQL(", ").join(sql.Identifier("incoming", name) for name in contents),
        "stored_row": sql.SQL(", ").join(sql.Identifier("stored", name) for name in contents),
    }
    values = {
        "load": load_id,
        "date": export_date,
        "others": others,
        "before": list(before),
        "is_part": scope == "part",
    }

    def run(statement: LiteralString, **more: Any) -> int:
        return conn.execute(sql.SQL(statement).format(**names), values | more).rowcount

    for statement in (_TABLES, _KNOWN, _LISTED, "analyze pg_temp.known, pg_temp.listed", _CHANGED):
        run(statement)
    n_loaded = run(_STORE)
    run(_LIST_WITHHELD)
    run(_SIGHT_UNCHANGED)
    n_closed = 0 if scope == "part" else run(_CLOSE_MISSING)
    for day in _days_to_keep(conn, export_date, others, replaced):
        run("truncate pg_temp.listed_then")
        for statement in (_STATES, "analyze pg_temp.listed_then", _KEEP):
            run(statement, now=[*others, load_id], day=day)
    return Merged(n_loaded, n_closed)


def _days_to_keep(conn: Connection, export_date: date, others: Sequence[int], replaced: Iterable[int]) -> list[date]:
    """Later export dates whose state this load could change.

    The next one, with those after it as long as they withhold records, and those that what it replaces spoke of.
    """
    days = {
        day
        for (day,) in conn.execute(
            "select said_on from ops.sightings where load_id = any(%s) and said_on > %s", [list(replaced), export_date]
        )
    }
    for day, withholds in conn.execute(
        "select export_date, bool_or(exists (select from quality.quarantine"
        "  where quarantine.load_id = loads.load_id and quarantine.record_key is not null))"
        " from ops.loads where load_id = any(%s) and export_date > %s group by export_date order by export_date",
        [list(others), export_date],
    ):
        days.add(day)
        if not withholds:
            break
    return sorted(days)


_TABLES: LiteralString = """
    create temp table known (
        record_key text, ordinal bigint, n_rows bigint, _load_id bigint, _row_number bigint,
        said_on date, is_closed boolean
    ) on commit drop;
    create temp table listed (record_key text, ordinal bigint, n_rows bigint, _row_number bigint) on commit drop;
    create temp table changed (record_key text) on commit drop;
    create temp table listed_then (is_now boolean, record_key text, _load_id bigint, _row_number bigint) on commit drop;
    set local enable_nestloop = off;
"""
# What the exports up to this one's day say without it; what one of the same day closed may be listed here.
_KNOWN: LiteralString = """
    insert into pg_temp.known
    select
        record_key,
        row_number() over (partition by record_key order by _load_id, _row_number),
        count(*) over (partition by record_key),
        _load_id, _row_number, said_on, closed_on is not null
    from {records}(%(others)s, %(date)s)
    where closed_on is null or closed_on = %(date)s
"""
# A record may take several rows; it is unchanged when all of them are.
_LISTED: LiteralString = """
    insert into pg_temp.listed
    select
        record_key,
        row_number() over (partition by record_key order by _row_number),
        count(*) over (partition by record_key),
        _row_number
    from (select {key} as record_key, _row_number from pg_temp.incoming) as keyed
"""
_CHANGED: LiteralString = """
    insert into pg_temp.changed
    select distinct listed.record_key
    from pg_temp.listed
    inner join pg_temp.incoming on listed._row_number = incoming._row_number
    left join pg_temp.known on listed.record_key = known.record_key and listed.ordinal = known.ordinal
    left join {raw} as stored on known._load_id = stored._load_id and known._row_number = stored._row_number
    where
        known.record_key is null or listed.n_rows <> known.n_rows
        or row({incoming_row}) is distinct from row({stored_row})
        -- Its other rows come beside these, should they leave quarantine.
        or exists (
            select from quality.quarantine
            where quarantine.load_id = %(load)s and quarantine.record_key = listed.record_key
        )
"""
_STORE: LiteralString = """
    insert into {raw}
    select incoming.*
    from pg_temp.incoming
    inner join pg_temp.listed on incoming._row_number = listed._row_number
    inner join pg_temp.changed on listed.record_key = changed.record_key
    order by incoming._row_number
"""
_LIST_WITHHELD: LiteralString = """
    insert into pg_temp.listed (record_key)
    select record_key from quality.quarantine where load_id = %(load)s and record_key is not null
"""
# Where another export of the day would say otherwise, and where it may be corrected without this one.
_SIGHT_UNCHANGED: LiteralString = """
    insert into ops.sightings (load_id, said_on, row_load_id, row_number, is_closed)
    select %(load)s, %(date)s, known._load_id, known._row_number, false
    from pg_temp.known
    where
        (%(is_part)s or known.is_closed)
        and exists (select from pg_temp.listed where listed.record_key = known.record_key)
        and not exists (select from pg_temp.changed where changed.record_key = known.record_key)
"""
_CLOSE_MISSING: LiteralString = """
    insert into ops.sightings (load_id, said_on, row_load_id, row_number, is_closed)
    select %(load)s, %(date)s, known._load_id, known._row_number, true
    from pg_temp.known
    where
        not known.is_closed and known.said_on < %(date)s
        and not exists (select from pg_temp.listed where listed.record_key = known.record_key)
"""
_STATES: LiteralString = """
    insert into pg_temp.listed_then
    select false, record_key, _load_id, _row_number from {records}(%(before)s, %(day)s) where closed_on is null
    union all
    select true, record_key, _load_id, _row_number from {records}(%(now)s, %(day)s) where closed_on is null
"""
# What an export could not say of a record then, it does not say now.
_KEEP: LiteralString = """
    insert into ops.sightings (load_id, said_on, row_load_id, row_number, is_closed)
    select %(load)s, %(day)s, changed._load_id, changed._row_number, changed.is_now
    from (
        select was.* from pg_temp.listed_then as was
        where not was.is_now and not exists (
            select from pg_temp.listed_then as is_now
            where is_now.is_now and is_now._load_id = was._load_id and is_now._row_number = was._row_number
        )
        union all
        select is_now.* from pg_temp.listed_then as is_now
        where is_now.is_now and not exists (
            select from pg_temp.listed_then as was where not was.is_now and was.record_key = is_now.record_key
        )
    ) as changed
    where not exists (
        select from quality.quarantine
        inner join ops.loads on quarantine.load_id = loads.load_id
        where loads.load_id = any(%(now)s) and loads.export_date = %(day)s
            and quarantine.record_key = changed.record_key
    )
"""
