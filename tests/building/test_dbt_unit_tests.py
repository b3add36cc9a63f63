"""dbt's unit tests: the rules of the SQL, on rows given in yml. They test code, so they run here and not at night."""

from __future__ import annotations

from pathlib import Path

import pytest

from rapport import settings
from rapport.building.project import invoke
from rapport.businesses import declared_vendors, load_business
from rapport.landing.declarations import load_declarations
from rapport.landing.raw_tables import ensure_raw_tables
from rapport.warehouse import connect


@pytest.mark.timeout(600)
def test_every_unit_test_of_the_dbt_project_holds(
    warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    business = load_business("sample").model_copy(update={"vendors": list(declared_vendors())})
    tables = load_declarations(business)
    business = business.model_copy(update={"name": warehouse})
    monkeypatch.setattr(settings, "work_dir", lambda name: tmp_path / name)
    with connect(warehouse) as conn:
        ensure_raw_tables(conn, tables)
        conn.commit()

    # A unit test takes its columns' types from the tables it stands in for: they have to be there, not to be filled.
    built = invoke(
        business,
        ["build", "--quiet", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test"],
        more_variables={"activation_reads_live": False},
    )
    assert built.success, built.exception
    tested = invoke(
        business, ["test", "--quiet", "--select", "test_type:unit"], more_variables={"activation_reads_live": False}
    )
    results = {result.node.name: str(result.status) for result in tested.result.results}
    assert len(results) > 20
    assert {name: status for name, status in results.items() if status != "pass"} == {}
