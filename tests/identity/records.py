"""int_identity_records as dbt leaves it, for tests that do without dbt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import psycopg

COLUMNS = (
    "source_record_id", "given_name_key", "surname_key", "birth_date_digits", "street_key", "city_key",
    "postal_code_key", "country_code", "email_key", "phone_key", "phone_2_key", "external_id", "buyer_external_id",
)  # fmt: skip


def build_records(conn: psycopg.Connection[Any], rows: Iterable[Mapping[str, str | None]]) -> None:
    """Put the table in place with these rows; a column that a row lacks is null."""
    conn.execute("create schema if not exists build_intermediate")
    conn.execute("drop table if exists build_intermediate.int_identity_records")
    columns = ", ".join(f"{column} text" for column in COLUMNS)
    conn.execute(f"create table build_intermediate.int_identity_records ({columns})")  # type: ignore[arg-type]
    with conn.cursor().copy("copy build_intermediate.int_identity_records from stdin") as copy:
        for row in rows:
            copy.write_row([row.get(column) for column in COLUMNS])
