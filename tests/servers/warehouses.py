"""Warehouses of tests: a database each, dropped afterwards.

Their names come again, as what dbt parses of a project is of a database by name, and takes it ten seconds.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from itertools import count

import psycopg
from psycopg import sql

from rapport import settings
from rapport.businesses import load_business
from rapport.warehouse import connect


@contextmanager
def new_warehouse(server: str, template: str | None = None) -> Iterator[str]:
    """Name of a business whose warehouse on the server is new: empty, or a copy of another business's.

    `connect(name)` opens it.
    """
    with _free_name() as name:
        _drop(server, name)  # a test that was killed has left it
        for folder in (settings.work_dir(name), settings.landing_dir(name), settings.drop_dir(name)):
            shutil.rmtree(folder, ignore_errors=True)
        load_business.cache_clear()
        statement = sql.SQL("create database {} template {}")
        with psycopg.connect(server, autocommit=True) as conn:
            conn.execute(statement.format(_database(name), _database(template or _pattern(server))))
        yield name
        _drop(server, name)


@contextmanager
def _free_name() -> Iterator[str]:
    """The first name that no test of this server has, this worker's own to begin with."""
    locks = settings.state_dir() / "tests" / "names"
    locks.mkdir(parents=True, exist_ok=True)
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    for number in count(1):
        name = f"test_{worker}_{number}"
        with open(locks / name, "w", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield name
            return


@cache
def _pattern(server: str) -> str:
    """A warehouse made as every other is: to copy it takes a fraction of the time that its tables take."""
    name = f"test_pattern_{uuid.uuid4().hex[:12]}"
    connect(name).close()
    atexit.register(_drop, server, name)
    return name


def _drop(server: str, name: str) -> None:
    statement = sql.SQL("drop database if exists {} with (force)").format(_database(name))
    with suppress(psycopg.OperationalError), psycopg.connect(server, autocommit=True) as conn:
        conn.execute(statement)


def _database(name: str) -> sql.Identifier:
    return sql.Identifier(f"rapport_{name}")
