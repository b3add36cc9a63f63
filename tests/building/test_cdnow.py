"""CDNOW's real purchases, through the generic export of orders: nothing lost, nobody merged, to the cent."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

import pytest

from rapport import settings
from rapport.building import DBT_STEPS, build_night
from rapport.businesses import Business, load_business
from rapport.errors import RapportError
from rapport.landing import ensure_raw_tables, ingest_path, load_declarations
from rapport.nights import claim_next, open_night
from rapport.samples import cdnow
from rapport.warehouse import connect

pytestmark = pytest.mark.timeout(600)
NIGHT = date(1998, 6, 30)


def test_without_the_package_the_error_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise cdnow.PackageNotFoundError(name)

    monkeypatch.setattr(cdnow, "distribution", absent)
    with pytest.raises(RapportError, match="make realdata"):
        cdnow.write_cdnow(tmp_path)
    assert not list(tmp_path.rglob("*.csv"))


@pytest.fixture
def business(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Business:
    """CDNOW's settings over a warehouse of its own."""
    (tmp_path / "businesses").mkdir()
    text = (settings.BUSINESSES / "cdnow.yml").read_text(encoding="utf-8")
    (tmp_path / "businesses" / f"{warehouse}.yml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(settings, "BUSINESSES", tmp_path / "businesses")
    monkeypatch.setattr(settings, "work_dir", lambda name: tmp_path / "work" / name)
    return load_business(warehouse)


@pytest.mark.skipif(find_spec("lifetimes") is None, reason="installed by `make realdata`")
def test_every_purchase_of_every_customer_is_there_to_the_cent(business: Business, tmp_path: Path) -> None:
    cdnow.write_cdnow(tmp_path / "landing")
    with connect(business.name) as conn:
        open_night(conn, business, NIGHT, landing=tmp_path / "landing")
        ensure_raw_tables(conn, load_declarations(business))
        (load,) = ingest_path(conn, business, tmp_path / "landing", NIGHT)
        assert (load.status, load.table, load.loaded, load.quarantined) == ("loaded", "orders", 69_659, 0)
        night = claim_next(conn, business, "build", now=datetime(2100, 1, 1, tzinfo=UTC))
        assert night is not None
    build_night(business, night, list(DBT_STEPS)[: list(DBT_STEPS).index("customer_360") + 1])
    with connect(business.name) as conn:
        found = conn.execute(
            "select (select count(*) from build_customer_360.customers), count(*), sum(total_amount), sum(n_items),"
            " min(order_date), max(order_date) from build_customer_360.orders where is_counted"
        ).fetchone()
    assert found == (23_570, 69_659, Decimal("2500315.63"), 167_881, date(1997, 1, 1), date(1998, 6, 30))
