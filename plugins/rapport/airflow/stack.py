"""Airflow's processes on this machine: started, watched, stopped, and cleared away after a crash."""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from rapport.airflow import environment as env
from rapport.airflow.client import Client
from rapport.building.project import manifest_path
from rapport.errors import RapportError, WarehouseError
from rapport.warehouse import airflow_database_url, ensure_running

COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer")
_PR_SET_PDEATHSIG = 1


class PortTaken(Exception):
    """Somebody else listens on the port that was free a moment ago."""


@dataclass
class Stack:
    """A running set of Airflow processes; `processes` is empty when another command started them."""

    business: str
    ports: dict[str, int]
    variables: dict[str, str]
    processes: dict[str, subprocess.Popen[bytes]]
    restarts: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports['api']}"

    def client(self) -> Client:
        return Client(self.url, env.admin_password)

    def heal(self) -> list[str]:
        """Start again what has died (Postgres too); returns what was. Raises after too many times."""
        ensure_running()
        dead = [name for name, process in self.processes.items() if process.poll() is not None]
        for name in dead:
            self.restarts += 1
            if self.restarts > 12:
                log = env.airflow_home() / f"{name}.log"
                raise RapportError(f"Airflow's {name} keeps stopping.", where=str(log), fix="read the end of that log")
            self.processes[name] = _launch(name, self.variables, with_parent=True)
        if dead:
            _remember(self)
        return dead


def running_stack() -> Stack | None:
    """The stack `make up` left running, or None."""
    found = _remembered()
    if found is None or not found.get("detached") or len(_alive(found)) < len(COMPONENTS):
        return None
    variables = env.environment(found["business"], clock=True, ports=found["ports"], database_url="")
    return Stack(found["business"], found["ports"], variables, {})


@contextmanager
def stack(
    business: str, *, clock: bool, detached: bool = False, say: Callable[[str], None] = lambda _: None
) -> Iterator[Stack]:
    """A healthy stack for the body: the one that is up, or one that ends with the body.

    `detached` leaves it running afterwards. `say` is told in words what is being waited for.
    """
    with _only_one():
        up = running_stack()
        if up is None:
            up = start(business, clock=clock, detached=detached, say=say)
            own = not detached
        else:
            own = False
        try:
            yield up
        finally:
            if own:
                stop()


def start(business: str, *, clock: bool, detached: bool, say: Callable[[str], None]) -> Stack:
    """Start all components and wait until Airflow says that it is healthy."""
    home = env.airflow_home()
    home.mkdir(parents=True, exist_ok=True)
    end_leftovers()
    say("starting Postgres")
    url = airflow_database_url()
    for attempt in range(3):
        ports = env.choose_ports(usual=attempt == 0)
        variables = env.environment(business, clock=clock, ports=ports, database_url=url)
        if attempt == 0:
            say("preparing Airflow's metadata")
            _prepare(variables)
        say("starting Airflow")
        processes = {name: _launch(name, variables, with_parent=not detached) for name in COMPONENTS}
        found = Stack(business, ports, variables, processes)
        _remember(found, detached=detached)
        manifest_path(business)  # dbt reads the project while Airflow is on its way up
        try:
            _wait_until_healthy(found)
        except PortTaken:
            end_leftovers()
            continue
        return found
    raise RapportError("Airflow finds no free port.", where="127.0.0.1", fix="see who listens there; run again")


def stop() -> int:
    """Stop every process of the stack that is running or was left behind; returns how many there were."""
    count = end_leftovers(gently=True)
    (env.airflow_home() / "stack.json").unlink(missing_ok=True)
    return count


def end_leftovers(*, gently: bool = False) -> int:
    """End the processes of an earlier stack and everything they started (tasks, dbt), so that nobody writes on."""
    found = _remembered()
    ours = [] if found is None else _alive(found)
    members = list(ours)
    for process in ours:
        members += _children(process)
    members += _strays()
    unique = {process.pid: process for process in members if process.pid != os.getpid()}
    if gently:
        for process in ours:
            _signal(process, signal.SIGTERM)
        psutil.wait_procs(ours, timeout=10)
    for process in unique.values():
        _signal(process, signal.SIGKILL)
    psutil.wait_procs(list(unique.values()), timeout=5)
    return len(unique)


def _prepare(variables: dict[str, str]) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "rapport.airflow.prepare"],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        log = env.airflow_home() / "prepare.log"
        log.write_text(result.stdout + result.stderr)
        raise WarehouseError("Airflow's metadata database could not be prepared.", where=str(log), fix="read that log")


def _launch(name: str, variables: dict[str, str], *, with_parent: bool) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "airflow", name]
    with open(env.airflow_home() / f"{name}.log", "ab") as log:
        return subprocess.Popen(
            command,
            env=variables,
            cwd=env.airflow_home(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent if with_parent else None,  # noqa: PLW1509  (only prctl, no locks)
        )


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _wait_until_healthy(found: Stack, seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    client = found.client()
    while time.monotonic() < deadline:
        if found.processes["api-server"].poll() is not None and not env.is_free(found.ports["api"]):
            raise PortTaken  # another checkout was a moment faster
        found.heal()
        if client.is_healthy():
            return
        time.sleep(0.5)
    raise RapportError(
        f"Airflow was not healthy after {seconds:.0f} seconds.",
        where=str(env.airflow_home()),
        fix="read the *.log files there; run again",
    )


def _memory() -> Path:
    return env.airflow_home() / "stack.json"


def _remember(found: Stack, *, detached: bool | None = None) -> None:
    before = _remembered() or {}
    content = {
        "business": found.business,
        "ports": found.ports,
        "detached": before.get("detached", False) if detached is None else detached,
        "processes": {
            name: [process.pid, psutil.Process(process.pid).create_time()]
            for name, process in found.processes.items()
            if process.poll() is None
        },
    }
    partial = _memory().with_suffix(".part")
    partial.write_text(json.dumps(content))
    partial.replace(_memory())


def _remembered() -> dict[str, Any] | None:
    try:
        content: dict[str, Any] = json.loads(_memory().read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return content


def _alive(found: dict[str, Any]) -> list[psutil.Process]:
    alive = []
    for pid, created in found["processes"].values():
        try:
            process = psutil.Process(pid)
            # A pid may have gone to somebody else since; its start time has not.
            if abs(process.create_time() - created) < 1 and process.status() != psutil.STATUS_ZOMBIE:
                alive.append(process)
        except psutil.NoSuchProcess:
            continue
    return alive


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _strays() -> list[psutil.Process]:
    """Workers and tasks whose scheduler was killed: told by the stack's mark in their environment."""
    mark = str(env.airflow_home())
    spared = {os.getpid()} | {process.pid for process in psutil.Process().parents()}
    strays = []
    for process in psutil.process_iter():
        try:
            if process.pid not in spared and process.environ().get("RAPPORT_STACK") == mark:
                strays.append(process)
        except (psutil.Error, OSError):
            continue
    return strays


def _signal(process: psutil.Process, number: int) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)


@contextmanager
def _only_one() -> Iterator[None]:
    home = env.airflow_home()
    home.mkdir(parents=True, exist_ok=True)
    with open(home / "lock", "w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RapportError(
                "Another `rapport run` or `rapport up` is at work in this checkout.",
                where=str(home),
                fix="wait for it, or give this one its own state folder with RAPPORT_HOME",
            ) from None
        yield
