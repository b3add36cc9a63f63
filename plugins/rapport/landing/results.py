"""What became of a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from rapport.landing.checks import Fault
from rapport.landing.quoting import Quoting

Status = Literal["loaded", "unchanged", "refused"]
Scope = Literal["delta", "whole", "part"]


@dataclass(frozen=True)
class LoadResult:
    """One file taken in, known already, or refused; read = loaded + quarantined + skipped.

    unchanged: counts, `load_id` and night (`business_date`) are those of the load that took this content in.
    `unkept_columns` are undeclared and read like secrets: nothing of them is stored.
    `known` are those of the skipped rows that a full export only repeats, `closed` the records it lists no longer;
    `erased` are those of the skipped rows that are of erased persons.
    """

    file: str
    vendor: str
    table: str
    kind: str
    status: Status
    business_date: date
    load_id: int | None = None
    read: int = 0
    loaded: int = 0
    quarantined: int = 0
    skipped: int = 0
    format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    quoting: Quoting | None = None
    decimal: str | None = None
    date_order: str | None = None
    reason: str | None = None
    fix: str | None = None
    supersedes: int | None = None
    new_columns: tuple[str, ...] = ()
    missing_columns: tuple[str, ...] = ()
    scope: Scope | None = None
    known: int = 0
    closed: int = 0
    replays: int | None = None
    unkept_columns: tuple[str, ...] = ()
    erased: int = 0

    def as_json(self) -> dict[str, Any]:
        """The fields that programs read, JSON types only."""
        shown = (
            "file",
            "vendor",
            "table",
            "status",
            "read",
            "loaded",
            "quarantined",
            "skipped",
            "encoding",
            "delimiter",
        )
        rest = (
            "reason",
            "fix",
            "format",
            "decimal",
            "date_order",
            "load_id",
            "supersedes",
            "replays",
            "known",
            "closed",
            "erased",
            "new_columns",
            "missing_columns",
            "unkept_columns",
        )
        return {name: getattr(self, name) for name in (*shown, *rest)}


# In place of a row that could not be split into columns, some of which are never loaded.
NOT_KEPT = "(not kept: the file has columns that are never loaded)"


@dataclass(frozen=True)
class Quarantined:
    """A row left out: `raw_row` is JSON of its cells by header, or the line where it could not be split."""

    row_number: int
    raw_row: str
    fault: Fault
