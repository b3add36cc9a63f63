"""A disk that fills up while a file is loaded: nothing is half-done, the disk is named, and the next run completes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from landing.exports import NIGHT, ORDERS, as_csv, assert_books_balance, order_table
from servers.small_disk import SmallDisk, small_disk
from servers.warehouses import new_warehouse

from rapport.businesses import Business, load_business
from rapport.errors import WarehouseError
from rapport.landing import Declaration, night
from rapport.landing.night import landing_for_night
from rapport.nights import open_night
from rapport.warehouse import connect

LARGE = ORDERS.replace(".csv", "_2.csv")


@pytest.fixture
def disk(server: str) -> Iterator[SmallDisk]:
    with small_disk(server, megabytes=12) as found:
        yield found


@pytest.fixture
def business(server: str, disk: SmallDisk) -> Iterator[Business]:
    """A business whose raw tables are on the small disk."""
    space = f"small_{disk.folder.name}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"create tablespace \"{space}\" location '{disk.folder}'")
        with new_warehouse(server) as name:
            admin.execute(f'alter database "rapport_{name}" set default_tablespace = "{space}"')
            yield load_business("sample").model_copy(update={"name": name, "settle_seconds": 0})
        admin.execute(f'drop tablespace "{space}"')


def write_orders(path: Path, n_rows: int) -> None:
    """Orders with so much text that no disk could pack it much closer; one row is bad."""
    drawn = random.Random(1)
    rows = [{"Lineitem name": f"{drawn.getrandbits(4000):x}"} for _ in range(n_rows)]
    rows[3]["Email"] = "bad"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_csv(order_table(rows)))


def test_a_full_disk_stops_a_load_cleanly_and_the_next_run_completes_it(
    business: Business,
    disk: SmallDisk,
    declarations: list[Declaration],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(night, "load_declarations", lambda found: declarations)
    write_orders(tmp_path / "shopify" / ORDERS, 20)
    write_orders(tmp_path / "shopify" / LARGE, 20_000)
    with connect(business.name) as conn:
        open_night(conn, business, NIGHT)
        conn.commit()
        with pytest.raises(WarehouseError) as told:
            landing_for_night(conn, business, "ecommerce", NIGHT, tmp_path)
        assert told.value.what.startswith(f"The disk of Postgres is full: nothing of {LARGE} was kept")
        assert str(disk.folder) in told.value.where
        assert told.value.may_pass
        assert_books_balance(conn)
        assert conn.execute("select file_name, rows_loaded from ops.loads").fetchall() == [(ORDERS, 19)]

        disk.resize(megabytes=200)
        results = landing_for_night(conn, business, "ecommerce", NIGHT, tmp_path)
        assert_books_balance(conn)
        assert [(result.file, result.loaded, result.quarantined) for result in results] == [
            (ORDERS, 19, 1),
            (LARGE, 19_999, 1),
        ]
