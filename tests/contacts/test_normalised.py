"""build_contacts.normalised holds every distinct value once, and each night works on the new ones only."""

from __future__ import annotations

import pytest

from rapport.contacts import refresh
from rapport.errors import BuildError
from rapport.warehouse import connect

OBSERVED = "build_intermediate.int_contact_points_observed"


def observe(conn, rows) -> None:  # type: ignore[no-untyped-def]
    conn.execute("create schema if not exists build_intermediate")
    conn.execute(f"create table if not exists {OBSERVED} (kind text, raw_value text, default_country text)")
    conn.cursor().executemany(f"insert into {OBSERVED} values (%s, %s, %s)", rows)


def test_only_new_distinct_values_are_worked_on(warehouse: str) -> None:
    with connect(warehouse) as conn:
        observe(
            conn,
            [
                ("email", "A@Example.com", "TR"),
                ("phone", "0532 123 45 67", "TR"),
            ],
        )
        assert refresh(conn)["new"] == 2
        assert refresh(conn) == {"new": 0, "invalid": 0, "shared": 0, "forgotten": 0}
        observe(
            conn,
            [("phone", "0532 123 45 67", "DK"), ("name", "Işık", "TR"), ("email", "info@example.com", "TR")],
        )
        assert refresh(conn) == {"new": 3, "invalid": 1, "shared": 1, "forgotten": 0}
        found = conn.execute("select normalised from build_contacts.normalised where raw_value = 'A@Example.com'")
        assert found.fetchall() == [("a@example.com",)]


def test_more_values_than_a_chunk_all_arrive(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rapport.contacts.normalised.CHUNK", 7)
    with connect(warehouse) as conn:
        observe(
            conn,
            [("name", "n" * i, "TR") for i in range(4, 40)] + [("email", f"a{i}@x.dk", "DK") for i in range(40)],
        )
        assert refresh(conn)["new"] == 76


def test_a_changed_rule_is_applied_to_values_already_known(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with connect(warehouse) as conn:
        observe(conn, [("email", "a@example.com", "TR")])
        refresh(conn)
        conn.execute("update build_contacts.normalised set normalised = 'by an older rule'")
        monkeypatch.setattr("rapport.contacts.normalised.rules_fingerprint", lambda: "other rules")
        assert refresh(conn) == {"new": 1, "invalid": 0, "shared": 0, "forgotten": 1}
        assert conn.execute("select normalised from build_contacts.normalised").fetchall() == [("a@example.com",)]


def test_an_unbuilt_warehouse_is_said_clearly(warehouse: str) -> None:
    with connect(warehouse) as conn, pytest.raises(BuildError, match="have not been built"):
        refresh(conn)
