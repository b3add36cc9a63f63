"""One command at a time works on a checkout's nights."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rapport.airflow.stack import only_command

RAPPORT = str(Path(sys.executable).with_name("rapport"))


@pytest.mark.parametrize("command", [["run"], ["run", "--dry-run"], ["up"]], ids=" ".join)
def test_a_second_command_touches_nothing_of_the_first_one_s_night(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setenv("RAPPORT_HOME", str(tmp_path))
    with only_command():
        before = sorted(tmp_path.rglob("*"))
        done = subprocess.run([RAPPORT, *command], env=os.environ, capture_output=True, text=True, check=False)
        assert (done.returncode, sorted(tmp_path.rglob("*"))) == (1, before)
    assert "Another `rapport run` or `rapport up` is at work" in done.stderr


def test_down_ends_the_command_that_is_at_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_HOME", str(tmp_path))
    script = """
import time
from rapport.airflow.stack import only_command
with only_command():
    print("at work", flush=True)
    time.sleep(600)
"""
    working = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert working.stdout is not None
    assert working.stdout.readline() == "at work\n"
    done = subprocess.run([RAPPORT, "down"], env=os.environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert working.wait(60) != 0
    with only_command():
        pass
