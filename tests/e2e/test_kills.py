"""kill -9 of the task, the scheduler and Postgres in the middle of load, build, publish and send.

A lock held from outside stops each phase at a known point; then its victim is killed and the lock let go. The
night, picked up again, must publish and deliver exactly what an undisturbed one does.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable

import psutil
import psycopg
import pytest
from e2e.conftest import Checkout

# A quarter of an hour: `make test-kills`, not with every `make test`.
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(2400),
    pytest.mark.skipif("RAPPORT_KILL_TESTS" not in os.environ, reason="minutes each: make test-kills"),
]

# phase -> (the lock that stops it, the steps that then wait in the middle of their work)
PHASES = {
    "load": ("ops.loads in exclusive mode", ("load_",)),
    "build": (
        "build_contacts.normalised in access exclusive mode",
        ("staging", "contact_points", "normalise_contacts", "identity_keys"),
    ),
    "publish": ("ops.publications in exclusive mode", ("publish",)),
    "send": ("activation.delivery_members in exclusive mode", ("deliver_",)),
}
VICTIMS = ("task", "scheduler", "postgres")


def waiting_backend(url: str, steps: tuple[str, ...]) -> int | None:
    """Client port of a step's connection that waits for our lock."""
    with psycopg.connect(url, autocommit=True) as conn:
        rows = conn.execute(
            "select application_name, client_port from pg_stat_activity"
            " where wait_event_type = 'Lock' and starts_with(application_name, 'rapport:')"
        ).fetchall()
    return next((port for name, port in rows if name.removeprefix("rapport:").startswith(steps)), None)


def process_of(port: int) -> psutil.Process:
    for connection in psutil.net_connections("tcp4"):
        if connection.laddr and connection.laddr.port == port and connection.pid:
            return psutil.Process(connection.pid)
    raise AssertionError(f"nobody holds port {port}")


def kill(checkout: Checkout, victim: str, port: int) -> None:
    if victim == "task":
        process_of(port).send_signal(signal.SIGKILL)
    elif victim == "scheduler":
        stack = json.loads((checkout.home / "airflow" / "stack.json").read_text())
        os.kill(stack["processes"]["scheduler"][0], signal.SIGKILL)
    else:
        for process in psutil.process_iter(["name", "cmdline"]):
            command = process.info["cmdline"] or []
            if process.info["name"] == "postgres" and "-D" in command and str(checkout.postgres_port()) in command:
                process.send_signal(signal.SIGKILL)
                return
        raise AssertionError("the server was not found")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("undisturbed")
    checkout = Checkout(folder / "state")
    landing = checkout.samples(folder / "landing", nights=1)
    try:
        checkout.run("--landing", str(landing))
        yield landing, checkout.outcome()
    finally:
        checkout("down", check=False)


# Each turn gives every phase another victim: twelve pairs in three nights.
TURNS = ["task-first", "scheduler-first", "postgres-first"]


@pytest.mark.parametrize("turn", range(len(TURNS)), ids=TURNS)
def test_a_night_whose_parts_are_killed_ends_as_an_undisturbed_one(
    undisturbed, new_checkout: Callable[..., Checkout], turn: int
) -> None:
    landing, expected = undisturbed
    checkout = new_checkout()
    checkout("warehouse", "start")
    victims = {phase: VICTIMS[(turn + index) % 3] for index, phase in enumerate(PHASES)}
    running = checkout.start("run", "--landing", str(landing), "--json")
    deadline = time.monotonic() + 900
    for phase, (lock, steps) in PHASES.items():
        url = checkout("warehouse", "url").stdout.strip()
        holder = psycopg.connect(url)
        holder.execute(f"lock table {lock}")  # type: ignore[arg-type]
        port = None
        while port is None and time.monotonic() < deadline:
            if running.poll() is not None:
                running = checkout.start("run", "--landing", str(landing), "--json")
            time.sleep(0.1)
            port = waiting_backend(url, steps)
        assert port is not None, f"the night never came to {phase}"
        kill(checkout, victims[phase], port)
        time.sleep(0.2)
        holder.close()
    while time.monotonic() < deadline:
        output, _ = running.communicate(timeout=900)
        if running.returncode == 0:
            break
        running = checkout.start("run", "--landing", str(landing), "--json")
    assert running.returncode == 0, output
    assert checkout.outcome() == expected
    assert checkout.query("select count(*) from activation.deliveries where status <> 'delivered'") == [(0,)]


def test_a_killed_command_leaves_nothing_that_blocks_the_next(
    undisturbed, new_checkout: Callable[..., Checkout]
) -> None:
    landing, expected = undisturbed
    checkout = new_checkout()
    checkout("warehouse", "start")
    url = checkout("warehouse", "url").stdout.strip()
    holder = psycopg.connect(url)
    holder.execute("lock table build_contacts.normalised in access exclusive mode")
    running = checkout.start("run", "--landing", str(landing))
    while waiting_backend(url, PHASES["build"][1]) is None:
        assert running.poll() is None
        time.sleep(0.2)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    holder.close()
    done = checkout.run("--landing", str(landing))
    assert done["state"] == "sent"
    assert checkout.outcome() == expected
    checkout("down")
    strays = [
        process.pid
        for process in psutil.process_iter(["environ"])
        if (process.info["environ"] or {}).get("RAPPORT_HOME") == str(checkout.home)
    ]
    assert strays == []
