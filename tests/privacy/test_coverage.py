"""No table with personal data is out of an erasure's reach."""

from __future__ import annotations

import pytest

from rapport.building import read_manifest
from rapport.landing import Declaration, read_declarations

# Lists of objections: who is named on them without an address or number is no record of ours (decision 17).
OBJECTIONS = {"robinsonlisten entries"}


@pytest.fixture(scope="module")
def tables() -> list[Declaration]:
    return read_declarations(read_manifest("sample"))


def test_every_export_with_personal_data_says_by_which_columns_a_persons_rows_are_found(
    tables: list[Declaration],
) -> None:
    unreachable = [
        str(table)
        for table in tables
        if any(column.pii for column in table.loaded_columns)
        and not table.record_columns
        and not any(column.pii in ("email", "phone") for column in table.loaded_columns)
    ]
    assert set(unreachable) == OBJECTIONS


def test_what_an_id_refers_to_is_a_table_or_something_ids_are_named_after(tables: list[Declaration]) -> None:
    named_otherwise = {"completejourney households", "qualtrics responses"}
    known = {str(table) for table in tables} | named_otherwise
    strange = {
        f"{table}.{column.name}: {column.refers_to}"
        for table in tables
        for column in table.columns
        if column.refers_to and f"{table.vendor} {column.refers_to}" not in known
    }
    assert strange == set()


def test_ids_of_orders_and_customers_say_what_they_are_of(tables: list[Declaration]) -> None:
    silent = {
        f"{table}.{column.name}"
        for table in tables
        for column in table.loaded_columns
        if column.name in ("customer_id", "order_id", "household_id", "record_id", "contact_id")
        and column.name not in table.record_columns
    }
    # WooCommerce's and Shopify's order_id is not the number that their exports join on.
    assert silent <= {"woocommerce order_lines.order_id", "shopify orders.id"}
