"""A step has one writer, is timed, and an earlier attempt cannot write behind its back."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from datetime import date

import psutil
import psycopg
import pytest

from rapport.businesses import load_business
from rapport.errors import GateFailed
from rapport.nights import open_night, step
from rapport.warehouse import connect

NIGHT = date(2026, 3, 1)


@pytest.fixture
def business(warehouse: str) -> str:
    with connect(warehouse) as conn:
        open_night(conn, load_business("sample"), NIGHT)
    return warehouse


def rows(business: str) -> list[tuple[str, str]]:
    with connect(business) as conn:
        return conn.execute("select step, status from ops.steps order by started_at").fetchall()


def test_a_step_is_recorded_with_its_end_and_detail(business: str) -> None:
    with step(business, NIGHT, "load") as current:
        current.detail["rows"] = 3
    with connect(business) as conn:
        row = conn.execute("select status, finished_at is not null, detail from ops.steps").fetchone()
    assert row == ("done", True, {"rows": 3})


def test_a_failed_step_keeps_rapports_words_and_nobody_elses(business: str) -> None:
    with pytest.raises(GateFailed), step(business, NIGHT, "check"):
        raise GateFailed("two rows are wrong", where="marts.orders")
    with pytest.raises(ValueError, match="ayse@example"), step(business, NIGHT, "other"):
        raise ValueError("ayse@example.org is not a number")
    with connect(business) as conn:
        details = dict(conn.execute("select step, detail ->> 'error' from ops.steps").fetchall())
    assert "two rows are wrong" in details["check"]
    assert details["other"] == "ValueError"


def test_a_new_attempt_disconnects_the_earlier_one(business: str) -> None:
    # The old attempt's end cannot be recorded: its guard is gone, and with it the right to write.
    with pytest.raises(psycopg.OperationalError), step(business, NIGHT, "publish") as old:
        left_behind = connect(business, application_name=old.application_name)
        left_behind.execute("create table raw.half_done (n integer)")
        other = connect(business, application_name="rapport:build:other")
        with step(business, NIGHT, "publish"):
            with pytest.raises(psycopg.OperationalError):
                left_behind.execute("select 1")
            assert other.execute("select 1").fetchone() == (1,), "other steps go on"
            with connect(business) as conn:
                assert conn.execute("select to_regclass('raw.half_done')").fetchone() == (None,)
        other.close()
    assert rows(business) == [("publish", "failed"), ("publish", "done")]


def test_a_step_dies_with_its_parent(business: str) -> None:
    child = textwrap.dedent(f"""
        import time
        from datetime import date
        from rapport.nights import step
        with step({business!r}, date(2026, 3, 1), "build"):
            print("running", flush=True)
            time.sleep(600)
    """)
    parent = textwrap.dedent(f"""
        import subprocess, sys
        child = subprocess.Popen([sys.executable, "-c", {child!r}], stdout=subprocess.PIPE, text=True)
        child.stdout.readline()
        print(child.pid, flush=True)
        child.wait()
    """)
    process = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    orphan = psutil.Process(int(process.stdout.readline()))
    process.kill()
    process.wait()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and orphan.is_running() and orphan.status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.05)
    assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE
    with step(business, NIGHT, "build"):
        pass
    assert rows(business) == [("build", "failed"), ("build", "done")]
