"""One business with every declared vendor: all fixture exports loaded and staged once, for all tests here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from servers.warehouses import new_warehouse

from rapport import settings
from rapport.building.project import invoke, parsed_manifest
from rapport.businesses import KINDS, Business, declared_vendors, load_business
from rapport.landing import Declaration, LoadResult, ensure_raw_tables, ingest_path, load_declarations
from rapport.nights import open_night
from rapport.quality import GateReport, check_landing
from rapport.warehouse import connect

# Small made-up files in the vendors' true formats, a folder a vendor.
EXPORTS = Path(__file__).parent / "exports"
NIGHT = date(2026, 3, 1)
BUILT = ("path:seeds", "path:models/staging", "int_*_unioned")


@dataclass(frozen=True)
class Staged:
    """What became of the fixture exports: a ledger entry a file, landing's gates, and dbt's result a node."""

    business: Business
    declarations: list[Declaration]
    loads: list[LoadResult]
    gates: list[GateReport]
    built: list[Any]

    def again(self, conn: psycopg.Connection[Any], *models: str) -> None:
        """Fill these models' tables anew, by the SQL they were built with, from what the connection sees."""
        compiled = {result.node.name: getattr(result.node, "compiled_code", None) for result in self.built}
        for model in models:
            conn.execute(f"truncate build_staging.{model}")
            conn.execute(f"insert into build_staging.{model} {compiled[model]}")


@pytest.fixture(scope="session")
def staged(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staged]:
    """Every vendor's fixtures through the real loader, then one `dbt build` of all staging, and of its unions."""
    with new_warehouse(server) as name:
        yield _staged(name, tmp_path_factory.mktemp("staging"))


@pytest.fixture
def conn(staged: Staged) -> Iterator[psycopg.Connection[Any]]:
    """A connection to the warehouse in which everything is staged; what a test writes is taken back."""
    with connect(staged.business.name) as connection:
        yield connection
        connection.rollback()


def _staged(name: str, folder: Path) -> Staged:
    content = yaml.safe_load((settings.BUSINESSES / "sample.yml").read_text(encoding="utf-8"))
    content |= {"vendors": list(declared_vendors()), "settle_seconds": 0}
    (folder / f"{name}.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch, connect(name) as conn:
        patch.setattr(settings, "BUSINESSES", folder)
        patch.setattr(settings, "work_dir", lambda business: folder / "work" / business)
        business = load_business(name)
        night = open_night(conn, business, NIGHT)
        declarations = load_declarations(business)
        ensure_raw_tables(conn, declarations)
        loads = ingest_path(conn, business, EXPORTS, NIGHT)
        conn.commit()
        gates = [check_landing(business, NIGHT, kind) for kind in KINDS]
        outcome = invoke(
            business,
            ["build", "--quiet", "--threads", "2", "--indirect-selection", "buildable", "--select", *BUILT],
            night=night,
            manifest=parsed_manifest(business),
        )
        assert outcome.exception is None, outcome.exception
        return Staged(business, declarations, loads, gates, list(outcome.result.results))
