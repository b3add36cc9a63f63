"""A merge that somebody undoes leaves no trace in the marts: they are those of a history in which it never was."""

from __future__ import annotations

import shutil
import uuid
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from building.conftest import rows_of_tables

from rapport import settings
from rapport.building import DBT_STEPS, build_night
from rapport.businesses import Business, load_business
from rapport.landing import ensure_raw_tables, ingest_path, load_declarations
from rapport.nights import open_night
from rapport.samples.nights import generate
from rapport.warehouse import connect

pytestmark = [pytest.mark.history, pytest.mark.timeout(900), pytest.mark.usefixtures("without_data_tests")]

FIRST, SECOND = date(2026, 3, 1), date(2026, 3, 2)
STEPS = list(DBT_STEPS)[: list(DBT_STEPS).index("segments")]
AT_IDENTITY = STEPS.index("identity_records")
# What happened is told for ever; all else tells what is.
APPEND_ONLY = {"build_customer_360.identity_events"}


def declare(folder: Path, name: str) -> Business:
    content = yaml.safe_load((settings.PROJECT_ROOT / "businesses/sample.yml").read_text(encoding="utf-8"))
    content |= {"settle_seconds": 0, "landing": str(folder.parent / "landing")}
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return load_business(name)


def take_in(business: Business, night: date, landing: Path) -> None:
    with connect(business.name) as conn:
        conn.execute("update ops.nights set state = 'sent', sent_at = now()")
        open_night(conn, business, night)
        ensure_raw_tables(conn, load_declarations(business))
        assert {result.status for result in ingest_path(conn, business, landing, night)} == {"loaded"}


def build(business: Business, night: date, steps: list[str], *, apart: tuple[str, str] | None) -> None:
    """Build these steps; `apart` are two records that somebody has decided to be two people."""
    with connect(business.name) as conn:
        opened = open_night(conn, business, night)
        conn.execute("update ops.nights set state = 'building', claimed_at = now() where business_date = %s", [night])
        conn.commit()
    for name in steps:
        build_night(business, opened, [name])
        if name == "staging" and apart:
            with connect(business.name) as conn:
                conn.execute(
                    "insert into build_seeds.identity_decisions values (%s, %s, 'different', current_date, 'asked')",
                    apart,
                )


def customers(business: Business) -> dict[str, str]:
    with connect(business.name) as conn:
        return dict(
            conn.execute("select source_record_id, customer_id from build_identity.customer_records").fetchall()
        )


def rows_of_marts(business: Business) -> dict[str, list[Any]]:
    return rows_of_tables(business, "build_customer_360", "build_loyalty", "build_engagement")


def test_marts_after_an_undone_merge_are_those_of_a_history_without_it(
    server: str, warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "BUSINESSES", tmp_path / "businesses")
    monkeypatch.setattr(settings, "work_dir", lambda name: tmp_path / "work" / name)
    merged = declare(tmp_path / "businesses", warehouse)
    generate(60, 2, 7, FIRST, tmp_path / "landing")
    for path in list((tmp_path / "landing").rglob(f"*{SECOND}*")):
        later = tmp_path / "later" / path.parent.name
        later.mkdir(parents=True, exist_ok=True)
        shutil.move(path, later / path.name)
    take_in(merged, FIRST, tmp_path / "landing")
    build(merged, FIRST, STEPS[:AT_IDENTITY], apart=None)

    never_merged = declare(tmp_path / "businesses", f"test_{uuid.uuid4().hex[:12]}")
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(f'create database "rapport_{never_merged.name}" template "rapport_{merged.name}"')
    try:
        build(merged, FIRST, STEPS[AT_IDENTITY : AT_IDENTITY + 1], apart=None)
        together = customers(merged)
        records: dict[str, list[str]] = {}
        for record, customer in sorted(together.items()):
            records.setdefault(customer, []).append(record)
        pair = min(tuple(found) for found in records.values() if len(found) == 2)
        one, other = pair

        with connect(never_merged.name) as conn:
            conn.execute(
                "insert into build_seeds.identity_decisions values (%s, %s, 'different', current_date, 'asked')", pair
            )
        build(never_merged, FIRST, STEPS[AT_IDENTITY : AT_IDENTITY + 1], apart=None)
        assert customers(never_merged)[one] != customers(never_merged)[other]

        for business in (merged, never_merged):
            take_in(business, SECOND, tmp_path / "later")
            build(business, SECOND, STEPS, apart=(one, other))
        undone, never = rows_of_marts(merged), rows_of_marts(never_merged)
    finally:
        with psycopg.connect(server, autocommit=True) as conn:
            conn.execute(f'drop database if exists "rapport_{never_merged.name}" with (force)')

    assert len(never["build_customer_360.customers"]) > 60
    assert any(one in row for row in never["build_customer_360.customer_identities"])
    for table in APPEND_ONLY:
        assert len(undone.pop(table)) > len(never.pop(table))
    for table, rows in never.items():
        assert undone[table] == rows, table
