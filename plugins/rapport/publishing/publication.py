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
        _fix_text_forms(conn)
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
    _fix_text_forms(conn)
    n_rows, checksum = _checksum(conn, table, columns)
    changes = {"INSERT": n_rows} if is_new else dict(conn.execute(_merge(table, columns)).fetchall())
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


def _merge(table: Table, columns: dict[str, str]) -> sql.Composed:
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
    return sql.SQL(
        "with changes as ("
        " merge into {live} as live using {built} as built on {same}"
        " {update}"
        " when not matched then insert ({columns}) values ({values})"
        " when not matched by source then delete"
        " returning merge_action() as action"
        ") select action, count(*) from changes group by action"
    ).format(
        live=table.live,
        built=table.built,
        same=each("live.{} = built.{}", table.primary_key, " and "),
        update=update,
        columns=sql.SQL(", ").join(map(sql.Identifier, names)),
        values=sql.SQL(", ").join(sql.Identifier("built", name) for name in names),
    )


def _fix_text_forms(conn: Connection) -> None:
    """A row's text must not depend on who connects: the checksum is taken over it."""
    conn.execute(
        "set local timezone = 'UTC'; set local datestyle = 'ISO, YMD'; set local intervalstyle = 'postgres';"
        " set local extra_float_digits = 1; set local bytea_output = 'hex'"
    )


def _checksum(conn: Connection, table: Table, columns: dict[str, str]) -> tuple[int, str]:
    row = sql.SQL(", ").join(map(sql.Identifier, sorted(columns)))
    query = sql.SQL("select count(*), coalesce(sum(hashtextextended(row({})::text, 0)), 0)::text from {}")
    counted = conn.execute(query.format(row, table.built)).fetchone()
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
