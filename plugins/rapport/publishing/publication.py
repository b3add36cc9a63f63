"""Publishing a night: merge every built mart into its live table, and the night's row with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg import sql

from rapport.errors import NightError, RapportError
from rapport.publishing.consents import keep_consents
from rapport.publishing.headlines import keep_headlines
from rapport.publishing.live_tables import columns_of, prepare
from rapport.publishing.tables import Table

Connection = psycopg.Connection[Any]
_LOCK = 7_263_473
# A new column needs the table for an instant. Behind an analyst's long transaction it gives up rather than
# make every other reader queue behind it.
_LOCK_TIMEOUT = "60s"
# Large tables are of customers, and a night changes few of them.
_OWNER = "customer_id"
_ANALYSE_FROM = 0.1  # share of rows changed from which the planner's statistics are worth renewing at once


@dataclass(frozen=True)
class Publication:
    """What publishing changed in one live table. `checksum` is blind to the order of rows and columns."""

    table_schema: str
    table_name: str
    n_rows: int
    n_inserted: int
    n_updated: int
    n_deleted: int
    checksum: str


@dataclass(frozen=True)
class Comparison:
    """A built table beside what the night published; `published_*` are None if it published no such table."""

    table: str
    built_rows: int
    built_checksum: str
    published_rows: int | None
    published_checksum: str | None

    @property
    def is_equal(self) -> bool:
        return (self.built_rows, self.built_checksum) == (self.published_rows, self.published_checksum)


def publish(conn: Connection, business: str, business_date: date, tables: Sequence[Table]) -> list[Publication]:
    """Make the night's built tables what analysts see, in one transaction with the night's row.

    Rows are inserted, updated where they differ, and deleted where they are gone. Readers who started earlier
    keep yesterday, whole; nothing is visible before the end; an error leaves everything as it was. Publishing
    a night twice changes nothing the second time.

    Raises NightError when a later night is already live or the night is not built, RapportError when a table
    cannot take its new form.
    """
    from rapport import nights

    if not tables:
        raise RapportError("There is no mart to publish.", where=f"business {business}", fix="build the marts first")
    try:
        with conn.transaction():
            conn.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
            conn.execute(sql.SQL("set local lock_timeout = {}").format(sql.Literal(_LOCK_TIMEOUT)))
            conn.execute("set local work_mem = '64MB'; set local maintenance_work_mem = '256MB'")
            _refuse_to_go_back(conn, business, business_date)
            publications = [_publish_table(conn, table) for table in tables]
            keep_headlines(conn, business_date)
            keep_consents(conn, business_date)
            for publication in publications:
                _record(conn, business_date, publication)
            nights.advance(conn, business_date, "published")
    except psycopg.Error as error:
        raise _explained(error, business, business_date) from None
    return publications


def compare(conn: Connection, business_date: date, tables: Sequence[Table]) -> list[Comparison]:
    """Compare what is built now with what the night published: a replayed night must be equal everywhere."""
    comparisons = []
    with conn.transaction():
        for table in tables:
            n_rows, checksum = _checksum(conn, table, columns_of(conn, table.built))
            published = conn.execute(
                "select n_rows, checksum from ops.publications"
                " where business_date = %s and table_schema = %s and table_name = %s",
                [business_date, table.mart, table.name],
            ).fetchone()
            comparisons.append(Comparison(table.label, n_rows, checksum, *(published or (None, None))))
    return comparisons


def _refuse_to_go_back(conn: Connection, business: str, business_date: date) -> None:
    later = conn.execute("select max(business_date) from ops.publications where business_date > %s", [business_date])
    row = later.fetchone()
    if row is not None and row[0] is not None:
        raise NightError(
            f"The night of {business_date} cannot be published: {row[0]} is already live.",
            where=f"business {business}, ops.publications",
            fix="compare the replayed night instead (docs/runbooks/replaying-a-night.md)",
        )


def _publish_table(conn: Connection, table: Table) -> Publication:
    is_new = not columns_of(conn, table.live)
    columns = prepare(conn, table)
    if is_new:
        n_rows, checksum = _checksum(conn, table, columns)
        changes = {"INSERT": n_rows}
    elif _OWNER in columns:
        n_rows, checksum = _find_changed_owners(conn, table, columns)
        changes = dict(conn.execute(_merge(table, columns, only_changed_owners=True)).fetchall())
    else:
        n_rows, checksum = _checksum(conn, table, columns)
        changes = dict(conn.execute(_merge(table, columns)).fetchall())
    if sum(changes.values()) > _ANALYSE_FROM * max(n_rows, 1):
        conn.execute(sql.SQL("analyze {}").format(table.live))
    return Publication(
        table.mart,
        table.name,
        n_rows,
        changes.get("INSERT", 0),
        changes.get("UPDATE", 0),
        changes.get("DELETE", 0),
        checksum,
    )


def _find_changed_owners(conn: Connection, table: Table, columns: dict[str, str]) -> tuple[int, str]:
    """Keep in a temporary table whose rows are not what is live; returns rows and checksum of what is built.

    Both tables are read once each, by parallel workers: a merge of all rows has none, and carries every row whole.
    """
    for name, relation in (("of_built", table.built), ("of_live", table.live)):
        conn.execute(
            sql.SQL(
                "drop table if exists pg_temp.{name};"
                " create temporary table {name} on commit drop as"
                " select {owner} as owner, count(*) as n_rows, sum({row_hash}) as fingerprint from {relation}"
                " group by 1;"
                " analyze pg_temp.{name}"
            ).format(name=sql.Identifier(name), owner=_owner_of(), row_hash=_row_hash(columns), relation=relation)
        )
    conn.execute(
        "drop table if exists pg_temp.changed_owners;"
        " create temporary table changed_owners on commit drop as"
        " select owner from of_built full join of_live using (owner)"
        " where of_built.fingerprint is distinct from of_live.fingerprint;"
        " analyze pg_temp.changed_owners"
    )
    counted = conn.execute(
        "select coalesce(sum(n_rows), 0)::bigint, coalesce(sum(fingerprint), 0)::text from of_built"
    ).fetchone()
    assert counted is not None
    return counted[0], counted[1]


def _owner_of(alias: str = "") -> sql.Composed:
    # A row may be of nobody.
    return sql.SQL("coalesce({}, '')").format(sql.Identifier(*filter(None, [alias, _OWNER])))


def _merge(table: Table, columns: dict[str, str], *, only_changed_owners: bool = False) -> sql.Composed:
    def each(template: str, names: Sequence[str], separator: str = ", ") -> sql.Composed:
        return sql.SQL(separator).join(
            sql.SQL(template).format(sql.Identifier(name), sql.Identifier(name)) for name in names
        )

    names = list(columns)
    others = [name for name in names if name not in table.primary_key]
    # json has no equality of its own
    comparable = {name: "::text" if columns[name] == "json" else "" for name in others}
    update: sql.Composable = sql.SQL("")
    if others:
        update = sql.SQL("when matched and row({}) is distinct from row({}) then update set {}").format(
            sql.SQL(", ").join(
                sql.SQL("live.{}" + cast).format(sql.Identifier(name)) for name, cast in comparable.items()
            ),
            sql.SQL(", ").join(
                sql.SQL("built.{}" + cast).format(sql.Identifier(name)) for name, cast in comparable.items()
            ),
            each("{} = built.{}", others),
        )
    source: sql.Composable = table.built
    is_gone: sql.Composable = sql.SQL("")
    if only_changed_owners:
        is_changed = sql.SQL("{} in (select owner from changed_owners)")
        source = sql.SQL("(select * from {} where {})").format(table.built, is_changed.format(_owner_of()))
        is_gone = sql.SQL(" and ") + is_changed.format(_owner_of("live"))
    return sql.SQL(
        "with changes as ("
        " merge into {live} as live using {source} as built on {same}"
        " {update}"
        " when not matched then insert ({columns}) values ({values})"
        " when not matched by source{is_gone} then delete"
        " returning merge_action() as action"
        ") select action, count(*) from changes group by action"
    ).format(
        live=table.live,
        source=source,
        same=each("live.{} = built.{}", table.primary_key, " and "),
        update=update,
        is_gone=is_gone,
        columns=sql.SQL(", ").join(map(sql.Identifier, names)),
        values=sql.SQL(", ").join(sql.Identifier("built", name) for name in names),
    )


def _row_hash(columns: dict[str, str]) -> sql.Composed:
    """A row's hash as Postgres joins by: of values, whatever the session's settings; blind to the order of columns."""
    # json has no hash of its own
    values = [
        sql.SQL("{}::text" if columns[name] == "json" else "{}").format(sql.Identifier(name))
        for name in sorted(columns)
    ]
    return sql.SQL("hash_record_extended(row({}), 0)").format(sql.SQL(", ").join(values))


def _checksum(conn: Connection, table: Table, columns: dict[str, str]) -> tuple[int, str]:
    query = sql.SQL("select count(*), coalesce(sum({}), 0)::text from {}")
    counted = conn.execute(query.format(_row_hash(columns), table.built)).fetchone()
    assert counted is not None
    return counted[0], counted[1]


def _record(conn: Connection, business_date: date, publication: Publication) -> None:
    # A night published again adds its changes to those it made before: the row says what the night changed.
    conn.execute(
        """
        insert into ops.publications as p
            (business_date, table_schema, table_name, n_rows, n_inserted, n_updated, n_deleted, checksum)
        values (%s, %s, %s, %s, %s, %s, %s, %s)
        on conflict (business_date, table_schema, table_name) do update set
            n_rows = excluded.n_rows,
            n_inserted = p.n_inserted + excluded.n_inserted,
            n_updated = p.n_updated + excluded.n_updated,
            n_deleted = p.n_deleted + excluded.n_deleted,
            checksum = excluded.checksum,
            published_at = clock_timestamp()
        """,
        [
            business_date,
            publication.table_schema,
            publication.table_name,
            publication.n_rows,
            publication.n_inserted,
            publication.n_updated,
            publication.n_deleted,
            publication.checksum,
        ],
    )


def _explained(error: psycopg.Error, business: str, business_date: date) -> RapportError:
    """The database's error without its detail, which quotes the row."""
    where = ".".join(filter(None, [error.diag.schema_name, error.diag.table_name, error.diag.column_name]))
    if isinstance(error, psycopg.errors.LockNotAvailable):
        fix = "a long transaction holds the table (pg_stat_activity); end it, then run the task again"
    else:
        fix = "live tables are as they were; correct the model, build again (docs/runbooks/a-stuck-night.md)"
    return RapportError(
        f"Publishing the night of {business_date} failed: {type(error).__name__}, "
        + (error.diag.message_primary or "the connection was lost")
        + ".",
        where=f"business {business}" + (f", {where}" if where else ""),
        fix=fix,
    )
