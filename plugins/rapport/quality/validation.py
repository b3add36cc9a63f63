"""The only place where Great Expectations looks at rows, and where its results lose every value.

Any result format but the barest carries failing values, and its error messages quote them. Only counts,
numbers that were observed, and the keys a suite declares come out of here.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rapport.errors import RapportError
from rapport.quality.report import Check
from rapport.quality.suites import Suite

os.environ["GX_ANALYTICS_ENABLED"] = "false"  # before the import: it decides then

import great_expectations as gx
from great_expectations.core.expectation_suite import ExpectationSuite
from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults
from sqlalchemy import make_url

if TYPE_CHECKING:
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult
    from great_expectations.data_context import EphemeralDataContext
    from great_expectations.datasource.fluent.interfaces import Batch

# its log quotes rows; the results say what matters
logging.getLogger("great_expectations").setLevel(logging.CRITICAL)

MOST_KEYS = 20
_NO_SUCH_COLUMN = re.compile(r'The column "\w+" in BatchData does not exist')
_COUNTS = (
    "element_count",
    "unexpected_count",
    "unexpected_percent",
    "missing_count",
    "missing_percent",
    "unexpected_percent_total",
    "unexpected_percent_nonmissing",
)


def new_context(project_config: DataContextConfig | None = None) -> EphemeralDataContext:
    """A context that writes nothing down but what `project_config` says."""
    # its own default leaves a folder of docs behind in /tmp each time
    in_memory = InMemoryStoreBackendDefaults(init_temp_docs_sites=False)
    config = project_config or DataContextConfig(store_backend_defaults=in_memory, analytics_enabled=False)
    context = gx.get_context(mode="ephemeral", project_config=config)
    context.variables.progress_bars = {"globally": False}
    return context


def gx_suite(suite: Suite) -> ExpectationSuite:
    """The suite as Great Expectations' own object. Raises RapportError naming one it does not take."""
    declared = [expectation.model_dump() for expectation in suite.expectations]
    built = ExpectationSuite(name=suite.name, expectations=declared, meta=suite.meta.model_dump())
    if len(built.expectations) != len(declared):  # it drops what it cannot read, and goes on
        bad = [one for one in declared if not ExpectationSuite(name="one", expectations=[one]).expectations]
        raise RapportError(
            "Great Expectations does not take " + ", ".join(f"{one['type']} with {one['kwargs']}" for one in bad),
            where=f"expectations/{suite.name.replace('.', '/', 1)}.yml",
            fix="correct the type or its arguments; see docs/how-to/write-expectations.md",
        )
    return built


def validate(
    conn_url: str, suite: Suite, relation: tuple[str, str], parameters: Mapping[str, Any]
) -> list[ExpectationValidationResult]:
    """Results of a suite over a table or view (schema, name), stripped of values.

    `conn_url` is a postgresql:// URL. `parameters` are what `$PARAMETER` in a suite may name.
    """
    schema, table = relation
    server = make_url(conn_url).set(drivername="postgresql+psycopg")
    # A gate has the machine to itself; a table just loaded has no statistics by which the planner would use it all.
    in_schema = server.update_query_dict({"options": f"-csearch_path={schema} -cparallel_setup_cost=0"})
    source = new_context().data_sources.add_postgres(
        "warehouse", connection_string=in_schema.render_as_string(hide_password=False)
    )
    try:
        # never a query asset: to learn its columns Great Expectations fetches every row of the query
        asset = source.add_table_asset(suite.name, table_name=table)
        batch = asset.add_batch_definition_whole_table("all").get_batch()
        found = _validate(batch, gx_suite(suite), parameters, partial_unexpected_count=0)
        failed = [result.expectation_config.to_json_dict() for result in found if not result.success]
        if failed:
            # Rows are looked for only where a check failed: each of these is another scan of the table.
            keys = {"unexpected_index_column_names": suite.meta.key, "partial_unexpected_count": MOST_KEYS}
            again = iter(_validate(batch, ExpectationSuite(suite.name, failed), parameters, **keys))
            found = [result if result.success else next(again) for result in found]
    finally:
        source.get_execution_engine().engine.dispose()
    for result in found:
        _strip(result, suite.meta.key)
    return found


