"""Airflow on this machine: started, kept running, stopped."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime

import psycopg

from rapport.airflow import environment as env
from rapport.airflow import parts
from rapport.airflow.client import Client
from rapport.building.project import manifest_path
from rapport.errors import RapportError, WarehouseError
from rapport.warehouse import airflow_database_url, server_started_at

# Components that keep a row in Airflow's table of jobs; they end, each in its own time, when Postgres has gone.
_JOBS = {"scheduler": "SchedulerJob", "dag-processor": "DagProcessorJob", "triggerer": "TriggererJob"}
_SERVER_PATIENCE = 120.0  # seconds a server that is not ours may take to come back
_EARLY = 30.0  # seconds after its start: a component that dies so soon may never run
_MOST_EARLY_DEATHS = 5


class PortTaken(Exception):
    """Somebody else listens on the port that was free a moment ago."""


@dataclass
class Stack:
    """A running set of Airflow processes; `processes` is empty when another process keeps them running."""

    business: str
    ports: dict[str, int]
    variables: dict[str, str]
    processes: dict[str, subprocess.Popen[bytes]]
    server_since: datetime
    is_kept: bool = False
    _launched: dict[str, float] = field(default_factory=dict)
    _early_deaths: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports['api']}"

    def client(self) -> Client:
        return Client(self.url, env.admin_password(), heal=self.heal)

    def launch(self, names: tuple[str, ...]) -> None:
        """Start these components and write down what runs."""
        for name in names:
            self.processes[name] = parts.launch(name, self.variables)
            self._launched[name] = time.monotonic()
        self.remember()

    def remember(self) -> None:
        """Write down what runs, for the commands to come."""
        pids = {name: process.pid for name, process in self.processes.items() if process.poll() is None}
        if self.is_kept:
            pids["keeper"] = os.getpid()
        parts.remember({"business": self.business, "ports": self.ports}, pids)

    def heal(self) -> None:
        """Start again what has died, Postgres too. Raises RapportError when something keeps stopping."""
        if not self.processes and "keeper" not in parts.alive(parts.remembered()):
            raise RapportError(
                "The Airflow that `rapport up` left running has ended.",
                where=str(env.airflow_home() / "keeper.log"),
                fix="run it again: it goes on where it stopped",
            )
        since = _server_since()
        if since != self.server_since:
            # Postgres has restarted. Who worked on it would notice one by one, the scheduler after its last task.
            self.server_since = since
            for name in _JOBS.keys() & self.processes.keys():
                self.processes[name].kill()
                self.processes[name].wait()
        else:
            self._count_early_deaths()
        dead = tuple(name for name, process in self.processes.items() if process.poll() is not None)
        if dead:
            _bury(dead)
            self.launch(dead)

    def _count_early_deaths(self) -> None:
        for name, process in self.processes.items():
            if process.poll() is None:
                continue
            lived = time.monotonic() - self._launched[name]
            self._early_deaths = self._early_deaths + 1 if lived < _EARLY else 0
            if self._early_deaths > _MOST_EARLY_DEATHS:
                log = env.airflow_home() / f"{name}.log"
                raise RapportError(f"Airflow's {name} keeps stopping.", where=str(log), fix="read the end of that log")


def running_stack() -> Stack | None:
    """The stack `make up` left running, or None."""
    found = parts.remembered()
    if "keeper" not in parts.alive(found):
        return None
    variables = env.environment(found["business"], clock=True, ports=found["ports"], database_url="")
    return Stack(found["business"], found["ports"], variables, {}, server_started_at())


@contextmanager
def stack(business: str, *, say: Callable[[str], None]) -> Iterator[Stack]:
    """A healthy stack for the body: the one `make up` left running, or one without a clock that ends with the body.

    `say` is told in words what is being waited for.
    """
    up = running_stack()
    if up is not None:
        yield up
        return
    try:
        yield start(business, clock=False, say=say)
    finally:
        parts.end_all()


def start(business: str, *, clock: bool, say: Callable[[str], None]) -> Stack:
    """Start all components and wait until Airflow says that it is healthy; they end with this process."""
    env.airflow_home().mkdir(parents=True, exist_ok=True)
    parts.end_all()
    env.admin_password()  # before the API server makes one of its own
    say("starting Postgres")
    url = airflow_database_url()
    for attempt in range(3):
        ports = env.choose_ports(usual=attempt == 0)
        variables = env.environment(business, clock=clock, ports=ports, database_url=url)
        if attempt == 0:
            say("preparing Airflow's metadata")
            _prepare(variables)
        say("starting Airflow")
        found = Stack(business, ports, variables, {}, server_started_at())
        found.launch(parts.COMPONENTS)
        manifest_path(business)  # dbt reads the project while Airflow is on its way up
        try:
            _wait_until_healthy(found)
        except PortTaken:
            parts.end_all()
            continue
        return found
    raise RapportError("Airflow finds no free port.", where="127.0.0.1", fix="see who listens there; run again")


def start_kept(business: str) -> Stack:
    """Start a stack that outlives this command, with a process that starts again what dies of it."""
    env.airflow_home().mkdir(parents=True, exist_ok=True)
    parts.end_all()
    command = [sys.executable, "-m", "rapport.airflow.stack", business]
    variables = os.environ | {"RAPPORT_STACK": str(env.airflow_home())}
    keeper = parts.spawn(command, "keeper", variables, ends_with_us=False)
    while keeper.poll() is None:
        if (found := running_stack()) is not None:
            return found
        time.sleep(0.3)
    log = env.airflow_home() / "keeper.log"
    raise RapportError("Airflow did not start.", where=str(log), fix="read the end of that log")


def keep(business: str) -> None:
    """Start a stack with its clock and keep it running until this process is ended."""
    found = start(business, clock=True, say=print)
    found.is_kept = True
    found.remember()
    while True:
        time.sleep(2)
        found.heal()


@contextmanager
def only_command() -> Iterator[None]:
    """Keep other `rapport run` and `rapport up` of this checkout out while the body runs."""
    home = env.airflow_home()
    home.mkdir(parents=True, exist_ok=True)
    with open(home / "lock", "a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RapportError(
                "Another `rapport run` or `rapport up` is at work in this checkout.",
                where=str(home),
                fix="wait for it, or give this one its own state folder with RAPPORT_HOME",
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def stop() -> int:
    """End the command that is at work and every process of the stack; returns how many processes it had."""
    home = env.airflow_home()
    if not home.exists():
        return 0
    asked_until = time.monotonic() + 10
    with open(home / "lock", "a+", encoding="utf-8") as lock:
        while True:
            with suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            # It would start again what we end. It holds the lock, so the pid in it is its own.
            lock.seek(0)
            if pid := lock.read():
                with suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGTERM if time.monotonic() < asked_until else signal.SIGKILL)
            time.sleep(0.2)
        return parts.end_all()


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


def _server_since() -> datetime:
    deadline = time.monotonic() + _SERVER_PATIENCE
    while True:
        try:
            return server_started_at()
        except (WarehouseError, psycopg.OperationalError):
            if time.monotonic() > deadline:
                raise
        time.sleep(0.5)


def _bury(names: tuple[str, ...]) -> None:
    """Tell Airflow that these components are dead: a new one then takes their tasks over at once, not after a while."""
    with suppress(psycopg.OperationalError), psycopg.connect(airflow_database_url()) as conn:
        conn.execute(
            "update job set state = 'failed', end_date = clock_timestamp()"
            " where state = 'running' and job_type = any(%s)",
            [[_JOBS[name] for name in names if name in _JOBS]],
        )


if __name__ == "__main__":
    keep(sys.argv[1])
