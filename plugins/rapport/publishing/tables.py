"""What is published: the models under models/marts, as dbt's manifest declares them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from rapport.errors import RapportError

BUILD_PREFIX = "build_"


@dataclass(frozen=True)
class Column:
    """A documented column. One with a kind of personal data (`pii`: email, name, free_text …) is closed to analysts."""

    name: str
    description: str = ""
    pii: str | None = None


@dataclass(frozen=True)
class Table:
    """A mart's table: built in schema build_<mart>, live in schema <mart>, rows known by `primary_key`."""

    mart: str
    name: str
    primary_key: tuple[str, ...]
    columns: tuple[Column, ...]
    description: str = ""

    @property
    def label(self) -> str:
        return f"{self.mart}.{self.name}"

    @property
    def live(self) -> sql.Identifier:
        return sql.Identifier(self.mart, self.name)

    @property
    def masked(self) -> sql.Identifier:
        """The view in which analysts read all columns, personal ones masked."""
        return sql.Identifier(self.mart, f"{self.name}_masked")

    @property
    def built(self) -> sql.Identifier:
        return sql.Identifier(BUILD_PREFIX + self.mart, self.name)


def tables_from_manifest(manifest: Mapping[str, Any]) -> list[Table]:
    """The tables to publish, by mart and name, from dbt's parsed manifest.json.

    The primary key is the model's or a column's `primary_key` constraint, or config.meta.primary_key.
    Raises RapportError for a mart model without one, or built outside a build_ schema.
    """
    models = (node for node in manifest["nodes"].values() if node["resource_type"] == "model")
    marts = [node for node in models if node["original_file_path"].startswith("models/marts/")]
    return sorted((_table(node) for node in marts), key=lambda table: (table.mart, table.name))


def _table(node: Mapping[str, Any]) -> Table:
    schema = str(node["schema"])
    primary_key = tuple(_primary_key(node))
    if not primary_key or not schema.startswith(BUILD_PREFIX):
        raise RapportError(
            f"The mart {node['name']} cannot be published: "
            + ("its primary key is not declared." if schema.startswith(BUILD_PREFIX) else f"it is built in {schema}."),
            where=str(node["original_file_path"]),
            fix="declare a primary_key constraint in the model's yml (docs/how-to/add-a-mart.md)"
            if schema.startswith(BUILD_PREFIX)
            else "let dbt_project.yml build it in a schema build_<mart>",
        )
    columns = tuple(
        Column(name, str(column.get("description") or "").strip(), _meta(column).get("pii"))
        for name, column in node["columns"].items()
    )
    return Table(
        mart=schema.removeprefix(BUILD_PREFIX),
        name=str(node.get("alias") or node["name"]),
        primary_key=primary_key,
        columns=columns,
        description=str(node.get("description") or "").strip(),
    )


def _primary_key(node: Mapping[str, Any]) -> Iterable[str]:
    for constraint in node.get("constraints") or []:
        if constraint["type"] == "primary_key":
            return [str(name) for name in constraint["columns"]]
    of_columns = [
        name
        for name, column in node["columns"].items()
        if any(constraint["type"] == "primary_key" for constraint in column.get("constraints") or [])
    ]
    declared = _meta(node).get("primary_key") or []
    return of_columns or ([declared] if isinstance(declared, str) else declared)


def _meta(part: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**(part.get("meta") or {}), **((part.get("config") or {}).get("meta") or {})}
