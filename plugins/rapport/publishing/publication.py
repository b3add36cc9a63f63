"""Publishing a night: merge every built mart into its live table, and the night's row with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg import sql

from rapport.errors import NightError, RapportError
from rapport.publishing import fingerprints
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
    if fingerprints.OWNER in columns:
        n_rows, checksum, changes = _publish_by_owner(conn, table, columns, is_new=is_new)
    else:
        n_rows, checksum = _checksum(conn, table, columns)
        changes = {"INSERT": n_rows} if is_new else _merge(conn, table, columns, table.built, table.live)
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


def _publish_by_owner(
    conn: Connection, table: Table, columns: dict[str, str], *, is_new: bool
) -> tuple[int, str, dict[str, int]]:
    """Merge rows of those only for whom something differs; returns rows and checksum of what is built, and changes."""
    of_built = fingerprints.of_built(conn, table, columns)
    n_rows, checksum = fingerprints.total(conn, of_built)
    fingerprints.watch(conn, table, is_new=is_new)
    changes: dict[str, int] = {}
    if fingerprints.find_changed_owners(conn, table, of_built):
        if is_new:
            changes = {"INSERT": n_rows}
        else:
            changes = _merge(conn, table, columns, *(_of_changed_owners(side) for side in (table.built, table.live)))
        fingerprints.remember_changed_owners(conn, table, of_built)
    return n_rows, checksum, changes


def _of_changed_owners(relation: sql.Identifier) -> sql.Composed:
    return sql.SQL("(select * from {} where {} in (select owner from pg_temp.changed_owners))").format(
        relation, fingerprints.owner_of()
    )


def _merge(
    conn: Connection, table: Table, columns: dict[str, str], built: sql.Composable, live: sql.Composable
) -> dict[str, int]:
    """Make the `live` rows of the table what the `built` ones are; returns rows by what was done with them.

    Which rows these are is found first, by parallel workers, which a merge has not; and a merge that is to delete what
    its source lacks reads the whole table.
    """
    names = list(columns)
    others = [name for name in names if name not in table.primary_key]
    key = sql.SQL(", ").join(map(sql.Identifier, table.primary_key))
    same_key = _each("live.{} = other.{}", table.primary_key, " and ")
    conn.execute(
        sql.SQL(
            "drop table if exists pg_temp.other_rows, pg_temp.gone;"
            " create temporary table other_rows on commit drop as select {names} from {built} as rows;"
            " analyze pg_temp.other_rows;"
            " create temporary table gone on commit drop as select {key} from {live} as live"
            " where not exists (select from pg_temp.other_rows as other where {same_key});"
            " analyze pg_temp.gone"
        ).format(names=_each("{}", names), key=key, built=built, live=live, same_key=same_key)
    )
    n_deleted = conn.execute(
        sql.SQL("delete from {} as live using pg_temp.gone as other where {}").format(table.live, same_key)
    ).rowcount
    update: sql.Composable = sql.SQL("")
    if others:
        # json has no equality of its own
        comparable = [sql.SQL("{}::text" if columns[name] == "json" else "{}") for name in others]
        sides = [
            sql.SQL(", ").join(
                one.format(sql.Identifier(side, name)) for one, name in zip(comparable, others, strict=True)
            )
            for side in ("live", "other")
        ]
        update = sql.SQL("when matched and row({}) is distinct from row({}) then update set {}").format(
            *sides, _each("{} = other.{}", others)
        )
    changes = conn.execute(
        sql.SQL(
            "with changes as ("
            " merge into {live} as live using pg_temp.other_rows as other on {same_key}"
            " {update}"
            " when not matched then insert ({columns}) values ({values})"
            " returning merge_action() as action"
            ") select action, count(*) from changes group by action"
        ).format(
            live=table.live,
            same_key=same_key,
            update=update,
            columns=_each("{}", names),
            values=_each("other.{}", names),
        )
    ).fetchall()
    return dict(changes) | {"DELETE": n_deleted}


def _each(template: str, names: Sequence[str], separator: str = ", ") -> sql.Composed:
    return sql.SQL(separator).join(
        sql.SQL(template).format(*[sql.Identifier(name)] * template.count("{}")) for name in names
    )


def _checksum(conn: Connection, table: Table, columns: dict[str, str]) -> tuple[int, str]:
    query = sql.SQL("select count(*), coalesce(sum({}), 0)::text from {}")
    counted = conn.execute(query.format(fingerprints.row_hash(columns), table.built)).fetchone()
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
