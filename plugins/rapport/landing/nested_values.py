"""Nested values as the JSON text they are kept as, numbers as they were written."""

from __future__ import annotations

import json
from typing import Any


class Number(str):
    """A number, as it was written."""

    __slots__ = ()


def cell_of(value: Any) -> str | None:
    """A value as the text of a cell: a scalar by itself, anything else as JSON; None where there is nothing."""
    if value is None or value == "":
        return None
    return value if isinstance(value, str) else json_text(value)


def json_text(value: Any) -> str:
    """JSON text of dicts, lists and scalars. Raises RecursionError for what is nested too deep."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quoted(str(key))}: {json_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(json_text, value)) + "]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (Number, int)):
        return str(value)
    return _quoted(str(value))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
