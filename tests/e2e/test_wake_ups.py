"""Nights woken by the real clock and by real assets, in whatever order, come out as in plain order.

One Airflow, two businesses with the same exports. `plain` runs its nights by command, one after the other. `clocked`
has a clock: its night is run without any command, one export is missing until the deadline, the survey comes after
the others, the building DAG's clock strikes before all have reported, and the next day's files come while it builds.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import yaml
from e2e.airflow_api import AirflowApi
from e2e.conftest import Checkout, age
from servers.openssh import OpenSSHServer

from rapport.businesses import KINDS

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(3000),
    pytest.mark.skipif("RAPPORT_WAKE_UP_TESTS" not in os.environ, reason="it waits for a clock: make test-wake-ups"),
]

INGEST = [f"ingest_{kind}" for kind in KINDS]
# A zone where it is about noon, so that no deadline of the test falls on the other side of midnight.
HOURS_TO_NOON = 12 - datetime.now(UTC).hour
ZONE = f"Etc/GMT{-HOURS_TO_NOON:+d}"
TODAY = (datetime.now(UTC) + timedelta(hours=HOURS_TO_NOON)).date()
YESTERDAY = TODAY - timedelta(days=1)
# From turning the clock on to the deadline of the export that never comes: the other clock strikes in between.
PATIENCE = timedelta(minutes=5)


def until(condition: Callable[[], Any], what: str, seconds: float = 1200) -> Any:
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"it never came to this: {what}"
        time.sleep(0.3)
    return found


@dataclass
class Town:
    """Both businesses on one stack, and where their exports come from."""

    checkout: Checkout
    project: Path
    exports: Path

    @cached_property
    def airflow(self) -> AirflowApi:
        return self.checkout.airflow

    def drop(self, business: str, day: date, *vendors: str) -> None:
        """A day's exports of these vendors arrive. The tickets of the first day never do."""
        for vendor in vendors:
            for path in (self.exports / vendor).glob(f"*{day}*"):
                if not ("tickets" in path.name and day == YESTERDAY):
                    folder = self.checkout.home / "landing" / business / vendor
                    folder.mkdir(parents=True, exist_ok=True)
                    age(Path(shutil.copy(path, folder)))

    def set_business(self, name: str, **keys: Any) -> None:
        path = self.project / "businesses" / f"{name}.yml"
        source = path if path.exists() else path.with_name("sample.yml")
        path.write_text(yaml.safe_dump(yaml.safe_load(source.read_text()) | keys))

    def night(self, business: str, day: date) -> dict[str, Any]:
        names = ("state", "opened_at", "claimed_at", "published_at", "sent_at")
        rows = self.checkout.query(f"select {', '.join(names)} from ops.nights where business_date = '{day}'", business)
        return dict(zip(names, rows[0], strict=True)) if rows else dict.fromkeys(names)

    def reported(self, day: date) -> dict[str, tuple[str, datetime]]:
        """clocked's reports of a night: kind → state and time."""
        query = f"select kind, state, reported_at from ops.night_sources where business_date = '{day}'"
        return {kind: (state, at) for kind, state, at in self.checkout.query(query, "clocked")}

    def read_again(self) -> None:
        """The button that makes Airflow read its DAG files now, not within half a minute."""
        for dag_id in ("build_marts", "ingest_crm"):
            self.airflow("PUT", f"/parseDagFile/{self.airflow('GET', f'/dags/{dag_id}')['file_token']}")

    def strike(self) -> datetime:
        """Let the building DAG's clock strike at the next minute that leaves Airflow time to hear of it."""
        while True:
            at = (datetime.now(UTC) + timedelta(seconds=75)).replace(second=0, microsecond=0)
            # It strikes a quarter of an hour after the last deadline.
            passed = (at - timedelta(minutes=15) + timedelta(hours=HOURS_TO_NOON)).strftime("%H:%M")
            self.set_business("clocked", deadlines=dict.fromkeys(KINDS, passed))
            self.read_again()
            while datetime.now(UTC) < at:
                planned = self.airflow("GET", "/dags/build_marts")["next_dagrun_run_after"]
                if planned is not None and datetime.fromisoformat(planned) == at:
                    return at
                time.sleep(0.5)


