"""An order of which a line waits in quarantine says so, until the line is taken in; past nights stay as they were."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from landing.exports import as_csv, order_table

from rapport import settings
from rapport.building.project import invoke, parsed_manifest
from rapport.businesses import load_business
from rapport.landing import Declaration, ensure_raw_tables, load_declarations, load_file
from rapport.landing.replaying import replay_loads, waiting_loads
from rapport.nights import Night, open_night
from rapport.warehouse import connect

pytestmark = pytest.mark.timeout(600)

FIRST, SECOND = date(2026, 3, 1), date(2026, 3, 2)
NOT_A_NUMBER = "CAY-1"


def with_stricter_sku(table: Declaration) -> Declaration:
    """The table as it was declared at first: article numbers have to be numbers."""
    columns = [
        column.model_copy(update={"check": "integer"}) if column.name == "lineitem_sku" else column
        for column in table.columns
    ]
    return table.model_copy(update={"columns": columns})


def test_an_order_with_a_quarantined_line_is_marked_until_the_line_is_replayed(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "businesses").mkdir()
    content = yaml.safe_load((settings.BUSINESSES / "sample.yml").read_text()) | {"vendors": ["shopify"]}
    (tmp_path / "businesses" / f"{warehouse}.yml").write_text(yaml.safe_dump(content))
    monkeypatch.setattr(settings, "BUSINESSES", tmp_path / "businesses")
    monkeypatch.setattr(settings, "work_dir", lambda name: tmp_path / "work" / name)
    business = load_business(warehouse)
    further = {"Subtotal": "", "Total": "", "Paid at": "", "Currency": "", "Lineitem sku": "2"}
    rows = [
        {"Name": "TR1", "Lineitem sku": "1"},
        further | {"Name": "TR1", "Lineitem sku": NOT_A_NUMBER},
        further | {"Name": "TR1"},
        {"Name": "TR2", "Lineitem sku": "1"},
    ]
    path = tmp_path / f"orders_export_{FIRST}.csv"
    path.write_text(as_csv(order_table(rows)))

    def orders(night: Night) -> list[tuple[Any, ...]]:
        outcome = invoke(
            business,
            ["run", "--quiet", "--threads", "2", "--select", "+stg_shopify__orders", "stg_shopify__order_lines"],
            night=night,
            manifest=parsed_manifest(business),
        )
        assert outcome.exception is None, outcome.exception
        assert {str(result.status) for result in outcome.result.results} == {"success"}
        with connect(warehouse) as conn:
            return conn.execute(
                "select order_number, total_amount, n_items, has_quarantined_lines, (select count(*)"
                "  from build_staging.stg_shopify__order_lines as lines where lines.order_id = orders.order_id)"
                " from build_staging.stg_shopify__orders as orders order by 1"
            ).fetchall()

    with connect(warehouse) as conn:
        first = open_night(conn, business, FIRST)
        tables = load_declarations(business)
        ensure_raw_tables(conn, tables)
        (declared,) = [table for table in tables if table.table == "orders"]
        loaded = load_file(conn, business, with_stricter_sku(declared), path, FIRST)
        assert (loaded.loaded, loaded.quarantined) == (3, 1)
    without, whole = orders(first)
    assert [str(cell) for cell in without] == ["TR1", "129.90", "4.000", "True", "2"]
    assert whole[3:] == (False, 1)

    with connect(warehouse) as conn:
        second = open_night(conn, business, SECOND)
        (replayed,) = replay_loads(conn, business, tables, waiting_loads(conn), SECOND)
        assert replayed.loaded == 1
    assert [str(cell) for cell in orders(second)[0]] == ["TR1", "129.90", "6.000", "False", "3"]
    assert orders(first) == [without, whole]
