"""Figures of a few people, worked out by hand, and asked for with an analyst's rights."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from rapport.errors import RapportError, UsageError
from rapport.metrics.asking import ask, connected_as_analyst
from rapport.metrics.engine import MetricEngine, Question

Connection = psycopg.Connection[Any]


@pytest.fixture
def figures(engine: MetricEngine, analyst: Connection) -> Any:
    """Figures by what they are told by, without what they are of."""

    def asked(metrics: str, by: str = "", *where: str) -> dict[tuple[Any, ...], tuple[str, ...]]:
        answer = ask(analyst, engine, Question(metrics.split(), by.split(), where))
        return {values: tuple(str(figure) for figure, _ in figures) for values, figures in answer.rows}

    return asked


def test_what_is_cancelled_counts_for_nothing(figures: Any) -> None:
    assert figures("revenue net_revenue orders buyers", "month", "month >= '2026-02-01'") == {
        (date(2026, 2, 1),): ("60.00", "50.00", "2", "2"),
        (date(2026, 3, 1),): ("30.00", "30.00", "1", "1"),
    }


def test_discount_dependence_is_what_full_price_leaves_of_net_revenue(figures: Any) -> None:
    """Of 50 net in February 2026, 30 came with a discount."""
    assert figures("discount_dependence", "month", "month = '2026-02-01'") == {(date(2026, 2, 1),): ("0.6000",)}


def test_a_cohort_is_its_own_whole_in_each_month(figures: Any) -> None:
    """March 2024 won Ada and Bo. Ada's second order came in March 2025; in March 2026 she bought again, Bo did not."""
    asked = figures("repeat_rate retention_rate", "month cohort", "cohort = '2024-03-01'")
    assert asked[date(2024, 3, 1), date(2024, 3, 1)] == ("0.0000", "1.0000")
    assert asked[date(2025, 2, 1), date(2024, 3, 1)] == ("0.0000", "0.0000")
    assert asked[date(2025, 3, 1), date(2024, 3, 1)] == ("0.5000", "0.5000")
    assert asked[date(2026, 3, 1), date(2024, 3, 1)] == ("0.5000", "0.5000")
    assert len(asked) == 25, "months in which nobody came are told too"


def test_a_condition_on_months_does_not_cut_what_is_looked_back_on(figures: Any) -> None:
    """By March 2026 four were won and two came back, whenever that was."""
    assert figures("repeat_rate", "month", "month >= '2026-03-01'") == {(date(2026, 3, 1),): ("0.5000",)}
    assert figures("repeat_rate") == {(): ("0.5000",)}
    assert figures("repeat_rate", "quarter", "quarter = '2026-01-01'") == {(date(2026, 1, 1),): ("0.5000",)}


def test_the_yearly_loss_is_of_months_that_are_over_with_two_years_behind_them(figures: Any) -> None:
    """February 2026 is the first: Ada, Bo and Can bought in the year to February 2025, Bo did not since. March runs."""
    assert figures("yearly_loss_rate customers_at_stake", "month") == {(date(2026, 2, 1),): ("0.3333", "3")}
    assert figures("yearly_loss_rate", "month country") == {
        (date(2026, 2, 1), "DK"): ("0.5000",),
        # Can's first order is of April 2024: Turkey has no two years yet.
    }


def test_a_segment_is_the_stage_on_the_day_and_a_stage_is_the_present_one(figures: Any) -> None:
    """Can was lapsed up to and with 9 February and won back from the tenth on; Dua answered no such question."""
    assert figures("nps nps_answers", "segment") == {
        ("lapsed",): ("-100.0000", "1"),
        ("loyal",): ("100.0000", "1"),
        ("won_back",): ("100.0000", "1"),
        (None,): ("None", "0"),
    }
    assert figures("nps", "stage") == {("loyal",): ("100.0000",), ("won_back",): ("0.0000",)}


def test_figures_come_with_what_they_are_of(engine: MetricEngine, analyst: Connection) -> None:
    answer = ask(analyst, engine, Question(["nps", "revenue"]))
    assert answer.rows == [((), ((Decimal("33.3333"), 3), (Decimal("380.00"), None)))]


def test_half_a_digit_is_rounded_up_as_postgres_rounds_it(engine: MetricEngine) -> None:
    from rapport.metrics.asking import _rounded

    assert [str(_rounded(value, 4)) for value in (0.03125, 1 / 800, -0.03125)] == ["0.0313", "0.0013", "-0.0313"]
    assert 316.02 / 12 < 26.335  # as floats
    assert str(_rounded(316.02 / 12, 2)) == "26.34"


def test_it_reads_as_an_analyst_whoever_asks(analyst: Connection) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        analyst.execute("select email from customer_360.customers")
    analyst.rollback()
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        analyst.execute("create temporary table mine ()")


def test_one_question_is_one_statement(engine: MetricEngine, analyst: Connection) -> None:
    condition = "{{ Dimension('customer__country') }} = 'DK'; reset role; select 1, 2, 3 where true"
    with pytest.raises(UsageError, match="Postgres cannot work that out: cannot insert multiple commands"):
        ask(analyst, engine, Question(["revenue"], (), [condition]))


def test_personal_data_is_not_compared_with(engine: MetricEngine, analyst: Connection) -> None:
    condition = "{{ Dimension('customer__country') }} = (select max(email) from customer_360.customers)"
    with pytest.raises(RapportError, match="An analyst may not read that"):
        ask(analyst, engine, Question(["revenue"], (), [condition]))


def test_what_cannot_be_compared_is_said(engine: MetricEngine, analyst: Connection) -> None:
    with pytest.raises(UsageError, match="Postgres cannot work that out"):
        ask(analyst, engine, Question(["revenue"], (), ["country == 'TR'"]))


def test_tables_older_than_the_definitions_are_told_of(engine: MetricEngine, analyst: Connection) -> None:
    with pytest.raises(RapportError, match=r"(?s)have not what the metric reads.*make run"):
        ask(analyst, engine, Question(["csat"]))


def test_a_business_without_a_warehouse_is_told_of(server: str) -> None:
    with pytest.raises(RapportError, match="nowhere has no warehouse yet"), connected_as_analyst("nowhere"):
        pass
