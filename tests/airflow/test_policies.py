"""Policies every DAG keeps: owners, tags, documentation, retries, and no logic at the top."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[2]
NIGHTLY = {"ingest_crm", "ingest_ecommerce", "ingest_survey", "build_marts", "send_segments"}
EXPECTED = {*NIGHTLY, "approve_lists", "recall_list", "erase_customers"}


@pytest.fixture(scope="module")
def dags(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    os.environ.setdefault("AIRFLOW_HOME", str(tmp_path_factory.mktemp("airflow")))
    os.environ["AIRFLOW__CORE__PLUGINS_FOLDER"] = str(REPOSITORY / "plugins")
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(REPOSITORY / "dags"))
    assert bag.import_errors == {}
    return dict(bag.dags)


def test_the_dags_are_these(dags: dict[str, Any]) -> None:
    assert set(dags) == EXPECTED


@pytest.mark.parametrize("dag_id", sorted(EXPECTED))
class TestEveryDag:
    def test_has_an_owner_of_the_closed_set(self, dags: dict[str, Any], dag_id: str) -> None:
        from rapport.airflow.wiring import Owner

        assert {task.owner for task in dags[dag_id].tasks} <= {owner.value for owner in Owner}

    def test_has_tags_of_the_closed_set(self, dags: dict[str, Any], dag_id: str) -> None:
        from rapport.airflow.wiring import Tag

        assert dags[dag_id].tags
        assert set(dags[dag_id].tags) <= {tag.value for tag in Tag}

    def test_documents_itself_and_its_groups(self, dags: dict[str, Any], dag_id: str) -> None:
        assert len(dags[dag_id].doc_md.strip()) > 100
        groups = [group for name, group in dags[dag_id].task_group_dict.items() if name]
        assert groups
        assert all(group.tooltip for group in groups)

    def test_names_only_runbooks_that_exist(self, dags: dict[str, Any], dag_id: str) -> None:
        named = [word.strip(",.") for word in dags[dag_id].doc_md.split() if word.startswith("docs/")]
        assert named
        assert [path for path in named if not (REPOSITORY / path).is_file()] == []

    def test_retries_with_back_off(self, dags: dict[str, Any], dag_id: str) -> None:
        for task in dags[dag_id].tasks:
            if task.task_id.split(".")[-1] != "write_docs":
                assert task.retries >= 2, task.task_id
                assert task.retry_exponential_backoff, task.task_id

    def test_runs_one_night_at_a_time(self, dags: dict[str, Any], dag_id: str) -> None:
        # Questions of one night may stand while the next one's are asked.
        assert dags[dag_id].max_active_runs == (16 if dag_id == "approve_lists" else 1)
        assert dags[dag_id].catchup is False

    def test_takes_the_business_as_a_parameter(self, dags: dict[str, Any], dag_id: str) -> None:
        assert "business" in dags[dag_id].params


@pytest.mark.parametrize("dag_id", sorted(NIGHTLY))
class TestEveryDagOfANight:
    def test_takes_date_and_dry_run_as_parameters(self, dags: dict[str, Any], dag_id: str) -> None:
        assert {"date", "dry_run"} <= set(dags[dag_id].params)

    def test_every_task_of_a_night_links_to_its_page(self, dags: dict[str, Any], dag_id: str) -> None:
        from rapport.airflow.night_operator import NightOperator

        steps = [task for task in dags[dag_id].tasks if isinstance(task, NightOperator)]
        assert steps
        assert all("Night" in {link.name for link in task.operator_extra_links} for task in steps)


def test_loading_is_mapped_over_what_is_declared(dags: dict[str, Any]) -> None:
    for kind in ("crm", "ecommerce", "survey"):
        assert dags[f"ingest_{kind}"].get_task("landing.load").is_mapped


def test_a_run_of_send_segments_is_red_or_green_by_the_delivery_of_its_lists(dags: dict[str, Any]) -> None:
    last = dags["send_segments"].get_task("tell_marketing")
    assert dags["send_segments"].leaves == [last]
    # Airflow looks past a teardown at what is before it, and runs it whatever became of that.
    assert last.is_teardown
    assert not last.on_failure_fail_dagrun
    assert last.upstream_task_ids == {"claim_night", "deliver_lists"}


def test_report_and_docs_hold_nothing_up_not_even_each_other(dags: dict[str, Any]) -> None:
    for name in ("write_report", "write_docs"):
        task = dags["build_marts"].get_task(name)
        assert task.upstream_task_ids == {"claim_night", "publish"}
        assert not task.downstream_task_ids
        assert not task.fails_the_night


def test_the_report_is_one_click_from_its_task(dags: dict[str, Any]) -> None:
    task = dags["build_marts"].get_task("write_report")
    (link,) = [link for link in task.operator_extra_links if link.name == "Report"]
    task.night = {"business": "sample", "date": "2026-03-03"}
    assert link.get_link(task, ti_key=None) == "/rapport/reports/sample/2026-03-03"


def test_a_destination_is_one_task(dags: dict[str, Any]) -> None:
    assert dags["send_segments"].get_task("deliver_lists").is_mapped


def test_about_ten_dbt_tasks_build_a_night(dags: dict[str, Any]) -> None:
    from rapport.airflow.build import DbtStep
    from rapport.building import DBT_STEPS

    tasks = [task for dag in dags.values() for task in dag.tasks if isinstance(task, DbtStep)]
    assert {task.step_name() for task in tasks} == set(DBT_STEPS)


def test_dag_files_are_wiring_only() -> None:
    for path in (REPOSITORY / "dags").glob("*.py"):
        text = path.read_text()
        assert len(text.splitlines()) < 110, path.name
        assert not any(word in text for word in ("psycopg", "pandas", "select ", "open(", "connect(")), path.name


def test_only_one_folder_of_the_package_imports_airflow() -> None:
    package = REPOSITORY / "plugins" / "rapport"
    strays = [
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if "airflow" not in path.relative_to(package).parts
        and any(line.strip().startswith(("import airflow", "from airflow")) for line in path.read_text().splitlines())
    ]
    assert strays == []


def test_the_package_is_kept_from_running_as_plugins() -> None:
    ignored = (REPOSITORY / "plugins" / ".airflowignore").read_text().splitlines()
    assert "rapport/" in ignored


def test_every_asset_that_wakes_a_dag_is_reported_by_a_task(dags: dict[str, Any]) -> None:
    from airflow.sdk import AssetAlias

    from rapport.airflow.wiring import (
        LISTS_HELD,
        LISTS_SENT,
        MARTS_PUBLISHED,
        NIGHT_CLOSED,
        SOME_LISTS_HELD,
        landed,
    )
    from rapport.businesses import KINDS

    # Of a mapped task these are the outlets given to `partial`: what its class would add is not among them.
    assert dags["send_segments"].get_task("deliver_lists").outlets == [NIGHT_CLOSED]
    outlets = {outlet for dag in dags.values() for task in dag.tasks for outlet in task.outlets}
    through_alias = {NIGHT_CLOSED: LISTS_SENT, SOME_LISTS_HELD: LISTS_HELD}
    reported = {through_alias[outlet] if isinstance(outlet, AssetAlias) else outlet for outlet in outlets}
    schedules = (getattr(dag.timetable, "asset_condition", None) for dag in dags.values())
    waking = {asset for condition in schedules if condition is not None for asset in condition.objects}
    assert waking == {*(landed(kind) for kind in KINDS), MARTS_PUBLISHED, LISTS_SENT, LISTS_HELD}
    assert reported == waking
