"""Lists as bytes: the rows of build_activation.lists, shaped by a destination's mapping.

Pure and deterministic: the same rows give the same bytes, so a list can be told by its SHA-256.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from datetime import UTC, date
from typing import Any

import pandas as pd

from rapport.activation.destinations import Column, Destination

# What Excel, LibreOffice and Sheets read as the start of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_PHONE = re.compile(r"\+\d{6,15}")

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
    shaped = pd.DataFrame({column.header: _shape(ordered[column.source], column) for column in destination.columns})
    text = io.StringIO()
    shaped.to_csv(text, index=False, lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
    return text.getvalue().encode("utf-8")


def _shape(values: pd.Series, column: Column) -> list[str]:
    if column.form == "timestamp":
        return ["" if pd.isna(value) else f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" for value in values]
    if column.form == "date":
        return ["" if pd.isna(value) else f"{value:%Y-%m-%d}" for value in values]
    keeps_phones = column.form == "contact"
    return ["" if pd.isna(value) else neutralised(str(value), keeps_phones=keeps_phones) for value in values]


def neutralised(cell: str, *, keeps_phones: bool = False) -> str:
    """The cell with a leading `'` if a spreadsheet would run it as a formula.

    A phone in international form (`+` and digits only) is a number to a spreadsheet, never a formula, and its
    readers need the `+`: it stays where the column holds contact points.
    """
    if not cell.startswith(_FORMULA) or (keeps_phones and _PHONE.fullmatch(cell)):
        return cell
    return "'" + cell
