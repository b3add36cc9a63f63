"""dbt's own `source freshness` and the mart source_freshness give one answer, as of the night."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from rapport import settings
from rapport.building.project import invoke, parsed_manifest
from rapport.businesses import load_business
from rapport.nights import open_night
from rapport.warehouse import connect

NIGHT = date(2026, 3, 10)
# Days before the night of each table's newest file; what is not named never came.
AGES = {
    ("hubspot", "contacts"): 0,
    ("hubspot", "consents"): 1,
    ("hubspot", "tickets"): 5,
    ("hubspot", "campaign_touches"): 3,
    ("shopify", "orders"): 0,
    ("surveymonkey", "responses"): 2,
}


def test_dbt_and_the_mart_agree_on_what_is_overdue(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    business = load_business("sample").model_copy(
        update={"name": warehouse, "vendors": ["hubspot", "shopify", "surveymonkey"]}
    )
    monkeypatch.setattr(settings, "work_dir", lambda name: tmp_path / name)
    with connect(warehouse) as conn:
        night = open_night(conn, business, NIGHT, landing=tmp_path)
        for (vendor, table), days in AGES.items():
            day = NIGHT - timedelta(days=days)
            open_night(conn, business, day, landing=tmp_path)
            conn.execute(
                "insert into ops.loads (business_date, kind, vendor, table_name, file_name, file_date, file_size,"
                " digest, status, started_at) values (%s, 'crm', %s, %s, %s, %s, 1, %s, 'loaded', now())",
                [day, vendor, table, table, day, f"{vendor}{table}"],
            )
        conn.commit()

    selected = [f"source:{vendor}" for vendor in business.vendors]
    asked = invoke(
        business,
        ["source", "freshness", "--quiet", "--select", *selected],
        night=night,
        manifest=parsed_manifest(business),
    )
    told = {(found.node.source_name, found.node.name): str(found.status) for found in asked.result.results}
    assert told == {
        ("hubspot", "contacts"): "pass",
        ("hubspot", "consents"): "warn",
        ("hubspot", "tickets"): "error",
        ("hubspot", "campaign_touches"): "warn",
        ("shopify", "orders"): "pass",
        ("shopify", "customers"): "error",
        # optional, and never sent
        ("shopify", "products"): "pass",
        ("shopify", "checkouts"): "pass",
        ("surveymonkey", "responses"): "pass",
    }

    selected = ("stg_ops__loads", "int_source_arrivals")
    built = invoke(
        business, ["build", "--quiet", "--select", *selected], night=night, manifest=parsed_manifest(business)
    )
    assert built.success, built.exception
    with connect(warehouse) as conn:
        worst = conn.execute(
            "select vendor, stalest_table, freshness_status from build_intermediate.int_source_arrivals order by 1"
        ).fetchall()
    assert worst == [
        ("hubspot", "tickets", "error"),
        ("shopify", "customers", "error"),
        ("surveymonkey", "responses", "pass"),
    ]
    assert {(vendor, table): status for vendor, table, status in worst}.items() <= told.items()
