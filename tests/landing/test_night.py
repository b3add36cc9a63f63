"""What a night takes in from the landing folder."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from landing.exports import NIGHT, as_csv, order_table

from rapport.businesses import Business
from rapport.landing import (
    arriving_files,
    ensure_raw_tables,
    landing_for_night,
    missing_tables,
    night,
    refuse_unrecognised,
)
from rapport.nights import open_night

Conn = psycopg.Connection[Any]
OrdersFile = Callable[..., Path]


@pytest.fixture(autouse=True)
def _parsed_once(declarations: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's warehouse has no dbt target of its own."""

    def sample(business: Business) -> list[Any]:
        return [table for table in declarations if table.vendor in business.vendors]

    monkeypatch.setattr(night, "load_declarations", sample)


def statuses(results: list[Any]) -> dict[str, str]:
    return {result.file: result.status for result in results}


def test_files_are_taken_oldest_first_and_later_ones_wait(
    conn: Conn, business: Business, orders_file: OrdersFile, tmp_path: Path
) -> None:
    for day in ("2026-03-01", "2026-02-27", "2026-03-02"):
        orders_file([{"Lineitem name": day}], name=f"orders_export_{day}.csv")
    results = landing_for_night(conn, business, "ecommerce", NIGHT, tmp_path)
    assert [result.file for result in results] == [
        "orders_export_2026-02-27.csv",
        "orders_export_2026-03-01.csv",
    ]
    later = NIGHT + timedelta(days=1)
    open_night(conn, business, later)
    assert statuses(landing_for_night(conn, business, "ecommerce", later, tmp_path)) == {
        "orders_export_2026-03-02.csv": "loaded"
    }


def test_a_night_asked_again_tells_the_same_and_loads_nothing(
    conn: Conn, business: Business, orders_file: OrdersFile, tmp_path: Path
) -> None:
    orders_file([{}])
    orders_file([], name="orders_export_2026-02-28.csv")
    first = landing_for_night(conn, business, "ecommerce", NIGHT, tmp_path)
    second = landing_for_night(conn, business, "ecommerce", NIGHT, tmp_path)
    assert [result.status for result in first] == ["refused", "loaded"]
    assert [(result.status, result.load_id) for result in second] == [
        ("refused", first[0].load_id),
        ("unchanged", first[1].load_id),
    ]
    assert conn.execute("select count(*) from ops.loads").fetchone() == (2,)


def test_one_files_failure_does_not_stop_the_others(
    conn: Conn, business: Business, orders_file: OrdersFile, tmp_path: Path
) -> None:
    orders_file([{}], name="orders_export_2026-02-27.csv").write_bytes(b"\xff\xfe")
    orders_file([{}])
    results = landing_for_night(conn, business, "ecommerce", NIGHT, tmp_path)
    assert [result.status for result in results] == ["refused", "loaded"]


def test_each_kind_takes_its_own(conn: Conn, business: Business, orders_file: OrdersFile, tmp_path: Path) -> None:
    orders_file([{}])
    survey = tmp_path / "surveymonkey" / "delivery.csv"
    survey.parent.mkdir()
    survey.write_text("Respondent ID,How?\n,Response\n1,fine\n")
    assert landing_for_night(conn, business, "crm", NIGHT, tmp_path) == []
    assert statuses(landing_for_night(conn, business, "survey", NIGHT, tmp_path)) == {"delivery.csv": "loaded"}


def test_a_file_still_being_written_is_left_alone(
    conn: Conn, business: Business, orders_file: OrdersFile, tmp_path: Path
) -> None:
    path = orders_file([{}])
    patient = business.model_copy(update={"settle_seconds": 60})
    assert landing_for_night(conn, patient, "ecommerce", NIGHT, tmp_path) == []
    assert arriving_files(patient, "ecommerce", NIGHT, tmp_path) == [path]
    os.utime(path, (time.time() - 61, time.time() - 61))
    assert arriving_files(patient, "ecommerce", NIGHT, tmp_path) == []
    assert len(landing_for_night(conn, patient, "ecommerce", NIGHT, tmp_path)) == 1


def test_tables_exist_though_nothing_has_ever_arrived(conn: Conn, business: Business, tmp_path: Path) -> None:
    assert landing_for_night(conn, business, "survey", NIGHT, tmp_path) == []
    assert conn.execute("select count(_extra) from raw.surveymonkey__responses").fetchone() == (0,)


def test_a_column_declared_later_is_added_to_its_table(
    conn: Conn, business: Business, declarations: list[Any], tmp_path: Path
) -> None:
    orders = next(table for table in declarations if str(table) == "shopify orders")
    ensure_raw_tables(conn, [orders.model_copy(update={"columns": orders.columns[:3]})])
    ensure_raw_tables(conn, [orders])
    assert conn.execute("select count(payment_references) from raw.shopify__orders").fetchone() == (0,)


def test_a_stranger_is_refused_by_one_kind_once(conn: Conn, business: Business, tmp_path: Path) -> None:
    (tmp_path / "stranger.csv").write_text("a,b\n1,2\n")
    assert refuse_unrecognised(conn, business, "survey", NIGHT, tmp_path) == []
    first = refuse_unrecognised(conn, business, "crm", NIGHT, tmp_path)
    again = refuse_unrecognised(conn, business, "crm", NIGHT, tmp_path)
    assert statuses(first) == {"stranger.csv": "refused"}
    assert [result.load_id for result in again] == [result.load_id for result in first]


def test_missing_tables_are_those_without_a_file_of_the_day(
    business: Business, orders_file: OrdersFile, tmp_path: Path
) -> None:
    orders_file([{}])
    assert missing_tables(business, "ecommerce", NIGHT, tmp_path) == ["shopify.customers"]
    assert missing_tables(business, "ecommerce", date(2026, 3, 2), tmp_path) == [
        "shopify.customers",
        "shopify.orders",
    ]


def test_a_load_the_gate_rejected_is_tried_again_by_its_own_night_only(
    conn: Conn, business: Business, orders_file: OrdersFile, tmp_path: Path
) -> None:
    path = orders_file([{}])
    (first,) = landing_for_night(conn, business, "ecommerce", NIGHT, tmp_path)
    conn.execute("update ops.loads set status = 'rejected', reason = 'gate' where load_id = %s", [first.load_id])
    later = NIGHT + timedelta(days=1)
    open_night(conn, business, later)
    assert landing_for_night(conn, business, "ecommerce", later, tmp_path) == []
    (again,) = landing_for_night(conn, business, "ecommerce", NIGHT, tmp_path)
    assert again.status == "loaded"
    path.write_text(as_csv(order_table([{}, {}])))
    (corrected,) = landing_for_night(conn, business, "ecommerce", later, tmp_path)
    assert (corrected.status, corrected.supersedes) == ("loaded", again.load_id)


def test_where_markers_are_asked_for_a_file_waits_for_its_own(
    conn: Conn, business: Business, orders_file: OrdersFile, tmp_path: Path
) -> None:
    marked = business.model_copy(update={"landing_complete": "marker"})
    path = orders_file([{}], name="orders_export_2026-03-01.csv")
    assert landing_for_night(conn, marked, "ecommerce", NIGHT, tmp_path) == []
    path.with_name(path.name + ".done").touch()
    assert statuses(landing_for_night(conn, marked, "ecommerce", NIGHT, tmp_path)) == {path.name: "loaded"}
