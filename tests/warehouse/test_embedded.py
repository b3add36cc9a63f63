"""The embedded server comes back after a crash, whoever was killed while it was coming."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from rapport.warehouse import embedded
from rapport.warehouse.cluster import Cluster, cluster

pytestmark = pytest.mark.skipif("WAREHOUSE_URL" in os.environ, reason="an existing Postgres is used")


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """A running cluster of its own, with a row in it."""
    monkeypatch.setenv("RAPPORT_HOME", str(tmp_path / "state"))
    found = embedded.start()
    with psycopg.connect(found.url("postgres")) as conn:
        conn.execute("create table kept as select 1 as n")
    yield found
    embedded.delete()


def server_of(found: Cluster) -> psutil.Process:
    return psutil.Process(int((found.data / "postmaster.pid").read_text().split()[0]))


def rows(found: Cluster) -> list[tuple[int, ...]]:
    with psycopg.connect(found.url("postgres")) as conn:
        return conn.execute("select n from kept").fetchall()


def test_a_killed_server_comes_back_with_its_rows_and_its_port(own: Cluster) -> None:
    port = own.port
    server_of(own).kill()
    assert rows(embedded.start()) == [(1,)]
    assert own.port == port


def test_connections_that_outlive_a_killed_server_are_ended(own: Cluster) -> None:
    busy = psycopg.connect(own.url("postgres"), autocommit=True)
    left = psutil.Process(busy.info.backend_pid)
    left.suspend()  # at work: it does not see that the server is gone
    server_of(own).kill()
    assert rows(embedded.start()) == [(1,)]
    assert not left.is_running() or left.status() == psutil.STATUS_ZOMBIE


def test_a_server_still_recovering_is_waited_for_not_started_beside_itself(own: Cluster) -> None:
    """Its starter was killed; the port is taken by nobody but itself."""
    port, server = own.port, server_of(own)
    server.suspend()
    waker = subprocess.Popen([sys.executable, "-c", f"import os, time; time.sleep(5); os.kill({server.pid}, 18)"])
    assert rows(embedded.start()) == [(1,)]
    assert (own.port, server_of(own)) == (port, server)
    assert waker.wait() == 0


def test_a_pid_that_has_gone_to_somebody_else_is_no_server(own: Cluster) -> None:
    server_of(own).kill()
    somebody = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    pid_file = own.data / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(somebody.pid), *lines[1:]]) + "\n")
    assert embedded.stop() is False
    assert rows(embedded.start()) == [(1,)]
    assert somebody.poll() is None, "stopping Postgres stopped somebody else"
    somebody.send_signal(signal.SIGKILL)


def test_a_command_killed_while_it_creates_the_cluster_leaves_nothing_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAPPORT_HOME", str(tmp_path / "state"))
    command = [sys.executable, "-c", "from rapport.warehouse import embedded; embedded.start()"]
    log = cluster().log
    for seconds in (0.3, 0.6, 0.9, 1.2):
        first = subprocess.Popen(command, start_new_session=True)
        try:
            first.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(first.pid, signal.SIGKILL)
            first.wait()
    found = embedded.start()
    with psycopg.connect(found.url("postgres")) as conn:
        assert conn.execute("show data_directory").fetchone() == (str(found.data),)
    assert log == found.log
    embedded.delete()
