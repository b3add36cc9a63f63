"""The vendors' declarations, and what is said of a faulty one."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from rapport.businesses import business_names, load_business
from rapport.errors import LandingError
from rapport.landing import Declaration, load_declarations, read_declarations

ORDERS = "source.rapport.shopify.orders"


def test_every_vendor_is_declared_as_the_loader_needs_it(declarations: list[Declaration]) -> None:
    enabled = {vendor for name in business_names() for vendor in load_business(name).vendors}
    assert enabled <= {table.vendor for table in declarations}
    for table in declarations:
        assert any(column.required for column in table.columns), f"{table}: nothing tells it from another table"


def test_a_business_gets_its_own_vendors_tables() -> None:
    tables = load_declarations("completejourney")
    assert {table.vendor for table in tables} == {"completejourney"}
    assert len(tables) == 7


def _set(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(source: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        for key in parents:
            source = source[key]
        if value is None:
            del source[last]
        else:
            source[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(
            _set("columns.paid_at.config.meta.chek", "timestamp"),
            "table orders, column paid_at, key chek: unknown key; expected one of",
            id="a misspelt key of a column",
        ),
        pytest.param(
            _set("config.meta.export.file_patern", "x"),
            "table orders, key export.file_patern: unknown key; expected one of",
            id="a misspelt key of the export",
        ),
        pytest.param(_set("config.meta.export.mode", None), "key export.mode: missing", id="full or delta is not said"),
        pytest.param(
            _set("freshness.error_after", None), "key freshness.error_after: missing", id="no age that is an error"
        ),
        pytest.param(_set("config.meta.kind", "shop"), "key kind: Input should be 'crm'", id="an unknown kind"),
        pytest.param(
            _set("config.meta.export.encodings", ["utf-9"]),
            "key export.encodings: expected an encoding Python knows",
            id="an unknown encoding",
        ),
        pytest.param(
            _set("config.meta.export.formats.timestamp", ["%Y-%m-%d %Q"]),
            "%Q in '%Y-%m-%d %Q' is not understood",
            id="a format nobody can read",
        ),
        pytest.param(
            _set("config.meta.export.formats.timestamp", ["%H:%M %z"]),
            "'%H:%M %z' does not give year, month and day",
            id="a format of no date",
        ),
        pytest.param(
            _set("config.meta.export.formats", {"timestamp": ["%d.%m.%y %H:%M"]}),
            "time_zone: expected, as a format in formats.timestamp has no %z",
            id="times of no zone",
        ),
        pytest.param(
            _set("config.meta.export.key", ["order_number"]),
            "export.key: 'order_number' is not one of the loaded columns",
            id="a key that is no column",
        ),
        pytest.param(
            _set("config.meta.export.file_pattern", "orders(.csv"),
            "expected a regular expression",
            id="a bad pattern",
        ),
        pytest.param(
            _set("columns.paid_at.config.meta.aliases", ["Total"]),
            "its header 'Total' is also that of paid_at",
            id="two columns of one header",
        ),
        pytest.param(
            _set("identifier", "orders"),
            "schema and identifier: expected raw.shopify__orders",
            id="another table",
        ),
        pytest.param(_set("columns.paid_at.description", ""), "column paid_at, key description", id="no description"),
    ],
)
def test_a_faulty_declaration_is_refused_by_file_table_column_and_key(
    manifest: dict[str, Any], change: Callable[[dict[str, Any]], None], expected: str
) -> None:
    faulty = {"sources": {ORDERS: copy.deepcopy(manifest["sources"][ORDERS])}}
    change(faulty["sources"][ORDERS])
    with pytest.raises(LandingError) as refused:
        read_declarations(faulty)
    assert expected in str(refused.value)
    assert "models/staging/shopify/_shopify__sources.yml" in str(refused.value)


def test_sources_that_rapport_itself_writes_are_no_exports(manifest: dict[str, Any]) -> None:
    own = copy.deepcopy(manifest["sources"][ORDERS]) | {
        "schema": "build_contacts",
        "identifier": "normalised",
    }
    own["config"] = {"meta": {}}
    assert read_declarations({"sources": {"source.rapport.contacts.normalised": own}}) == []
