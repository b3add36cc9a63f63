"""Warehouses of tests: a database each, dropped afterwards."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from rapport.warehouse import connect


@contextmanager
def new_warehouse(server: str) -> Iterator[str]:
    """Name of a business whose warehouse on the server is new and empty; `connect(name)` opens it."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    connect(name).close()
    yield name
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(f'drop database if exists "rapport_{name}" with (force)')
