"""Bad input, gates that stop, rehearsals, receivers that are away, lists that wait and lists called back.

Nothing past the fault is visible, and the message says what to do.

One Airflow, three nights: each fixture is something that happens to the retailer, in this order, and the tests after
it say what must hold then.
"""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml
from e2e.airflow_api import AirflowApi
from e2e.analyst import Analyst, counts, read_marts
from e2e.conftest import Checkout, age
from servers.https_receiver import TOKEN, Receiver, run_receiver
from servers.smtp import MailBox, run_smtp_server

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1500)]

MARKETER = "marketing@example.com"
FIRST, SECOND, THIRD = "2026-03-01", "2026-03-02", "2026-03-03"
CONTACTS = f"hubspot/hubspot-crm-exports-all-contacts-{SECOND}.csv"
ORDERS = f"shopify/orders_export_{SECOND}.csv"


def waiting_for(what: Callable[[], Any], seconds: float = 180) -> Any:
    """The first answer that is one."""
    until = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < until, "it never came"
        time.sleep(0.5)
    return found


@dataclass
class Retailer:
    """A retailer whose vendors drop `exports` into `landing`, whole or spoiled."""

    checkout: Checkout
    project: Path
    exports: Path
    landing: Path

    @cached_property
    def airflow(self) -> AirflowApi:
        return self.checkout.airflow

    def drop(self, pattern: str, spoil: Callable[[str], str] = lambda text: text) -> None:
        """Exports that match arrive, or arrive again, as `spoil` leaves them."""
        for path in self.exports.glob(pattern):
            target = self.landing / path.relative_to(self.exports)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(spoil(path.read_text(encoding="utf-8-sig")), encoding="utf-8")
            age(target)

    def write(self, name: str, text: str) -> None:
        """A file of the test's own arrives."""
        path = self.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        age(path)

    def run(self, *arguments: str, exit_code: int = 0) -> dict[str, Any]:
        return self.checkout.run("--landing", str(self.landing), *arguments, exit_code=exit_code)

    def one(self, query: str) -> Any:
        return self.checkout.query(query)[0][0]

    def clear(self, dag_id: str, night: str) -> None:
        """Clear the DAG's newest red task, and wait until the night is sent."""
        self.airflow.clear(next(self.airflow.tasks(dag_id, state="failed")))
        waiting_for(lambda: self.one(f"select state from ops.nights where business_date = '{night}'") == "sent")


def without_emails(text: str) -> str:
    """The view was exported without its contact columns' values."""
    rows = list(csv.DictReader(text.splitlines()))
    lines = [",".join(rows[0])]
    lines += [",".join(f'"{"" if name == "Email" else row[name]}"' for name in rows[0]) for row in rows]
    return "\n".join(lines) + "\n"


