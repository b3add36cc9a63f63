"""What a matching was done with, kept so that it can be done again: probabilities, frequencies, bounds of the blocks.

A model is a folder. splink_model.json is Splink's own format: any Splink reads, charts and predicts with it. What it
does not know (households, frequencies as pinned, bounds of blocks) lies beside it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

from rapport.errors import IdentityError
from rapport.identity.matching.blocking import RULES
from rapport.identity.matching.comparisons import comparisons
from rapport.identity.matching.estimation import SAME, STRANGERS, Parameters

FORMAT = 1
FREQUENCIES = pa.schema([("column", pa.string()), ("value", pa.string()), ("share", pa.float64())])


@dataclass(frozen=True)
class Model:
    """Parameters; frequencies: column, value (null: any other), share; limits: the largest block of each rule."""

    parameters: Parameters
    frequencies: pa.Table
    limits: dict[str, int]

    @property
    def version(self) -> str:
        """Ids of models are equal exactly when the models are."""
        digest = hashlib.sha256(json.dumps(self._facts(), sort_keys=True).encode())
        for column in ("column", "value", "share"):
            digest.update(repr(self.frequencies[column].to_pylist()).encode())
        return f"m{FORMAT}_{digest.hexdigest()[:12]}"

    def _facts(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "is_estimated": self.parameters.is_estimated,
            "shares": self.parameters.shares.tolist(),
            "levels": {c.name: m.tolist() for c, m in zip(comparisons(), self.parameters.levels, strict=True)},
            "limits": self.limits,
        }

    def save(self, folder: Path) -> Path:
        """Write the model with its charts to `folder`/<version>; one that is there already is left as it is."""
        from rapport.identity.matching.charts import write_charts

        target = folder / self.version
        if (target / "frequencies.parquet").exists():
            return target
        target.mkdir(parents=True, exist_ok=True)
        (target / "splink_model.json").write_text(json.dumps(self.splink_settings(), indent=1), encoding="utf-8")
        (target / "model.json").write_text(json.dumps(self._facts(), indent=1), encoding="utf-8")
        write_charts(self, target)
        parquet.write_table(self.frequencies, target / "frequencies.parquet")  # last: its presence says that all is
        return target

    @classmethod
    def load(cls, folder: Path) -> Model:
        """The model of a folder that `save` wrote. Raises IdentityError where it is none or of other comparisons."""
        try:
            facts = json.loads((folder / "model.json").read_text(encoding="utf-8"))
            frequencies = parquet.read_table(folder / "frequencies.parquet")
        except (OSError, ValueError) as error:
            raise IdentityError(
                f"This is no model of matching ({type(error).__name__}).",
                where=str(folder),
                fix="name a folder that holds model.json and frequencies.parquet, or train a model anew",
            ) from None
        matrices = [np.array(facts["levels"].get(c.name, [])) for c in comparisons()]
        if facts.get("format") != FORMAT or any(
            m.shape != (3, len(c.levels)) for c, m in zip(comparisons(), matrices, strict=True)
        ):
            raise IdentityError(
                "The model was trained for other comparisons than this version makes.",
                where=str(folder),
                fix="train a model anew",
            )
        parameters = Parameters(np.array(facts["shares"]), tuple(matrices), facts["is_estimated"])
        return cls(parameters, frequencies, facts["limits"])

    def pin_frequencies(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Fill the tables `frequency_<column>` of a connection."""
        conn.register("pinned", self.frequencies)
        for comparison in comparisons():
            if comparison.frequency:
                conn.execute(
                    f"create or replace table frequency_{comparison.frequency} as"
                    f" select value, share from pinned where \"column\" = '{comparison.frequency}'"
                )
        conn.unregister("pinned")

    def splink_settings(self) -> dict[str, Any]:
        """The model as Splink's settings, of the two kinds that Splink knows."""
        shares = self.parameters.shares
        return {
            "link_type": "dedupe_only",
            "unique_id_column_name": "id",
            "sql_dialect": "duckdb",
            "probability_two_random_records_match": float(shares[SAME] / (shares[SAME] + shares[STRANGERS])),
            "blocking_rules_to_generate_predictions": [
                " and ".join(f"l.{part} = r.{part}" for part in parts)
                for parts in RULES.values()
                if all(part.isidentifier() for part in parts)
            ],
            "comparisons": [
                {
                    "output_column_name": comparison.name,
                    "comparison_description": comparison.name,
                    "comparison_levels": [
                        {"sql_condition": comparison.missing, "label_for_charts": "missing", "is_null_level": True},
                        *(
                            {
                                "sql_condition": level.condition or "ELSE",
                                "label_for_charts": level.label,
                                "m_probability": float(matrix[SAME, comparison.number(position)]),
                                "u_probability": float(matrix[STRANGERS, comparison.number(position)]),
                            }
                            for position, level in enumerate(comparison.levels)
                        ),
                    ],
                }
                for comparison, matrix in zip(comparisons(), self.parameters.levels, strict=True)
            ],
        }


def take_frequencies(conn: duckdb.DuckDBPyConnection) -> pa.Table:
    """The tables `frequency_<column>` as one Arrow table in a fixed order."""
    parts = " union all ".join(
        f"select '{c.frequency}' as \"column\", value, share from frequency_{c.frequency}"
        for c in comparisons()
        if c.frequency
    )
    table = conn.execute(f'select * from ({parts}) order by "column", value nulls first').to_arrow_table()
    return table.cast(FREQUENCIES)