def _validate(
    batch: Batch, suite: ExpectationSuite, parameters: Mapping[str, Any], **how: Any
) -> list[ExpectationValidationResult]:
    """Results in the suite's order; `how` extends the result format."""
    result_format = {"result_format": "SUMMARY", "exclude_unexpected_values": True, **how}
    found = batch.validate(suite, expectation_parameters=dict(parameters), result_format=result_format)
    return list(found.results)


def check_of(suite: Suite, result: ExpectationValidationResult) -> Check:
    """A stripped result as one of our checks."""
    configuration, counts = result.expectation_config, result.result
    columns = _columns(configuration.kwargs)
    failed_to_run = bool(result.exception_info.get("raised_exception"))
    observed = counts.get("observed_value")
    if observed is None and counts.get("unexpected_percent") is not None:
        observed = f"{counts['unexpected_percent']:.4g} % unexpected"
    return Check(
        suite=suite.name,
        table=suite.meta.table,
        expectation=configuration.type,
        column=", ".join(columns) or None,
        severity="stop" if configuration.severity == "critical" else "warn",
        outcome="error" if failed_to_run else "passed" if result.success else "failed",
        told=suite.meta.told,
        observed=None if observed is None else str(observed),
        unexpected_count=counts.get("unexpected_count"),
        element_count=counts.get("element_count"),
        failing_keys=tuple(counts.get("failing_keys", ())),
        problem=result.exception_info.get("exception_message"),
    )


def _strip(result: ExpectationValidationResult, key: list[str]) -> None:
    """Reduce a result, in place, to counts, an observed number, declared keys and the kind of an error."""
    found = result.result or {}
    kept: dict[str, Any] = {name: found[name] for name in _COUNTS if name in found}
    observed = found.get("observed_value")
    if isinstance(observed, int | float) and not isinstance(observed, bool):
        kept["observed_value"] = observed
    # a key column that is itself checked would give the failing value away
    names = [name for name in key if name not in _columns(result.expectation_config.kwargs)]
    keys = _failing_keys(found.get("partial_unexpected_index_list") or [], names)
    if keys and not result.success:
        kept["failing_keys"] = keys
    result.result = kept
    result.meta = {}
    result.exception_info = _error_kind(result.exception_info or {})


def _columns(kwargs: Mapping[str, Any]) -> list[str]:
    """Columns an expectation is about."""
    named = [kwargs[name] for name in ("column", "column_A", "column_B") if name in kwargs]
    return kwargs.get("column_list") or named


def _failing_keys(index: list[Any], key: list[str]) -> list[dict[str, Any]]:
    """Rows by key; Great Expectations gives a list for each column."""
    if not index or not key:
        return []
    columns = index[0]
    rows = zip(*(columns[name] for name in key), strict=True)
    return [dict(zip(key, map(_plain, row), strict=True)) for row in list(rows)[:MOST_KEYS]]


def _plain(value: Any) -> Any:
    """A key's value as JSON takes it. An address that got into a key column is personal data all the same."""
    if value is None or isinstance(value, int | float):
        return value
    text = str(value)
    return "(withheld)" if "@" in text else text


def _error_kind(info: Mapping[str, Any]) -> dict[str, Any]:
    entries = [info] if "raised_exception" in info else list(info.values())
    raised = next((entry for entry in entries if entry.get("raised_exception")), None)
    if raised is None:
        return {"raised_exception": False, "exception_message": None, "exception_traceback": None}
    message, traceback = str(raised.get("exception_message")), str(raised.get("exception_traceback") or "")
    known = _NO_SUCH_COLUMN.search(message)
    kinds = re.findall(r"^([\w.]+(?:Error|Exception|Violation|\w+))(?=: )", traceback, flags=re.MULTILINE)
    kind = known.group(0) if known else (kinds[0].rsplit(".", 1)[-1] if kinds else "unknown error")
    return {"raised_exception": True, "exception_message": kind, "exception_traceback": ""}
