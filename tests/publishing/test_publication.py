"""Analysts see one whole night, whatever happens while the next one is published."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Json

from rapport.errors import NightError, RapportError
from rapport.publishing import Column, Publication, Table, compare, publish
from rapport.warehouse import connect, warehouse_url

FIRST, SECOND = date(2026, 1, 1), date(2026, 1, 2)
ACCOUNTS = Table(
    "customer_360",
    "accounts",
    ("customer_id",),
    (
        Column("customer_id", "Who."),
        Column("email", "Address.", pii="email"),
        Column("n_orders", "How many."),
    ),
    "One row per person.",
)
ORDERS = Table("customer_360", "orders", ("order_id", "line"), (Column("order_id"), Column("line"), Column("details")))
TABLES = [ACCOUNTS, ORDERS]
PEOPLE = [("c_1", "a@example.com", 1), ("c_2", None, None), ("c_3", "c@example.com", 3)]
Connection = psycopg.Connection[Any]


def open_built_night(conn: Connection, night: date) -> None:
    conn.execute(
        "insert into ops.nights (business_date, state, landing, clock) values (%s, 'built', '', now())"
        " on conflict (business_date) do update set state = 'built'",
        [night],
    )


def build(conn: Connection, people: list[tuple[Any, ...]], orders: list[tuple[Any, ...]] | None = None) -> None:
    conn.execute("create schema if not exists build_customer_360")
    conn.execute("drop table if exists build_customer_360.accounts, build_customer_360.orders cascade")
    conn.execute("create table build_customer_360.accounts (customer_id text, email text, n_orders integer)")
    conn.execute("create table build_customer_360.orders (order_id text, line integer, details jsonb)")
    conn.cursor().executemany("insert into build_customer_360.accounts values (%s, %s, %s)", people)
    rows = orders if orders is not None else [("o_1", 1, '{"a": 1}')]
    conn.cursor().executemany("insert into build_customer_360.orders values (%s, %s, %s)", rows)


def live(conn: Connection) -> list[tuple[Any, ...]]:
    return conn.execute("select customer_id, email, n_orders from customer_360.accounts order by 1").fetchall()


@pytest.fixture
def conn(warehouse: str) -> Iterator[Connection]:
    with connect(warehouse) as connection:
        open_built_night(connection, FIRST)
        open_built_night(connection, SECOND)
        build(connection, PEOPLE)
        connection.commit()
        yield connection


def publish_night(conn: Connection, night: date = FIRST) -> dict[str, Publication]:
    found = publish(conn, "test", night, TABLES)
    conn.commit()
    return {publication.table_name: publication for publication in found}


def changes(publication: Publication) -> tuple[int, int, int]:
    return publication.n_inserted, publication.n_updated, publication.n_deleted


def test_live_becomes_what_was_built_and_only_differences_are_written(conn: Connection) -> None:
    assert changes(publish_night(conn)["accounts"]) == (3, 0, 0)
    untouched = conn.execute("select xmin::text from customer_360.accounts where customer_id = 'c_3'").fetchone()
    people = [("c_1", None, 1), ("c_3", "c@example.com", 3), ("c_4", None, 0)]
    build(conn, people)
    published = publish_night(conn, SECOND)
    assert changes(published["accounts"]) == (1, 1, 1)  # a value that became null is a difference
    assert changes(published["orders"]) == (0, 0, 0)
    assert live(conn) == people
    assert (
        conn.execute("select xmin::text from customer_360.accounts where customer_id = 'c_3'").fetchone() == untouched
    )


def test_the_same_publication_twice_changes_nothing(conn: Connection) -> None:
    first, second = publish_night(conn), publish_night(conn)
    assert changes(second["accounts"]) == changes(second["orders"]) == (0, 0, 0)
    assert second["accounts"].checksum == first["accounts"].checksum
    recorded = conn.execute("select n_inserted from ops.publications where table_name = 'accounts'").fetchall()
    assert recorded == [(3,)]  # what the night changed stays on record


def test_the_night_is_published_with_its_tables(conn: Connection) -> None:
    publish_night(conn)
    night = conn.execute("select state, published_at is not null from ops.nights where business_date = %s", [FIRST])
    assert night.fetchone() == ("published", True)


def test_a_reader_who_started_before_sees_yesterday_whole(conn: Connection, warehouse: str) -> None:
    publish_night(conn)
    with psycopg.connect(warehouse_url(warehouse)) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        assert reader.execute("select count(*) from customer_360.orders").fetchone() == (1,)
        build(conn, [("c_9", None, 9)], [])
        publish_night(conn, SECOND)
        assert live(reader) == sorted(PEOPLE)  # a table it had not touched before, too
        assert reader.execute("select count(*) from customer_360.orders").fetchone() == (1,)
        reader.rollback()
        assert live(reader) == [("c_9", None, 9)]


def test_an_analysts_own_view_and_open_transaction_go_on_through_a_publish(conn: Connection, warehouse: str) -> None:
    publish_night(conn)
    with analyst(conn, warehouse) as session:
        session.execute(
            "create view mine.big_buyers as select customer_id from customer_360.accounts where n_orders > 1"
        )
        session.commit()
        assert session.execute("select * from mine.big_buyers").fetchall() == [("c_3",)]  # stays open
        build(conn, [("c_5", None, 5)])
        publish_night(conn, SECOND)
        assert session.execute("select * from mine.big_buyers").fetchall() == [("c_5",)]


def test_an_analyst_cannot_read_personal_data_nor_what_is_being_built(conn: Connection, warehouse: str) -> None:
    publish_night(conn)
    with analyst(conn, warehouse) as session:
        assert session.execute("select sum(n_orders) from customer_360.accounts").fetchone() == (4,)
        for forbidden in (
            "select email from customer_360.accounts",
            "select count(*) from build_customer_360.accounts",
            "update customer_360.accounts set n_orders = 0",
            "select count(*) from ops.loads",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                session.execute(forbidden)
            session.rollback()


def test_a_column_that_turns_out_to_be_personal_is_closed(conn: Connection, warehouse: str) -> None:
    publish_night(conn)
    closed = tuple(
        Column(column.name, pii="name" if column.name != "customer_id" else None) for column in ACCOUNTS.columns
    )
    publish(conn, "test", SECOND, [Table("customer_360", "accounts", ("customer_id",), closed)])
    conn.commit()
    with analyst(conn, warehouse) as session, pytest.raises(psycopg.errors.InsufficientPrivilege):
        session.execute("select n_orders from customer_360.accounts")


def test_a_publication_that_fails_midway_changes_nothing(conn: Connection) -> None:
    publish_night(conn)
    build(conn, [("c_9", None, 9)], [("o_1", None, "{}")])  # orders come second and have no key
    conn.commit()
    with pytest.raises(RapportError, match="NotNullViolation") as raised:
        publish(conn, "test", SECOND, TABLES)
    assert "c_9" not in str(raised.value)
    assert "o_1" not in str(raised.value)
    assert live(conn) == PEOPLE
    state = conn.execute("select state from ops.nights where business_date = %s", [SECOND]).fetchone()
    assert state == ("built",)
    assert conn.execute("select count(*) from ops.publications where business_date = %s", [SECOND]).fetchone() == (0,)


def test_a_night_that_is_not_built_is_not_published(conn: Connection) -> None:
    conn.execute("update ops.nights set state = 'open' where business_date = %s", [FIRST])
    conn.commit()
    with pytest.raises(NightError):
        publish(conn, "test", FIRST, TABLES)
    assert conn.execute("select to_regclass('customer_360.accounts')").fetchone() == (None,)


def test_an_older_night_cannot_overwrite_a_newer_one(conn: Connection) -> None:
    publish_night(conn, SECOND)
    with pytest.raises(NightError, match="2026-01-02 is already live"):
        publish(conn, "test", FIRST, TABLES)


def test_a_new_column_is_added_in_place(conn: Connection) -> None:
    publish_night(conn)
    oid = conn.execute("select 'customer_360.accounts'::regclass::oid").fetchone()
    conn.execute("alter table build_customer_360.accounts add column tier text default 'gold'")
    assert changes(publish_night(conn, SECOND)["accounts"]) == (0, 3, 0)
    assert conn.execute("select 'customer_360.accounts'::regclass::oid").fetchone() == oid
    assert conn.execute("select distinct tier from customer_360.accounts").fetchall() == [("gold",)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("alter table build_customer_360.accounts drop column email", "lost email"),
        (
            "alter table build_customer_360.accounts alter n_orders type text",
            "n_orders from integer to text",
        ),
        ("drop table build_customer_360.accounts", "has not been built"),
    ],
)
def test_a_change_that_would_break_analysts_is_refused(conn: Connection, change: str, message: str) -> None:
    publish_night(conn)
    conn.execute(change)  # type: ignore[call-overload]
    with pytest.raises(RapportError, match=message) as raised:
        publish(conn, "test", SECOND, TABLES)
    assert raised.value.fix


def test_tables_and_columns_carry_their_descriptions(conn: Connection) -> None:
    publish_night(conn)
    described = conn.execute(
        "select obj_description(oid), col_description(oid, 3) from pg_class"
        " where oid = 'customer_360.accounts'::regclass"
    ).fetchone()
    assert described == ("One row per person.", "How many.")


def test_a_replayed_night_is_compared_by_content_not_by_order(conn: Connection) -> None:
    publish_night(conn)
    build(conn, list(reversed(PEOPLE)))
    assert [found.is_equal for found in compare(conn, FIRST, TABLES)] == [True, True]
    conn.execute("update build_customer_360.accounts set n_orders = 0 where n_orders is null")
    assert [found.is_equal for found in compare(conn, FIRST, TABLES)] == [False, True]
    assert not compare(conn, SECOND, TABLES)[0].is_equal


def test_the_checksum_is_blind_to_the_order_of_columns(conn: Connection) -> None:
    publish_night(conn)
    conn.execute("alter table build_customer_360.accounts rename to reordered")
    conn.execute(
        "create table build_customer_360.accounts as"
        " select n_orders, email, customer_id from build_customer_360.reordered"
    )
    assert compare(conn, FIRST, TABLES)[0].is_equal
    publish_night(conn, SECOND)
    assert live(conn) == PEOPLE


BASKETS = Table("customer_360", "baskets", ("basket_id",), (Column("basket_id"), Column("customer_id"), Column("note")))


def build_baskets(conn: Connection, rows: list[tuple[Any, ...]]) -> None:
    conn.execute("drop table if exists build_customer_360.baskets")
    conn.execute("create table build_customer_360.baskets (basket_id text, customer_id text, note json)")
    written = [(basket, who, Json(note) if note else None) for basket, who, note in rows]
    conn.cursor().executemany("insert into build_customer_360.baskets values (%s, %s, %s)", written)


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ([("b1", "c1", None), ("b2", "c1", None), ("b3", None, None)], (0, 0, 0)),
        ([("b1", "c2", None), ("b2", "c1", None), ("b3", None, None)], (0, 1, 0)),
        ([("b2", "c1", None), ("b3", None, None), ("b4", "c1", None)], (1, 0, 1)),
        ([("b1", "c1", None), ("b2", "c1", None)], (0, 0, 1)),
        ([("b1", None, None), ("b2", "c1", None), ("b3", "c2", None)], (0, 2, 0)),
        ([("b1", "c1", {"a": 1}), ("b2", "c1", None), ("b3", None, {"a": 1})], (0, 2, 0)),
        ([], (0, 0, 3)),
    ],
    ids=["same", "to somebody else", "another row of theirs", "nobody's row gone", "to nobody", "json", "all gone"],
)
def test_only_rows_of_whom_something_changed_are_compared(
    conn: Connection, later: list[tuple[Any, ...]], expected: tuple[int, int, int]
) -> None:
    build_baskets(conn, [("b1", "c1", None), ("b2", "c1", None), ("b3", None, None)])
    publish(conn, "test", FIRST, [BASKETS])
    build_baskets(conn, later)
    (published,) = publish(conn, "test", SECOND, [BASKETS])
    assert changes(published) == expected
    assert conn.execute("select * from customer_360.baskets order by 1").fetchall() == later
    assert (published.n_rows, published.checksum) == (len(later), compare(conn, SECOND, [BASKETS])[0].built_checksum)


@pytest.mark.parametrize(
    "writes",
    [
        "update customer_360.baskets set note = '{}' where basket_id = 'b1'",
        "update customer_360.baskets set customer_id = 'c9' where basket_id = 'b2'",
        "update customer_360.baskets set customer_id = 'c9', basket_id = 'b9' where basket_id = 'b2'",
        "delete from customer_360.baskets where customer_id = 'c1'",
        "delete from customer_360.baskets where customer_id is null",
        "insert into customer_360.baskets values ('b9', 'c9', null)",
        "truncate customer_360.baskets",
        "drop schema live_fingerprints cascade; create schema live_fingerprints; delete from customer_360.baskets",
    ],
    ids=[
        "update",
        "to somebody else",
        "to somebody else as another",
        "delete",
        "nobody's",
        "insert",
        "truncate",
        "what was known is gone too",
    ],
)
def test_what_somebody_else_wrote_into_a_live_table_is_put_right(conn: Connection, writes: str) -> None:
    rows: list[tuple[Any, ...]] = [("b1", "c1", None), ("b2", "c2", None), ("b3", None, None)]
    build_baskets(conn, rows)
    publish(conn, "test", FIRST, [BASKETS])
    conn.execute(writes)  # type: ignore[call-overload]
    publish(conn, "test", SECOND, [BASKETS])
    assert conn.execute("select * from customer_360.baskets order by 1").fetchall() == rows


def keep_of_built(conn: Connection, table: str) -> None:
    """Fingerprints of a built table of baskets, as dbt leaves them, that say of one customer what is not so."""
    conn.execute(
        "create schema if not exists build_fingerprints; drop table if exists build_fingerprints.baskets;"
        " create table build_fingerprints.baskets (customer_id text, n_rows bigint, fingerprint numeric);"
        " insert into build_fingerprints.baskets values ('c1', 7, 7)"
    )
    conn.execute(
        f"do $$ begin execute format('comment on table build_fingerprints.baskets is %L',"  # type: ignore[call-overload]
        f" jsonb_build_object('table', '{table}'::regclass::oid)); end $$"
    )


def test_what_dbt_knows_of_a_built_table_is_not_worked_out_again(conn: Connection) -> None:
    build_baskets(conn, [("b1", "c1", None), ("b2", "c2", None)])
    keep_of_built(conn, "build_customer_360.baskets")
    (published,) = publish(conn, "test", FIRST, [BASKETS])
    assert (published.n_rows, published.checksum) == (7, "7")


def test_what_is_known_of_another_table_of_that_name_counts_nothing(conn: Connection) -> None:
    build_baskets(conn, [("b1", "c1", None), ("b2", "c2", None)])
    keep_of_built(conn, "build_customer_360.accounts")
    (published,) = publish(conn, "test", FIRST, [BASKETS])
    assert published.n_rows == 2
    assert published.checksum == compare(conn, FIRST, [BASKETS])[0].built_checksum


def test_what_somebody_wrote_about_fingerprints_is_no_reason_not_to_publish(conn: Connection) -> None:
    build_baskets(conn, [("b1", "c1", None), ("b2", "c2", None)])
    keep_of_built(conn, "build_customer_360.baskets")
    conn.execute("comment on table build_fingerprints.baskets is 'of whom there is what'")
    (published,) = publish(conn, "test", FIRST, [BASKETS])
    assert published.n_rows == 2


def analyst(conn: Connection, warehouse: str) -> psycopg.Connection[Any]:
    """A session of a real login role in the analysts' group, with a schema of its own."""
    name = f"analyst_{warehouse}"
    conn.execute(f"create role {name} login password 'p' in role rapport_analyst")  # type: ignore[call-overload]
    conn.execute(f"create schema mine authorization {name}")  # type: ignore[call-overload]
    conn.commit()
    return psycopg.connect(warehouse_url(warehouse), user=name, password="p")


@pytest.fixture(autouse=True)
def _no_analyst_is_left_behind(server: str, warehouse: str) -> Iterator[None]:
    yield
    with connect(warehouse, autocommit=True) as conn:
        if conn.execute("select from pg_roles where rolname = %s", [f"analyst_{warehouse}"]).fetchone() is not None:
            conn.execute(f"drop owned by analyst_{warehouse}")  # type: ignore[call-overload]
            conn.execute(f"drop role analyst_{warehouse}")  # type: ignore[call-overload]
