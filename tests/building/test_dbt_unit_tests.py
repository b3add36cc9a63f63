"""dbt's unit tests: the rules of the SQL, on rows given in yml. They test code, so they run here and not at night.

And what the project promises of columns, on tables that stand without rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from rapport import settings
from rapport.building.project import invoke, parsed_manifest
from rapport.businesses import Business, declared_vendors, load_business
from rapport.landing.declarations import load_declarations
from rapport.landing.raw_tables import ensure_raw_tables
from rapport.warehouse import connect

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def built(shared_warehouse: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Business, list[Any]]]:
    """A business that declares every vendor, and dbt's results of building all its models and seeds."""
    folder = tmp_path_factory.mktemp("dbt")
    business = load_business("sample").model_copy(update={"vendors": list(declared_vendors())})
    tables = load_declarations(business)
    business = business.model_copy(update={"name": shared_warehouse})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "work_dir", lambda name: folder / name)
        with connect(shared_warehouse) as conn:
            ensure_raw_tables(conn, tables)
            conn.commit()
        # A unit test takes its columns' types from tables: they have to be there, not to be filled.
        done = dbt(business, "build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
        yield business, list(done.results)


def dbt(business: Business, *arguments: str) -> Any:
    done = invoke(
        business,
        [*arguments, "--quiet"],
        manifest=parsed_manifest(business),
        more_variables={"activation_reads_live": False},
    )
    assert done.success or done.result is not None, done.exception
    return done.result


def test_every_unit_test_of_the_dbt_project_holds(built: tuple[Business, list[Any]]) -> None:
    business, _ = built
    tested = dbt(business, "test", "--select", "test_type:unit")
    results = {result.node.name: str(result.status) for result in tested.results}
    assert len(results) > 20
    assert {name: status for name, status in results.items() if status != "pass"} == {}


def test_what_others_read_is_tables(built: tuple[Business, list[Any]]) -> None:
    _, results = built
    kinds = {
        result.node.name: result.node.config.materialized
        for result in results
        if result.node.resource_type.value == "model"
        and result.node.original_file_path.startswith(("models/intermediate", "models/marts"))
    }
    assert len(kinds) > 100
    assert {name: kind for name, kind in kinds.items() if kind not in ("table", "by_key")} == {}


def test_every_column_that_is_never_null_cannot_be(built: tuple[Business, list[Any]]) -> None:
    business, results = built
    failed = {one.node.name: one.message for one in results if str(one.status) not in ("success", "no-op")}
    assert failed == {}
    promised = [
        (result.node, column.name)
        for result in results
        if result.node.resource_type.value in ("model", "seed")
        for column in result.node.columns.values()
        if any(constraint.type.value == "not_null" for constraint in column.constraints)
    ]
    # A view can have no constraint: the hook counts.
    hooks = {node.name: [hook.sql for hook in node.config.post_hook] for node, _ in promised}
    assert [name for name, sql in hooks.items() if "{{ add_constraints() }}" not in sql] == []
    declared = {(node.schema, node.name, name) for node, name in promised if node.config.materialized != "view"}
    with connect(business.name) as conn:
        refused = conn.execute(
            "select table_schema, table_name, column_name from information_schema.columns where is_nullable = 'NO'"
        ).fetchall()
    assert len(declared) > 700
    assert declared - set(refused) == set()


def test_a_null_in_a_view_that_has_none_is_refused_by_its_columns_name_alone(built: tuple[Business, list[Any]]) -> None:
    business, _ = built
    relation = "api.Relation.create(schema='pg_temp', identifier='seen')"
    (compiled,) = dbt(business, "compile", "--inline", f"{{{{ refuse_nulls({relation}, ['a', 'b']) }}}}").results
    with connect(business.name) as conn:
        conn.execute("create temp view seen as select 1 as a, 'ayse@example.com' as b")
        conn.execute(compiled.node.compiled_code)
        conn.execute("create or replace temp view seen as select 1 as a, null::text as b union all select 2, 'ayse'")
        with pytest.raises(psycopg.errors.NotNullViolation) as refusal:
            conn.execute(compiled.node.compiled_code)
        conn.rollback()
    assert refusal.value.diag.message_primary == "view pg_temp.seen contains null values in b"
