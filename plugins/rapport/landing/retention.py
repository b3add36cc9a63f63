"""Retention: rows of superseded and rejected loads are removed from raw once nobody needs them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import psycopg
from psycopg import sql

from rapport.landing.declarations import Declaration
from rapport.landing.loading import begin_anew
from rapport.landing.raw_tables import lock_raw_table

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Removed:
    """Rows removed from a raw table, of how many loads; `n_kept` of these loads later exports still speak of."""

    table: str
    n_loads: int
    n_rows: int
    n_kept: int


def remove_superseded(conn: Connection, tables: Iterable[Declaration], business_date: date) -> list[Removed]:
    """Remove the rows of loads that were superseded or rejected longer ago than their table keeps them.

    Counted in nights before `business_date`, so that nothing is removed while nights wait. The ledger keeps its rows
    and says when; a row that a full export's sighting names stays; quarantined rows lose what they held. A transaction
    a table; commits, including what the caller had not.
    """
    begin_anew(conn)
    found = []
    for table in tables:
        with conn.transaction():
            if removed := _remove(conn, table, business_date - timedelta(days=table.export.keep_superseded_days)):
                found.append(removed)
    return found


def _remove(conn: Connection, table: Declaration, before: date) -> Removed | None:
    loads = [load_id for (load_id,) in conn.execute(_PAST, [table.vendor, table.table, before, before, before])]
    if not loads:
        return None
    lock_raw_table(conn, table)
    raw = sql.Identifier("raw", table.raw_table)
    n_rows = conn.execute(sql.SQL(_DELETE).format(raw=raw), {"loads": loads}).rowcount
    kept = conn.execute(sql.SQL("select count(*) from {} where _load_id = any(%s)").format(raw), [loads]).fetchone()
    assert kept is not None
    conn.execute(
        "update quality.quarantine set raw_row = '(removed with its load)', record_key = null where load_id = any(%s)",
        [loads],
    )
    conn.execute("update ops.loads set purged_at = clock_timestamp() where load_id = any(%s)", [loads])
    return Removed(str(table), len(loads), n_rows, kept[0])


# Superseded, or rejected, on a night before; a night that is not over may still read them.
_PAST = """
    select loads.load_id
    from ops.loads
    where loads.vendor = %s and loads.table_name = %s and loads.purged_at is null
        and (
            (loads.status = 'rejected' and loads.business_date < %s)
            or (
                loads.status = 'loaded' and exists (
                    select from ops.loads as later
                    where later.supersedes in (loads.load_id, loads.replays)
                        and later.status = 'loaded' and later.business_date < %s
                )
            )
        )
        and not exists (
            select from ops.nights where nights.business_date < %s and nights.state not in ('sent', 'failed')
        )
    order by loads.load_id
"""
_DELETE = """
    delete from {raw} as stored
    where stored._load_id = any(%(loads)s) and not exists (
        select from ops.sightings
        inner join ops.loads on sightings.load_id = loads.load_id
        where sightings.row_load_id = stored._load_id and sightings.row_number = stored._row_number
            and loads.purged_at is null and sightings.load_id <> all (%(loads)s)
    )
"""
