"""`rapport metrics` helps those who do not know the names, and prints figures for people and programs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from rapport.errors import UsageError
from rapport.metrics import commands
from rapport.metrics.engine import MetricEngine, Question


def refusal(engine: MetricEngine, *metrics: str, by: str = "", where: str = "") -> str:
    with pytest.raises(UsageError) as refused:
        engine.sql(Question(metrics, by.split(), [where] if where else []))
    return str(refused.value)


@pytest.mark.parametrize(
    ("asked", "suggested"),
    [
        ("revenu", "revenue"),
        ("churn", "yearly_loss_rate"),
        ("CCR", "contacts_per_order"),
        ("ltv_cac", "ltv_to_cac"),
        ("promises_kept", "promise_keeping"),
    ],
)
def test_an_unknown_metric_brings_up_those_called_alike(engine: MetricEngine, asked: str, suggested: str) -> None:
    told = refusal(engine, asked)
    assert f"There is no metric `{asked}`." in told
    assert suggested in told.split("did you mean")[1]


def test_a_metric_like_no_other_is_sent_to_the_list(engine: MetricEngine) -> None:
    assert "`rapport metrics list` shows all" in refusal(engine, "xyzzy")


def test_an_impossible_dimension_brings_up_the_possible_ones(engine: MetricEngine) -> None:
    told = refusal(engine, "nps", by="store")
    assert "nps cannot be told by `store`." in told
    assert "month, quarter, year, survey, touchpoint, channel" in told


def test_together_metrics_are_told_by_what_they_share(engine: MetricEngine) -> None:
    assert "revenue, nps cannot be told by `touchpoint` together." in refusal(engine, "revenue", "nps", by="touchpoint")
    assert "channel" in engine.dimensions(["revenue", "nps"]), "the one that won the person"
    assert engine.dimensions(["revenue"])["channel"].full_name == "order__channel"


def test_a_segment_that_means_two_things_is_refused(engine: MetricEngine) -> None:
    told = refusal(engine, "nps", "repeat_rate", by="segment")
    assert "segment for nps; stage for repeat_rate" in told


def test_a_metric_that_looks_back_asks_for_its_period(engine: MetricEngine) -> None:
    assert "add one to --by: month, quarter, year" in refusal(engine, "yearly_loss_rate", by="country")


def test_a_condition_on_what_is_not_there_is_refused(engine: MetricEngine) -> None:
    assert "There is no `shop` to compare here." in refusal(engine, "orders", where="shop = 'x'")


@pytest.fixture
def rapport(engine: MetricEngine, small_business: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`rapport metrics …` on the small business; its definitions are the sample's, as they are everybody's."""
    monkeypatch.setattr(commands, "_engine", lambda _: engine)

    def run(*arguments: str) -> Result:
        done = CliRunner().invoke(commands.app, [*arguments, "--business", small_business])
        assert done.exit_code == 0, done.exception
        return done

    return run


def test_query_prints_a_table_and_marks_what_is_too_thin(rapport: Any) -> None:
    lines = rapport(
        "query", "revenue", "nps", "--by", "country", "--where", "month >= '2026-02-01'"
    ).stdout.splitlines()
    assert [line.split() for line in lines] == [
        ["country", "revenue", "nps"],
        ["DK", "30.00", "100.0000*"],
        ["TR", "60.00", "0.0000*"],
        ["*", "too", "thin:", "of", "fewer", "than", "30"],
    ]


def test_query_prints_json_with_what_each_figure_is_of(rapport: Any) -> None:
    told = json.loads(rapport("query", "orders", "nps", "--by", "month", "--limit", "30", "--json").stdout)
    assert told["rows"][-2] == {
        "month": "2026-02-01", "orders": 2, "nps": 33.3333, "nps_of": 3, "nps_is_too_thin": True,
    }  # fmt: skip
    assert told["rows"][-1]["nps"] is None


def test_query_says_so_where_there_is_nothing(rapport: Any) -> None:
    assert rapport("query", "revenue", "--by", "month", "--where", "country = 'SE'").stdout == "No figures.\n"


def test_query_prints_its_sql(rapport: Any) -> None:
    assert "FROM customer_360.orders" in rapport("query", "revenue", "--sql").stdout


def test_show_tells_what_a_metric_is_told_by(rapport: Any) -> None:
    told = rapport("show", "nps").stdout
    assert "NPS (nps): Net Promoter Score" in told
    assert "touchpoint" in told
    assert {row["name"] for row in json.loads(rapport("show", "nps", "--json").stdout)["by"]} >= {"month", "country"}
