"""A step of a night: one writer at a time, timed, and never outlived by its own children."""

from __future__ import annotations

import ctypes
import hashlib
import json
import signal
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from rapport.errors import RapportError
from rapport.warehouse import connect

_PR_SET_PDEATHSIG = 1


@dataclass
class Step:
    """A running step. `application_name` goes on each of its database connections; `detail` is kept in ops.steps."""

    name: str
    business_date: date
    attempt_id: str
    application_name: str
    detail: dict[str, Any] = field(default_factory=dict)


@contextmanager
def step(business: str, business_date: date, name: str, *, is_replay: bool = False) -> Iterator[Step]:
    """Run the body as the only writer of that step, and record how long it took and how it ended.

    A replay writes no record: ops.steps tells of the night as it was.

    An earlier attempt that is still connected (its task was killed, its statement goes on) is disconnected
    first, so nothing writes behind this attempt's back. The body's error is recorded without its details
    unless it is one of Rapport's own, which carry no personal data.
    """
    die_with_parent()
    attempt_id = uuid.uuid4().hex[:8]
    prefix = f"rapport:{_shortened(name)}:"
    current = Step(name, business_date, attempt_id, f"{prefix}{attempt_id}")
    with connect(business, application_name=f"{prefix}{attempt_id}:guard", autocommit=True) as guard:
        _end_earlier_attempts(guard, prefix, attempt_id)
        guard.execute("select pg_advisory_lock(hashtext('rapport step'), hashtext(%s))", [name])
        if is_replay:
            yield current
            return
        guard.execute(
            "update ops.steps set status = 'failed', finished_at = clock_timestamp(), detail = detail || %s"
            " where business_date = %s and step = %s and status = 'running'",
            [json.dumps({"error": "interrupted"}), business_date, name],
        )
        guard.execute(
            "insert into ops.steps (business_date, step, attempt_id, status) values (%s, %s, %s, 'running')",
            [business_date, name, attempt_id],
        )
        try:
            yield current
        except BaseException as error:
            shown = str(error) if isinstance(error, RapportError) else type(error).__name__
            current.detail["error"] = shown
            _finish(guard, current, "failed")
            raise
        _finish(guard, current, "done")


def die_with_parent() -> None:
    """Ask Linux to kill this process when its parent dies, so that a killed task leaves no writer behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _shortened(name: str) -> str:
    """Postgres cuts application names at 63 bytes; two steps must not become one by it."""
    return name if len(name) <= 36 else f"{name[:27]}~{hashlib.md5(name.encode()).hexdigest()[:8]}"


def _end_earlier_attempts(guard: Any, prefix: str, attempt_id: str) -> None:
    guard.execute(
        "select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = current_database()"
        " and starts_with(application_name, %s) and not starts_with(application_name, %s)",
        [prefix, f"{prefix}{attempt_id}"],
    )


def _finish(guard: Any, current: Step, status: str) -> None:
    guard.execute(
        "update ops.steps set status = %s, finished_at = clock_timestamp(), detail = %s"
        " where business_date = %s and step = %s and attempt_id = %s",
        [status, json.dumps(current.detail, default=str), current.business_date, current.name, current.attempt_id],
    )
