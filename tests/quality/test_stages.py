"""The gates of a night take out what they stop, and nothing else."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from rapport import settings
from rapport.businesses import load_business
from rapport.quality import check_landing, check_lists, check_marts
from rapport.warehouse import connect

NIGHT = date(2026, 1, 1)


@pytest.fixture
def business(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.setattr(settings, "work_dir", lambda name: tmp_path / name)
    return load_business("sample").model_copy(update={"name": warehouse})


def test_a_landing_suite_that_stops_takes_its_loads_out_of_the_night(business) -> None:  # type: ignore[no-untyped-def]
    with connect(business.name) as conn:
        conn.execute("insert into ops.nights (business_date, landing, clock) values (%s, '', now())", [NIGHT])
        columns = "record_id, channel, purpose, status, updated_at, legal_basis"
        conn.execute(
            "create table raw.hubspot__consents (_load_id bigint, _row_number bigint, "
            + columns.replace(",", " text,")
            + " text)"
        )
        conn.execute(
            "create table raw.hubspot__tickets (_load_id bigint, _row_number bigint, ticket_id text,"
            " create_date text, associated_contact_ids text, priority text, category text)"
        )
        for table, n_rows in (("consents", 1), ("consents", 0), ("tickets", 1)):
            conn.execute(
                "insert into ops.loads (business_date, kind, vendor, table_name, file_name, file_size, digest,"
                " status, rows_read, rows_loaded, started_at)"
                " values (%s, 'crm', 'hubspot', %s, 'f', 1, '', 'loaded', %s, %s, now())",
                [NIGHT, table, n_rows, n_rows],
            )
        conn.execute("insert into raw.hubspot__consents values (1, 1, '7', 'pigeon', 'marketing', 'OPT_IN', 'x', 'x')")
        conn.execute("insert into raw.hubspot__tickets values (3, 1, '9', '2026-01-01 10:00', '7', 'LOW', 'RETURN')")
    report = check_landing(business, NIGHT, "crm")
    assert report.counts()["failed"] == 1
    with connect(business.name) as conn:
        loads = conn.execute("select table_name, status, reason from ops.loads order by load_id").fetchall()
        views = conn.execute("select count(*) from pg_views where schemaname = 'quality'").fetchone()
    assert [load[:2] for load in loads] == [("consents", "rejected")] * 2 + [("tickets", "loaded")]
    assert "raw.hubspot__consents.channel" in loads[0][2]
    assert "_row_number=1" in loads[0][2]
    assert "pigeon" not in loads[0][2]
    assert views == (0,)
    assert check_landing(business, NIGHT, "survey").checks == ()


def test_an_export_that_may_be_empty_and_is_stops_nothing_but_one_that_is_all_quarantined_does(business) -> None:  # type: ignore[no-untyped-def]
    with connect(business.name) as conn:
        conn.execute("insert into ops.nights (business_date, landing, clock) values (%s, '', now())", [NIGHT])
        for table, n_read in (("consents", 0), ("tickets", 1)):
            conn.execute(f"create table raw.hubspot__{table} (_load_id bigint, _row_number bigint)")  # type: ignore[arg-type]
            conn.execute(
                "insert into ops.loads (business_date, kind, vendor, table_name, file_name, file_size, digest,"
                " status, rows_read, rows_quarantined, started_at)"
                " values (%s, 'crm', 'hubspot', %s, 'f', 1, '', 'loaded', %s, %s, now())",
                [NIGHT, table, n_read, n_read],
            )
        conn.execute(
            "insert into quality.quarantine (load_id, row_number, raw_row, rule, reason)"
            " select load_id, 1, '{}', 'not_null', 'it is empty' from ops.loads where table_name = 'tickets'"
        )
    check_landing(business, NIGHT, "crm")
    with connect(business.name) as conn:
        found = conn.execute("select table_name, status from ops.loads order by load_id").fetchall()
    assert found == [("consents", "loaded"), ("tickets", "rejected")]


def test_a_night_without_built_marts_or_lists_is_stopped(business) -> None:  # type: ignore[no-untyped-def]
    for report in (check_marts(business, NIGHT), check_lists(business, NIGHT)):
        assert report.failed
        assert not report.passed
