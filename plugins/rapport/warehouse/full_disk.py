"""A full disk under Postgres, told so that a person can free it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from rapport.errors import WarehouseError


@contextmanager
def telling_a_full_disk(conn: psycopg.Connection[Any], what: str) -> Iterator[None]:
    """Raise WarehouseError, which may pass, where Postgres finds no space; `what` was to be written, by its name.

    Postgres has taken back what the transaction wrote by then. What it left of tables that existed is used again.
    """
    try:
        yield
    except psycopg.errors.DiskFull as error:
        raise WarehouseError(
            f"The disk of Postgres is full: nothing of {what} was kept, all that was there before is.",
            where=_folder(conn, str(error)),
            fix="free space there (`df -h` shows it; `rapport nights list` which nights are whole), then run it again:"
            " it goes on where it stopped",
        ) from None


def _folder(conn: psycopg.Connection[Any], message: str) -> str:
    """Folder of the data directory or tablespace that Postgres could not write to, where it may be told."""
    server = f"Postgres at {conn.info.host}:{conn.info.port}"
    found = re.search(r'"pg_tblspc/(\d+)/', message)
    try:
        with psycopg.connect(conn.info.dsn, password=conn.info.password) as other:
            row = (
                other.execute("select pg_tablespace_location(%s::oid)", [int(found[1])]).fetchone()
                if found
                else other.execute("select current_setting('data_directory')").fetchone()
            )
    except psycopg.Error:
        return server
    return f"{row[0]} ({server})" if row and row[0] else server
