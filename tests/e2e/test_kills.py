"""kill -9 of any part of a night, in the middle of load, build, publish and send.

A lock held from outside stops a phase at a known point; there its victim is killed and the lock let go. The night,
started again where the command itself was the victim, must publish and deliver exactly what an undisturbed one does.
Prints how long after each kill the interrupted step was at work again.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from e2e.conftest import RAPPORT, Checkout

from rapport.warehouse.cluster import cluster

# A quarter of an hour: `make test-kills`, not with every `make test`.
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(5400),
    pytest.mark.skipif("RAPPORT_KILL_TESTS" not in os.environ, reason="minutes each: make test-kills"),
]

# phase -> (the lock that stops it, how the steps are called that then wait in the middle of their work)
PHASES = {
    "load": ("ops.loads in exclusive mode", ("load_",)),
    "landing gate": ("quality.results in exclusive mode", ("check_crm", "check_ecommerce", "check_survey")),
    "build": (
        "build_contacts.normalised in access exclusive mode",
        ("staging", "contact_points", "normalise_contacts"),
    ),
    "identity": ("history.identity_assignments in exclusive mode", ("assign_identity",)),
    "marts gate": ("quality.results in exclusive mode", ("check_marts",)),
    "publish": ("ops.publications in exclusive mode", ("publish",)),
    "prepare": ("activation.deliveries in exclusive mode", ("prepare_lists",)),
    "send": ("activation.delivery_members in exclusive mode", ("deliver_",)),
}

# Each turn is a night; between them task, scheduler and Postgres are killed in each of load, build, publish, send.
TURNS = {
    "task-first": {"load": "task", "build": "scheduler", "publish": "postgres", "send": "task"},
    "scheduler-first": {"load": "scheduler", "build": "postgres", "publish": "task", "send": "scheduler"},
    "postgres-first": {"load": "postgres", "build": "task", "publish": "scheduler", "send": "postgres"},
    "commands": {"load": "command", "identity": "worker", "marts gate": "power", "publish": "down", "send": "command"},
    "others": {
        "load": "api-server",
        "landing gate": "postgres",
        "build": "idle worker",
        "identity": "triggerer",
        "marts gate": "dag-processor",
        "publish": "backend",
        "prepare": "command",
        "send": "power",
    },
    # on the Airflow that `rapport up` left running
    "kept": {"load": "scheduler", "identity": "worker", "publish": "postgres", "send": "keeper"},
}
GO_ON = ("api-server", "triggerer", "dag-processor")  # tasks do not end with these


class Night:
    """A `rapport run` of which parts get killed."""

    def __init__(self, checkout: Checkout, landing: Path) -> None:
        self.checkout, self.landing = checkout, landing
        self.log = checkout.home.with_name("run.log")
        self.command: subprocess.Popen[Any] | None = None

    def go(self) -> None:
        with self.log.open("ab") as log:
            self.command = subprocess.Popen(
                [str(RAPPORT), "run", "--landing", str(self.landing)],
                env=self.checkout.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def stop_in(self, phase: str, url: str) -> tuple[psycopg.Connection[Any], str, int]:
        """Wait until a step of the phase waits for a lock of ours: the lock's connection, the step, its client port."""
        lock, steps = PHASES[phase]
        holder = psycopg.connect(url)
        holder.execute(f"lock table {lock}")  # type: ignore[arg-type]
        while True:
            with psycopg.connect(url) as conn:
                waiting = conn.execute(
                    "select split_part(application_name, ':', 2), client_port from pg_stat_activity"
                    " where wait_event_type = 'Lock' and starts_with(application_name, 'rapport:')"
                ).fetchall()
            for step, port in waiting:
                if step.startswith(steps):
                    return holder, step, port
            assert self.command is not None
            assert self.command.poll() is None, f"the night never came to {phase}:\n{self.log.read_text()[-3000:]}"
            time.sleep(0.05)

    def kill(self, victim: str, port: int) -> None:
        assert self.command is not None
        if victim == "down":
            self.checkout("down")
        elif victim == "power":
            self.cut_power()
        else:
            at_once([self.command.pid if victim == "command" else self.pid_of(victim, port)])
        if victim in ("down", "power", "command", "keeper"):
            assert self.command.wait() != 0
            self.go()

    def cut_power(self) -> None:
        assert self.command is not None
        at_once([self.command.pid, *pids_of(self.checkout), *server_of(self.checkout)])

    def pid_of(self, victim: str, port: int) -> int:
        if victim == "postgres":
            return server_of(self.checkout)[0]
        if victim == "backend":
            query = f"select pid from pg_stat_activity where client_port = {port}"
            return int(self.checkout.query(query)[0][0])
        task = next(
            psutil.Process(found.pid)
            for found in psutil.net_connections("tcp4")
            if found.laddr and found.laddr.port == port and found.pid
        )
        if victim in ("task", "worker"):
            return task.pid if victim == "task" else task.ppid()
        pid: int = json.loads((self.checkout.home / "airflow" / "stack.json").read_text())["processes"][
            "scheduler" if victim == "idle worker" else victim
        ][0]
        if victim == "idle worker":
            workers = psutil.Process(pid).children()
            return next(worker.pid for worker in workers if "<idle>" in " ".join(worker.cmdline()))
        return pid


