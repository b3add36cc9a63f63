"""What a night's tables cost by themselves: each model's statement as dbt has compiled it, two at a time.

No dbt, no tests, no constraints, no fingerprints, no indexes: whatever a night takes beyond it, is not the SQL.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from psycopg import sql

from rapport.building.project import THREADS, dbt_folder, read_manifest
from rapport.publishing.fingerprints import row_hash
from rapport.warehouse import connect

# What a table built by_key says of the keys that changed: on a first night, everybody who is somebody.
_CHANGED = re.compile(r"([a-z_]+) in \(select [a-z_]+ from build_fingerprints\.[a-z_]+__touched\)")
_FLOOR = "floor"


def floor(business: str) -> tuple[float, list[str]]:
    """Seconds of the statements of the night that was built last, and the tables that came out otherwise (none should).

    Each reads the tables that the night has left; nothing waits for another.
    """
    statements = _compiled(business)
    with connect(business, autocommit=True) as conn:
        conn.execute(f"drop schema if exists {_FLOOR} cascade; create schema {_FLOOR}")
    started = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda name: _create(business, name, statements[name]), statements))
    seconds = time.perf_counter() - started
    others = [name for name in statements if not _is_equal(business, name, statements[name][0])]
    with connect(business, autocommit=True) as conn:
        conn.execute(f"drop schema {_FLOOR} cascade")
    return seconds, others


def _compiled(business: str) -> dict[str, tuple[str, str]]:
    """Of each model that is a table its schema and its statement."""
    found = {path.stem: path for path in (dbt_folder(business) / "steps").glob("*/compiled/**/models/**/*.sql")}
    nodes: Mapping[str, dict[str, str]] = {
        node["name"]: node
        for node in read_manifest(business)["nodes"].values()
        if node["resource_type"] == "model" and node["config"]["materialized"] in ("table", "by_key")
    }
    return {
        name: (nodes[name]["schema"], _CHANGED.sub(r"\1 <> ''", path.read_text(encoding="utf-8")))
        for name, path in sorted(found.items())
        if name in nodes
    }


def _create(business: str, name: str, statement: tuple[str, str]) -> None:
    with connect(business) as conn:
        conn.execute(f'create table {_FLOOR}."{name}" as {statement[1]}')  # type: ignore[arg-type]


def _is_equal(business: str, name: str, schema: str) -> bool:
    columns_of = (
        "select column_name, data_type from information_schema.columns where table_schema = %s and table_name = %s"
    )
    with connect(business) as conn:
        columns = dict(conn.execute(columns_of, [schema, name]).fetchall())
        sums = [
            conn.execute(
                sql.SQL("select count(*), sum({}) from {}").format(row_hash(columns), sql.Identifier(place, name))
            ).fetchone()
            for place in (schema, _FLOOR)
        ]
    return sums[0] == sums[1]
