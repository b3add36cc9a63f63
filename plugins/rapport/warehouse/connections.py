"""Connections to the server, the databases on it, and the warehouse's own tables.

WAREHOUSE_URL (a server with the right to create databases) takes the place of the embedded cluster.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from rapport.errors import WarehouseError
from rapport.warehouse import embedded

OLDEST_SUPPORTED = 17
# Two deployments on one server need two of them.
AIRFLOW_DATABASE = os.environ.get("RAPPORT_AIRFLOW_DATABASE", "rapport_airflow")
DDL = Path(__file__).parent / "ddl"
_DDL_LOCK = 7_263_471


def ensure_running() -> str:
    """Start the embedded server, or check the one WAREHOUSE_URL names; returns the URL of its `postgres` database."""
    given = os.environ.get("WAREHOUSE_URL")
    if not given:
        return embedded.start().url("postgres")
    try:
        with psycopg.connect(given, connect_timeout=10) as conn:
            version = conn.info.server_version // 10_000
    except psycopg.OperationalError as error:
        raise WarehouseError(
            f"WAREHOUSE_URL cannot be reached: {_without_secret(str(error))}",
            where=_without_password(given),
            fix="check host, port, user and password; or unset WAREHOUSE_URL to use the embedded Postgres",
        ) from None
    if version < OLDEST_SUPPORTED:
        raise WarehouseError(
            f"Postgres {version} is too old: Rapport needs {OLDEST_SUPPORTED} or newer (MERGE with deletion).",
            where=_without_password(given),
            fix="upgrade that server, or unset WAREHOUSE_URL to use the embedded Postgres 18",
        )
    return given


def server_started_at() -> datetime:
    """Since when the server runs, started if need be; when that changes, every connection to it has been lost."""
    with psycopg.connect(ensure_running()) as conn:
        row = conn.execute("select pg_postmaster_start_time()").fetchone()
    assert row is not None
    found: datetime = row[0]
    return found


def stop() -> bool:
    """Stop the embedded server; a server given by WAREHOUSE_URL is left alone. True if one was stopped."""
    return False if os.environ.get("WAREHOUSE_URL") else embedded.stop()


def warehouse_url(business: str, *, application_name: str | None = None) -> str:
    """URL of the business's warehouse database, which is created if absent. Carries the password."""
    url = _database_url(f"rapport_{business}")
    if application_name is None:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode({'application_name': application_name[:63]})}"


def airflow_database_url() -> str:
    """URL of Airflow's metadata database, which is created if absent. Carries the password."""
    return _database_url(AIRFLOW_DATABASE)


def connect(
    business: str, *, application_name: str = "rapport", autocommit: bool = False
) -> psycopg.Connection[tuple[Any, ...]]:
    """Open a connection to the business's warehouse, whose own tables are in place."""
    url = warehouse_url(business)
    _migrate(url)
    return psycopg.connect(url, application_name=application_name[:63], autocommit=autocommit)


def has_warehouse(business: str) -> bool:
    """Whether the business has a warehouse database already; asking does not create one."""
    with psycopg.connect(ensure_running(), autocommit=True) as conn:
        found = conn.execute("select from pg_database where datname = %s", [f"rapport_{business}"]).fetchone()
    return found is not None


@contextmanager
def connect_to_airflow() -> Iterator[psycopg.Connection[tuple[Any, ...]] | None]:
    """Open a connection to Airflow's metadata database; None where there is none, and none is created."""
    server = ensure_running()
    with psycopg.connect(server, autocommit=True) as conn:
        found = conn.execute("select from pg_database where datname = %s", [AIRFLOW_DATABASE]).fetchone()
    if found is None:
        yield None
        return
    with psycopg.connect(urlunsplit(urlsplit(server)._replace(path=f"/{AIRFLOW_DATABASE}"))) as conn:
        yield conn


def connection_parameters(business: str) -> dict[str, str]:
    """host, port, user, password and dbname of the warehouse, for programs that take them apart."""
    found = conninfo_to_dict(warehouse_url(business))
    return {key: str(found.get(key) or "") for key in ("host", "port", "user", "password", "dbname")}


def _database_url(database: str) -> str:
    server = ensure_running()
    _create_database(server, database)
    return urlunsplit(urlsplit(server)._replace(path=f"/{database}"))


@cache
def _create_database(server: str, database: str) -> None:
    with psycopg.connect(server, autocommit=True) as conn:
        exists = conn.execute("select from pg_database where datname = %s", [database]).fetchone() is not None
        if exists:
            return
        try:
            conn.execute(
                sql.SQL("create database {} template template0 encoding 'UTF8'").format(sql.Identifier(database))
            )
        except psycopg.errors.DuplicateDatabase:
            return  # another process was first
        except psycopg.errors.UniqueViolation:
            return
        except psycopg.errors.InsufficientPrivilege:
            raise WarehouseError(
                f"The user of WAREHOUSE_URL may not create the database {database}.",
                where=_without_password(server),
                fix=f"grant it CREATEDB, or create {database} (UTF8) owned by it",
            ) from None


@cache
def _migrate(url: str) -> None:
    """Apply the DDL if it is not what was applied last; otherwise take no lock that others could be waiting for."""
    scripts = [path.read_text(encoding="utf-8") for path in sorted(DDL.glob("*.sql"))]
    wanted = hashlib.sha256("\0".join(scripts).encode()).hexdigest()
    with psycopg.connect(url, application_name="rapport migration") as conn:
        if _applied(conn) == wanted:
            return
        conn.execute("select pg_advisory_xact_lock(%s)", [_DDL_LOCK])
        if _applied(conn) == wanted:
            return  # another process was first
        conn.execute("set local client_min_messages = warning")
        for script in scripts:
            conn.execute(script)  # type: ignore[arg-type]
        conn.execute("truncate ops.applied_ddl")
        conn.execute("insert into ops.applied_ddl (fingerprint) values (%s)", [wanted])


def _applied(conn: psycopg.Connection[Any]) -> str | None:
    found = conn.execute("select to_regclass('ops.applied_ddl') is not null").fetchone()
    if found != (True,):
        return None
    row = conn.execute("select fingerprint from ops.applied_ddl").fetchone()
    return str(row[0]) if row else None


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    host = parts.hostname or ""
    return f"{parts.scheme}://{parts.username or ''}@{host}:{parts.port or 5432}{parts.path}"


def _without_secret(message: str) -> str:
    return message.strip().splitlines()[0] if message.strip() else "no answer"
