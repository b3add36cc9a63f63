"""A business whose marts are live: empty, or with a year and more of an invented shop."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from reporting.invented_shop import fill
from reporting.live_marts import Connection, create_marts

from rapport import settings
from rapport.businesses import Business
from rapport.warehouse import connect


@pytest.fixture
def shop(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Business:
    monkeypatch.setattr(settings, "work_dir", lambda name: tmp_path / "work" / name)
    with connect(warehouse) as conn:
        create_marts(conn)
    return Business.model_validate(
        {
            "name": warehouse,
            "title": "Kaffe & Krus",
            "vendors": ["shopify"],
            "reporting_currency": "EUR",
            "time_zone": "Europe/Copenhagen",
            "default_country": "DK",
            "legal_regime": "gdpr",
        }
    )


@pytest.fixture
def conn(shop: Business) -> Iterator[Connection]:
    with connect(shop.name) as conn:
        yield conn


@pytest.fixture
def filled(conn: Connection) -> Connection:
    """Something in every mart the report reads."""
    fill(conn)
    return conn
