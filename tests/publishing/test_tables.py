"""What is published is what dbt declares under models/marts, and nothing is listed twice."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from rapport.errors import RapportError
from rapport.publishing import Column, Table, tables_from_manifest

MODEL: dict[str, Any] = {
    "resource_type": "model",
    "name": "customers",
    "alias": "customers",
    "schema": "build_customer_360",
    "original_file_path": "models/marts/customer_360/customers.sql",
    "description": " One row per person. ",
    "constraints": [],
    "columns": {
        "customer_id": {
            "description": "Who.",
            "constraints": [{"type": "primary_key"}],
            "config": {"meta": {}},
        },
        "email": {"description": "Address.", "constraints": [], "config": {"meta": {"pii": "email"}}},
    },
}


def manifest(**changes: Any) -> dict[str, Any]:
    staging = {**MODEL, "name": "stg", "original_file_path": "models/staging/x/stg.sql"}
    test = {**MODEL, "resource_type": "test"}
    return {"nodes": {"a": {**copy.deepcopy(MODEL), **changes}, "b": staging, "c": test}}


def test_only_models_under_marts_are_published() -> None:
    columns = (Column("customer_id", "Who."), Column("email", "Address.", pii="email"))
    expected = Table("customer_360", "customers", ("customer_id",), columns, "One row per person.")
    assert tables_from_manifest(manifest()) == [expected]


def test_a_composite_key_comes_from_the_models_constraint() -> None:
    constraint = {"type": "primary_key", "columns": ["email", "customer_id"]}
    assert tables_from_manifest(manifest(constraints=[constraint]))[0].primary_key == ("email", "customer_id")


def test_a_mart_without_a_primary_key_is_refused_by_name() -> None:
    with pytest.raises(RapportError, match="customers cannot be published: its primary key"):
        tables_from_manifest(manifest(columns={}))


def test_a_mart_built_in_a_live_schema_is_refused() -> None:
    with pytest.raises(RapportError, match="built in customer_360"):
        tables_from_manifest(manifest(schema="customer_360"))
