"""Tonight's source records, as dbt has prepared them, in the form in which they are matched."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql

from rapport.errors import BuildError
from rapport.identity.matching.records import SCHEMA
from rapport.warehouse.arrow_tables import Connection, copy_out

_ONE_VALUE = ["given_name", "surname", "birth_date", "street", "city", "postal_code", "country_code"]
_SEVERAL = {
    "emails": ["email_key"],
    "phones": ["phone_key", "phone_2_key"],
    "external_ids": ["external_id", "buyer_external_id"],
}
_SEPARATOR = "\x1f"
_QUERY = sql.SQL(
    """
    select
        source_record_id as id, given_name_key as given_name, surname_key as surname,
        birth_date_digits as birth_date, street_key as street, city_key as city, postal_code_key as postal_code,
        country_code, email_key, phone_key, phone_2_key, external_id, buyer_external_id
    from build_intermediate.int_identity_records
    """
)


def count_records(conn: Connection) -> int:
    """How many records there are. Raises BuildError when dbt has not built int_identity_records, or built it empty."""
    try:
        row = conn.execute("select count(*) from build_intermediate.int_identity_records").fetchone()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        raise _not_built("have not been built") from None
    assert row is not None
    if not row[0]:
        raise _not_built("are empty")
    return int(row[0])


def read_records(conn: Connection, only: Sequence[str] | None = None) -> pa.Table:
    """All source records, or `only` those: the columns of matching.records.SCHEMA.

    Raises BuildError when dbt has not built int_identity_records.
    """
    texts = [*_ONE_VALUE, *(column for columns in _SEVERAL.values() for column in columns)]
    try:
        query = _QUERY if only is None else _QUERY + sql.SQL("where source_record_id = any({})").format(list(only))
        found = copy_out(conn, query, {"id": pa.string(), **dict.fromkeys(texts, pa.string())})
    except psycopg.errors.UndefinedTable:
        raise _not_built("have not been built") from None
    columns = {name: found[name] for name in ["id", *_ONE_VALUE]}
    columns["full_name"] = pa.chunked_array([pa.nulls(found.num_rows, pa.string())])
    columns |= {name: _as_list([found[part] for part in parts]) for name, parts in _SEVERAL.items()}
    return pa.table({name: columns[name] for name in SCHEMA.names})


def _as_list(columns: list[pa.ChunkedArray]) -> pa.ChunkedArray:
    """The values of a row as a list; null where there is none."""
    # Arrow's own way to skip nulls loses rows that have nothing else.
    filled = [pc.fill_null(column, "") for column in columns]
    joined = filled[0]
    for column in filled[1:]:
        joined = pc.utf8_trim(pc.binary_join_element_wise(joined, column, _SEPARATOR), _SEPARATOR)
    present = pc.if_else(pc.equal(joined, ""), pa.scalar(None, pa.string()), joined)
    return pc.split_pattern(present, _SEPARATOR)


def _not_built(what: str) -> BuildError:
    return BuildError(
        f"The records to tell persons from {what}.",
        where="build_intermediate.int_identity_records",
        fix="run `rapport dbt -- build --select intermediate/identity` first, and check its staging models",
    )
