"""Airflow's processes on this machine: launched, remembered in a file, and ended, those a crash left behind too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from rapport.airflow import environment as env
from rapport.files import write_whole
from rapport.processes import die_with_parent

COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer")


def launch(name: str, variables: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start one of Airflow's components; it ends with this process, and what it forks ends with it."""
    return spawn([sys.executable, "-m", "airflow", name], name, variables, ends_with_us=True)


def spawn(command: list[str], name: str, variables: dict[str, str], *, ends_with_us: bool) -> subprocess.Popen[bytes]:
    """Start a process of the stack, its output in `<name>.log` in Airflow's home."""
    with open(env.airflow_home() / f"{name}.log", "ab") as log:
        return subprocess.Popen(
            command,
            env=variables,
            cwd=env.airflow_home(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent if ends_with_us else None,  # noqa: PLW1509  (only prctl, no locks)
        )


def remember(content: dict[str, Any], pids: dict[str, int]) -> None:
    """Write down what runs; a pid may go to somebody else later, so its start time is kept beside it."""
    processes = {}
    for name, pid in pids.items():
        with suppress(psutil.NoSuchProcess):
            processes[name] = [pid, psutil.Process(pid).create_time()]
    write_whole(_memory(), json.dumps(content | {"processes": processes}))


def remembered() -> dict[str, Any]:
    """What was written down last; empty if nothing was."""
    try:
        content: dict[str, Any] = json.loads(_memory().read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return content


def alive(found: dict[str, Any]) -> dict[str, psutil.Process]:
    """The remembered processes that still run, by name."""
    running = {}
    for name, (pid, created) in found.get("processes", {}).items():
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            if abs(process.create_time() - created) < 1 and process.status() != psutil.STATUS_ZOMBIE:
                running[name] = process
    return running


def end_all() -> int:
    """End every process of the stack, tasks and dbt included, and forget it; returns how many there were.

    Killed, not asked: nothing here may need a farewell, since anything may be killed at any moment.
    """
    members = list(alive(remembered()).values())
    for process in list(members):
        with suppress(psutil.NoSuchProcess):
            members += process.children(recursive=True)
    members += _strays()
    unique = {process.pid: process for process in members if process.pid != os.getpid()}
    for process in unique.values():
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(list(unique.values()), timeout=5)
    _memory().unlink(missing_ok=True)
    return len(unique)


def _memory() -> Path:
    return env.airflow_home() / "stack.json"


def _strays() -> list[psutil.Process]:
    """Processes nobody remembers: told by the stack's mark in their environment."""
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