def pids_of(checkout: Checkout) -> list[int]:
    """Every process that works on the checkout's state, but for the server."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.environ().get("RAPPORT_HOME") == str(checkout.home):
                found.append(process.pid)
    return found


def server_of(checkout: Checkout) -> list[int]:
    """The Postgres server's own process, then those of its connections; nothing if it does not run."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("RAPPORT_HOME", str(checkout.home))
        data = cluster().data
    with suppress(FileNotFoundError, psutil.NoSuchProcess):
        server = psutil.Process(int((data / "postmaster.pid").read_text().split()[0]))
        return [server.pid, *(child.pid for child in server.children())]
    return []


def at_once(pids: list[int]) -> None:
    """Kill processes so that none sees the others die."""
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("undisturbed")
    checkout = Checkout(folder / "state")
    landing = checkout.samples(folder / "landing", nights=1)
    try:
        checkout.salt_holdouts()
        checkout.run("--landing", str(landing))
        yield landing, checkout.outcome()
    finally:
        checkout("down", check=False)


@pytest.mark.parametrize("turn", TURNS)
def test_a_night_whose_parts_are_killed_ends_as_an_undisturbed_one(
    undisturbed: tuple[Path, dict[str, Any]],
    new_checkout: Callable[..., Checkout],
    turn: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    landing, expected = undisturbed
    checkout = new_checkout()
    checkout("up" if turn == "kept" else "down")
    night = Night(checkout, landing)
    night.go()
    if turn == "commands":  # the very first start, killed again and again
        for seconds in (0.5, 1, 2, 4, 8, 16):
            time.sleep(seconds)
            night.cut_power()
            night.go()
    kills = []
    for phase, victim in TURNS[turn].items():
        holder, step, port = night.stop_in(phase, checkout("warehouse", "url").stdout.strip())
        if not kills:  # nobody is drawn yet
            checkout.salt_holdouts()
        night.kill(victim, port)
        kills.append((phase, victim, step, datetime.now(UTC)))
        time.sleep(0.2)
        holder.close()
    assert night.command is not None
    assert night.command.wait() == 0, night.log.read_text()[-3000:]

    assert checkout.outcome() == expected
    assert checkout.query("select state from ops.nights") == [("sent",)]
    assert checkout.query("select count(*) from activation.deliveries where status <> 'delivered'") == [(0,)]
    with checkout.connect() as conn:
        for phase, victim, step, at in kills:
            (again,) = conn.execute(  # type: ignore[misc]
                "select extract(epoch from min(started_at) - %s) from ops.steps where step = %s and started_at > %s",
                [at, step, at],
            ).fetchone()
            with capsys.disabled():
                print(f"\n{phase:<12} {victim:<14} {step:<28} {f'{again:.1f} s' if again else 'went on'}", end="")
            assert again or victim in GO_ON, f"{victim} was not killed in {phase}"
    checkout("down")
    assert pids_of(checkout) == [], "somebody lives on"
