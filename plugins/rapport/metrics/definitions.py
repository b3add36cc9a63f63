"""The metrics as dbt's semantic manifest declares them, on the tables that are live."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rapport.errors import RapportError
from rapport.publishing.tables import BUILD_PREFIX, Table


@dataclass(frozen=True)
class Metric:
    """One declared metric, with what its `config.meta` says beside dbt's own keys.

    `of` is the metric that counts what it is a share or mean of; `segment` the dimension of `customer` that the name
    `segment` stands for; `needs_time` says that it is not told without a period.
    """

    name: str
    label: str
    description: str
    glossary: str
    decimals: int
    of: str | None = None
    segment: str = "segment"
    needs_time: bool = False
    also_called: tuple[str, ...] = ()


def declared_metrics(manifest: Mapping[str, Any]) -> dict[str, Metric]:
    """The metrics of a semantic manifest by name, sorted.

    Raises RapportError for one whose meta is not as docs/how-to/query-metrics.md says.
    """
    found = {}
    for declared in sorted(manifest["metrics"], key=lambda declared: str(declared["name"])):
        meta = dict((declared.get("config") or {}).get("meta") or {})
        meta["also_called"] = tuple(meta.get("also_called") or ())
        try:
            found[declared["name"]] = Metric(
                declared["name"], declared["label"], " ".join((declared["description"] or "").split()), **meta
            )
        except TypeError as error:
            raise RapportError(
                f"The meta of the metric {declared['name']} is not as expected: {error}",
                where="dbt_project/models/semantic",
                fix="see docs/how-to/query-metrics.md, A metric of your own",
            ) from None
    return found


def on_live_tables(manifest: Mapping[str, Any], tables: Iterable[Table]) -> dict[str, Any]:
    """The semantic manifest with each relation that dbt builds replaced by the one that publishing merges it into.

    Raises RapportError for a model that is not published: an analyst could not read it.
    """
    live = {(BUILD_PREFIX + table.mart, table.name): table.mart for table in tables}
    found = copy.deepcopy(dict(manifest))
    for declared in [*found["semantic_models"], *found["project_configuration"]["time_spines"]]:
        relation = declared["node_relation"]
        built = (relation["schema_name"], relation["alias"])
        if built not in live:
            raise RapportError(
                f"Metrics read {'.'.join(built)}, which is not published.",
                where="dbt_project/models/semantic",
                fix="let the semantic model refer to a mart",
            )
        # No database: it is that of the connection.
        relation |= {"schema_name": live[built], "database": None, "relation_name": f"{live[built]}.{built[1]}"}
    return found


def live_manifest(business: str) -> dict[str, Any]:
    """A business's semantic manifest, parsed anew if the project has changed, on its live tables."""
    from rapport.building import manifest_path, read_manifest
    from rapport.publishing import tables_from_manifest

    tables = tables_from_manifest(read_manifest(business))
    written = manifest_path(business).with_name("semantic_manifest.json")
    return on_live_tables(json.loads(written.read_text(encoding="utf-8")), tables)
