"""Whose rows differ between what was built and what is live, told by hashes and not by reading every row again.

Of each customer both sides keep how many rows there are and the sum of the rows' hashes, blind to their order: of a
built table dbt does (macros/fingerprints.sql), of a live one publishing. Triggers on the live table say of whom
something else has written rows since, such as an erasure: what is known of them counts no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

from rapport.publishing.tables import Table

Connection = psycopg.Connection[Any]
# Large tables are of customers, and a night changes few of them.
OWNER = "customer_id"
_LIVE = "live_fingerprints"
_BUILT = "build_fingerprints"
_TRIGGERS = (
    ("insert", "insert", "new"),
    ("delete", "delete", "old"),
    ("update_from", "update", "old"),
    ("update_to", "update", "new"),
)


def owner_of() -> sql.Composed:
    """Whose a row is; it may be nobody's."""
    return sql.SQL("coalesce({}, '')").format(sql.Identifier(OWNER))


def row_hash(columns: dict[str, str]) -> sql.Composed:
    """A row's hash as Postgres joins by: of values, whatever the session's settings; blind to the order of columns."""
    # json has no hash of its own
    values = [
        sql.SQL("{}::text" if columns[name] == "json" else "{}").format(sql.Identifier(name))
        for name in sorted(columns)
    ]
    return sql.SQL("hash_record_extended(row({}), 0)").format(sql.SQL(", ").join(values))


def of_built(conn: Connection, table: Table, columns: dict[str, str]) -> sql.Identifier:
    """The built table's fingerprints: dbt's, if they are of this very table, else worked out here."""
    kept = sql.Identifier(_BUILT, table.name)
    name_of, built = kept.as_string(conn), table.built.as_string(conn)
    is_known = conn.execute(
        "select"
        " ops.said_of_fingerprints(%(kept)s) ->> 'table' = to_regclass(%(built)s)::oid::text"
        " and exists (select from pg_attribute where attrelid = to_regclass(%(kept)s) and attname = %(owner)s)",
        {"kept": name_of, "built": built, "owner": OWNER},
    ).fetchone()
    if is_known == (True,):
        return kept
    worked_out = sql.Identifier("pg_temp", "of_built")
    conn.execute(
        sql.SQL(
            "drop table if exists {name};"
            " create temporary table of_built on commit drop as"
            " select {owner} as customer_id, count(*) as n_rows, sum({row_hash}) as fingerprint"
            " from {built} group by 1;"
            " analyze {name}"
        ).format(name=worked_out, owner=owner_of(), row_hash=row_hash(columns), built=table.built)
    )
    return worked_out


def total(conn: Connection, fingerprints: sql.Identifier) -> tuple[int, str]:
    """Rows and checksum of the table whose fingerprints these are."""
    counted = conn.execute(
        sql.SQL("select coalesce(sum(n_rows), 0)::bigint, coalesce(sum(fingerprint), 0)::text from {}").format(
            fingerprints
        )
    ).fetchone()
    assert counted is not None
    return counted[0], counted[1]


def find_changed_owners(conn: Connection, table: Table, of_built: sql.Identifier) -> int:
    """Keep in pg_temp.changed_owners whose rows are not what is live; returns how many they are.

    Two rows that differ and have one hash of 64 bits would stay as they were; nobody will see it.
    """
    conn.execute(
        sql.SQL(
            "drop table if exists pg_temp.changed_owners;"
            " create temporary table changed_owners on commit drop as"
            " select customer_id as owner from {built} as built full join {live} as live using (customer_id)"
            " where (built.n_rows, built.fingerprint) is distinct from (live.n_rows, live.fingerprint);"
            " analyze pg_temp.changed_owners"
        ).format(built=of_built, live=_of_live(table))
    )
    counted = conn.execute("select count(*) from pg_temp.changed_owners").fetchone()
    assert counted is not None
    return int(counted[0])


def remember_changed_owners(conn: Connection, table: Table, of_built: sql.Identifier) -> None:
    """What is live of the changed owners is what was built of them."""
    conn.execute(
        sql.SQL(
            "delete from {live} where customer_id in (select owner from pg_temp.changed_owners);"
            " insert into {live} (customer_id, n_rows, fingerprint)"
            " select customer_id, n_rows, fingerprint from {built}"
            " where customer_id in (select owner from pg_temp.changed_owners)"
        ).format(live=_of_live(table), built=of_built)
    )


def watch(conn: Connection, table: Table, *, is_new: bool) -> None:
    """Begin to know what is live in a table; of one that was there already nothing is known yet."""
    name_of = _of_live(table).as_string(conn)
    is_there = conn.execute("select to_regclass(%s) is not null", [name_of]).fetchone() == (True,)
    if is_there and not is_new:
        return
    conn.execute(
        sql.SQL(
            "drop table if exists {fingerprints};"
            " create table {fingerprints} (customer_id text primary key, n_rows bigint not null, fingerprint numeric);"
            " insert into {fingerprints} (customer_id, n_rows) select distinct {owner}, -1 from {live}"
        ).format(fingerprints=_of_live(table), owner=owner_of(), live=table.live)
    )
    conn.execute(_triggers(table))


def _triggers(table: Table) -> sql.Composed:
    statements: Sequence[sql.Composable] = [
        sql.SQL(
            "create or replace trigger {name} after {action} on {live} referencing {side} table as changed_rows"
            " for each statement execute function ops.forget_fingerprints()"
        ).format(
            name=sql.Identifier(f"forget_fingerprints_{name}"),
            action=sql.SQL(action),
            live=table.live,
            side=sql.SQL(side),
        )
        for name, action, side in _TRIGGERS
    ]
    truncated = sql.SQL(
        "create or replace trigger forget_fingerprints_truncate after truncate on {}"
        " for each statement execute function ops.forget_fingerprints()"
    ).format(table.live)
    return sql.SQL("; ").join([*statements, truncated])


def _of_live(table: Table) -> sql.Identifier:
    return sql.Identifier(_LIVE, table.name)
