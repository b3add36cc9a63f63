"""`rapport ingest` and `rapport quarantine` as a person calls them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from landing.exports import NIGHT, ORDERS
from typer.testing import CliRunner

from rapport import businesses
from rapport.businesses import Business
from rapport.cli import _attach, app
from rapport.landing import declarations as declared
from rapport.landing import night

OrdersFile = Callable[..., Path]
KEYS = [
    "file",
    "vendor",
    "table",
    "status",
    "read",
    "loaded",
    "quarantined",
    "skipped",
    "encoding",
    "delimiter",
    "reason",
]


@pytest.fixture
def rapport(
    business: Business,
    conn: psycopg.Connection[Any],
    declarations: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Any]:
    """Call the command line for the test's own business."""
    monkeypatch.setattr(businesses, "load_business", lambda name: business)
    monkeypatch.setattr(
        night,
        "load_declarations",
        lambda found: [table for table in declarations if table.vendor in found.vendors],
    )
    monkeypatch.setattr(declared, "load_declarations", lambda found: declarations)
    if not app.registered_commands:
        _attach()

    def call(*arguments: object) -> Any:
        return CliRunner().invoke(app, [*map(str, arguments), "--business", business.name])

    return call


def test_ingest_prints_one_object_a_file(rapport: Callable[..., Any], orders_file: OrdersFile, tmp_path: Path) -> None:
    orders_file([{}, {"Email": "bad"}])
    orders_file([], name="orders_export_2026-02-28.csv")
    answer = rapport("ingest", tmp_path, "--date", NIGHT, "--json")
    assert answer.exit_code == 1, answer.output
    refused, loaded = map(json.loads, answer.stdout.splitlines())
    assert list(loaded)[: len(KEYS)] == KEYS
    assert (loaded["status"], loaded["read"], loaded["loaded"], loaded["quarantined"]) == ("loaded", 2, 1, 1)
    assert (refused["status"], refused["file"]) == ("refused", "orders_export_2026-02-28.csv")
    assert refused["reason"]


def test_ingest_of_the_same_file_again_says_unchanged(rapport: Callable[..., Any], orders_file: OrdersFile) -> None:
    path = orders_file([{}])
    assert rapport("ingest", path, "--date", NIGHT).exit_code == 0
    answer = rapport("ingest", path, "--date", NIGHT, "--json")
    assert (answer.exit_code, json.loads(answer.stdout)["status"]) == (0, "unchanged")


def test_ingest_takes_the_vendors_word(rapport: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "anything.csv"
    path.write_text("Respondent ID,How?\n,Response\n1,fine\n")
    answer = rapport("ingest", path, "--date", NIGHT, "--vendor", "surveymonkey", "--json")
    assert json.loads(answer.stdout)["table"] == "responses"


def test_quarantine_shows_rows_only_when_asked(rapport: Callable[..., Any], orders_file: OrdersFile) -> None:
    path = orders_file([{}, {"Email": "private-but-wrong"}])
    load_id = json.loads(rapport("ingest", path, "--date", NIGHT, "--json").stdout)["load_id"]
    listed = rapport("quarantine", "list", "--json")
    assert json.loads(listed.stdout)["rows"] == 1
    assert "private" not in listed.stdout + rapport("quarantine", "show", load_id).stdout
    assert "private-but-wrong" in rapport("quarantine", "show", load_id, "--row", 2, "--json").stdout


def test_ingest_takes_a_declared_vendor_that_the_business_does_not_list(
    rapport: Callable[..., Any], orders_file: OrdersFile, business: Business
) -> None:
    path = orders_file([{}])
    business.vendors.remove("shopify")
    answer = rapport("ingest", path, "--date", NIGHT, "--vendor", "shopify", "--json")
    result = json.loads(answer.stdout)
    assert (answer.exit_code, result["status"], result["loaded"]) == (0, "loaded", 1)
    assert "no mart reads it until shopify is listed" in result["reason"]
    again = json.loads(rapport("ingest", path, "--date", NIGHT, "--vendor", "shopify", "--json").stdout)
    assert (again["status"], "until shopify is listed" in again["reason"]) == ("unchanged", True)


def test_ingest_of_a_vendor_that_nobody_declared_says_so(rapport: Callable[..., Any], orders_file: OrdersFile) -> None:
    answer = rapport("ingest", orders_file([{}]), "--date", NIGHT, "--vendor", "nobody")
    assert answer.exit_code == 1
    assert "No vendor nobody is declared" in str(answer.exception)


def test_a_replay_says_what_became_of_each_file(rapport: Callable[..., Any], orders_file: OrdersFile) -> None:
    rapport("ingest", orders_file([{}, {"Email": "bad"}]), "--date", NIGHT)
    told = rapport("quarantine", "replay", "--all", "--date", NIGHT, "--json")
    assert told.exit_code == 0, told.exception
    found = json.loads(told.stdout)
    assert (found["file"], found["status"], found["tried"], found["held"]) == (ORDERS, "held", 1, 1)
    assert found["reason"] == "1 x Email: not an e-mail address"


def test_a_replay_asks_which_rows(rapport: Callable[..., Any]) -> None:
    for chosen in ([], ["1", "--all"], ["--all", "--file", "x.csv"]):
        told = rapport("quarantine", "replay", *chosen, "--date", NIGHT)
        assert str(told.exception).startswith("Which rows?")
    unknown = rapport("quarantine", "replay", "77", "--date", NIGHT)
    assert str(unknown.exception).startswith("There is no load 77.")
