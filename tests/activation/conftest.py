"""A warehouse with a night and with lists as dbt builds them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from activation_night import NIGHT, Lists, segment

from rapport.warehouse import connect


@pytest.fixture
def lists(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lists]:
    """Two segments, `vip` with two customers and `quiet` with none, ready to prepare."""
    with connect(warehouse) as conn:
        monkeypatch.setenv("RAPPORT_HOME", str(tmp_path / "state"))  # lists, secrets; the server runs on
        conn.execute("create schema build_activation")
        conn.execute(
            "create table build_activation.lists (business_date date, segment text, destination text,"
            " customer_id text, channel text, contact text, locale text, first_name text, reason text,"
            " offer text, valid_until timestamptz, last_name text, birth_date date, city text, postal_code text,"
            " country_code text, send_not_before timestamptz, send_not_after timestamptz,"
            " primary key (business_date, segment, destination, customer_id))"
        )
        conn.execute("create schema if not exists customer_360")
        conn.execute(
            "create table customer_360.customer_aliases (alias_id text primary key, customer_id text, merged_date date)"
        )
        conn.execute(
            "create table build_activation.exclusions (segment text, customer_id text, stage text, reason_code text,"
            " given_up_for text, primary key (segment, customer_id))"
        )
        conn.execute(
            "create table build_activation.holdouts (scope text, customer_id text, share numeric, is_drawn boolean,"
            " is_held_out boolean, primary key (scope, customer_id))"
        )
        conn.execute(
            "create table build_activation.receipts (destination text, file_name text, status text, n_accepted bigint,"
            " n_rejected bigint, received_at timestamptz)"
        )
        conn.execute(
            "create table build_activation.trials (scope text, customer_id text, share numeric, is_held_out boolean,"
            " primary key (scope, customer_id))"
        )
        conn.execute(
            "create table build_activation.eligibility_now (segment text, customer_id text, contact text,"
            " is_eligible boolean, exclusion_reason text, primary key (segment, customer_id))"
        )
        conn.execute(
            "insert into ops.nights (business_date, landing, clock, state) values (%s, '', %s, 'sending')",
            [NIGHT, datetime(2026, 11, 21, 21, tzinfo=UTC)],
        )
        conn.commit()
        found = Lists(warehouse, conn, tmp_path / "drop", [segment("vip"), segment("quiet")])
        found.add("vip", "c_2", "ayse@example.com", "Ayşe")
        found.add("vip", "c_1", "soren@example.com", "Søren")
        yield found
