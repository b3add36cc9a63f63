"""Thirty nights, each built upon the one before, give the tables that one whole build of the last gives."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from building.conftest import rows_of_tables

from rapport import settings
from rapport.building import DBT_STEPS, build_night, read_manifest
from rapport.businesses import Business, load_business
from rapport.landing import ensure_raw_tables, ingest_path, load_declarations
from rapport.nights import open_night
from rapport.samples.nights import generate
from rapport.warehouse import connect

pytestmark = [pytest.mark.history, pytest.mark.timeout(3600), pytest.mark.usefixtures("without_data_tests")]

N_NIGHTS = 30
FIRST = date(2026, 3, 15)  # a month ends on the way
STEPS = list(DBT_STEPS)[: list(DBT_STEPS).index("segments")]


def rows(business: Business) -> dict[str, list[Any]]:
    """Every row that the steps build from facts."""
    return rows_of_tables(business, "build_intermediate", "build_customer_360", "build_loyalty", "build_engagement")


def count_built(conn: psycopg.Connection[Any]) -> tuple[int, int]:
    """How many customers' timelines the night has worked out, and how many customers there are."""
    (n_customers,) = conn.execute("select count(*) from build_customer_360.customers").fetchone() or (0,)
    touched = "build_fingerprints.customer_timeline__touched"  # not there where all were built
    if conn.execute("select to_regclass(%s)", [touched]).fetchone() == (None,):
        return n_customers, n_customers
    (n_touched,) = conn.execute(f"select count(*) from {touched}").fetchone() or (0,)
    return n_touched, n_customers


def test_thirty_nights_and_a_whole_build_give_equal_tables(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "BUSINESSES", tmp_path / "businesses")
    monkeypatch.setattr(settings, "work_dir", lambda name: tmp_path / "work" / name)
    content = yaml.safe_load((settings.PROJECT_ROOT / "businesses/sample.yml").read_text(encoding="utf-8"))
    (tmp_path / "businesses").mkdir()
    (tmp_path / "businesses" / f"{warehouse}.yml").write_text(yaml.safe_dump(content | {"settle_seconds": 0}))
    business = load_business(warehouse)
    generate(150, N_NIGHTS, 7, FIRST, tmp_path / "exports")

    n_built: list[tuple[int, int]] = []  # and how many customers there were
    for day in (FIRST + timedelta(days=nth) for nth in range(N_NIGHTS)):
        landing = tmp_path / "landing" / f"{day}"
        for path in (tmp_path / "exports").rglob(f"*{day}*"):
            if "_truth" not in path.parts:
                (landing / path.parent.name).mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, landing / path.parent.name / path.name)
        with connect(business.name) as conn:
            night = open_night(conn, business, day)
            conn.commit()
            ensure_raw_tables(conn, load_declarations(business))
            ingest_path(conn, business, landing, day)
            conn.execute("update ops.nights set state = 'building', claimed_at = now() where business_date = %s", [day])
            conn.commit()
        build_night(business, night, STEPS)
        with connect(business.name) as conn:
            n_built.append(count_built(conn))
            conn.execute("update ops.nights set state = 'sent', sent_at = now()")
    one_by_one = rows(business)

    by_key = {
        f"{node['schema']}.{node['name']}"
        for node in read_manifest(business.name)["nodes"].values()
        if node["resource_type"] == "model" and node["config"]["materialized"] == "by_key"
    }
    assert len(by_key) > 5
    assert by_key <= set(one_by_one)
    # Or nothing was shown.
    assert n_built[0][0] == n_built[0][1] > 100
    assert [counts for counts in n_built[1:] if counts[0] > counts[1] / 2] == []

    build_night(business, night, STEPS, is_replay=True)
    whole = rows(business)
    assert {name for name in one_by_one if one_by_one[name] != whole[name]} == set()
