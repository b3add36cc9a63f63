"""A step has one writer, is timed, and an earlier attempt cannot write behind its back."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import pytest

from rapport.businesses import load_business
from rapport.errors import GateFailed
from rapport.nights import open_night, step
from rapport.nights.steps import ends_of_steps
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


def another_attempt(business: str, name: str, body: str) -> subprocess.Popen[str]:
    """A process in the middle of a step: it has opened it, printed `running`, and goes on with `body`."""
    script = f"""
import time
from datetime import date
from rapport.nights import step
from rapport.warehouse import connect
with step({business!r}, date(2026, 3, 1), {name!r}) as current:
    own = connect({business!r}, application_name=current.application_name)
    own.execute("create table raw.half_done (n integer)")
    print("running", flush=True)
    {body}
"""
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "running\n"
    return process


def test_a_new_attempt_ends_the_earlier_one_with_its_process(business: str) -> None:
    old = another_attempt(business, "publish", "time.sleep(600)")
    other = connect(business, application_name="rapport:build:other")
    with step(business, NIGHT, "publish"):
        assert old.wait(60) == 1, "it may have had more to write, on new connections"
        assert other.execute("select 1").fetchone() == (1,), "other steps go on"
        with connect(business) as conn:
            assert conn.execute("select to_regclass('raw.half_done')").fetchone() == (None,)
    other.close()
    assert rows(business) == [("publish", "failed"), ("publish", "done")]


def test_a_step_ends_with_its_connection_whatever_it_is_doing(business: str) -> None:
    busy = another_attempt(business, "build", "while True: pass")
    with connect(business) as conn:
        conn.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and application_name like 'rapport:build:%:guard'"
        )
    assert busy.wait(60) == 1
    with step(business, NIGHT, "build"):
        pass
    assert rows(business) == [("build", "failed"), ("build", "done")]


def test_a_killed_step_counts_as_running_until_its_next_attempt(business: str) -> None:
    names = ["build", "publish", "send"]
    killed = another_attempt(business, "build", "time.sleep(600)")
    killed.kill()
    killed.wait()
    with step(business, NIGHT, "publish"):
        pass
    with connect(business) as conn:
        assert ends_of_steps(conn, NIGHT, names) == {"build": "running", "publish": "done", "send": None}
        with pytest.raises(GateFailed), step(business, NIGHT, "build"):
            raise GateFailed("two rows are wrong")
        assert ends_of_steps(conn, NIGHT, names) == {"build": "failed", "publish": "done", "send": None}
        with step(business, NIGHT, "build"):
            pass
        assert ends_of_steps(conn, NIGHT, names) == {"build": "done", "publish": "done", "send": None}


def test_a_step_that_ended_leaves_its_process_alone(business: str) -> None:
    for _ in range(20):
        with step(business, NIGHT, "build"):
            pass
    assert {status for _, status in rows(business)} == {"done"}
