"""An analyst at work while nights are published: a login of their own, a view of their own, an open transaction."""

from __future__ import annotations

import threading
import time
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

Connection = psycopg.Connection[Any]
# What is readable of each mart, as one value: its rows, and a checksum over the columns analysts may read.
Seen = dict[str, tuple[int, str]]

MARTS = (
    "customer_360.customers",
    "customer_360.orders",
    "customer_360.survey_responses",
    "customer_360.customer_timeline",
    "loyalty.lifecycle",
    "engagement.satisfaction",
)


class Analyst:
    """`watch` reads all marts in one statement, over and over, and keeps each different answer."""

    def __init__(self, owner: Connection) -> None:
        owner.execute("create role ada login password 'of her own' in role rapport_analyst")
        owner.execute("create schema ada authorization ada")
        self._login = make_conninfo(
            host=owner.info.host,
            port=owner.info.port,
            dbname=owner.info.dbname,
            user="ada",
            password="of her own",
        )
        self.answers: list[tuple[int, ...]] = []
        self._stop = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def session(self, **options: Any) -> Connection:
        return psycopg.connect(self._login, application_name="ada", **options)

    def watch(self) -> None:
        self._thread.start()

    def stop_watching(self) -> list[tuple[int, ...]]:
        """The different answers in the order they came; raises what went wrong while watching."""
        self._stop.set()
        self._thread.join(30)
        if self._failure is not None:
            raise self._failure
        return self.answers

    def _watch(self) -> None:
        try:
            with self.session(autocommit=True) as conn:
                while not self._stop.is_set():
                    answer = counts(conn)
                    if not self.answers or self.answers[-1] != answer:
                        self.answers.append(answer)
                    time.sleep(0.05)
        except Exception as error:
            self._failure = error


def counts(conn: Connection) -> tuple[int, ...]:
    """Rows of all marts, by one statement."""
    queries = ", ".join(f"(select count(*) from {mart})" for mart in MARTS)
    row = conn.execute(f"select {queries}").fetchone()  # type: ignore[arg-type]
    assert row is not None
    return tuple(row)


def read_marts(conn: Connection) -> Seen:
    """Each mart by a statement of its own, as an analyst would go through them."""
    seen = {}
    for mart in MARTS:
        readable = [
            name
            for (name,) in conn.execute(
                "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped"
                " and has_column_privilege(attrelid, attnum, 'select') order by attname",
                [mart],
            )
        ]
        columns = sql.SQL(", ").join(map(sql.Identifier, readable))
        query = sql.SQL("select count(*), coalesce(sum(hashtextextended(row({})::text, 0)), 0)::text from {}")
        row = conn.execute(query.format(columns, sql.Identifier(*mart.split(".")))).fetchone()
        assert row is not None
        seen[mart] = row
    return seen


def personal_data_readable(owner: Connection) -> list[str]:
    """Columns, of any schema, in which an analyst can read somebody's e-mail address, number, street or birthday."""
    known = owner.execute(
        "select email from customer_360.customers where email is not null"
        " union select phone from customer_360.customers where phone is not null"
        " union select value from customer_360.customer_fields where field = 'street_address'"
        # A masked birthday is the first of its year, and somebody's true one is too.
        " union select value from customer_360.customer_fields where field = 'birth_date' and value !~ '-01-01'"
        " union select raw_value from build_contacts.normalised where kind in ('email', 'phone') and is_valid"
    ).fetchall()
    owner.execute("create temporary table known_contacts (contact text primary key)")
    owner.cursor().executemany("insert into known_contacts values (%s) on conflict do nothing", known)
    owner.execute("grant select on known_contacts to rapport_analyst")
    owner.execute("set role rapport_analyst")
    columns = owner.execute(
        "select nspname, relname, attname from pg_class"
        " join pg_namespace on pg_namespace.oid = relnamespace join pg_attribute on attrelid = pg_class.oid"
        " where relkind in ('r', 'v', 'm', 'p', 'f') and attnum > 0 and not attisdropped"
        " and nspname not in ('pg_catalog', 'information_schema') and relname <> 'known_contacts'"
        " and has_schema_privilege(nspname, 'usage') and has_column_privilege(pg_class.oid, attnum, 'select')"
    ).fetchall()
    assert len(columns) > 100, "analysts read the marts"
    found = []
    for schema, table, column in columns:
        query = sql.SQL(
            "select exists (select from {}.{} as seen where seen.{}::text ~ '[^ *]@[^ *]+[.]'"
            " or seen.{}::text in (select contact from known_contacts))"
        ).format(*map(sql.Identifier, (schema, table, column, column)))
        if owner.execute(query).fetchone() == (True,):
            found.append(f"{schema}.{table}.{column}")
    owner.execute("reset role")
    return found
