"""docker-compose.yml gives Airflow the settings of `make up`, and asks for every secret before anything is made."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from rapport.airflow import environment as env

REPOSITORY = Path(__file__).parents[2]
# What differs, but must be set: where things lie, who listens where, what is secret, how many tasks run at once.
OWN = {
    "AIRFLOW__API__BASE_URL",
    "AIRFLOW__API__HOST",
    "AIRFLOW__API__PORT",
    "AIRFLOW__API__SECRET_KEY",
    "AIRFLOW__API_AUTH__JWT_SECRET",
    "AIRFLOW__CORE__DAGS_FOLDER",
    "AIRFLOW__CORE__EXECUTION_API_SERVER_URL",
    "AIRFLOW__CORE__FERNET_KEY",
    "AIRFLOW__CORE__PARALLELISM",
    "AIRFLOW__CORE__PLUGINS_FOLDER",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
    "PYTHONPATH",
    "RAPPORT_BUSINESS",
    "RAPPORT_CLOCK",
}
# The image sets these; a container has its ports to itself; and `make down`, which looks for the mark, is not for it.
NOT_NEEDED = {
    "AIRFLOW_HOME",
    "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT",
    "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT",
    "PATH",
    "RAPPORT_HOME",
    "RAPPORT_PROJECT",
    "RAPPORT_STACK",
}
# The warehouse and the drop are services here; `make up` has its own without being told.
SERVICES = {"WAREHOUSE_URL", "AIRFLOW_CONN_RAPPORT_DROP_SFTP"}
COMPONENTS = ("airflow-init", "api-server", "scheduler", "dag-processor", "triggerer")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
    return found


@pytest.fixture
def of_make_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    for name in list(os.environ):
        monkeypatch.delenv(name)  # else what the tests run with would count as set
    monkeypatch.setenv("RAPPORT_HOME", str(tmp_path))
    ports = {"api": 8080, "worker_log": 1, "trigger_log": 2}
    return env.environment("sample", clock=True, ports=ports, database_url="postgresql://rapport@host/rapport_airflow")


def test_containers_have_the_settings_of_make_up(compose: dict[str, Any], of_make_up: dict[str, str]) -> None:
    settings = compose["x-settings"]
    assert set(settings) - SERVICES == set(of_make_up) - NOT_NEEDED
    shared = set(of_make_up) - NOT_NEEDED - OWN
    assert {name: settings[name] for name in shared} == {name: of_make_up[name] for name in shared}


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_component_has_all_settings(compose: dict[str, Any], component: str) -> None:
    assert compose["x-settings"].items() <= compose["services"][component]["environment"].items()


def test_a_setting_without_a_default_is_asked_for_by_name() -> None:
    text = (REPOSITORY / "docker-compose.yml").read_text()
    used = set(re.findall(r"(?<!\$)\$\{(\w+)", text))
    with_default = set(re.findall(r"\$\{(\w+):-", text))
    asked_for = {name for name, named in re.findall(r"\$\{(\w+):\?set (\w+) in \.env", text) if name == named}
    assert asked_for
    assert used - with_default == asked_for


def test_the_example_names_every_setting_and_holds_no_secret() -> None:
    text = (REPOSITORY / "docker-compose.yml").read_text()
    example = dict(re.findall(r"^(\w+)=(.*)$", (REPOSITORY / ".env.example").read_text(), flags=re.MULTILINE))
    defaults = dict(re.findall(r"\$\{(\w+):-([^}]*)\}", text))
    secrets = dict.fromkeys(re.findall(r"\$\{(\w+):\?", text), "")
    assert example == defaults | secrets