def first_quarter(text: str) -> str:
    """The survey tool exported again, and lost most of what it had."""
    lines = text.splitlines(keepends=True)
    return "".join(lines[: 2 + (len(lines) - 2) // 4])


@pytest.fixture(scope="module")
def mail() -> Iterator[MailBox]:
    with run_smtp_server() as box:
        yield box


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    """Who takes the newly won customers, beside the drop."""
    with run_receiver(tmp_path_factory.mktemp("receiver")) as running:
        yield running


@pytest.fixture(scope="module")
def retailer(tmp_path_factory: pytest.TempPathFactory, mail: MailBox, receiver: Receiver) -> Iterator[Retailer]:
    folder = tmp_path_factory.mktemp("bad_nights")
    checkout = Checkout(folder / "state")
    project = checkout.own_project(segments=("vip", "welcome_first_order", "detractor_recovery"), data_tests=False)
    # Who was invited is not invited again soon: after the first night the list of vips is another.
    declared = project / "businesses" / "sample.yml"
    declared.write_text(
        declared.read_text(encoding="utf-8")
        .replace("vendors: [", "vendors: [list_feedback, ")
        .replace("  drop: {transport: local}", "  drop: {transport: local}\n  klaviyo: {transport: https}")
        + f"brake: {{times: 1.01, least_people: 5}}\nsummary: {{recipients: [{MARKETER}]}}\n",
        encoding="utf-8",
    )
    segment = project / "dbt_project/models/activation/segments/seg_welcome_first_order.yml"
    segment.write_text(segment.read_text(encoding="utf-8").replace("[drop]", "[drop, klaviyo]"), encoding="utf-8")
    host, _, port = receiver.url.removeprefix("https://").partition(":")
    login = {"conn_type": "http", "host": host, "port": int(port), "password": TOKEN}
    checkout.more["AIRFLOW_CONN_RAPPORT_KLAVIYO_HTTPS"] = json.dumps(
        login | {"extra": {"ca_file": str(receiver.ca_file)}}
    )
    checkout.more["NO_PROXY"] = host
    extra = urlencode({"disable_ssl": "true", "disable_tls": "true", "from_email": "rapport@example.com"})
    checkout.more["AIRFLOW_CONN_RAPPORT_SMTP"] = f"smtp://127.0.0.1:{mail.port}/?{extra}"
    try:
        exports = checkout.samples(folder / "exports", nights=3)
        checkout.salt_holdouts()
        checkout("up")
        yield Retailer(checkout, project, exports, folder / "landing")
    finally:
        checkout("down", check=False)


@pytest.fixture(scope="module")
def rehearsed(retailer: Retailer) -> dict[str, Any]:
    retailer.drop(f"*/*{FIRST}*")
    return retailer.run("--dry-run")


def test_a_rehearsed_night_delivers_nothing(retailer: Retailer, rehearsed: dict[str, Any]) -> None:
    assert rehearsed["state"] == "sent"
    assert {row["status"] for row in rehearsed["lists"]} == {"dry_run"}
    assert not (retailer.checkout.home / "drop").exists()


@pytest.fixture(scope="module")
def half_sent(retailer: Retailer, rehearsed: dict[str, Any], receiver: Receiver) -> dict[str, Any]:
    """The first night for real, while one of the two receivers takes nothing."""
    receiver.next = [503] * 100
    receiver.headers["Retry-After"] = "3600"  # no use asking again within a try
    night = retailer.run(exit_code=1)
    receiver.next.clear()
    receiver.headers.clear()
    return night | {"drop": retailer.checkout.outcome()["lists"]}


def test_a_receiver_that_is_away_is_tried_again_holds_no_other_up_and_is_told_once(
    retailer: Retailer, half_sent: dict[str, Any], receiver: Receiver, mail: MailBox
) -> None:
    not_gone = {(row["segment"], row["destination"]) for row in half_sent["lists"] if row["status"] == "failed"}
    assert not_gone == {("welcome_first_order", "klaviyo")}
    assert {row["status"] for row in half_sent["lists"] if row["destination"] == "drop"} == {"delivered"}
    tasks = list(retailer.airflow.tasks("send_segments", task_id="deliver_lists"))
    assert ("failed", 4) in {(task["state"], task["try_number"]) for task in tasks}
    ((_, message),) = mail.messages
    text = message.get_body(("plain",))
    assert text is not None
    assert "- welcome first order to klaviyo: failed" in text.get_content()


@pytest.fixture(scope="module")
def first_night(retailer: Retailer, half_sent: dict[str, Any]) -> dict[str, Any]:
    """Everybody is there, and the red task is cleared in the UI."""
    retailer.clear("send_segments", FIRST)
    return retailer.run() | {"drop": half_sent["drop"]}


def test_what_did_not_go_goes_when_its_receiver_is_back_and_nothing_goes_twice(
    retailer: Retailer, first_night: dict[str, Any], receiver: Receiver
) -> None:
    assert {row["status"] for row in first_night["lists"]} == {"delivered"}
    assert first_night["state"] == "sent"
    assert len(receiver.taken) == 1
    assert retailer.checkout.outcome()["lists"] == first_night["drop"]


@pytest.fixture(scope="module")
def unreachable(retailer: Retailer, first_night: dict[str, Any]) -> list[str]:
    """Two people on the first night's list, whose every contact point the receiver tells to be dead."""
    with (retailer.checkout.home / "drop/sample" / FIRST / "vip_20260301_full.csv").open(encoding="utf-8") as file:
        people = sorted(row["customer_id"] for row in csv.DictReader(file))[:2]
    points = retailer.checkout.query(
        "select distinct contact, channel from customer_360.contact_permissions"
        f" where channel in ('email', 'sms', 'phone') and customer_id = any('{{{','.join(people)}}}')"
    )
    lines = [f"{contact},{channel},hard,{SECOND}T01:00:00Z" for contact, channel in points]
    retailer.write(f"list_feedback/bounces {SECOND}.csv", "\n".join(["contact,channel,type,bounced_at", *lines, ""]))
    return people


@pytest.fixture(scope="module")
def second_night(retailer: Retailer, unreachable: list[str]) -> dict[str, Any]:
    """The survey tool is silent, an export lost a column, another its values, and a stranger lies in the folder."""
    retailer.drop(f"hubspot/*{SECOND}*")
    retailer.drop(f"shopify/*{SECOND}*")
    retailer.drop(ORDERS, lambda text: text.replace("Created at", "Creation time", 1))
    retailer.drop(CONTACTS, without_emails)
    retailer.write("shopify/notes.txt", "call the printer\n")
    return retailer.run("--date", SECOND, exit_code=1)


def test_a_night_goes_on_with_whoever_has_arrived(retailer: Retailer, second_night: dict[str, Any]) -> None:
    states = {row["kind"]: row for row in second_night["sources"]}
    assert states["survey"]["state"] == "none"
    assert states["ecommerce"]["n_refused"] == 2
    assert second_night["state"] == "sent"
    stale = dict(retailer.checkout.query("select kind, is_stale from customer_360.source_freshness"))
    assert stale == {"survey": True, "ecommerce": False, "crm": False}


def test_a_bad_file_is_refused_with_what_is_wrong_and_what_to_do(
    retailer: Retailer, second_night: dict[str, Any]
) -> None:
    refused = {row["file"]: row for row in second_night["files"] if row["status"] == "refused"}
    assert set(refused) == {Path(ORDERS).name, "notes.txt"}
    assert "Created at" in refused[Path(ORDERS).name]["reason"]
    red = next(retailer.airflow.tasks("ingest_ecommerce", task_id="show_refusals", state="failed"))
    log = retailer.airflow.log(red)
    for row in refused.values():
        assert row["fix"]
        assert row["file"] in log
        assert row["fix"] in log


def test_what_the_landing_gate_stops_is_not_built_from(retailer: Retailer, second_night: dict[str, Any]) -> None:
    rejected = [row for row in second_night["files"] if row["status"] == "rejected"]
    assert [row["file"] for row in rejected] == [Path(CONTACTS).name]
    status = f"select status from ops.loads where load_id in (select ops.loads_as_of('{SECOND}'))"
    assert retailer.checkout.query(f"select distinct status from ({status}) as built_from") == [("loaded",)]
    known, exported = (
        {row["Record ID"] for row in csv.DictReader((retailer.exports / name).read_text("utf-8-sig").splitlines())}
        for name in (CONTACTS.replace(SECOND, FIRST), CONTACTS)
    )
    query = "select split_part(source_record_id, ':', -1) from customer_360.customer_identities"
    live = {record for (record,) in retailer.checkout.query(query)}
    left_out = {
        record for (record,) in retailer.checkout.query("select raw_row::jsonb ->> 'Record ID' from quality.quarantine")
    }
    assert exported - known, "the export had news"
    assert live >= known - left_out
    assert live.isdisjoint(exported - known)


def test_the_landing_gate_says_what_failed_where_and_what_to_do(
    retailer: Retailer, second_night: dict[str, Any]
) -> None:
    what = "raw.hubspot__contacts.email: expect_column_proportion_of_non_null_values_to_be_between, observed 0"
    (rejected,) = [row for row in second_night["files"] if row["status"] == "rejected"]
    assert what in rejected["reason"]
    assert "drop it again" in rejected["fix"]
    (stopped,) = [row for row in second_night["failed_checks"] if row["severity"] == "stop"]
    assert (stopped["suite"], stopped["column"]) == ("landing.hubspot__contacts", "email")
    red = list(retailer.airflow.tasks("ingest_crm", state="failed"))
    assert {task["task_id"] for task in red} == {"landing.check", "show_refusals"}
    for task in red:
        log = retailer.airflow.log(task)
        assert what in log
        assert "drop it again" in log
        assert "docs/runbooks/a-failed-gate.md" in log


def test_whom_a_receiver_could_not_reach_is_left_out_of_the_next_lists(
    retailer: Retailer, unreachable: list[str], second_night: dict[str, Any]
) -> None:
    left_out = retailer.checkout.query(
        "select customer_id from activation.exclusions"
        f" where business_date = '{SECOND}' and segment = 'vip' and reason_code = 'bounced' order by 1"
    )
    assert [customer_id for (customer_id,) in left_out] == unreachable


@dataclass
class Publication:
    """What an analyst had open while the third night failed, was repaired and was published, and what they saw."""

    analyst: Analyst
    yesterday: Any
    of_yesterday: Any
    transaction: Any
    answers: list[tuple[int, ...]] = field(default_factory=list)


@pytest.fixture(scope="module")
def analysing(retailer: Retailer, second_night: dict[str, Any]) -> Iterator[Publication]:
    with retailer.checkout.connect() as owner:
        analyst = Analyst(owner)
    with analyst.session(autocommit=True) as conn:
        conn.execute(
            "create view ada.stages as select lifecycle_stage, count(customer_id) as customers,"
            " (select count(response_id) from customer_360.survey_responses) as responses"
            " from loyalty.lifecycle where is_current group by lifecycle_stage"
        )
    transaction = analyst.session()
    transaction.execute("set transaction isolation level repeatable read, read only")
    yesterday = read_marts(transaction)
    analyst.watch()
    yield Publication(analyst, yesterday, counts(transaction), transaction)
    transaction.close()


@pytest.fixture(scope="module")
def stopped_marts(retailer: Retailer, analysing: Publication) -> tuple[str, dict[str, Any]]:
    """The third night: what was wrong is corrected, and the survey tool exports its history again, cut short."""
    retailer.drop(f"*/*{THIRD}*")
    retailer.drop(ORDERS)
    retailer.drop(CONTACTS)
    retailer.drop(f"surveymonkey/*{FIRST}*", first_quarter)
    landing = ("--landing", str(retailer.landing), "--date", THIRD)
    done = retailer.checkout("run", *landing, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    (night,) = retailer.checkout.query(
        f"select state, failed_step, failure from ops.nights where business_date = '{THIRD}'"
    )
    return done.stdout, dict(zip(("state", "failed_step", "failure"), night, strict=True))


def test_a_stopped_marts_gate_leaves_yesterday_in_place(
    retailer: Retailer, analysing: Publication, stopped_marts: tuple[str, dict[str, Any]]
) -> None:
    with analysing.analyst.session(autocommit=True) as conn:
        assert read_marts(conn) == analysing.yesterday
    assert retailer.checkout.query(f"select 1 from ops.publications where business_date = '{THIRD}'") == []
    assert not (retailer.checkout.home / "drop" / "sample" / THIRD).exists()


def test_the_marts_gate_says_what_failed_where_and_what_to_do(
    retailer: Retailer, stopped_marts: tuple[str, dict[str, Any]]
) -> None:
    screen, night = stopped_marts
    what = "build_customer_360.survey_responses: expect_table_row_count_to_be_between, observed "
    assert (night["state"], night["failed_step"]) == ("failed", "check_marts")
    assert what in night["failure"]
    assert "yesterday's marts stay" in night["failure"]
    unwrapped = " ".join(screen.replace("│", " ").split())
    for words in ("failed at check_marts", what, "yesterday's marts stay", "docs/runbooks/a-failed-gate.md"):
        assert words in unwrapped
    red = next(retailer.airflow.tasks("build_marts", state="failed"))
    assert red["task_id"] == "check_marts"
    for told in (retailer.airflow.log(red), retailer.airflow.page(f"/rapport/nights/sample/{THIRD}")):
        assert what in told
        assert "docs/runbooks/a-failed-gate.md" in told


@pytest.fixture(scope="module")
def stopped_lists(
    retailer: Retailer, analysing: Publication, stopped_marts: tuple[str, dict[str, Any]]
) -> dict[str, Any]:
    """The survey's history comes again, whole; somebody has written an expectation that the lists cannot meet."""
    retailer.drop(f"surveymonkey/*{FIRST}*")
    suite = retailer.project / "expectations" / "lists" / "lists.yml"
    declared = yaml.safe_load(suite.read_text())
    (channel,) = [one for one in declared["expectations"] if one["kwargs"].get("column") == "channel"]
    channel["kwargs"]["value_set"] = ["post"]
    kept = suite.read_text()
    suite.write_text(yaml.safe_dump(declared))
    night = retailer.run("--date", THIRD, exit_code=1)
    suite.write_text(kept)
    analysing.answers = analysing.analyst.stop_watching()
    return night


def test_after_the_repair_the_same_night_is_published(
    retailer: Retailer, analysing: Publication, stopped_lists: dict[str, Any]
) -> None:
    loaded = {row["file"] for row in stopped_lists["files"] if row["status"] == "loaded"}
    assert {Path(ORDERS).name, Path(CONTACTS).name} <= loaded
    with analysing.analyst.session(autocommit=True) as conn:
        today = read_marts(conn)
    published = dict(
        retailer.checkout.query(
            f"select table_schema || '.' || table_name, n_rows from ops.publications where business_date = '{THIRD}'"
        )
    )
    assert {mart: published[mart] for mart in today} == {mart: n_rows for mart, (n_rows, _) in today.items()}
    assert all(today[mart] != analysing.yesterday[mart] for mart in today), "each of these marts has news"


def test_an_open_transaction_sees_yesterday_whole_and_a_new_session_today(
    analysing: Publication, stopped_lists: dict[str, Any]
) -> None:
    assert read_marts(analysing.transaction) == analysing.yesterday
    assert counts(analysing.transaction) == analysing.of_yesterday
    with analysing.analyst.session(autocommit=True) as conn:
        of_today = counts(conn)
    assert analysing.answers == [analysing.of_yesterday, of_today], "never a mixture of two nights"


def test_an_analysts_own_view_gives_today(analysing: Publication, stopped_lists: dict[str, Any]) -> None:
    with analysing.analyst.session(autocommit=True) as conn:
        rows = conn.execute("select sum(customers), max(responses) from ada.stages").fetchone()
        today = dict(zip(("customers", "orders", "responses"), counts(conn), strict=False))
    assert rows == (today["customers"], today["responses"])
    assert rows != (analysing.of_yesterday[0], analysing.of_yesterday[2])


def test_a_stopped_lists_gate_sends_nothing(retailer: Retailer, stopped_lists: dict[str, Any]) -> None:
    assert stopped_lists["lists"] == []
    assert not (retailer.checkout.home / "drop" / "sample" / THIRD).exists()


def test_the_lists_gate_says_what_failed_where_and_what_to_do(
    retailer: Retailer, stopped_lists: dict[str, Any]
) -> None:
    assert (stopped_lists["state"], stopped_lists["failed_step"]) == ("failed", "check_lists")
    what = "build_activation.lists.channel: expect_column_values_to_be_in_set"
    red = next(retailer.airflow.tasks("send_segments", state="failed"))
    assert red["task_id"] == "check_lists"
    for told in (stopped_lists["failure"], retailer.airflow.log(red)):
        assert what in told
        assert "nothing was sent" in told
        assert "docs/runbooks/a-failed-gate.md" in told


@pytest.fixture(scope="module")
def cleared(retailer: Retailer, stopped_lists: dict[str, Any]) -> None:
    """The expectation is put right, and the red task cleared in the UI."""
    retailer.clear("send_segments", THIRD)


def test_clearing_the_task_that_failed_takes_the_night_to_its_end(retailer: Retailer, cleared: None) -> None:
    delivered = "select segment from activation.deliveries where status = 'delivered' and business_date = '{}'"
    assert retailer.checkout.query(delivered.format(THIRD))
    assert list((retailer.checkout.home / "drop" / "sample" / THIRD).glob("*.csv"))


def test_what_was_sent_stays_as_it_was(retailer: Retailer, first_night: dict[str, Any], cleared: None) -> None:
    lists = retailer.checkout.outcome()["lists"]
    assert {name: lists[name] for name in first_night["drop"]} == first_night["drop"]


def standing(retailer: Retailer, night: str, segment: str) -> tuple[str, str]:
    rows = retailer.checkout.query(
        "select status, coalesce(reason, '') from activation.deliveries"
        f" where business_date = '{night}' and segment = '{segment}' and list_kind <> 'recall'"
    )
    (found,) = rows
    return str(found[0]), str(found[1])


def test_a_list_unlike_the_last_waits_and_holds_no_other_up(
    retailer: Retailer, second_night: dict[str, Any], mail: MailBox, cleared: None
) -> None:
    rows = {row["segment"]: row for row in second_night["lists"]}
    assert rows["vip"]["status"] == "waiting_approval"
    assert "on the last list" in rows["vip"]["reason"]
    assert rows["welcome_first_order"]["status"] == "delivered"
    assert second_night["state"] == "sent"
    told = {str(message["Subject"]) for _, message in mail.messages}
    assert any(SECOND in subject and subject.endswith("1 waiting") for subject in told)


def test_what_waits_is_held_back_when_the_next_lists_come(retailer: Retailer, cleared: None) -> None:
    assert standing(retailer, SECOND, "vip") == ("held_back", "Nobody approved it before the next lists.")
    assert not (retailer.checkout.home / "drop" / "sample" / SECOND / "vip_20260302_full.csv").exists()


@pytest.fixture(scope="module")
def approved(retailer: Retailer, cleared: None) -> str:
    """Somebody reads the question about the third night's list and lets it go; returns the question."""
    assert standing(retailer, THIRD, "vip")[0] == "waiting_approval"

    def asked() -> Any:
        tasks = retailer.airflow.tasks("approve_lists", task_id="lists.approve", state="awaiting_input")
        found = [(task, retailer.airflow.question(task)) for task in tasks]
        return [one for one in found if f"{THIRD}: send vip " in one[1]["subject"]]

    ((_, question),) = waiting_for(asked)

    def let_go() -> bool:
        # Answered before the scheduler has seen the asking process end, a task counts as killed and asks once more.
        for task, _ in asked():
            retailer.airflow.answer(task, "Send it")
        return standing(retailer, THIRD, "vip")[0] == "delivered"

    waiting_for(let_go)
    return f"{question['subject']}\n{question['body']}"


def test_an_approved_list_goes_like_any_other(retailer: Retailer, approved: str) -> None:
    assert "people tonight" in approved
    assert "@" not in approved.replace(MARKETER, "")
    folder = retailer.checkout.home / "drop" / "sample" / THIRD
    assert (folder / "vip_20260303_full.manifest.json").is_file()
    assert retailer.one(f"select state from ops.nights where business_date = '{THIRD}'") == "sent"


@pytest.fixture(scope="module")
def called_back(retailer: Retailer, approved: str) -> None:
    run = retailer.airflow.trigger(
        "recall_list",
        business="sample",
        date=THIRD,
        segment="vip",
        destination="drop",
        reason="the offer had ended",
    )
    path = f"/dags/recall_list/dagRuns/{run['dag_run_id']}"
    state = waiting_for(lambda: (now := retailer.airflow("GET", path)["state"]) in ("success", "failed") and now)
    assert state == "success"


def test_a_list_called_back_is_sent_once_more_to_be_removed_and_marketing_is_told(
    retailer: Retailer, called_back: None, mail: MailBox
) -> None:
    folder = retailer.checkout.home / "drop" / "sample" / THIRD
    sent, removed = ((folder / f"vip_20260303_{kind}.csv").read_bytes() for kind in ("full", "recall_remove"))
    assert removed == sent
    (message,) = [message for _, message in mail.messages if "called back" in str(message["Subject"])]
    text = message.get_body(("plain",))
    assert text is not None
    assert "the offer had ended" in text.get_content()
    assert "What was called back" in retailer.airflow.page(f"/rapport/summaries/sample/{THIRD}")
