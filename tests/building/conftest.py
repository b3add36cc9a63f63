"""What tests of whole nights share: every row of what was built."""

from __future__ import annotations

from typing import Any

from rapport.businesses import Business
from rapport.warehouse import connect


def rows_of_tables(business: Business, *schemas: str) -> dict[str, list[Any]]:
    """Every row of every table of these schemas as text, sorted."""
    with connect(business.name) as conn:
        names = conn.execute(
            "select table_schema || '.' || table_name from information_schema.tables"
            " where table_schema = any(%s) and table_type = 'BASE TABLE'",
            [list(schemas)],
        ).fetchall()
        return {
            name: sorted(text for (text,) in conn.execute(f"select to_jsonb(stored)::text from {name} as stored"))
            for (name,) in names
        }
