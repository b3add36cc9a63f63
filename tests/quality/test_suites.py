"""Every suite can be read, says who is told, and names rows without personal data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from rapport import settings
from rapport.errors import RapportError
from rapport.quality import STAGES, Stage, load_suite
from rapport.quality.suites import declared_targets
from rapport.quality.validation import gx_suite

ALL = [(stage, target.table) for stage in STAGES for target in declared_targets(stage)]


def declared_tables() -> Iterator[tuple[str, dict[str, Any]]]:
    """(table as suites name it, its columns' yml by name) for every source, mart and list dbt declares."""
    for path in settings.DBT_PROJECT.glob("models/staging/*/_*__sources.yml"):
        for source in yaml.safe_load(path.read_text(encoding="utf-8"))["sources"]:
            if source.get("schema") == "raw":
                for table in source["tables"]:
                    yield f"raw.{source['name']}__{table['name']}", {c["name"]: c for c in table["columns"]}
    for path in settings.DBT_PROJECT.glob("models/marts/*/_*__models.yml"):
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
            yield f"build_{path.parent.name}.{model['name']}", {c["name"]: c for c in model["columns"]}
    for model in yaml.safe_load((settings.DBT_PROJECT / "models/activation/_activation__models.yml").read_text())[
        "models"
    ]:
        if model["name"] == "lists":
            yield "build_activation.lists", {c["name"]: c for c in model["columns"]}


DECLARED = dict(declared_tables())


@pytest.mark.parametrize(("stage", "table"), ALL, ids=lambda value: value)
def test_great_expectations_takes_every_expectation(stage: Stage, table: str) -> None:
    suite = load_suite(stage, table)
    assert len(gx_suite(suite).expectations) == len(suite.expectations)
    assert any(expectation.severity == "critical" for expectation in suite.expectations)
    assert all(expectation.meta.get("notes") for expectation in suite.expectations)


@pytest.mark.parametrize(("stage", "table"), ALL, ids=lambda value: value)
def test_a_suite_names_columns_that_exist_and_keys_that_are_no_personal_data(stage: Stage, table: str) -> None:
    suite = load_suite(stage, table)
    columns = DECLARED[suite.meta.table]
    lineage = {"_load_id", "_row_number", "_extra"} if stage == "landing" else set()
    used = {
        name
        for expectation in suite.expectations
        for argument in ("column", "column_A", "column_B", "column_list")
        for name in [expectation.kwargs.get(argument) or []]
        for name in ([name] if isinstance(name, str) else name)
    }
    assert used | set(suite.meta.key) <= set(columns) | lineage
    personal = {name for name, column in columns.items() if column.get("config", {}).get("meta", {}).get("pii")}
    assert not personal & set(suite.meta.key)


def test_every_export_and_every_mart_has_a_suite() -> None:
    covered = {load_suite(stage, table).meta.table for stage, table in ALL}
    assert covered == set(DECLARED)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("name: [", "not YAML"),
        ("name: landing.t", "meta: Field required"),
        ("name: landing.t\nmeta: {table: raw.t, key: [], told: us, notes: x}\nexpectations: []", "meta.key"),
        (
            "name: landing.t\nmeta: {table: raw.t, key: [id], told: us, notes: x}\n"
            "expectations: [{type: x, severity: fatal}]",
            "expectations.0.severity",
        ),
        (
            "name: landing.other\nmeta: {table: raw.t, key: [id], told: us, notes: x}\n"
            "expectations: [{type: x, severity: critical}]",
            "expected landing.t",
        ),
    ],
)
def test_a_mistake_in_a_suite_is_named(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "landing").mkdir()
    (tmp_path / "landing/t.yml").write_text(content, encoding="utf-8")
    with pytest.raises(RapportError, match=message) as raised:
        load_suite("landing", "t", tmp_path)
    assert "expectations/landing/t.yml" in raised.value.where


def test_an_expectation_that_great_expectations_would_drop_in_silence_is_named(tmp_path: Path) -> None:
    (tmp_path / "marts").mkdir()
    (tmp_path / "marts/t.yml").write_text(
        "name: marts.t\nmeta: {table: build_x.t, key: [id], told: us, notes: x}\nexpectations:\n"
        "  - {type: expect_table_row_count_to_be_between, kwargs: {min_value: 1}, severity: critical}\n"
        "  - {type: expect_column_values_to_be_nice, kwargs: {column: id}, severity: critical}\n",
        encoding="utf-8",
    )
    with pytest.raises(RapportError, match="expect_column_values_to_be_nice"):
        gx_suite(load_suite("marts", "t", tmp_path))
