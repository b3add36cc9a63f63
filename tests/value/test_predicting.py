"""A night's prediction in a real warehouse: what is written, kept, and repeated."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from typer.testing import CliRunner
from value.histories import EPOCH, drawn_purchases

from rapport.businesses import Business, load_business
from rapport.errors import BuildError
from rapport.samples.buyers import LAST_DAY
from rapport.value import predict
from rapport.value.bgnbd import Parameters
from rapport.value.histories import Purchases
from rapport.value.kept_models import write_files
from rapport.warehouse import connect

NIGHT = EPOCH + timedelta(days=LAST_DAY)
TRUTH = Parameters(r=0.5, alpha=4.0, a=0.7, b=2.5)
Connection = psycopg.Connection[Any]


@pytest.fixture
def business(warehouse: str) -> Business:
    return load_business("sample").model_copy(update={"name": warehouse})


def write_purchases(conn: Connection, purchases: Purchases, *, upside_down: bool = False) -> None:
    """What dbt builds before the step."""
    conn.execute("create schema if not exists build_intermediate")
    conn.execute("drop table if exists build_intermediate.int_customer_purchases")
    conn.execute(
        "create table build_intermediate.int_customer_purchases"
        " (customer_id text, purchase_date date, n_orders integer, net_amount numeric(18, 2))"
    )
    rows = [
        (f"customer-{who:05d}", EPOCH + timedelta(days=int(day)), 1, round(float(amount), 2))
        for who, day, amount in zip(purchases.customer, purchases.day, purchases.amount, strict=True)
    ]
    with conn.cursor().copy("copy build_intermediate.int_customer_purchases from stdin") as copy:
        for row in reversed(rows) if upside_down else rows:
            copy.write_row(row)
    conn.commit()


def everything(conn: Connection) -> dict[str, list[tuple[Any, ...]]]:
    return {
        table: conn.execute(f"select * from {table} order by 1, 2").fetchall()
        for table in ("build_value.scores", "build_value.calibration", "history.value_models")
    }


def test_without_purchases_built_the_error_says_what_to_run(business: Business) -> None:
    with connect(business.name) as conn, pytest.raises(BuildError, match="int_customer_purchases"):
        predict(conn, business, NIGHT)


def test_every_buyer_is_scored_and_the_model_is_kept_with_its_plot(business: Business, tmp_path: Path) -> None:
    purchases = drawn_purchases(1_000, TRUTH, days=600)
    with connect(business.name) as conn:
        write_purchases(conn, purchases)
        counts = predict(conn, business, NIGHT)
        n_once, n_alive, n_purchases, n_amounts = conn.execute(
            "select count(*) filter (where n_repeat_purchases = 0), count(probability_alive),"
            " count(expected_purchases_90_days), count(expected_purchase_amount) from build_value.scores"
        ).fetchone() or (0, 0, 0, 0)
        reasons = conn.execute(
            "select n_repeat_purchases = 0, purchases_reason like 'one purchase day:%', amounts_reason, count(*)"
            " from build_value.scores group by 1, 2, 3 order by 1"
        ).fetchall()
        bad = conn.execute(
            "select count(*) from build_value.scores where next_order_date <= %s or next_order_date > %s"
            " or (probability_alive < 0.4999 and next_order_date is not null)"
            " or not expected_purchases_30_days <= expected_purchases_90_days"
            " or not expected_purchases_90_days <= expected_purchases_365_days",
            [NIGHT, NIGHT + timedelta(days=365)],
        ).fetchone()
        folder = write_files(conn, tmp_path)
    assert (counts["customers"], counts["scored"]) == (1_000, 1_000)
    assert counts["repeaters"] == n_alive == 1_000 - n_once > 300
    assert n_purchases == n_amounts == 1_000
    assert reasons == [(False, None, None, 1_000 - n_once), (True, True, None, n_once)]
    assert bad == (0,)
    assert folder is not None
    assert sorted(path.name for path in folder.iterdir()) == ["calibration.svg", "model.json"]


def test_a_night_run_twice_is_a_night_run_once_whatever_order_rows_are_read_in(business: Business) -> None:
    purchases = drawn_purchases(1_000, TRUTH, days=600)
    with connect(business.name) as conn:
        write_purchases(conn, purchases)
        predict(conn, business, NIGHT)
        first = everything(conn)
        write_purchases(conn, purchases, upside_down=True)
        predict(conn, business, NIGHT)
        assert everything(conn) == first


def test_the_next_night_starts_where_the_last_one_ended(business: Business) -> None:
    with connect(business.name) as conn:
        write_purchases(conn, drawn_purchases(1_000, TRUTH, days=600))
        cold = predict(conn, business, NIGHT)
        warm = predict(conn, business, NIGHT + timedelta(days=1))
        kept = conn.execute("select fitted_on, version from history.value_models order by 1").fetchall()
    assert warm["evaluations"] < cold["evaluations"]
    assert [night for night, _ in kept] == [NIGHT, NIGHT + timedelta(days=1)]
    assert kept[0][1] != kept[1][1]


def test_a_replay_leaves_no_model_behind(business: Business) -> None:
    with connect(business.name) as conn:
        write_purchases(conn, drawn_purchases(1_000, TRUTH, days=600))
        predict(conn, business, NIGHT)
        first = everything(conn)
        predict(conn, business, NIGHT, keeps_history=False)
        assert everything(conn) == first
        conn.execute("delete from history.value_models")
        predict(conn, business, NIGHT, keeps_history=False)
        assert conn.execute("select count(*) from history.value_models").fetchone() == (0,)


def test_too_few_customers_are_told_so_in_every_row(business: Business) -> None:
    with connect(business.name) as conn:
        write_purchases(conn, drawn_purchases(100, TRUTH, days=600))
        counts = predict(conn, business, NIGHT)
        scores = conn.execute(
            "select distinct purchases_reason, amounts_reason, probability_alive, expected_purchases_365_days,"
            " expected_purchase_amount, next_order_date from build_value.scores"
        ).fetchall()
        (shown,) = conn.execute(
            "select purchases_reason from build_value.calibration where repeat_purchases = 'all'"
        ).fetchone() or ("",)
    reason = "too few customers: 100 have bought, 200 are needed"
    assert counts["scored"] == 0
    assert scores == [(reason, reason, None, None, None, None)]
    assert shown.startswith("too few customers")


def test_a_night_without_any_purchase_predicts_nothing(business: Business) -> None:
    nobody = Purchases(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
    with connect(business.name) as conn:
        write_purchases(conn, nobody)
        assert predict(conn, business, NIGHT)["customers"] == 0
        found = everything(conn)
    assert found["build_value.scores"] == []
    assert [row[0] for row in found["build_value.calibration"]] == ["all"]


def test_purchases_after_the_night_are_not_known_to_it(business: Business) -> None:
    purchases = drawn_purchases(1_000, TRUTH, days=600)
    earlier = date.fromordinal(NIGHT.toordinal() - 100)
    with connect(business.name) as conn:
        write_purchases(conn, purchases.until(LAST_DAY - 100))
        predict(conn, business, earlier)
        known = everything(conn)
        write_purchases(conn, purchases)
        predict(conn, business, earlier)
        assert everything(conn) == known


def test_a_file_that_cannot_be_read_is_told_with_column_and_line(tmp_path: Path) -> None:
    from rapport.errors import PredictionError
    from rapport.value.commands import app

    path = tmp_path / "purchases.csv"
    path.write_text("customer;date;amount\nA;2026-01-01;10\nB;soon;11\n")
    result = CliRunner().invoke(app, ["fit", str(path)])
    assert isinstance(result.exception, PredictionError)
    assert result.exception.where.endswith("column date, first in line 3")
    assert "soon" not in str(result.exception)
    path.write_text("who;date;amount\nA;2026-01-01;10\n")
    result = CliRunner().invoke(app, ["fit", str(path)])
    assert "--customer HEADING" in str(result.exception)
