"""Checks of rows as they stream by: which row breaks which rule first. Values never appear in a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from rapport.landing import value_patterns
from rapport.landing.declarations import Column, Declaration, Formats


@dataclass(frozen=True)
class Fault:
    """Why a row is quarantined: the rule, the raw column ('' for the row as a whole), and in words."""

    rule: str
    column: str
    reason: str


@dataclass(frozen=True)
class ColumnCheck:
    """The rules of one column; `pattern` matches the whole of a readable value."""

    column: Column
    pattern: str | None
    expected: str

    def unreadable(self, values: pa.Array) -> pa.Array | None:
        """Mask of the values that do not fit the pattern (null where there is no value); None if all fit."""
        present = values.drop_null()
        if self.pattern is None or len(present) == 0 or _all_fit(present, self.pattern):
            return None
        return pc.invert(pc.match_substring_regex(values, rf"\A(?:{self.pattern})\z"))


def checks_of(declaration: Declaration) -> list[ColumnCheck]:
    """The checks of a declared table, in the order of its columns."""
    formats = declaration.export.formats
    return [
        ColumnCheck(column, *_pattern_of(column, formats))
        for column in declaration.loaded_columns
        if column.check or column.not_null
    ]


def find_faults(values: dict[str, pa.Array], checks: Sequence[ColumnCheck]) -> dict[int, Fault]:
    """Index of each bad row (from 0) with the first rule it breaks, in the order of the checks.

    `values` holds the columns of a block by name; columns that the file lacks are passed over.
    """
    faults: dict[int, Fault] = {}
    for check in checks:
        column = check.column
        if column.name not in values:
            continue
        found = values[column.name]
        if column.not_null and found.null_count:
            _note(
                faults,
                pc.is_null(found),
                Fault("not_null", column.name, f"{column.headers[0]}: it is empty"),
            )
        mask = check.unreadable(found)
        if mask is not None and column.check:
            _note(
                faults,
                mask,
                Fault(column.check, column.name, f"{column.headers[0]}: {check.expected}"),
            )
    return faults


def find_nul_bytes(values: dict[str, pa.Array]) -> dict[int, Fault]:
    """Index of each row with a NUL byte, which Postgres cannot hold; `values` by raw column or header."""
    faults: dict[int, Fault] = {}
    for name, found in values.items():
        _note(faults, pc.match_substring(found, "\0"), Fault("nul_byte", name, f"{name}: it holds a NUL byte"))
    return faults


def _note(faults: dict[int, Fault], mask: pa.Array, fault: Fault) -> None:
    for index in pc.indices_nonzero(pc.fill_null(mask, False)).to_pylist():
        faults.setdefault(index, fault)


def _all_fit(present: pa.Array, pattern: str) -> bool:
    """Whether every value fits, asked of all of them joined by NUL.

    One match over a long text takes a third of the time of many short ones. A NUL within a value could hide a
    fault; such a row is found by `find_nul_bytes`.
    """
    rows = pa.ListArray.from_arrays(pa.array([0, len(present)], pa.int32()), present)
    joined = pc.binary_join_element_wise(pc.binary_join(rows, "\0"), "", "\0")
    return bool(pc.match_substring_regex(joined, rf"\A(?:(?:{pattern})\x00)*\z")[0].as_py())


def _pattern_of(column: Column, formats: Formats) -> tuple[str | None, str]:
    match column.check:
        case "integer":
            return value_patterns.INTEGER, "not a whole number"
        case "boolean":
            return value_patterns.BOOLEAN, "not true, false, yes, no, 1 or 0"
        case "email":
            return value_patterns.EMAIL, "not an e-mail address"
        case "decimal":
            point = formats.decimal or "."
            return value_patterns.decimal(point), f"not an amount with '{point}' before its decimals"
        case "date":
            return value_patterns.moment(formats.date), f"not a date as declared ({' or '.join(formats.date)})"
        case "timestamp":
            return value_patterns.moment(
                formats.timestamp
            ), f"not a time as declared ({' or '.join(formats.timestamp)})"
        case None:
            return None, ""
