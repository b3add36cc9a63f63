"""A customer whom the CRM no longer lists: closed, not erased, and not written to; from the export to the marts."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rapport import settings
from rapport.building import DBT_STEPS, build_night
from rapport.businesses import load_business
from rapport.landing import ensure_raw_tables, load_declarations
from rapport.landing.night import ingest_path
from rapport.nights import Night, open_night
from rapport.warehouse import connect

pytestmark = [pytest.mark.timeout(600), pytest.mark.history, pytest.mark.usefixtures("without_data_tests")]

FIRST, SECOND = date(2026, 3, 1), date(2026, 3, 2)
CONTACTS = "hubspot-crm-exports-all-contacts-{}.csv"
CONSENTS = "hubspot-crm-exports-communication-subscriptions-{}.csv"


def write(path: Path, rows: list[dict[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def contact(number: int, city: str = "Izmir") -> dict[str, str]:
    return {
        "Record ID": str(number),
        "First Name": f"Given{number}",
        "Last Name": f"Family{number}",
        "Email": f"person{number}@example.com",
        "Create Date": "2026-01-05 10:00",
        "Last Modified Date": "2026-01-05 10:00",
        "City": city,
    }


def consent(number: int) -> dict[str, str]:
    return {
        "Record ID": str(number),
        "Email": f"person{number}@example.com",
        "Phone Number": "",
        "Channel": "email",
        "Purpose": "marketing",
        "Status": "OPT_IN",
        "Source": "form",
        "Legal basis": "consent",
        "Updated At": "2026-01-05 10:00",
    }


def test_a_contact_that_the_crm_lists_no_longer_is_closed_and_lapses(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "businesses").mkdir()
    text = (settings.BUSINESSES / "sample.yml").read_text().replace("[hubspot, shopify, surveymonkey]", "[hubspot]")
    (tmp_path / "businesses" / f"{warehouse}.yml").write_text(text)
    monkeypatch.setattr(settings, "BUSINESSES", tmp_path / "businesses")
    monkeypatch.setattr(settings, "work_dir", lambda name: tmp_path / "work" / name)
    business = load_business(warehouse)
    steps = list(DBT_STEPS)[: list(DBT_STEPS).index("effects") + 1]

    def take_in(night: date) -> Night:
        with connect(warehouse) as conn:
            opened = open_night(conn, business, night, landing=tmp_path)
            ensure_raw_tables(conn, load_declarations(business))
            results = ingest_path(conn, business, tmp_path / str(night), night)
            assert {result.status for result in results} == {"loaded"}
        return opened

    def customers() -> dict[str, Any]:
        with connect(warehouse) as conn:
            rows = conn.execute(
                "select email, city, closed_on, is_email_marketing_allowed from build_customer_360.customers"
            ).fetchall()
        return {email.split("@")[0]: rest for email, *rest in rows}

    write(tmp_path / str(FIRST) / "hubspot" / CONTACTS.format(FIRST), [contact(1), contact(2), contact(3)])
    write(tmp_path / str(FIRST) / "hubspot" / CONSENTS.format(FIRST), [consent(1), consent(2)])
    build_night(business, take_in(FIRST), steps)
    assert customers() == {
        "person1": ["Izmir", None, True],
        "person2": ["Izmir", None, True],
        "person3": ["Izmir", None, False],
    }

    write(tmp_path / str(SECOND) / "hubspot" / CONTACTS.format(SECOND), [contact(1, "Aarhus"), contact(3)])
    build_night(business, take_in(SECOND), steps)
    assert customers() == {
        "person1": ["Aarhus", None, True],
        "person2": ["Izmir", SECOND, False],
        "person3": ["Izmir", None, False],
    }
