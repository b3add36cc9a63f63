"""Airflow's REST API as a data engineer uses it through the UI: look at runs, read logs, clear, pause."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

Found = dict[str, Any]


class AirflowApi:
    """The API of the stack whose home this is, as its admin user."""

    def __init__(self, home: Path) -> None:
        port = json.loads((home / "stack.json").read_text())["ports"]["api"]
        password = json.loads((home / "simple_auth_manager_passwords.json.generated").read_text())["admin"]
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)
        token = self._http.post("/auth/token", json={"username": "admin", "password": password})
        self._http.headers["Authorization"] = f"Bearer {token.raise_for_status().json()['access_token']}"

    def __call__(self, method: str, path: str, body: Any = None, **query: Any) -> Found:
        answer = self._http.request(method, f"/api/v2{path}", json=body, params=query)
        assert answer.status_code < 400, f"{method} {path}: {answer.status_code} {answer.text}"
        found: Found = answer.json()
        return found

    def page(self, path: str) -> str:
        """One of Rapport's own pages."""
        return self._http.get(path).raise_for_status().text

    def runs(self, dag_id: str) -> list[Found]:
        """Runs of a DAG, newest first."""
        runs: list[Found] = self("GET", f"/dags/{dag_id}/dagRuns", order_by="-run_after", limit=50)["dag_runs"]
        return runs

    def tasks(self, dag_id: str, **of: Any) -> Iterator[Found]:
        """Task instances of a DAG, of its newest run first, whose fields have these values."""
        for run in self.runs(dag_id):
            path = f"/dags/{dag_id}/dagRuns/{run['dag_run_id']}/taskInstances"
            for task in self("GET", path, limit=100)["task_instances"]:
                if all(task[name] == value for name, value in of.items()):
                    yield task

    def log(self, task: Found) -> str:
        """What the UI shows as the log of the latest try."""
        path = "/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/logs/{try_number}".format(**task)
        return json.dumps(self("GET", path, full_content=True, map_index=task["map_index"]), ensure_ascii=False)

    def trigger(self, dag_id: str, **conf: Any) -> Found:
        return self("POST", f"/dags/{dag_id}/dagRuns", {"logical_date": None, "conf": conf})

    def clear(self, task: Found) -> None:
        """The Clear button, with everything after the task."""
        body = {"dry_run": False, "dag_run_id": task["dag_run_id"], "task_ids": [task["task_id"]]}
        self("POST", f"/dags/{task['dag_id']}/clearTaskInstances", body | {"include_downstream": True})

    def question(self, task: Found) -> Found:
        """What a task asks a person, under Required Actions."""
        return self("GET", _HITL.format(**task))

    def answer(self, task: Found, option: str) -> None:
        """A person's answer to it."""
        self("PATCH", _HITL.format(**task), {"chosen_options": [option], "params_input": {}})


_HITL = "/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index}/hitlDetails"
