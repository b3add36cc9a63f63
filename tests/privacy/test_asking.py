"""Whoever asks by whatever they know of a person is shown the whole record, gets it as a file, or has it erased."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from privacy.conftest import EMAIL, HOME_PHONE, MEMBER, TRACES, Retailer
from typer.testing import CliRunner

from rapport.errors import RapportError, UsageError
from rapport.privacy.commands import app
from rapport.warehouse import connect

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def asked(server: str, built: Retailer) -> Iterator[Retailer]:
    """One copy for all who only ask."""
    from privacy.conftest import copy_of

    with pytest.MonkeyPatch.context() as patch, copy_of(server, built, patch) as copied:
        yield copied


def run(retailer: Retailer, *arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, [*arguments, "--business", retailer.business.name], input=answer)


def shown(retailer: Retailer, key: str) -> dict[str, Any]:
    result = run(retailer, "show", key, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def customer_id(retailer: Retailer, email: str = EMAIL) -> str:
    with connect(retailer.business.name) as conn:
        (found,) = conn.execute("select customer_id from customer_360.customers where email = %s", [email]).fetchone()  # type: ignore[misc]
    assert isinstance(found, str)
    return found


@pytest.mark.parametrize(
    "key",
    [
        f"  {EMAIL.upper()} ",
        "+45 31 22 33 44",
        "hubspot:contacts:20199999999",
        "shopify:7199999999999",
        "7199999999999",
        "ZQ9001",
        "shopify:ZQ9001",
    ],
)
def test_a_person_is_found_by_any_key(asked: Retailer, key: str) -> None:
    (found,) = shown(asked, key)["customer_360.customers"]
    assert (found["customer_id"], found["email"]) == (customer_id(asked), EMAIL)


def test_the_record_has_sources_evidence_permissions_orders_lists_and_timeline(asked: Retailer) -> None:
    record = shown(asked, customer_id(asked))
    evidence = {row["source_record_id"]: row["evidence"] for row in record["customer_360.customer_identities"]}
    assert {"hubspot:contacts:20199999999", "shopify:customers:7199999999999"} <= set(evidence)
    assert "email" in evidence["hubspot:contacts:20199999999"]
    assert [order["order_number"] for order in record["customer_360.orders"]] == ["ZQ9001"]
    assert {row["event_type"] for row in record["customer_360.customer_timeline"]} >= {"order_placed"}
    assert record["customer_360.contact_permissions"]
    assert [sent["segment"] for sent in record["lists"]] == ["detractor_recovery"]
    assert MEMBER not in json.dumps(record)


def test_a_terminal_shows_the_record_in_words(asked: Retailer) -> None:
    output = run(asked, "show", EMAIL).output
    for told in ("Zebedee Quux", "hubspot:contacts:20199999999", "ZQ9001", "detractor_recovery", "timeline"):
        assert told in output
    assert MEMBER not in output


def test_who_is_nobody_or_several_is_told_without_repeating_the_key(asked: Retailer) -> None:
    for command in (["show"], ["export", "--out", "x.json"]):
        refused = run(asked, *command, "nobody@nowhere.example.com")
        assert isinstance(refused.exception, UsageError)
        assert "nobody" not in str(refused.exception).lower().replace("nobody is known", "")
    several = run(asked, "show", HOME_PHONE).exception
    assert isinstance(several, UsageError)
    assert customer_id(asked) in str(several)
    assert customer_id(asked, MEMBER) in str(several)


def test_an_export_holds_every_row_with_where_it_is_from_and_nothing_of_others(asked: Retailer, tmp_path: Path) -> None:
    out = tmp_path / "zebedee.json"
    result = run(asked, "export", EMAIL, "--out", str(out))
    assert result.exit_code == 0, result.output
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    held = json.loads(out.read_text())
    orders = held["exports"]["shopify__orders"]
    assert "Second line" in [row["values"]["lineitem_name"] for row in orders], orders
    assert all(row["file"].startswith("orders_export") and row["row"] > 0 for row in orders)
    assert ["ZQ9002" in row["raw_row"] for row in held["quarantine"]] == [True]
    assert len(held["tables"]["build_staging.base_shopify__orders"]) == 2
    assert held["tables"]["customer_360.customers"][0]["customer_id"] == customer_id(asked)
    assert [sent["segment"] for sent in held["sends"]] == ["detractor_recovery"]
    text = out.read_text().lower()
    assert {trace for trace in TRACES if trace.lower() in text} >= set(TRACES) - {"31 22 33 44"}
    assert MEMBER not in text


def test_an_export_needs_a_folder_that_is_there(asked: Retailer, tmp_path: Path) -> None:
    refused = run(asked, "export", EMAIL, "--out", str(tmp_path / "nowhere" / "x.json"))
    assert isinstance(refused.exception, UsageError)


def test_nobody_is_looked_for_in_what_an_older_night_left(retailer: Retailer, tmp_path: Path) -> None:
    with connect(retailer.business.name) as conn:
        conn.execute("delete from build_identity.customer_records where source_record_id like '%%20199999999'")
        conn.commit()
    for command in (["export", "--out", str(tmp_path / "x.json")], ["erase", "--yes"]):
        refused = run(retailer, *command, EMAIL).exception
        assert isinstance(refused, RapportError)
        assert "older than what is published" in str(refused)


def test_an_erasure_asks_first_and_prints_its_proof(retailer: Retailer) -> None:
    refused = run(retailer, "erase", EMAIL, answer="n\n")
    assert refused.exit_code == 1
    assert customer_id(retailer)
    done = run(retailer, "erase", EMAIL, answer="y\n")
    assert done.exit_code == 0, done.output
    assert "nothing was found" in done.stdout
    assert not any(trace.lower() in done.output.lower() for trace in TRACES)
    again = json.loads(run(retailer, "erase", EMAIL, "--yes", "--json").stdout)
    assert again["removed_rows"]["customer_360.customers"] == 1
    assert run(retailer, "erase", EMAIL, "--yes").stdout.startswith("Erased already")
