"""Every vendor's exports are loaded whole, and its staging holds over them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from staging.conftest import EXPORTS, Staged

from rapport import settings
from rapport.businesses import declared_vendors
from rapport.landing.declarations import snake_case


def test_a_vendor_is_listed_where_the_project_is_read_without_a_business() -> None:
    """Lint and docs read the project as a whole; a vendor left out there would not be looked at."""
    project = yaml.safe_load((settings.DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    assert project["vars"]["vendors"] == list(declared_vendors())


@pytest.mark.parametrize("file", sorted(path for path in EXPORTS.rglob("*") if path.is_file()), ids=lambda p: p.name)
def test_a_fixture_export_is_loaded_as_its_vendors(staged: Staged, file: Path) -> None:
    (load,) = [load for load in staged.loads if load.file == file.name]
    assert (load.status, load.vendor, load.quarantined) == ("loaded", file.relative_to(EXPORTS).parts[0], 0), load


def test_the_expectations_of_landing_hold_over_the_fixtures(staged: Staged) -> None:
    loaded = {f"landing.{load.vendor}__{load.table}" for load in staged.loads}
    assert {check.suite for gate in staged.gates for check in gate.checks} == loaded
    assert [str(check) for gate in staged.gates for check in gate.failed] == []


def test_staging_of_all_vendors_builds_and_its_tests_hold(staged: Staged) -> None:
    statuses = {f"{result.node.name}: {result.message}": str(result.status) for result in staged.built}
    assert {name for name, status in statuses.items() if status not in ("success", "pass")} == set()
    assert {result.node.resource_type.value for result in staged.built} >= {"model", "test", "unit_test", "seed"}


def test_every_table_of_a_vendor_with_fixtures_has_one(staged: Staged) -> None:
    """Those without a folder here are written by `rapport samples`, and tested with them."""
    vendors = {folder.name for folder in EXPORTS.iterdir()}
    declared = {(table.vendor, table.table) for table in staged.declarations if table.vendor in vendors}
    assert declared == {(load.vendor, load.table) for load in staged.loads}


def test_columns_that_are_dropped_are_nowhere_in_the_warehouse(staged: Staged, conn: psycopg.Connection[Any]) -> None:
    for table in staged.declarations:
        kept = conn.execute(
            "select column_name from information_schema.columns where table_schema = 'raw' and table_name = %s"
            f" union select jsonb_object_keys(_extra) from raw.{table.raw_table}",
            [table.raw_table],
        ).fetchall()
        dropped = {snake_case(header) for column in table.columns if column.drop for header in column.headers}
        assert dropped.isdisjoint(snake_case(name) for (name,) in kept), str(table)
