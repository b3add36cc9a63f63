"""Warehouses of tests: a database each, dropped afterwards."""

from __future__ import annotations

import atexit
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache

import psycopg
from psycopg import sql

from rapport.warehouse import connect


@contextmanager
def new_warehouse(server: str) -> Iterator[str]:
    """Name of a business whose warehouse on the server is new and empty; `connect(name)` opens it."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    statement = sql.SQL("create database {} template {}").format(_database(name), _database(_pattern(server)))
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(statement)
    yield name
    _drop(server, name)


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
