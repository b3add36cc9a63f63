"""One night, whole, through the real scheduler: trigger the ingest DAGs, watch, and say how it ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from rapport.airflow.stack import Stack
from rapport.businesses import KINDS, Business
from rapport.errors import NightError, WarehouseError
from rapport.nights.ledger import Night, find_night, reported_kinds
from rapport.warehouse import connect

INGEST = [f"ingest_{kind}" for kind in KINDS]
DAGS = [*INGEST, "build_marts", "send_segments"]
_ACTIVE = ("queued", "running")
_QUIET = 8.0  # seconds without a run until the night counts as stopped: an asset event takes a moment to become one


@dataclass
class Progress:
    """What a watcher may show: the night's state and the tasks at work."""

    state: str
    done: list[str] = field(default_factory=list)
    running: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def run_night(
    business: Business,
    business_date: date,
    up: Stack,
    *,
    landing: Path | None,
    dry_run: bool,
    watch: Callable[[Progress], None],
    patience: timedelta = timedelta(hours=2),
) -> Night:
    """Run a night that is open to its end and return its row; interrupted parts are picked up where they stopped.

    What dies meanwhile is started again. Raises NightError when the DAGs have ended and the night has not.
    """
    client = up.client()
    client.wait_for_dags(DAGS)
    since = datetime.now(UTC)
    conf = {
        "business": business.name,
        "date": business_date.isoformat(),
        "landing": str(landing.absolute()) if landing else None,
        "dry_run": dry_run,
        "wait": False,
    }
    woken: set[tuple[str, ...]] = set()
    run_ids: set[str] = set()
    quiet_since = float("-inf")  # nothing runs yet: wake the first DAG up at once
    runs: list[dict[str, Any]] = []
    night, reported = _read(business, business_date, up)
    deadline = time.monotonic() + patience.total_seconds()
    while time.monotonic() < deadline:
        if time.monotonic() - quiet_since > _QUIET:
            # Once more if it was a crash that stopped it; what stops in the same state again has another reason.
            dags = next((dags for dags in wake_ups(night, reported) if (night.state, *dags) not in woken), None)
            if dags is None:
                break
            woken.add((night.state, *dags))
            stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
            run_ids.add(run_id := f"{business.name}_{business_date}_{stamp}")
            for dag_id in dags:
                client.trigger(dag_id, conf, run_id)
            quiet_since = float("inf")
        time.sleep(0.7)
        up.heal()
        night, reported = _read(business, business_date, up)
        # Another business may take its exports in meanwhile; whose night a build is for is not known from outside.
        runs = [
            run
            for run in client.runs(DAGS, since.isoformat())
            if run["dag_id"] not in INGEST or run["dag_run_id"] in run_ids
        ]
        is_active = any(run["state"] in _ACTIVE for run in runs)
        watch(_progress(night, client.tasks(since.isoformat()), {run["dag_run_id"] for run in runs}))
        if night.is_finished and not is_active:
            return night
        is_quiet = not is_active and client.is_healthy()
        quiet_since = min(quiet_since, time.monotonic()) if is_quiet else float("inf")
    raise NightError(
        f"The night of {business_date} stopped at {night.state}.",
        where="; ".join(f"{run['dag_id']} {run['state']}" for run in runs),
        fix="run it again: it goes on where it stopped (docs/runbooks/a-stuck-night.md)",
    )


def wake_ups(night: Night, reported: Collection[str]) -> Iterator[list[str]]:
    """DAGs that take a night on where it stopped, in the order to try them; `reported` kinds of source have."""
    if night.state in ("published", "sending"):
        yield ["send_segments"]
    elif night.claimed_at is not None:  # its inputs are pinned
        yield ["build_marts"]
    else:
        yield INGEST
        # The reports wake it up too, but a scheduler that was killed may be long in hearing of them.
        if set(reported) == set(KINDS):
            yield ["build_marts"]


def _read(business: Business, business_date: date, up: Stack) -> tuple[Night, set[str]]:
    for _ in range(20):
        try:
            with connect(business.name) as conn:
                night, reported = find_night(conn, business_date), reported_kinds(conn, business_date)
        except psycopg.OperationalError:  # the server may be recovering from a crash
            up.heal()
            time.sleep(0.5)
            continue
        if night is None:
            raise NightError(f"The night of {business_date} was never opened.", where="ops.nights")
        return night, reported
    raise WarehouseError("Postgres does not keep a connection.", where=f"business {business.name}", fix="run it again")


def _progress(night: Night, tasks: list[dict[str, Any]], run_ids: set[str]) -> Progress:
    progress = Progress(night.state)
    of_state = {"success": progress.done, "failed": progress.failed}
    for task in tasks:
        if task["dag_run_id"] in run_ids:
            name = f"{task['dag_id']}.{task['task_id'].split('.')[-1]}"
            if task["map_index"] >= 0:
                name += f"[{task.get('rendered_map_index') or task['map_index']}]"
            of_state.get(task["state"], progress.running).append(name)
    return progress
