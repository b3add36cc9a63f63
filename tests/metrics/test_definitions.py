"""Each metric is declared once, completely, with a word of the glossary, on tables that analysts read."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from rapport.building import read_manifest
from rapport.errors import RapportError, UsageError
from rapport.metrics.asking import LEAST_SHOWN
from rapport.metrics.definitions import declared_metrics, live_manifest, on_live_tables
from rapport.metrics.engine import PERIODS, MetricEngine, Question
from rapport.publishing import tables_from_manifest
from rapport.settings import DBT_PROJECT, PROJECT_ROOT

# What somebody may ask for, by the words they have for it.
ASKED_FOR = (
    "revenue", "orders", "repeat rate", "retention", "churn", "NPS", "CSAT", "CCR", "LTV", "CAC", "LTV:CAC",
    "promise-keeping", "engagement tier share", "recovery rate", "discount dependence",
)  # fmt: skip
DECLARED = sorted(
    metric["name"]
    for path in sorted((DBT_PROJECT / "models/semantic").glob("*.yml"))
    for metric in yaml.safe_load(path.read_text(encoding="utf-8"))["metrics"]
)


def glossary_words() -> set[str]:
    page = (PROJECT_ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    words = {line.split("|")[1].strip() for line in page.splitlines() if line.startswith("| ")}
    return words | {part.strip() for word in words for part in word.split(",")}


@pytest.mark.parametrize("words", ASKED_FOR)
def test_what_is_asked_for_is_a_metric_told_by_month_country_channel_and_segment(
    engine: MetricEngine, words: str
) -> None:
    called = {
        word.lower(): metric.name
        for metric in engine.metrics.values()
        for word in (metric.name.replace("_", " "), metric.label, *metric.also_called)
    }
    name = called[words.lower()]
    assert {"month", "country", "channel", "segment"} <= set(engine.dimensions([name]))
    assert engine.sql(Question([name], ["month", "country", "channel", "segment"]))


@pytest.mark.parametrize("name", DECLARED)
def test_a_metric_says_what_it_means_in_words_of_the_glossary(engine: MetricEngine, name: str) -> None:
    metric = engine.metrics[name]
    assert metric.description.endswith(".")
    assert metric.glossary in glossary_words()


@pytest.mark.parametrize("name", DECLARED)
def test_a_share_or_mean_says_what_it_is_of(engine: MetricEngine, name: str) -> None:
    metric = engine.metrics[name]
    if metric.of is None:
        assert metric.decimals in (0, 2), "a count or an amount"
        return
    counted = engine.metrics[metric.of]
    assert (counted.decimals, counted.segment) == (0, metric.segment)


@pytest.mark.parametrize("name", DECLARED)
def test_a_metric_needs_a_period_exactly_where_it_says_so(engine: MetricEngine, name: str) -> None:
    if not engine.metrics[name].needs_time:
        assert engine.sql(Question([name]))
        return
    with pytest.raises(UsageError, match="looks back from a period"):
        engine.sql(Question([name]))
    with pytest.raises(UsageError, match="cannot be asked"):
        engine._refuse_without_period = lambda *_: None  # type: ignore[method-assign]
        try:
            engine.sql(Question([name]))
        finally:
            del engine._refuse_without_period  # type: ignore[attr-defined]


def test_metrics_read_live_tables_and_no_personal_data(engine: MetricEngine) -> None:
    tables = tables_from_manifest(read_manifest("sample"))
    labels = {table.label for table in tables}
    personal = {column.name for table in tables for column in table.columns if column.pii}
    for name in DECLARED:
        dimensions = engine.dimensions([name]).values()
        assert all(found.description.endswith(".") for found in dimensions), name
        by = [found.name for found in {found.full_name: found for found in dimensions}.values()]
        statement = re.sub(r"^ *--.*$", "", engine.sql(Question([name], by)), flags=re.MULTILINE)
        read = set(re.findall(r"\b(?:from|join)\s+([a-z0-9_]+\.[a-z0-9_]+)", statement, re.IGNORECASE))
        assert read
        assert read <= labels
        assert not set(re.findall(r"[a-z_0-9]+", statement)) & personal, name


def test_a_model_that_is_not_published_is_no_source_of_metrics() -> None:
    manifest = live_manifest("sample")
    tables = [table for table in tables_from_manifest(read_manifest("sample")) if table.name != "orders"]
    for declared in manifest["semantic_models"]:
        declared["node_relation"]["schema_name"] = f"build_{declared['node_relation']['schema_name']}"
    with pytest.raises(RapportError, match=r"build_customer_360\.orders, which is not published"):
        on_live_tables(manifest, tables)


@pytest.mark.parametrize("meta", [{}, {"glossary": "order", "decimals": 0, "colour": "red"}])
def test_a_metric_whose_meta_is_wrong_is_refused(meta: dict[str, Any]) -> None:
    declared = {"name": "odd", "label": "Odd", "description": "Odd.", "config": {"meta": meta}}
    with pytest.raises(RapportError, match="meta of the metric odd"):
        declared_metrics({"metrics": [declared]})


def test_too_thin_is_as_thin_as_in_the_marts() -> None:
    project = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    assert project["vars"]["min_customers_for_a_share"] == LEAST_SHOWN


def test_what_looks_back_is_told_by_no_less_than_a_month(engine: MetricEngine) -> None:
    for name in ("repeat_rate", "retention_rate", "yearly_loss_rate", "engagement_index"):
        assert [period for period in PERIODS if period in engine.dimensions([name])] == ["month", "quarter", "year"]
