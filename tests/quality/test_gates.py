"""A gate stops before anything is visible, says which rows by key, and keeps no personal data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from rapport import settings
from rapport.errors import GateFailed
from rapport.quality import GateReport, Target, rejected_loads, run_gate
from rapport.warehouse import connect, warehouse_url

NIGHT = date(2026, 1, 1)
SECRET = "deniz.secret"  # part of a failing value: must turn up nowhere
Connection = psycopg.Connection[Any]


@pytest.fixture
def conn(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    monkeypatch.setattr(settings, "work_dir", lambda business: tmp_path / "work" / business)
    with connect(warehouse, autocommit=True) as connection:
        connection.execute("create schema build_shop")
        connection.execute("create table build_shop.people (id text, email text, visits integer, day date)")
        yield connection


def write_suite(root: Path, stage: str = "marts", **meta: Any) -> None:
    suite = {
        "name": f"{stage}.people",
        "meta": {"table": "build_shop.people", "key": ["id"], "told": "us", "notes": "People.", **meta},
        "expectations": [
            {
                "type": "expect_column_values_to_match_regex",
                "kwargs": {"column": "email", "regex": "^[^@ ]+@[^@ ]+$"},
                "severity": "critical",
                "meta": {"notes": "Unreachable."},
            },
            {
                "type": "expect_column_values_to_be_between",
                "kwargs": {"column": "visits", "min_value": 0},
                "severity": "warning",
            },
            {
                "type": "expect_table_row_count_to_be_between",
                "kwargs": {"min_value": {"$PARAMETER": "fewest_rows"}},
                "severity": "critical",
            },
            {
                "type": "expect_column_max_to_be_between",
                "kwargs": {"column": "day", "max_value": "2026-12-31"},
                "severity": "warning",
            },
        ],
    }
    (root / stage).mkdir(exist_ok=True)
    (root / stage / "people.yml").write_text(yaml.safe_dump(suite), encoding="utf-8")


def fill(conn: Connection, *rows: tuple[Any, ...]) -> None:
    conn.execute("truncate build_shop.people")
    conn.cursor().executemany("insert into build_shop.people values (%s, %s, %s, date '2026-01-01')", rows)


def gate(warehouse: str, root: Path, stage: Any = "marts", targets: list[Target] | None = None) -> GateReport:
    return run_gate(warehouse_url(warehouse), warehouse, NIGHT, stage, targets, expectations=root)


def stored(conn: Connection) -> list[tuple[Any, ...]]:
    return conn.execute(
        "select expectation, severity, outcome, unexpected_count, failing_keys from quality.results order by result_id"
    ).fetchall()


def test_rows_that_are_right_pass_and_every_outcome_is_kept(conn: Connection, warehouse: str, tmp_path: Path) -> None:
    write_suite(tmp_path)
    fill(conn, ("p1", "a@example.com", 1))
    report = gate(warehouse, tmp_path)
    assert report.counts() == {"passed": 4, "warned": 0, "failed": 0}
    report.raise_if_stopped()
    assert {row[2] for row in stored(conn)} == {"passed"}
    gate(warehouse, tmp_path)
    assert len(stored(conn)) == 4  # a re-run replaces


def test_a_critical_failure_stops_and_says_what_where_and_what_to_do(
    conn: Connection, warehouse: str, tmp_path: Path
) -> None:
    write_suite(tmp_path)
    fill(conn, ("p1", "a@example.com", 1), ("p2", f"{SECRET} at example.com", 1), ("p3", None, 1))
    report = gate(warehouse, tmp_path)
    with pytest.raises(GateFailed) as raised:
        report.raise_if_stopped()
    message = str(raised.value)
    assert "build_shop.people.email: expect_column_values_to_match_regex, 1 of 3 rows (such as id=p2)" in message
    assert "nothing was published" in message
    assert "docs/runbooks/a-failed-gate.md" in message
    assert "told: us" in message
    assert SECRET not in message


def test_a_warning_lets_the_night_go_on(conn: Connection, warehouse: str, tmp_path: Path) -> None:
    write_suite(tmp_path)
    fill(conn, ("p1", "a@example.com", -1))
    report = gate(warehouse, tmp_path)
    report.raise_if_stopped()
    assert [check.column for check in report.warned] == ["visits"]
    assert "warn build_shop.people.visits" in report.lines()[1]


def test_no_value_of_any_row_is_stored_or_shown(conn: Connection, warehouse: str, tmp_path: Path) -> None:
    write_suite(tmp_path)
    many = [(f"p{i}", f"{SECRET}{i}", -i - 7_340_000) for i in range(30)]
    fill(conn, (f"{SECRET}@as.a.key", SECRET, -1), *many)
    report = gate(warehouse, tmp_path)
    everything = repr(report) + json.dumps(stored(conn), default=str)
    pages = [path for path in (tmp_path / "work").rglob("*") if path.suffix in (".html", ".json")]
    assert len([page for page in pages if page.suffix == ".html"]) >= 3
    everything += "".join(page.read_text(encoding="utf-8") for page in pages)
    assert SECRET not in everything
    assert "-7340" not in everything
    assert "2026-01-01" not in str([check.observed for check in report.checks])
    keys = [row[4] for row in stored(conn) if row[4]]
    assert keys
    assert all(len(key) <= 20 for key in keys)
    page = tmp_path / "work" / warehouse / "data_docs" / "index.html"
    assert "people" in page.read_text(encoding="utf-8")


def test_an_empty_table_stops_unless_emptiness_is_declared(conn: Connection, warehouse: str, tmp_path: Path) -> None:
    write_suite(tmp_path)
    with pytest.raises(GateFailed, match=r"build_shop\.people: expect_table_row_count_to_be_between, observed 0"):
        gate(warehouse, tmp_path).raise_if_stopped()
    write_suite(tmp_path, may_be_empty=True)
    report = gate(warehouse, tmp_path)
    assert report.counts() == {"passed": 1, "warned": 0, "failed": 0}


def test_an_absent_table_or_column_stops(conn: Connection, warehouse: str, tmp_path: Path) -> None:
    write_suite(tmp_path)
    fill(conn, ("p1", "a@example.com", 1))
    conn.execute("alter table build_shop.people drop column email")
    [failed] = gate(warehouse, tmp_path).failed
    assert failed.outcome == "error"
    assert 'The column "email"' in str(failed)
    conn.execute("drop table build_shop.people")
    with pytest.raises(GateFailed, match="there is no such table"):
        gate(warehouse, tmp_path).raise_if_stopped()


def test_a_mart_that_lost_most_of_its_rows_stops(conn: Connection, warehouse: str, tmp_path: Path) -> None:
    write_suite(tmp_path)
    fill(conn, *((f"p{i}", "a@example.com", 1) for i in range(5)))
    conn.execute("insert into ops.nights (business_date, landing, clock) values ('2025-12-31', '', now())")
    conn.execute("insert into ops.publications values ('2025-12-31', 'shop', 'people', 100, 0, 0, 0, '')")
    [failed] = gate(warehouse, tmp_path).failed
    assert failed.expectation == "expect_table_row_count_to_be_between"
    assert failed.observed == "5"


def test_landing_looks_at_tonights_loads_only(conn: Connection, warehouse: str, tmp_path: Path) -> None:
    write_suite(tmp_path, "landing")
    fill(conn, ("old", f"{SECRET}", 1), ("new", "a@example.com", 1))
    conn.execute("alter table build_shop.people add column _load_id bigint")
    conn.execute("update build_shop.people set _load_id = case id when 'old' then 1 else 2 end")
    assert rejected_loads(gate(warehouse, tmp_path, "landing", [Target("people", (2,))])) == []
    assert rejected_loads(gate(warehouse, tmp_path, "landing", [Target("people", (1, 2))])) == ["people"]


def test_nothing_to_check_writes_nothing(warehouse: str, tmp_path: Path) -> None:
    assert gate(warehouse, tmp_path, "landing", []).checks == ()