def sftp_connection(server: OpenSSHServer) -> str:
    extra = {"private_key": server.private_key, "host_key": server.host_key, "folder": str(server.folder)}
    return json.dumps(
        {"conn_type": "sftp", "host": server.host, "port": server.port, "login": server.user, "extra": extra}
    )


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, openssh_server: OpenSSHServer) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("wake_ups")
    checkout = Checkout(folder / "state")
    town = Town(checkout, checkout.own_project(), folder / "exports")
    town.set_business("clocked", time_zone=ZONE)
    town.set_business(
        "plain", time_zone=ZONE, destinations={"drop": {"transport": "sftp", "connection": "marketing_sftp"}}
    )
    try:
        checkout.samples(town.exports, nights=2, start=YESTERDAY)
        checkout.more["AIRFLOW_CONN_MARKETING_SFTP"] = sftp_connection(openssh_server)
        checkout("up", "--business", "clocked")
        yield town
    finally:
        checkout("down", check=False)


@dataclass
class Story:
    """What happened, and when."""

    plain: list[dict[str, Any]]
    deadline: datetime
    struck: dict[str, Any]


@pytest.fixture(scope="module")
def story(town: Town) -> Story:
    airflow = town.airflow
    town.drop("plain", YESTERDAY, "hubspot", "shopify", "surveymonkey")
    plain = [town.checkout.run("--business", "plain", "--date", f"{YESTERDAY}")]
    town.drop("plain", TODAY, "hubspot", "shopify", "surveymonkey")
    plain.append(town.checkout.run("--business", "plain", "--date", f"{TODAY}"))

    # The clock is turned on: the night that is over is opened by it, and waits for what has not come.
    town.drop("clocked", YESTERDAY, "hubspot", "shopify")
    deadline = (datetime.now(UTC) + PATIENCE).replace(second=0, microsecond=0)
    local = (deadline + timedelta(hours=HOURS_TO_NOON)).strftime("%H:%M")
    town.set_business("clocked", is_scheduled=True, deadlines=dict.fromkeys(KINDS, "23:00") | {"crm": local})
    town.read_again()
    until(lambda: "ecommerce" in town.reported(YESTERDAY), "the clock opens the night, e-commerce reports")
    waiting = {"task_id": "landing.await_exports", "state": "deferred"}
    until(lambda: next(airflow.tasks("ingest_crm", **waiting), None), "the CRM's exports are waited for")
    until(lambda: next(airflow.tasks("ingest_survey", **waiting), None), "the survey's are too")

    # The clock of build_marts strikes while one has not reported, and the survey comes after the others.
    at = town.strike()
    assert at < deadline, "the test took longer than it gives its exports: PATIENCE"
    town.drop("clocked", YESTERDAY, "surveymonkey")
    struck = until(
        lambda: [
            run for run in airflow.runs("build_marts") if (run["run_type"], run["state"]) == ("scheduled", "success")
        ],
        f"the clock strikes at {at}",
    )[0]

    # Today's exports come while yesterday's night is being built; nobody does anything after that.
    until(lambda: town.night("clocked", YESTERDAY)["claimed_at"], "yesterday's night builds")
    town.drop("clocked", TODAY, "hubspot", "shopify", "surveymonkey")
    for dag_id in INGEST:
        airflow.trigger(dag_id, date=f"{TODAY}")
    until(lambda: town.night("clocked", TODAY)["state"] == "sent", "today's night is sent")
    return Story(plain, deadline, struck)


def test_the_clock_runs_a_night_without_any_command(town: Town, story: Story) -> None:
    assert town.night("clocked", YESTERDAY)["state"] == "sent"
    for dag_id in INGEST:
        (by_clock,) = [run for run in town.airflow.runs(dag_id) if run["run_type"] == "scheduled"]
        assert by_clock["state"] == "success"
        assert datetime.fromisoformat(by_clock["logical_date"]) == datetime.combine(
            YESTERDAY, datetime.min.time(), UTC
        ) - timedelta(hours=HOURS_TO_NOON)
    # What was started by hand in this stack is plain's, the look that `up` takes, and today's exports.
    by_hand = [run for run in town.airflow.runs("build_marts") if run["run_type"] == "manual"]
    assert {run["dag_run_id"].split("_")[0] for run in by_hand} <= {"start"}


