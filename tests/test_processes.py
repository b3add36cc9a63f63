"""Forked processes end with the one that forked them, whenever that is."""

from __future__ import annotations

import subprocess
import sys

import psutil

CHAIN = """
import os, sys, time
from rapport.processes import let_forks_die_with_parent
let_forks_die_with_parent()
generations = 2
while generations and os.fork() == 0:
    generations -= 1
os.write(1, b"%d\\n" % os.getpid())
time.sleep(600)
"""


def test_a_killed_process_takes_its_children_and_theirs_along() -> None:
    first = subprocess.Popen([sys.executable, "-c", CHAIN], stdout=subprocess.PIPE, text=True)
    assert first.stdout is not None
    family = [psutil.Process(int(first.stdout.readline())) for _ in range(3)]
    first.kill()
    first.wait()
    others = [process for process in family if process.pid != first.pid]
    _, alive = psutil.wait_procs(others, timeout=60)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []


def test_a_child_of_a_process_that_has_just_died_does_not_live_on() -> None:
    script = """
import os, signal, time
from rapport import processes
os.register_at_fork(after_in_child=lambda: (os.kill(os.getppid(), signal.SIGKILL), time.sleep(0.5)))
processes.let_forks_die_with_parent()
if os.fork() == 0:
    print("alive", flush=True)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert "alive" not in done.stdout
