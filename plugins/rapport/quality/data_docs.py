"""Data Docs: Great Expectations' own pages, built from results that hold no values."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rapport import settings
from rapport.quality.suites import Stage, Suite
from rapport.quality.validation import gx_suite, new_context

from great_expectations import __version__ as gx_version  # isort: skip  # after rapport's: that one switches telemetry off
from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult  # isort: skip
from great_expectations.core.run_identifier import RunIdentifier  # isort: skip
from great_expectations.data_context.types.base import DataContextConfig  # isort: skip
from great_expectations.data_context.types.resource_identifiers import (  # isort: skip
    ExpectationSuiteIdentifier,
    ValidationResultIdentifier,
)

if TYPE_CHECKING:
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult

KEPT_NIGHTS = 31  # older pages go; quality.results keeps every night


def write_data_docs(
    business: str,
    business_date: date,
    stage: Stage,
    validated: Sequence[tuple[Suite, Sequence[ExpectationValidationResult]]],
) -> Path:
    """Add the pages of one gate to the business's site; returns its index. A re-run replaces its pages."""
    site = settings.work_dir(business) / "data_docs"
    store = settings.work_dir(business) / "gx"
    store.mkdir(parents=True, exist_ok=True)
    with (store / ".lock").open("w") as lock:  # three ingest runs may end at once, and they share the index
        fcntl.flock(lock, fcntl.LOCK_EX)
        _forget_before(business_date - timedelta(days=KEPT_NIGHTS), store / "validations", site / "validations")
        context = new_context(_project(store, site))
        run_id = RunIdentifier(
            run_name=business_date.isoformat(), run_time=datetime.combine(business_date, time(), tzinfo=UTC)
        )
        pages: list[Any] = []
        for suite, results in validated:
            context.suites.add_or_update(gx_suite(suite))
            suite_id = ExpectationSuiteIdentifier(suite.name)
            key = ValidationResultIdentifier(suite_id, run_id, batch_identifier=suite.meta.table)
            outcome = _outcome(suite, results, run_id)
            results_store = context.validation_results_store
            (results_store.update if results_store.has_key(key) else results_store.add)(key, outcome)
            pages += [suite_id, key]
        context.build_data_docs(resource_identifiers=pages)
    return site / "index.html"


def _outcome(
    suite: Suite, results: Sequence[ExpectationValidationResult], run_id: RunIdentifier
) -> ExpectationSuiteValidationResult:
    n_held = sum(bool(result.success) for result in results)
    statistics = {
        "evaluated_expectations": len(results),
        "successful_expectations": n_held,
        "unsuccessful_expectations": len(results) - n_held,
        "success_percent": 100 * n_held / len(results) if results else None,
    }
    return ExpectationSuiteValidationResult(
        success=n_held == len(results),
        results=list(results),
        suite_name=suite.name,
        suite_parameters={},
        statistics=statistics,
        meta={
            "run_id": run_id,
            "validation_time": run_id.run_time.isoformat(),
            "great_expectations_version": gx_version,
            "batch_spec": {},
            "active_batch_definition": {},
        },
    )


def _project(store: Path, site: Path) -> DataContextConfig:
    def on_disk(kind: str, folder: Path) -> dict[str, Any]:
        backend = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)}
        return {"class_name": kind, "store_backend": backend}

    def in_memory(kind: str) -> dict[str, Any]:
        return {"class_name": kind, "store_backend": {"class_name": "InMemoryStoreBackend"}}

    return DataContextConfig(
        config_version=4.0,
        fluent_datasources={},
        expectations_store_name="expectations",
        validation_results_store_name="validations",
        checkpoint_store_name="checkpoints",
        stores={
            "expectations": on_disk("ExpectationsStore", store / "expectations"),
            "validations": on_disk("ValidationResultsStore", store / "validations"),
            "checkpoints": in_memory("CheckpointStore"),
            "validation_definition_store": in_memory("ValidationDefinitionStore"),
        },
        data_docs_sites={
            "site": {
                **on_disk("SiteBuilder", site),
                "show_how_to_buttons": False,
                "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
            }
        },
        analytics_enabled=False,
        progress_bars={"globally": False},
    )


def _forget_before(oldest: date, *folders: Path) -> None:
    for run in (run for folder in folders for run in folder.glob("*/*/*")):
        if run.is_dir() and run.name < oldest.isoformat():
            shutil.rmtree(run)
