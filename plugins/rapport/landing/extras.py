"""Undeclared columns as one JSON object a row, built column by column."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.compute as pc

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def as_json(columns: dict[str, pa.Array], n_rows: int) -> pa.Array:
    """JSON text of the header and value of every cell that is not empty; null for a row without any."""
    members = [
        pc.binary_join_element_wise(f', {json.dumps(header, ensure_ascii=False)}: "', _escaped(values), '"', "")
        for header, values in columns.items()
        if values.null_count < n_rows
    ]
    if not members:
        return pa.nulls(n_rows, pa.string())
    joined = pc.binary_join_element_wise(*members, "", null_handling="replace", null_replacement="")
    whole = pc.binary_join_element_wise("{", pc.binary_replace_slice(joined, 0, 2, ""), "}", "")
    return pc.if_else(pc.equal(joined, ""), pa.scalar(None, pa.string()), whole)


def _escaped(values: pa.Array) -> pa.Array:
    for character, written in _ESCAPES.items():
        values = pc.replace_substring(values, character, written)
    if pc.any(pc.match_substring_regex(values, "[\\x00-\\x1f]")).as_py():
        for code in range(0x20):
            values = pc.replace_substring(values, chr(code), f"\\u{code:04x}")
    return values
