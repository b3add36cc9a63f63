"""Tables built by_key: of a night only those who changed are built again, and what comes out is the whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from rapport import settings
from rapport.building.project import invoke, parsed_manifest
from rapport.businesses import Business, load_business
from rapport.landing.declarations import load_declarations
from rapport.landing.raw_tables import ensure_raw_tables
from rapport.warehouse import connect

pytestmark = pytest.mark.timeout(600)

# Read by customer, then built by customer, then built by customer from what is.
MODELS = ("int_customer_records", "int_customer_fields", "int_customer_profiles")
BUILT = MODELS[1:]
RECORDS = "build_intermediate.int_customers_normalised"


@pytest.fixture(scope="module")
def business(shared_warehouse: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Business]:
    """A business whose tables stand without rows."""
    folder = tmp_path_factory.mktemp("dbt")
    found = load_business("sample")
    tables = load_declarations(found)
    found = found.model_copy(update={"name": shared_warehouse})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "work_dir", lambda name: folder / name)
        with connect(shared_warehouse) as conn:
            ensure_raw_tables(conn, tables)
        run(found, "build", "--select", f"+{MODELS[-1]}", "--exclude-resource-type", "test", "unit_test")
        yield found


def run(business: Business, *arguments: str) -> None:
    done = dbt(business, *arguments)
    assert done.success, done.exception or [result.message for result in done.result]


def dbt(business: Business, *arguments: str, built_whole_from: float = 1) -> Any:
    return invoke(
        business,
        [*arguments, "--quiet", "--no-write-json"],
        manifest=parsed_manifest(business),
        more_variables={"built_whole_from": built_whole_from},  # three people: each would be many
    )


@pytest.fixture
def conn(business: Business) -> Iterator[psycopg.Connection[Any]]:
    """Three people with a record each, and everything built."""
    with connect(business.name, autocommit=True) as connection:
        connection.execute(f"truncate {RECORDS}, build_identity.customer_records")
        for who in ("ada", "bo", "cem"):
            add(connection, who, f"{who}_1", first_name=who)
        build(business)
        yield connection


def add(conn: psycopg.Connection[Any], who: str, record: str, **fields: str) -> None:
    conn.execute(
        "insert into build_identity.customer_records (source_record_id, customer_id, evidence) values (%s, %s, '')",
        [record, who],
    )
    conn.execute(
        f"insert into {RECORDS} select (jsonb_populate_record(null::{RECORDS}, to_jsonb(%s::json))).*",
        [
            psycopg.types.json.Json(
                {
                    "source_record_id": record,
                    "vendor": "generic",
                    "record_type": "contact",
                    "first_file_date": "2026-03-01",
                }
                | {"file_date": "2026-03-01"}
                | fields
            )
        ],
    )


def build(business: Business, *more: str) -> None:
    run(business, "run", "--select", *MODELS, *more)


def writers(conn: psycopg.Connection[Any], model: str) -> dict[str, set[str]]:
    """Of each customer the transactions that wrote their rows."""
    found = conn.execute(
        f"select customer_id, array_agg(distinct xmin::text) from build_intermediate.{model} group by 1"
    ).fetchall()
    return {who: set(transactions) for who, transactions in found}


def built_again(conn: psycopg.Connection[Any], model: str) -> set[str]:
    """Who was worked out in the last run; most of their rows are as they were, and are not written."""
    return {who for (who,) in conn.execute(f"select customer_id from build_fingerprints.{model}__touched")}


def rows(conn: psycopg.Connection[Any]) -> dict[str, list[str]]:
    return {
        model: sorted(
            text for (text,) in conn.execute(f"select stored::text from build_intermediate.{model} as stored")
        )
        for model in BUILT
    }


def test_only_who_changed_is_built_again(business: Business, conn: psycopg.Connection[Any]) -> None:
    before = {model: writers(conn, model) for model in BUILT}
    add(conn, "bo", "bo_2", first_name="Bodil")
    build(business)
    for model in BUILT:
        after = writers(conn, model)
        assert built_again(conn, model) == {"bo"}, model
        assert {who for who in after if after[who] != before[model][who]} == {"bo"}, model
    assert conn.execute(
        "select count(*) from build_intermediate.int_customer_fields where customer_id = 'bo' and n_values = 2"
    ).fetchone() == (1,)


def test_rows_that_are_as_they_were_are_not_written_again(business: Business, conn: psycopg.Connection[Any]) -> None:
    table = "build_intermediate.int_customer_fields"
    add(conn, "bo", "bo_2", email="bo@example.com")
    query = f"select field, xmin::text from {table} where customer_id = 'bo'"
    before = dict(conn.execute(query).fetchall())
    build(business)
    after = dict(conn.execute(query).fetchall())
    assert {value: after[value] for value in before} == before
    assert after.keys() - before.keys() == {"email"}


def test_where_many_changed_the_whole_is_built_and_the_others_did_not_change(
    business: Business, conn: psycopg.Connection[Any]
) -> None:
    before = writers(conn, "int_customer_fields")
    for who in ("ada", "bo"):
        add(conn, who, f"{who}_2", email=f"{who}@example.com")
    assert dbt(business, "run", "--select", *MODELS, built_whole_from=0.5).success
    after = writers(conn, "int_customer_fields")
    assert {who for who in after if after[who] == before[who]} == set()
    for model in BUILT:
        assert built_again(conn, model) == {"ada", "bo"}, model
    by_many = rows(conn)
    build(business, "--full-refresh")
    assert rows(conn) == by_many


def test_nothing_new_builds_nobody(business: Business, conn: psycopg.Connection[Any]) -> None:
    before = {model: writers(conn, model) for model in BUILT}
    build(business)
    assert {model: writers(conn, model) for model in BUILT} == before
    assert [built_again(conn, model) for model in BUILT] == [set()] * len(BUILT)


def test_who_comes_and_who_goes(business: Business, conn: psycopg.Connection[Any]) -> None:
    add(conn, "dag", "dag_1", first_name="Dag")
    conn.execute("delete from build_identity.customer_records where customer_id = 'cem'")
    build(business)
    for model in BUILT:
        assert set(writers(conn, model)) == {"ada", "bo", "dag"}, model


def test_a_record_that_goes_to_another_person_builds_both(business: Business, conn: psycopg.Connection[Any]) -> None:
    add(conn, "bo", "bo_2", first_name="Bodil")
    build(business)
    before = writers(conn, "int_customer_profiles")
    conn.execute("update build_identity.customer_records set customer_id = 'ada' where source_record_id = 'bo_2'")
    build(business)
    after = writers(conn, "int_customer_profiles")
    assert {who for who in after if after[who] != before[who]} == {"ada", "bo"}
    assert dict(
        conn.execute("select customer_id, n_source_records from build_intermediate.int_customer_profiles").fetchall()
    ) == {"ada": 2, "bo": 1, "cem": 1}


@pytest.mark.parametrize("kept", BUILT)
def test_nights_one_by_one_give_what_a_whole_build_gives(
    business: Business, conn: psycopg.Connection[Any], kept: str
) -> None:
    # What a table missed while it was away is made up for.
    add(conn, "bo", "bo_2", first_name="Bodil", city="Aarhus")
    run(business, "run", "--select", *(model for model in MODELS if model != kept))
    conn.execute("update build_identity.customer_records set customer_id = 'cem' where source_record_id = 'bo_2'")
    add(conn, "ada", "ada_2", email="ada@example.com")
    build(business)
    one_by_one = rows(conn)
    build(business, "--full-refresh")
    assert rows(conn) == one_by_one


def test_what_is_read_whole_concerns_everybody(business: Business, conn: psycopg.Connection[Any]) -> None:
    add(conn, "bo", "bo_2", first_name="Bodil", record_type="guest")
    build(business)
    before = writers(conn, "int_customer_fields")
    conn.execute("update build_seeds.source_trust set trust = 1000 where record_type = 'guest'")
    build(business)
    after = writers(conn, "int_customer_fields")
    assert {who for who in after if after[who] == before[who]} == set()
    # Whoever reads what was built anew reads it anew for whom it says something else.
    assert built_again(conn, "int_customer_profiles") == {"bo"}


def test_what_comes_out_the_same_touches_nobody_further_on(business: Business, conn: psycopg.Connection[Any]) -> None:
    before = writers(conn, "int_customer_fields")
    conn.execute("update build_seeds.survivorship_rules set first_criterion = 'recency'")
    build(business)
    after = writers(conn, "int_customer_fields")
    assert {who for who in after if after[who] == before[who]} == set()
    assert built_again(conn, "int_customer_profiles") == set()


def test_a_table_that_somebody_else_built_is_not_trusted(business: Business, conn: psycopg.Connection[Any]) -> None:
    table = "build_intermediate.int_customer_profiles"
    expected = rows(conn)
    conn.execute(f"create table build_intermediate.other as select * from {table} where false")
    conn.execute(f"drop table {table}")
    conn.execute("alter table build_intermediate.other rename to int_customer_profiles")
    build(business)
    assert rows(conn) == expected
    columns = conn.execute(
        "select is_nullable from information_schema.columns where table_schema = 'build_intermediate'"
        " and table_name = 'int_customer_profiles' and column_name = 'customer_id'"
    ).fetchone()
    assert columns == ("NO",)


def test_a_comment_that_somebody_writes_on_fingerprints_costs_a_whole_build_and_no_night(
    business: Business, conn: psycopg.Connection[Any]
) -> None:
    expected = rows(conn)
    for model in MODELS:
        conn.execute(f"comment on table build_fingerprints.{model} is 'who changed'")
    build(business)
    assert rows(conn) == expected


def test_an_interrupted_build_leaves_what_was(business: Business, conn: psycopg.Connection[Any]) -> None:
    before = rows(conn)
    add(conn, "bo", "bo_2", first_name="Bodil")
    run(business, "run", "--select", MODELS[0])
    # Its end cannot be reached.
    conn.execute(
        "create function build_fingerprints.stop() returns trigger language plpgsql as 'begin raise ''stopped''; end'"
    )
    conn.execute(
        "create constraint trigger stopped after insert on build_intermediate.int_customer_fields"
        " deferrable initially deferred for each row execute function build_fingerprints.stop()"
    )
    assert not dbt(business, "run", "--select", "int_customer_fields").success
    assert rows(conn)["int_customer_fields"] == before["int_customer_fields"]
    conn.execute("drop function build_fingerprints.stop() cascade")
    build(business)
    one_by_one = rows(conn)
    build(business, "--full-refresh")
    assert rows(conn) == one_by_one != before


LINES = ("int_order_lines_unioned", "orders", "order_lines")
TYPED = "build_staging.stg_generic__order_lines"
ORDERED = "build_intermediate.int_orders_converted"


@pytest.fixture
def lines(business: Business, conn: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    """An order each of two people, with a line each; lines do not say whose they are, their orders do."""
    if conn.execute("select to_regclass('build_customer_360.order_lines')").fetchone() == (None,):
        run(business, "build", "--select", "+order_lines", "--exclude-resource-type", "test", "unit_test")
    conn.execute(f"truncate {TYPED}, {ORDERED}")
    for order, who in (("o1", "ada"), ("o2", "bo")):
        put(conn, ORDERED, order_id=order, customer_id=who, order_date="2026-03-01", exchange_rate=1, total_amount=9)
        put(conn, TYPED, order_line_id=f"{order}_1", order_id=order, line_number=1, quantity=1, net_amount=9)
    run(business, "run", "--select", *LINES)
    return conn


def put(conn: psycopg.Connection[Any], table: str, **fields: Any) -> None:
    amounts = ("gross", "discount", "shipping", "tax", "total", "refunded", "original_total", "original_refunded")
    every = dict.fromkeys([f"{name}_amount" for name in amounts], 0)
    every |= dict.fromkeys(["is_cancelled", "is_test", "is_rate_carried_forward"], False)
    every |= dict.fromkeys(["source_record_id", "vendor", "order_number", "original_currency"], "1")
    every |= {"is_counted": True, "ordered_at": "2026-03-01T12:00:00Z"}
    conn.execute(
        f"insert into {table} select (jsonb_populate_record(null::{table}, to_jsonb(%s::json))).*",
        [psycopg.types.json.Json(every | fields)],
    )


@pytest.mark.parametrize(
    ("news", "touched"),
    [
        (f"update {TYPED} set quantity = 2, net_amount = 18 where order_id = 'o2'", {"bo"}),
        (f"delete from {TYPED} where order_id = 'o2'", {"bo"}),
        (f"update {ORDERED} set customer_id = 'cem' where order_id = 'o2'", {"bo", "cem"}),
        (f"update {ORDERED} set order_date = '2026-03-02' where order_id = 'o1'", {"ada"}),
        (f"delete from {ORDERED} where order_id = 'o1'", {"ada"}),
        (f"update {TYPED} set order_id = 'o2', line_number = 2 where order_id = 'o1'", {"ada", "bo"}),
    ],
    ids=["a line changes", "goes", "its order is another's", "changes", "goes with its order", "goes to another order"],
)
def test_whose_a_row_is_may_stand_in_another_table(
    business: Business, lines: psycopg.Connection[Any], news: str, touched: set[str]
) -> None:
    lines.execute(news)  # type: ignore[call-overload]
    run(business, "run", "--select", *LINES)
    assert built_again(lines, "order_lines") == touched
    query = "select stored::text from build_customer_360.order_lines as stored order by 1"
    one_by_one = lines.execute(query).fetchall()
    run(business, "run", "--select", *LINES, "--full-refresh")
    assert lines.execute(query).fetchall() == one_by_one
