"""A step of a night: one writer at a time, timed, and over as soon as somebody else may write."""

from __future__ import annotations

import hashlib
import json
import os
import select
import socket
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from rapport.errors import RapportError
from rapport.nights.ledger import Connection
from rapport.warehouse import connect


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
    first, so nothing writes behind this attempt's back; and a process whose own guard connection is cut, by a
    newer attempt or with the server, ends on the spot, as it may have more to write. The body's error is recorded
    without its details unless it is one of Rapport's own, which carry no personal data.
    """
    attempt_id = uuid.uuid4().hex[:8]
    prefix = f"rapport:{_shortened(name)}:"
    current = Step(name, business_date, attempt_id, f"{prefix}{attempt_id}")
    with (
        connect(business, application_name=f"{prefix}{attempt_id}:guard", autocommit=True) as guard,
        _ending_with(guard, name),
    ):
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


def ends_of_steps(conn: Connection, business_date: date, names: list[str]) -> dict[str, str | None]:
    """How the latest attempt of each step ended: done or failed; None if there was none.

    An attempt that was killed is `running` until the next one begins.
    """
    found = conn.execute(
        "select distinct on (step) step, status from ops.steps where business_date = %s and step = any(%s)"
        " order by step, started_at desc",
        [business_date, names],
    ).fetchall()
    return dict.fromkeys(names) | dict(found)


@contextmanager
def _ending_with(guard: Any, name: str) -> Iterator[None]:
    """End this process at once if the server closes the guard connection before the body is done (Linux)."""
    if sys.platform != "linux":
        yield
        return
    done, when_done = socket.socketpair()
    poll = select.poll()
    poll.register(guard.fileno(), select.POLLRDHUP)
    poll.register(when_done, select.POLLIN)

    def watch() -> None:
        if when_done.fileno() not in {descriptor for descriptor, _ in poll.poll()}:
            print(f"{name}: Postgres cut this attempt off; the next one goes on.", file=sys.stderr, flush=True)
            os._exit(1)

    watcher = threading.Thread(target=watch, name=f"guard of {name}", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.send(b"x")
        watcher.join()
        done.close()
        when_done.close()


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
