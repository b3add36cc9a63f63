"""Why two records are one person or not is told of whatever somebody knows of them, and by the commands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
import pytest
from identity.made_up_records import Row, made_up_records
from identity.records import build_records
from servers.warehouses import new_warehouse
from typer.testing import CliRunner

from rapport import businesses
from rapport.businesses import load_business
from rapport.errors import IdentityError
from rapport.identity import assign
from rapport.identity.commands import app
from rapport.identity.lookups import explain_two
from rapport.warehouse import connect

Conn = psycopg.Connection[Any]
ANNE: Row = {
    "source_record_id": "crm:contacts:1",
    "given_name_key": "ANNE",
    "surname_key": "QVIST",
    "birth_date_digits": "19700102",
    "email_key": "anneqvist@gmail.com",
    "phone_key": "+4520123456",
    "external_id": "crm:1",
}
AGAIN = ANNE | {"source_record_id": "shop:customers:1", "birth_date_digits": None, "external_id": "shop:1"}
SON = ANNE | {
    "source_record_id": "shop:customers:2",
    "given_name_key": "BO",
    "birth_date_digits": "20010304",
    "email_key": None,
    "external_id": "shop:2",
}
NAMELESS: Row = {"source_record_id": "shop:buyers:3", "street_key": "NOWHERE 1"}


@pytest.fixture(scope="module")
def warehouse_name(server: str) -> Iterator[str]:
    with new_warehouse(server) as name, connect(name) as conn:
        build_records(conn, [*made_up_records(60)[0], ANNE, AGAIN, SON, NAMELESS])
        assign(conn, load_business("sample"), date(2026, 1, 1))
        conn.commit()
        yield name


@pytest.fixture
def conn(warehouse_name: str) -> Iterator[Conn]:
    with connect(warehouse_name) as found:
        yield found


@pytest.fixture
def run(warehouse_name: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A command over that warehouse."""
    business = load_business("sample").model_copy(update={"name": warehouse_name})
    monkeypatch.setattr(businesses, "load_business", lambda name: business)
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize("known", ["crm:contacts:1", "crm:1", "Anne.Qvist@Gmail.com", "20 12 34 56"])
def test_records_are_known_by_their_ids_and_by_any_spelling_of_their_points(conn: Conn, known: str) -> None:
    found = explain_two(conn, known, "shop:customers:1", "DK")
    assert found.is_one_person
    assert found.explanation.probability > 0.99


def test_a_person_is_known_by_the_customer_id(conn: Conn) -> None:
    (customer_id,) = conn.execute(
        "select customer_id from build_identity.customer_records where source_record_id = 'shop:customers:2'"
    ).fetchone()  # type: ignore[misc]
    found = explain_two(conn, customer_id, "crm:contacts:1", "DK")
    assert (found.one, found.other, found.is_one_person) == ("shop:customers:2", "crm:contacts:1", False)
    levels = {one.comparison: one.level for one in found.explanation.evidence}
    assert (levels["given_name"], levels["phone"]) == ("different", "the same")


def test_two_records_that_tell_nothing_of_each_other_are_explained_too(conn: Conn) -> None:
    found = explain_two(conn, "shop:buyers:3", "shop:customers:2", "DK")
    assert {one.level for one in found.explanation.evidence} == {"missing"}
    assert not found.is_one_person


def test_who_is_unknown_is_told_without_repeating_what_was_asked(conn: Conn) -> None:
    with pytest.raises(IdentityError) as told:
        explain_two(conn, "nobody@example.org", "crm:1", "DK")
    assert "nobody" not in str(told.value)
    with pytest.raises(IdentityError, match="same single record"):
        explain_two(conn, "crm:1", "crm:contacts:1", "DK")


def test_the_commands_tell_people_and_programs_the_same(run: Any) -> None:
    shown = run("explain", "crm:1", "shop:2")
    assert shown.exit_code == 0, shown.output
    assert "are two persons" in shown.output
    found = json.loads(run("explain", "crm:1", "shop:2", "--json").output)
    assert (found["one_record_id"], found["is_one_person"]) == ("crm:contacts:1", False)
    pairs = [json.loads(line) for line in run("review", "--json", "--limit", "5").output.splitlines()]
    assert all(pair["probability"] >= 0.1 or pair["is_contested"] for pair in pairs)
    assert run("review").exit_code == 0


def test_the_model_in_use_can_be_looked_at(run: Any, tmp_path: Any) -> None:
    assert run("model", "--out", str(tmp_path)).exit_code == 0
    assert {"match_weights.html", "splink_model.json"} <= {path.name for path in tmp_path.rglob("*")}
