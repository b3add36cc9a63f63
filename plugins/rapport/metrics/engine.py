"""MetricFlow's engine as this project asks it: short names in, one statement of SQL out."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rapport.errors import UsageError
from rapport.metrics.conditions import as_template
from rapport.metrics.definitions import Metric, declared_metrics

PERIODS = ("day", "week", "month", "quarter", "year")


@dataclass(frozen=True)
class Dimension:
    """What metrics can be told by: the short name, MetricFlow's own, and what it means."""

    name: str
    full_name: str
    description: str


@dataclass(frozen=True)
class Question:
    """Metrics, what they are told by, and which of it counts (conditions, all of which hold)."""

    metrics: Sequence[str]
    by: Sequence[str] = ()
    where: Sequence[str] = ()
    limit: int | None = None


class MetricEngine:
    """Answers with SQL, connects to nothing. `manifest` is a semantic manifest on live tables."""

    def __init__(self, manifest: Mapping[str, Any]) -> None:
        from metricflow.engine.metricflow_engine import MetricFlowEngine
        from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest
        from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

        self.metrics = declared_metrics(manifest)
        parsed = parse_manifest_from_dbt_generated_manifest(json.dumps(manifest))
        self._flow = MetricFlowEngine(SemanticManifestLookup(parsed), _OnlyRenders())

    def metric(self, name: str) -> Metric:
        """The metric of this name; raises UsageError with those that are called alike."""
        if name in self.metrics:
            return self.metrics[name]
        words = {word.lower(): metric.name for metric in self.metrics.values() for word in _words_for(metric)}
        close = difflib.get_close_matches(name.lower().replace("_", " "), words, n=5, cutoff=0.6)
        similar = list(dict.fromkeys(words[word] for word in close))
        raise UsageError(
            f"There is no metric `{name}`.",
            fix=f"did you mean {' or '.join(similar)}?" if similar else "`rapport metrics list` shows all",
        )

    def dimensions(self, names: Iterable[str]) -> dict[str, Dimension]:
        """What all these metrics can be told by, by short name: periods first, then dimensions, then the person.

        A model's own dimension has the short name before the person's of the same name, which keeps its full one.
        """
        metrics = [self.metric(name) for name in names]
        offered = {
            _full_name(found): found.description or ""
            for found in self._flow.list_group_bys(
                metric_names=[metric.name for metric in metrics], include_derived_time_granularities=True
            )
        }
        found = {
            period: Dimension(period, f"metric_time__{period}", f"The {period} in which it happened.")
            for period in PERIODS
            if f"metric_time__{period}" in offered
        }
        segments = {metric.segment for metric in metrics}
        for full_name in sorted(offered, key=lambda name: (name.startswith("customer__"), name)):
            entity, _, name = full_name.partition("__")
            # Dates of single things are there for MetricFlow to join by; months of them are dimensions of their own.
            if not name or entity == "metric_time" or full_name in self._dates or full_name == "customer__segment":
                continue
            short = name if name not in found else full_name
            found[short] = Dimension(short, full_name, offered[full_name])
        if len(segments) == 1:
            full_name = f"customer__{segments.pop()}"
            if full_name in offered:
                found["segment"] = Dimension("segment", full_name, offered[full_name])
        if "customer" in offered:
            found["customer"] = Dimension("customer", "customer", "Id of the person.")
        return found

    def sql(self, question: Question) -> str:
        """The statement that answers the question: columns of `by`, then of `metrics`, ordered by the former.

        Raises UsageError for a metric that is not known, and for what it cannot be told by.
        """
        from metricflow.engine.metricflow_engine import MetricFlowQueryRequest, OutputColumnOrderMode
        from metricflow_semantics.errors.error_classes import MetricFlowException

        metrics = [self.metric(name) for name in question.metrics]
        dimensions = self.dimensions(question.metrics)
        chosen = [self._dimension(name, dimensions, metrics) for name in question.by]
        self._refuse_without_period(metrics, question.by, dimensions)
        names = {name: found.full_name for name, found in dimensions.items()}
        names |= {found.full_name: found.full_name for found in dimensions.values()}
        request = MetricFlowQueryRequest.create(
            metric_names=[metric.name for metric in metrics],
            group_by_names=chosen,
            where_constraints=[as_template(condition, names) for condition in question.where] or None,
            order_by_names=chosen or None,
            limit=question.limit,
            output_column_order_mode=OutputColumnOrderMode.INPUT_ORDER,
        )
        try:
            return str(self._flow.explain(request).sql_statement.sql)
        except MetricFlowException as error:
            raise UsageError(
                f"This cannot be asked: {_message(error)}",
                where=", ".join(question.metrics),
                fix="`rapport metrics show NAME` tells what a metric can be told by",
            ) from None

    @cached_property
    def _dates(self) -> set[str]:
        from metricflow_semantic_interfaces.type_enums import DimensionType

        return {str(found.dunder_name) for found in self._flow.list_dimensions() if found.type is DimensionType.TIME}

    def _dimension(self, name: str, dimensions: Mapping[str, Dimension], metrics: Sequence[Metric]) -> str:
        full_names = {found.full_name for found in dimensions.values()}
        if name in dimensions:
            return dimensions[name].full_name
        if name in full_names:
            return name
        which = ", ".join(metric.name for metric in metrics)
        if name == "segment":
            meant = "; ".join(f"{metric.segment} for {metric.name}" for metric in metrics)
            raise UsageError(
                f"`segment` is not the same for all of {which}.", where=meant, fix="ask for one at a time, or by stage"
            )
        raise UsageError(
            f"{which} cannot be told by `{name}`" + (" together." if len(metrics) > 1 else "."),
            where=f"--by {name}",
            fix=f"use {', '.join(dimensions)}",
        )

    def _refuse_without_period(
        self, metrics: Sequence[Metric], by: Sequence[str], dimensions: Mapping[str, Dimension]
    ) -> None:
        periods = [period for period in PERIODS if period in dimensions]
        needing = [metric.name for metric in metrics if metric.needs_time]
        if needing and not {name.removeprefix("metric_time__") for name in by} & set(periods):
            raise UsageError(
                f"{', '.join(needing)} looks back from a period, and is not told without one.",
                fix=f"add one to --by: {', '.join(periods)}",
            )


class _OnlyRenders:
    """What MetricFlow needs to know of a warehouse in order to write its SQL."""

    def __init__(self) -> None:
        from metricflow.protocols.sql_client import SqlEngine
        from metricflow.sql.render.postgres import PostgresSQLSqlPlanRenderer

        self.sql_engine_type = SqlEngine.POSTGRES
        self.sql_plan_renderer = PostgresSQLSqlPlanRenderer()


def _words_for(metric: Metric) -> Iterable[str]:
    return metric.name.replace("_", " "), metric.label, *metric.also_called


def _full_name(found: Any) -> str:
    return str(getattr(found, "dunder_name", None) or found.name)


def _message(error: Exception) -> str:
    """The first sentences of MetricFlow's report, without its map of where they came from."""
    text = str(error)
    if "Message:" in text:
        text = text.split("Message:", 1)[1].split("Suggestions:")[0].split("Issue Location:")[0]
    return " ".join(text.split())[:400]
