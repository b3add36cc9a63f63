"""Splink's charts of a model, as pages that need no network."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from rapport.identity.matching.records import SCHEMA, prepare

if TYPE_CHECKING:
    from rapport.identity.matching.model import Model


def write_charts(model: Model, folder: Path) -> None:
    """Write match_weights.html and parameters.html: what each level is worth, and how probable it is."""
    import splink

    logging.getLogger("splink").setLevel(logging.ERROR)
    conn = duckdb.connect()
    prepare(conn, SCHEMA.empty_table())
    linker = splink.Linker(splink.DuckDBAPI(conn).register("records"), model.splink_settings())
    charts: dict[str, Any] = {
        "match_weights": linker.visualisations.match_weights_chart(),
        "parameters": linker.visualisations.m_u_parameters_chart(),
    }
    for name, chart in charts.items():
        (folder / f"{name}.html").write_text(chart.to_html(inline=True), encoding="utf-8")
