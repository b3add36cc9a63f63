"""`make bench-identity-night`: a night with 1 % new records among a million, through the warehouse.

The records stand in int_identity_records and int_customers_normalised as dbt leaves them. Timed is what a night does
with them: telling what is new, comparing it, forming persons, choosing their ids, writing what changed, and their
golden records by dbt's models (dbt's start is left out). The night before, with all records new and a model to train,
is shown beside it; so is a night without news.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
from rich.console import Console
from rich.table import Table

from benchmarks.harness import NIGHT, declare, in_its_own_process, report, scratch, timed
from benchmarks.identity_data import made_up
from rapport.businesses import Business
from rapport.warehouse import connect
from rapport.warehouse.arrow_tables import copy_in

NEW = 0.01
GOLDEN = ("int_customer_records", "int_customer_fields", "int_customer_profiles")
_RECORDS = "build_intermediate.int_identity_records"
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
# Of records that are not there yet, what golden records are made of.
_NORMALISED = """
    insert into build_intermediate.int_customers_normalised (
        source_record_id, vendor, record_type, email, email_key, phone, phone_key, phone_2_key, first_name, last_name,
        given_name_key, surname_key, birth_date, street_key, city, city_key, postal_code, postal_code_key, country_code,
        recency, first_file_date
    )
    select
        source_record_id, 'hubspot', 'contact', email_key, email_key, coalesce(phone_key, phone_2_key), phone_key,
        phone_2_key, given_name_key, surname_key, given_name_key, surname_key,
        case when pg_input_is_valid(birth_date_digits, 'date') then birth_date_digits::date end, street_key, city_key,
        city_key, postal_code_key, postal_code_key, country_code, 0, %s
    from build_intermediate.int_identity_records
    where source_record_id not in (select source_record_id from build_intermediate.int_customers_normalised)
"""


def main(n_rows: int) -> None:
    """Three nights of made-up households: all but 1 % of the records, then that 1 %, then nothing new."""
    from rapport.identity.person_files import read_mapping, read_persons

    with tempfile.TemporaryDirectory() as folder, scratch() as database:
        business = declare(database, Path(folder))
        build_empty(business)
        persons = made_up(Path(folder), n_rows, 0.25)
        records = read_persons(persons.path, read_mapping(persons.maps), persons.country, "utf-8")
        n_new = round(n_rows * NEW)
        nights = [("all new", records[n_new:]), ("1 % new", records[:n_new]), ("nothing new", records[:0])]
        table = Table(title=f"who is who, {n_rows:,} records, through the warehouse", title_justify="left", box=None)
        for heading in ("", "persons, s", "golden records, s", "together, s", "peak MiB"):
            table.add_column(heading, justify="right" if heading else "left")
        for number, (name, batch) in enumerate(nights):
            put(database, batch)
            run = in_its_own_process("benchmarks.identity_night", "night", database, folder, str(number))
            both = (run["seconds"], run["golden"], run["seconds"] + run["golden"])
            table.add_row(name, *(f"{seconds:.1f}" for seconds in both), f"{run['peak_mib']:,.0f}")
        Console(width=120).print(table)


def build_empty(business: Business) -> None:
    """All that golden records are made of and from, without rows."""
    from rapport.landing import ensure_raw_tables, load_declarations

    with connect(business.name) as conn:
        ensure_raw_tables(conn, load_declarations(business))
    _dbt(business, "build", f"+{GOLDEN[-1]}")
    with connect(business.name) as conn:
        conn.execute(f"create table {_RECORDS} ({', '.join(f'{name} text' for name in _COLUMNS)})")


def put(database: str, records: pa.Table) -> None:
    """Add records as dbt leaves them."""
    with connect(database) as conn:
        copy_in(conn, _RECORDS, _as_dbt_leaves(records))
        conn.execute(f"analyze {_RECORDS}")
        conn.execute(_NORMALISED, [NIGHT])
        conn.execute("analyze build_intermediate.int_customers_normalised")


def assign_all(business: Business, number: int) -> None:
    """Give every record its customer, on the night of that number."""
    from rapport.identity import assign

    with connect(business.name) as conn:
        print(assign(conn, business, NIGHT + timedelta(days=number)), file=sys.stderr)


def golden_seconds(business: Business) -> float:
    """Build the golden records; seconds of dbt's models, one after the other."""
    results = _dbt(business, "run", *GOLDEN)
    return float(sum(result.execution_time for result in results))


def _dbt(business: Business, command: str, *models: str) -> list:  # type: ignore[type-arg]
    from rapport.building.project import invoke, parsed_manifest

    arguments = [command, "--quiet", "--no-write-json", "--select", *models]
    if command == "build":
        arguments += ["--exclude-resource-type", "test", "unit_test"]
    done = invoke(business, arguments, manifest=parsed_manifest(business))
    assert done.success, done.exception or [result.message for result in done.result]
    return list(done.result)


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
        declared = declare(sys.argv[2], Path(sys.argv[3]))
        seconds = timed(lambda: assign_all(declared, int(sys.argv[4])))
        golden = golden_seconds(declared)
        report(seconds, golden=golden)
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 1_000_000)
