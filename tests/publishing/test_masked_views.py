"""Analysts read every table whole, and nobody's personal data with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import psycopg
import pytest

from rapport.publishing import Column, Table, publish
from rapport.warehouse import connect, warehouse_url

Connection = psycopg.Connection[Any]
FIRST, SECOND = date(2026, 1, 1), date(2026, 1, 2)
CUSTOMERS = Table(
    "customer_360",
    "customers",
    ("customer_id",),
    (
        Column("customer_id"),
        Column("first_name", pii="name"),
        Column("last_name", pii="name"),
        Column("email", pii="email"),
        Column("phone", pii="phone"),
        Column("city", pii="address"),
        Column("birth_date", pii="birthday"),
        Column("n_orders"),
    ),
    "One row per person.",
)
RESPONSES = Table(
    "customer_360",
    "survey_responses",
    ("response_id",),
    (Column("response_id"), Column("customer_id"), Column("comment", pii="free_text"), Column("nps_score")),
)
PEOPLE = [
    ("c_1", "Ayşe Nur", "Yılmaz", "ayse@example.com.tr", "+905321234567", "İzmir", date(1990, 5, 4), 2),
    ("c_2", "Søren", "Ib", "s@b.dk", "+4520", None, None, 0),
    ("c_3", None, None, None, None, None, None, 1),
]
COMMENTS = [
    ("r_1", "c_1", "AYŞE NUR YILMAZ'dan: kargo 3 gün geç geldi, ayse@example.com.tr", 2),
    ("r_2", "c_1", "Ayşeye 0532 123 45 67 ya da https://x.example/u?id=7", 3),
    ("r_3", "c_2", "Venlig hilsen Sørens mor, @soren.ib, ordre #1001", 9),
    ("r_4", "c_3", "Ring 20 30 40 50. Fint!", None),
    ("r_5", "c_3", None, 10),
]


@pytest.fixture
def conn(warehouse: str) -> Iterator[Connection]:
    with connect(warehouse) as connection:
        for night in (FIRST, SECOND):
            connection.execute(
                "insert into ops.nights (business_date, state, landing, clock) values (%s, 'built', '', now())", [night]
            )
        connection.execute("create schema if not exists build_customer_360")
        connection.execute(
            "create table build_customer_360.customers (customer_id text, first_name text, last_name text, email text,"
            " phone text, city text, birth_date date, n_orders integer)"
        )
        connection.execute(
            "create table build_customer_360.survey_responses"
            " (response_id text, customer_id text, comment text, nps_score integer)"
        )
        into = connection.cursor()
        into.executemany(
            "insert into build_customer_360.customers values (%s, %s, %s, %s, %s, %s, %s, %s)",
            PEOPLE,
        )
        into.executemany("insert into build_customer_360.survey_responses values (%s, %s, %s, %s)", COMMENTS)
        publish(connection, "test", FIRST, [CUSTOMERS, RESPONSES])
        connection.commit()
        yield connection


@contextmanager
def login(conn: Connection, warehouse: str, role: str) -> Iterator[Connection]:
    """A session of a real login that is in the role."""
    name = f"{role}_{warehouse}"
    conn.execute(f"create role {name} login password 'p' in role {role}")  # type: ignore[call-overload]
    conn.commit()
    try:
        with psycopg.connect(warehouse_url(warehouse), user=name, password="p", autocommit=True) as session:
            yield session
    finally:
        conn.execute(f"drop role {name}")  # type: ignore[call-overload]
        conn.commit()


def test_an_analyst_reads_all_columns_with_personal_data_masked(conn: Connection, warehouse: str) -> None:
    with login(conn, warehouse, "rapport_analyst") as analyst:
        assert analyst.execute("select * from customer_360.customers_masked order by 1").fetchall() == [
            ("c_1", "A***", "Y***", "a***@***.tr", "+90***67", "***", date(1990, 1, 1), 2),
            ("c_2", "S***", "I***", "s***@***.dk", "***", None, None, 0),
            ("c_3", None, None, None, None, None, None, 1),
        ]


def test_free_text_is_read_without_its_writers_name_addresses_numbers_and_links(
    conn: Connection, warehouse: str
) -> None:
    with login(conn, warehouse, "rapport_analyst") as analyst:
        query = "select comment from customer_360.survey_responses_masked order by response_id"
        assert [comment for (comment,) in analyst.execute(query)] == [
            "[name] [name] [name]'dan: kargo 3 gün geç geldi, [e-mail]",
            "[name] [number] ya da [link]",
            "Venlig hilsen [name] mor, [name].[name], ordre #1001",
            "Ring [number]. Fint!",
            None,
        ]


def test_only_the_role_for_personal_data_reads_it(conn: Connection, warehouse: str) -> None:
    with login(conn, warehouse, "rapport_analyst") as analyst:
        for column in ("first_name", "email", "phone", "city", "birth_date"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                analyst.execute(f"select {column} from customer_360.customers")  # type: ignore[call-overload]
    with login(conn, warehouse, "rapport_personal_data") as allowed:
        assert allowed.execute("select * from customer_360.customers order by 1").fetchall() == PEOPLE
        assert allowed.execute("select count(*) from customer_360.customers_masked").fetchone() == (3,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            allowed.execute("update customer_360.customers set n_orders = 9")


def test_a_view_that_is_as_it_should_be_is_left_alone(conn: Connection) -> None:
    def made() -> Any:
        query = "select xmin::text from pg_rewrite where ev_class = 'customer_360.customers_masked'::regclass"
        return conn.execute(query).fetchone()

    before = made()
    publish(conn, "test", SECOND, [CUSTOMERS, RESPONSES])
    assert made() == before


def test_a_column_that_turns_out_to_be_personal_is_masked_and_a_new_one_is_shown(
    conn: Connection, warehouse: str
) -> None:
    conn.execute("alter table build_customer_360.survey_responses add column channel text default 'web'")
    columns = (*RESPONSES.columns[:1], Column("customer_id", pii="name"), *RESPONSES.columns[2:], Column("channel"))
    publish(conn, "test", SECOND, [CUSTOMERS, Table("customer_360", "survey_responses", ("response_id",), columns)])
    conn.commit()
    with login(conn, warehouse, "rapport_analyst") as analyst:
        query = "select customer_id, channel from customer_360.survey_responses_masked where response_id = 'r_4'"
        assert analyst.execute(query).fetchone() == ("c***", "web")


def test_a_table_without_personal_data_has_no_view(conn: Connection) -> None:
    columns = tuple(Column(column.name) for column in RESPONSES.columns)
    publish(conn, "test", SECOND, [CUSTOMERS, Table("customer_360", "survey_responses", ("response_id",), columns)])
    assert conn.execute("select to_regclass('customer_360.survey_responses_masked')").fetchone() == (None,)