def test_an_export_is_waited_for_until_its_deadline_and_no_longer(town: Town, story: Story) -> None:
    state, at = town.reported(YESTERDAY)["crm"]
    assert state == "arrived", "the night goes on with those that came"
    assert story.deadline <= at < story.deadline + timedelta(minutes=15)
    waits = town.airflow.tasks("ingest_crm", task_id="landing.await_exports")
    assert any("no file yet for hubspot.tickets" in town.airflow.log(task) for task in waits)


def test_the_clock_before_the_assets_takes_no_night(town: Town, story: Story) -> None:
    reported = town.reported(YESTERDAY)
    assert reported["ecommerce"][1] < datetime.fromisoformat(story.struck["start_date"]) < reported["crm"][1]
    path = f"/dags/build_marts/dagRuns/{story.struck['dag_run_id']}/taskInstances/claim_night"
    assert town.airflow("GET", path)["state"] == "skipped"


def test_the_survey_comes_after_the_others_and_is_in_the_night(town: Town, story: Story) -> None:
    reported = town.reported(YESTERDAY)
    assert reported["survey"][0] == "arrived"
    assert reported["ecommerce"][1] < reported["survey"][1]


def test_tomorrows_files_during_todays_build_belong_to_tomorrow(town: Town, story: Story) -> None:
    yesterday, today = (town.night("clocked", day) for day in (YESTERDAY, TODAY))
    assert yesterday["claimed_at"] < today["opened_at"] < yesterday["published_at"]
    taken = town.checkout.query("select distinct business_date, file_date from ops.loads order by 1", "clocked")
    assert taken == [(YESTERDAY, YESTERDAY), (TODAY, TODAY)]
    assert yesterday["sent_at"] <= today["claimed_at"], "one night after the other"


def test_whichever_wake_up_comes_first_the_nights_are_the_same(town: Town, story: Story) -> None:
    queries = {
        "tables": "select business_date, table_schema, table_name, n_rows, checksum from ops.publications",
        "lists": "select business_date, segment, destination, status, n_rows, sha256 from activation.deliveries",
    }
    for name, query in queries.items():
        plain, clocked = (town.checkout.query(f"{query} order by 1, 2, 3", name) for name in ("plain", "clocked"))
        assert {row[0] for row in plain} == {YESTERDAY, TODAY}
        assert clocked == plain, name


def test_the_next_night_adds_to_the_one_before(story: Story) -> None:
    first, second = story.plain
    assert (first["state"], second["state"]) == ("sent", "sent")
    assert {row["file"] for row in second["files"]}.isdisjoint({row["file"] for row in first["files"]})
    assert second["customers"] >= first["customers"]


def test_lists_go_to_the_sftp_server_of_the_business(town: Town, story: Story, openssh_server: OpenSSHServer) -> None:
    for night in story.plain:
        assert night["lists"]
        for row in night["lists"]:
            assert "sftp://" in row["path"]
            received = openssh_server.folder / night["date"] / Path(row["path"]).name
            digest = hashlib.sha256(received.read_bytes()).hexdigest()
            assert received.with_name(received.name + ".sha256").read_text().split()[0] == digest
    assert not (town.checkout.home / "drop" / "plain").exists()


def test_a_past_night_built_again_comes_out_the_same_and_touches_nothing(town: Town, story: Story) -> None:
    query = "select table_schema, table_name, n_rows, checksum, published_at from ops.publications order by 1, 2, 5"
    before = town.checkout.query(query, "plain")
    for day in (YESTERDAY, TODAY):
        command = ("nights", "replay", "--business", "plain", "--date", f"{day}", "--json")
        replayed = json.loads(town.checkout(*command).stdout)
        assert {name for name, is_equal in replayed["tables"].items() if not is_equal} == set()
        assert {name for name, is_equal in replayed["lists"].items() if not is_equal} == set()
    assert town.checkout.query(query, "plain") == before


def test_a_night_that_is_past_is_refused(town: Town, story: Story) -> None:
    refused = town.checkout("run", "--business", "plain", "--date", f"{YESTERDAY - timedelta(days=1)}", check=False)
    assert refused.returncode == 1
    assert "is past" in refused.stderr
