"""One night, whole, through the real scheduler: trigger the ingest DAGs, watch, and say how it ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from rapport.airflow.stack import Stack
from rapport.businesses import KINDS, Business
from rapport.errors import NightError
from rapport.nights.ledger import Night, find_night
from rapport.warehouse import connect

INGEST = [f"ingest_{kind}" for kind in KINDS]
DAGS = [*INGEST, "build_marts", "send_segments"]
_ACTIVE = ("queued", "running")


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
    """Run one night to its end and return its row; interrupted parts are picked up where they stopped.

    Raises NightError when the DAGs have ended and the night has not.
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
    stamp = since.strftime("%Y%m%dT%H%M%S%f")
    night = _read(business, business_date)
    # An interrupted night wakes up where it stopped; its inputs are pinned once it was claimed.
    first = INGEST if night is None or night.claimed_at is None else ["build_marts"]
    if night is not None and night.state in ("published", "sending"):
        first = ["send_segments"]
    for dag_id in first:
        client.trigger(dag_id, conf, f"{business.name}_{business_date}_{stamp}")
    quiet_since: float | None = None
    deadline = time.monotonic() + patience.total_seconds()
    while time.monotonic() < deadline:
        up.heal()
        night = _read(business, business_date)
        runs = client.runs(DAGS, since.isoformat())
        active = [run for run in runs if run["state"] in _ACTIVE]
        watch(_progress(client, night, runs))
        if night is not None and night.is_finished and not active:
            return night
        if active:
            quiet_since = None
        elif quiet_since is None:
            quiet_since = time.monotonic()
        elif time.monotonic() - quiet_since > 8:  # an asset event takes a moment to become a run
            break
        time.sleep(0.7)
    raise NightError(
        f"The night of {business_date} stopped at {night.state if night else 'the start'}.",
        where="; ".join(f"{run['dag_id']} {run['state']}" for run in runs),
        fix="run it again: it goes on where it stopped (docs/runbooks/a-stuck-night.md)",
    )


def _read(business: Business, business_date: date) -> Night | None:
    for attempt in range(20):
        try:
            with connect(business.name) as conn:
                return find_night(conn, business_date)
        except Exception:  # the server may be recovering from a crash; Stack.heal starts it again
            if attempt == 19:
                raise
            time.sleep(1)
    return None


def _progress(client: Any, night: Night | None, runs: list[dict[str, Any]]) -> Progress:
    progress = Progress(night.state if night else "opening")
    for run in runs:
        for task in client.tasks(run["dag_id"], run["dag_run_id"]):
            name = f"{run['dag_id']}.{task['task_id'].split('.')[-1]}"
            if task["map_index"] >= 0:
                name += f"[{task.get('rendered_map_index') or task['map_index']}]"
            if task["state"] in ("success",):
                progress.done.append(name)
            elif task["state"] in ("running", "deferred", "up_for_retry"):
                progress.running.append(name)
            elif task["state"] == "failed":
                progress.failed.append(name)
    return progress
