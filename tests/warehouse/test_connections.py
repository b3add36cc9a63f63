"""The warehouse is reachable with a password only, and what stands in its way is said clearly."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from rapport.errors import WarehouseError
from rapport.warehouse import connect, connections, embedded, ensure_running, warehouse_url

needs_embedded = pytest.mark.skipif("WAREHOUSE_URL" in os.environ, reason="an existing Postgres is used")


@needs_embedded
def test_the_password_is_a_secret_file_and_is_needed(server: str) -> None:
    cluster = embedded.cluster()
    mode = stat.S_IMODE((cluster.secrets_folder / "password").stat().st_mode)
    assert mode == 0o600
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(server.replace(cluster.password, "guess"), connect_timeout=5)


@needs_embedded
def test_the_server_listens_on_this_machine_only(server: str) -> None:
    with psycopg.connect(server) as conn:
        assert conn.execute("show listen_addresses").fetchone() == ("127.0.0.1",)
        assert conn.execute("show password_encryption").fetchone() == ("scram-sha-256",)


def test_casing_is_that_of_unicode_and_the_schemas_are_there(warehouse: str) -> None:
    with connect(warehouse) as conn:
        assert conn.execute("select upper('æøåçğş'), lower('ÆØÅÇĞŞ')").fetchone() == ("ÆØÅÇĞŞ", "æøåçğş")
        found = {row[0] for row in conn.execute("select nspname from pg_namespace")}
    assert found >= {"raw", "ops", "quality", "history", "customer_360", "loyalty", "engagement", "activation"}


def test_analysts_read_marts_and_nothing_else(warehouse: str) -> None:
    with connect(warehouse) as conn:
        allowed = conn.execute(
            "select array_agg(nspname order by nspname) from pg_namespace"
            " where nspname !~ '^(pg_|information_schema|public)'"
            " and has_schema_privilege('rapport_analyst', nspname, 'usage')"
        ).fetchone()
    assert allowed == (["customer_360", "engagement", "loyalty"],)


def test_a_warehouse_of_before_knows_files_by_their_digest_and_keeps_what_it_had(warehouse: str) -> None:
    with connect(warehouse) as conn:
        conn.execute("alter table ops.loads rename column digest to sha256")
        conn.execute("alter view ops.latest_loads rename column digest to sha256")
        conn.execute("alter table ops.erased_files rename column old_digest to old_sha256")
        conn.execute("alter table ops.erased_files rename column new_digest to new_sha256")
        conn.execute(
            "insert into ops.nights (business_date, state, landing, clock) values ('2026-03-01', 'open', '', now())"
        )
        conn.execute(
            "insert into ops.loads (business_date, kind, vendor, table_name, file_name, file_size, sha256, status,"
            " started_at) values ('2026-03-01', 'crm', 'v', 't', 'f.csv', 1, 'abc', 'refused', now())"
        )
        conn.execute("delete from ops.applied_ddl")
    connections._migrate.cache_clear()  # as another process
    with connect(warehouse) as conn:
        assert conn.execute("select digest from ops.loads").fetchall() == [("abc",)]
        assert conn.execute("select digest from ops.latest_loads").fetchall() == [("abc",)]
        assert conn.execute("select old_digest, new_digest from ops.erased_files").fetchall() == []


def test_an_unreachable_warehouse_url_is_told_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_URL", "postgresql://someone:s3cret@127.0.0.1:1/postgres")
    with pytest.raises(WarehouseError) as caught:
        ensure_running()
    assert "s3cret" not in str(caught.value)
    assert "someone@127.0.0.1:1" in caught.value.where


def test_an_old_server_is_refused_with_the_version_needed(monkeypatch: pytest.MonkeyPatch, server: str) -> None:
    monkeypatch.setenv("WAREHOUSE_URL", server)
    monkeypatch.setattr(connections, "OLDEST_SUPPORTED", 99)
    with pytest.raises(WarehouseError, match="needs 99 or newer"):
        ensure_running()


def test_an_existing_server_gets_a_database_for_each_business(
    monkeypatch: pytest.MonkeyPatch, server: str, warehouse: str
) -> None:
    monkeypatch.setenv("WAREHOUSE_URL", server)
    assert warehouse_url(warehouse).endswith(f"/rapport_{warehouse}")


@needs_embedded
@pytest.mark.e2e
def test_a_killed_server_starts_again_on_another_port_if_its_own_is_taken(tmp_path: Path) -> None:
    program = """
import os, signal, socket
from rapport.warehouse import connect, embedded, stop
connect("a").execute("select 1")
cluster = embedded.cluster()
before = cluster.port
os.kill(int((cluster.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
import time; time.sleep(0.3)
taken = socket.socket(); taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
taken.bind(("127.0.0.1", before)); taken.listen()
from rapport.warehouse import connections
connections._create_database.cache_clear(); connections._migrate.cache_clear()
with connect("a") as conn:
    print(conn.execute("select count(*) from ops.nights").fetchone()[0], embedded.cluster().port != before)
stop()
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"RAPPORT_HOME": str(tmp_path / "state")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["0", "True"], done.stderr
