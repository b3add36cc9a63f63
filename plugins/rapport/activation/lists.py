"""A list as a file: its name, its columns, its bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from rapport.activation.destinations import Column, Destination, ListKind
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


@dataclass(frozen=True)
class ListOf:
    """Which list: of which night and segment, for whom, and whether all of it or a change."""

    business_date: date
    segment: str
    destination: str
    kind: ListKind | Literal["recall"] = "full"

    @property
    def file_name(self) -> str:
        """Final name of the file: one a segment, night and kind. A recall is one more list of whom to remove."""
        kind = "recall_remove" if self.kind == "recall" else self.kind
        return f"{self.segment}_{self.business_date:%Y%m%d}_{kind}.csv"

    def __str__(self) -> str:
        return f"night {self.business_date}, segment {self.segment}, destination {self.destination}, {self.kind} list"


def columns_for(destination: Destination) -> list[str]:
    """The columns of the rows that its file is made of: what a place does not get is not read for it either."""
    read = {"contact" if column.source in ("email", "phone") else column.source for column in destination.columns}
    return [name for name in LIST_COLUMNS if name in read | {"locale"}]  # by which text is put into its form


def render(rows: Iterable[pa.RecordBatch], destination: Destination) -> Iterator[bytes]:
    """The list as CSV, in pieces: RFC 4180 (CRLF, quotes where needed), UTF-8 without BOM, in the order of the rows.

    rows: with the columns of columns_for(destination), or more. No rows give a file with only the header: the receiver
    sees that the list was made and is empty.
    """
    yield _lines([pa.array([header]) for header in destination.headers])
    for batch in rows:
        if len(batch):
            yield _lines([_cells(batch, column) for column in destination.columns])


def _cells(rows: pa.RecordBatch, column: Column) -> pa.StringArray:
    cells = shaped(_values(rows, column), column.form, rows["locale"], is_hashed=column.hash == "sha256")
    return cut(cells, column.max_bytes)


def _values(rows: pa.RecordBatch, column: Column) -> pa.StringArray:
    if column.source not in ("email", "phone"):
        return rows[column.source]
    # A list has one point a person: the one they agreed to. No other is sent along.
    is_email = pc.match_substring(rows["contact"], "@")
    return pc.if_else(is_email if column.source == "email" else pc.invert(is_email), rows["contact"], None)


def _lines(columns: list[pa.StringArray]) -> bytes:
    *first, last = [_quoted(cells) for cells in columns]
    lines = pc.binary_join_element_wise(*first, pc.binary_join_element_wise(last, "\r\n", ""), ",")
    # A text column's cells lie one after the other, so together they are the lines as they are.
    _, _, cells = lines.buffers()
    return bytes(memoryview(cells)[: pc.sum(pc.binary_length(lines)).as_py()])


def _quoted(cells: pa.StringArray) -> pa.StringArray:
    _, _, written = cells.buffers()
    text = b"" if written is None else written.to_pybytes()
    if not any(mark in text for mark in (b'"', b",", b"\r", b"\n")):
        return cells  # by far the most columns, and looking for a byte costs next to nothing
    is_quoted = pc.match_substring_regex(cells, '[",\r\n]')
    doubled = pc.replace_substring(cells, '"', '""')
    return pc.if_else(is_quoted, pc.binary_join_element_wise('"', doubled, '"', ""), cells)
