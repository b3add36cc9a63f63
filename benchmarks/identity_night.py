"""`make bench-identity-night`: a night with 1 % new records among a million, ids and all, through the warehouse.

The records stand in int_identity_records as dbt leaves them. Timed is what the task does: telling what is new,
comparing it, forming persons, choosing their ids, writing what changed. The night before, with all records new and a
model to train, is shown beside it; so is a night without news.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.harness import NIGHT, Measured, in_its_own_process, report, scratch, show, timed
from benchmarks.identity_data import made_up
from rapport.businesses import load_business
from rapport.warehouse import connect
from rapport.warehouse.arrow_tables import copy_in

NEW = 0.01
_TABLE = "build_intermediate.int_identity_records"
# The column of each field of a record, and, of fields with several values, which of them it holds.
_COLUMNS: dict[str, tuple[str, int | None]] = {
    "source_record_id": ("id", None),
    "given_name_key": ("given_name", None),
    "surname_key": ("surname", None),
    "birth_date_digits": ("birth_date", None),
    "street_key": ("street", None),
    "city_key": ("city", None),
    "postal_code_key": ("postal_code", None),
    "country_code": ("country_code", None),
    "email_key": ("emails", 0),
    "phone_key": ("phones", 0),
    "phone_2_key": ("phones", 1),
    "external_id": ("external_ids", 0),
    "buyer_external_id": ("external_ids", 1),
}


def main(n_rows: int) -> None:
    """Three nights of made-up households: all but 1 % of the records, then that 1 %, then nothing new."""
    from rapport.identity.person_files import read_mapping, read_persons

    with tempfile.TemporaryDirectory() as folder, scratch() as database:
        persons = made_up(Path(folder), n_rows, 0.25)
        records = _as_dbt_leaves(read_persons(persons.path, read_mapping(persons.maps), persons.country, "utf-8"))
        n_new = round(n_rows * NEW)
        with connect(database) as conn:
            conn.execute("create schema if not exists build_intermediate")
            conn.execute(f"create table {_TABLE} ({', '.join(f'{name} text' for name in _COLUMNS)})")
        found = []
        nights = [("all new", records[n_new:]), ("1 % new", records[:n_new]), ("nothing new", records[:0])]
        for number, (name, batch) in enumerate(nights):
            with connect(database) as conn:
                copy_in(conn, _TABLE, batch)
                conn.execute(f"analyze {_TABLE}")
            run = in_its_own_process("benchmarks.identity_night", "night", database, str(number))
            found.append(Measured(name, run["seconds"], run["peak_mib"]))
        show(f"who is who, {n_rows:,} records, through the warehouse", found, n_rows)


def night(database: str, number: int) -> None:
    """Give every record its customer, on the night of that number."""
    from rapport.identity import assign

    business = load_business("sample")
    counts: list[Mapping[str, Any]] = []

    def work() -> None:
        with connect(database) as conn:
            counts.append(assign(conn, business, NIGHT + timedelta(days=number)))

    seconds = timed(work)
    print(counts[0], file=sys.stderr)
    report(seconds)


def _as_dbt_leaves(records: pa.Table) -> pa.Table:
    columns = {}
    for name, (field, place) in _COLUMNS.items():
        values = records[field].to_pylist() if field in records.column_names else [None] * records.num_rows
        if place is not None:
            values = [cell[place] if cell and len(cell) > place else None for cell in values]
        columns[name] = pa.array(values, pa.string())
    return pa.table(columns)


if __name__ == "__main__":
    if sys.argv[1:2] == ["night"]:
        night(sys.argv[2], int(sys.argv[3]))
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 1_000_000)
