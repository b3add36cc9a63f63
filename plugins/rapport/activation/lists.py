"""Lists as bytes: the rows of build_activation.lists, shaped by a destination's mapping.

Pure and deterministic: the same rows give the same bytes, so a list can be told by its SHA-256.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd

from rapport.activation.destinations import Column, Destination
from rapport.activation.forms import cut, shaped

LIST_COLUMNS = (
    "business_date",
    "segment",
    "destination",
    "customer_id",
    "channel",
    "contact",
    "locale",
    "first_name",
    "reason",
    "offer",
    "valid_until",
    "send_not_before",
    "send_not_after",
    "last_name",
    "birth_date",
    "city",
    "postal_code",
    "country_code",
)


def file_stem(segment: str, business_date: date, list_kind: str = "full") -> str:
    """Final name of a list without its ending: one name a segment, night and kind."""
    return f"{segment}_{business_date:%Y%m%d}_{list_kind}"


def frame_of(rows: Sequence[Sequence[Any]]) -> pd.DataFrame:
    """Rows of build_activation.lists, in the order of LIST_COLUMNS, as a frame."""
    return pd.DataFrame([list(row) for row in rows], columns=list(LIST_COLUMNS), dtype=object)


def render(rows: pd.DataFrame, destination: Destination) -> bytes:
    """The list as CSV: RFC 4180 (CRLF, quotes where needed), UTF-8 without BOM, sorted by customer_id.

    No rows give a file with only the header: the receiver sees that the list was made and is empty.
    """
    ordered = rows.sort_values("customer_id", kind="stable")
    cells = pd.DataFrame({column.header: _cells(ordered, column) for column in destination.columns})
    text = io.StringIO()
    cells.to_csv(text, index=False, lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
    return text.getvalue().encode("utf-8")


def _cells(rows: pd.DataFrame, column: Column) -> list[str]:
    return [
        cut(shaped(value, column.form, locale=locale, is_hashed=column.hash == "sha256"), column.max_bytes)
        for value, locale in zip(_values(rows, column), rows["locale"], strict=True)
    ]


def _values(rows: pd.DataFrame, column: Column) -> list[Any]:
    if column.source not in ("email", "phone"):
        return rows[column.source].tolist()
    # A list has one point a person: the one they agreed to. No other is sent along.
    wants_email = column.source == "email"
    return [point if ("@" in point) == wants_email else None for point in rows["contact"]]
