"""A small client of Airflow's REST API: what the command line needs of a running stack."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx

from rapport.errors import RapportError

_PATIENCE = 180.0  # seconds an answer is waited for while parts of Airflow, or Postgres, come back


class Client:
    """Talks to the API server as the generated admin user; a token is fetched when first needed.

    `heal` is called before a request is repeated: it starts again what may be the reason.
    """

    def __init__(self, url: str, password: str, heal: Callable[[], None]) -> None:
        self._http = httpx.Client(base_url=url, timeout=30)
        self._password = password
        self._heal = heal

    def is_healthy(self) -> bool:
        """True when metadata, scheduler, triggerer and DAG processor all report healthy."""
        try:
            answer = self._http.get("/api/v2/monitor/health")
        except httpx.HTTPError:
            return False
        if answer.status_code != 200:
            return False
        try:
            self._headers()  # only our own server takes our password
        except httpx.HTTPError:
            return False
        parts = answer.json()
        return all((parts.get(name) or {}).get("status") == "healthy" for name in _PARTS)

    def wait_for_dags(self, dag_ids: list[str], seconds: float = 90) -> None:
        """Wait until the DAG processor has read these DAGs. Raises RapportError naming import errors."""
        deadline = time.monotonic() + seconds
        known: set[str] = set()
        while time.monotonic() < deadline:
            known = {found["dag_id"] for found in self._get("/api/v2/dags", limit=100)["dags"]}
            if known >= set(dag_ids):
                return
            time.sleep(0.5)
        errors = self._get("/api/v2/importErrors")["import_errors"]
        raise RapportError(
            f"Airflow does not find {', '.join(sorted(set(dag_ids) - known))}.",
            where="; ".join(f"{found['filename']}: {found['stack_trace'][-300:]}" for found in errors) or "dags/",
            fix="correct what cannot be imported; run it again",
        )

    def trigger(self, dag_id: str, conf: dict[str, Any], run_id: str) -> None:
        """Start a run of a DAG."""
        body = {"logical_date": None, "dag_run_id": run_id, "conf": conf}
        self._send("POST", f"/api/v2/dags/{dag_id}/dagRuns", body)

    def runs(self, dag_ids: list[str], since: str) -> list[dict[str, Any]]:
        """Runs of these DAGs that were created since an instant (ISO), oldest first."""
        found = self._get("/api/v2/dags/~/dagRuns", run_after_gte=since, order_by="run_after", limit=100)
        return [run for run in found["dag_runs"] if run["dag_id"] in dag_ids]

    def tasks(self, since: str) -> list[dict[str, Any]]:
        """The hundred task instances that began last, of all runs created since an instant (ISO)."""
        states = ["running", "deferred", "up_for_retry", "success", "failed"]
        path = "/api/v2/dags/~/dagRuns/~/taskInstances"
        found = self._get(path, run_after_gte=since, state=states, order_by="-start_date", limit=100)
        tasks: list[dict[str, Any]] = found["task_instances"]
        return tasks[::-1]

    def _get(self, path: str, **query: Any) -> dict[str, Any]:
        return self._send("GET", path, None, query)

    def _send(self, method: str, path: str, body: Any, query: Any = None) -> dict[str, Any]:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            try:
                answer = self._http.request(method, path, json=body, params=query, headers=self._headers())
            except httpx.HTTPError:
                self._heal()
                time.sleep(0.5)  # the API server may be coming back
                continue
            if answer.status_code == 401:
                self.__dict__.pop("_token", None)
            elif answer.status_code == 409 or answer.status_code < 400:  # 409: the run exists, from a lost answer
                content: dict[str, Any] = answer.json()
                return content
            elif answer.status_code < 500:
                raise RuntimeError(f"Airflow refused {method} {path}: {answer.status_code} {answer.text[:300]}")
            self._heal()
            time.sleep(0.5)
        raise RapportError(
            f"Airflow does not answer {method} {path}.", where=str(self._http.base_url), fix="run it again"
        )

    def _headers(self) -> dict[str, str]:
        if "_token" not in self.__dict__:
            answer = self._http.post("/auth/token", json={"username": "admin", "password": self._password})
            self._token: str = answer.raise_for_status().json()["access_token"]
        return {"Authorization": f"Bearer {self._token}"}


_PARTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")
