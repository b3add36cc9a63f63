"""Checks of rows as they stream by: typed values in their one form, and which row breaks which rule first.

Values never appear in a reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rapport.landing import value_forms, value_patterns
from rapport.landing.byte_checks import surely_fit
from rapport.landing.declarations import Column, Declaration
from rapport.landing.dialects import Evidence
from rapport.landing.value_forms import MomentForms, ValueDialect

_NOTHING = pa.scalar(None, pa.string())


@dataclass(frozen=True)
class Fault:
    """Why a row is quarantined: the rule, the raw column ('' for the row as a whole), and in words."""

    rule: str
    column: str
    reason: str


class ColumnCheck:
    """The rules of one column, and the form its values are stored in."""

    def __init__(self, column: Column, declaration: Declaration, dialect: ValueDialect) -> None:
        export = declaration.export
        self.column = column
        self.is_amount, self.is_moment = column.check in ("decimal", "integer"), column.check in ("date", "timestamp")
        self._sign = dialect.decimal or "."
        self._currency_signs = export.formats.currency_signs if self.is_amount else []
        needs_offset = export.time_zone is None
        declared = export.formats.timestamp if column.check == "timestamp" else export.formats.date
        self._moments = MomentForms(column.check or "", dialect.date_order, declared, needs_offset)
        self.as_is, self.expected = self._as_is_and_expected(dialect, needs_offset)
        self.is_number_to_keep = column.pii == "phone" or column.name in (*export.key, *export.key_fallback)

    @property
    def is_typed(self) -> bool:
        """Whether values are stored in one form."""
        return self.is_amount or self.is_moment

    def unwrapped(self, values: pa.Array) -> pa.Array:
        """Typed values without what stands around them: blanks, guards against spreadsheets, signs of currencies."""
        values = value_forms.unwrapped(values)
        return value_forms.without_currency(values, self._currency_signs) if self._currency_signs else values

    def rewrite(self, values: pa.Array) -> pa.Array:
        """Typed values, freed of what guards them, in the form they are stored in; null where one cannot be read."""
        if self.column.check == "decimal":
            return value_forms.rewrite_amounts(values, self._sign)
        if self.column.check == "integer":
            return value_forms.rewrite_integers(values, self._sign)
        return self._moments.rewrite(values)

    def stored(self, cell: str) -> str | None:
        """A single typed value in the form it is stored in; None where it cannot be read."""
        values = pa.array([cell])
        if self.as_is is not None and _misfits(values, self.as_is) is None:
            return cell
        found: str | None = self.rewrite(self.unwrapped(values))[0].as_py()
        return found

    def fits(self, cell: str) -> bool:
        """Whether a single value can be read."""
        values = pa.array([cell])
        if not self.is_typed:
            return self.as_is is None or _misfits(values, self.as_is) is None
        return bool(self.rewrite(self.unwrapped(values))[0].is_valid)

    def _as_is_and_expected(self, dialect: ValueDialect, needs_offset: bool) -> tuple[str | None, str]:
        match self.column.check:
            case "integer":
                return value_patterns.INTEGER, "not a whole number"
            case "boolean":
                return value_patterns.BOOLEAN, "not true, false, yes, no, 1 or 0"
            case "email":
                return value_patterns.EMAIL, "not an e-mail address"
            case "decimal":
                return value_forms.amount_as_is(self._sign), f"not an amount with '{self._sign}' before its decimals"
            case "date" | "timestamp" as check:
                order = {"dmy": ", day first", "mdy": ", month first", None: ""}[dialect.date_order]
                what = "date" if check == "date" else "time with an offset" if needs_offset else "time"
                return self._moments.as_is, f"not a {what} as expected{order}"
            case None:
                return None, ""


def checks_of(declaration: Declaration, dialect: ValueDialect) -> list[ColumnCheck]:
    """The checks of a declared table in a file of that dialect, in the order of its columns."""
    checks = [ColumnCheck(column, declaration, dialect) for column in declaration.loaded_columns]
    return [check for check in checks if check.column.check or check.column.not_null or check.is_number_to_keep]


def read_values(
    values: dict[str, pa.Array],
    row_numbers: npt.NDArray[np.int64],
    checks: Sequence[ColumnCheck],
    evidence: Evidence | None = None,
) -> tuple[dict[str, pa.Array], dict[int, Fault]]:
    """Columns of a block by name, typed ones in their stored form; and of each bad row (index from 0) the first fault.

    Columns that the file lacks are passed over. What the values say of the file's dialect is added to `evidence`.
    """
    values = dict(values)
    faults: dict[int, Fault] = {}
    for check in checks:
        column = check.column
        if column.name not in values:
            continue
        found = values[column.name]
        unreadable = None
        if check.is_typed:
            found, unreadable = _in_stored_form(found, row_numbers, check, evidence)
            values[column.name] = found
        elif check.as_is is not None:
            unreadable = _misfits(found, check.as_is)
        # What cannot be read is not empty, but null by now.
        if column.not_null and found.null_count:
            empty = pc.is_null(found) if unreadable is None else pc.and_not(pc.is_null(found), unreadable)
            _note(faults, empty, Fault("not_null", column.name, f"{column.headers[0]}: it is empty"))
        if unreadable is not None and column.check:
            _note(faults, unreadable, Fault(column.check, column.name, f"{column.headers[0]}: {check.expected}"))
        if check.is_number_to_keep and not check.is_moment:
            _note_rounded(faults, found, column)
    return values, faults


def _in_stored_form(
    values: pa.Array, row_numbers: npt.NDArray[np.int64], check: ColumnCheck, evidence: Evidence | None
) -> tuple[pa.Array, pa.Array | None]:
    """Values in the form they are stored in, and a mask of those that cannot be read, if there are any."""
    assert check.as_is is not None
    header = check.column.headers[0]
    others = _misfits(values, check.as_is)
    if evidence is not None and check.is_amount and evidence.sign_is_open:
        evidence.of_amounts(check.unwrapped(values), row_numbers, header)
    if others is None:
        return values, None
    others = pc.fill_null(others, False)
    written = check.unwrapped(values.filter(others))
    written = pc.if_else(pc.equal(written, ""), _NOTHING, written)
    if evidence is not None:
        (evidence.of_amounts if check.is_amount else evidence.of_moments)(
            written, row_numbers[others.to_numpy(zero_copy_only=False)], header
        )
    rewritten = check.rewrite(written)
    values = pc.replace_with_mask(values, others, rewritten)
    if rewritten.null_count == written.null_count:
        return values, None
    bad = pc.and_(pc.is_null(rewritten), pc.is_valid(written))
    return values, pc.replace_with_mask(others, others, bad)


def ask(
    values: dict[str, pa.Array], row_numbers: npt.NDArray[np.int64], checks: Sequence[ColumnCheck], evidence: Evidence
) -> None:
    """Add all that the typed values of a block say of the file's dialect to the evidence."""
    for check in checks:
        found = values.get(check.column.name)
        if found is None or not check.is_typed:
            continue
        of = evidence.of_amounts if check.is_amount else evidence.of_moments
        of(check.unwrapped(found), row_numbers, check.column.headers[0])


def find_nul_bytes(values: dict[str, pa.Array]) -> dict[int, Fault]:
    """Index of each row with a NUL byte, which Postgres cannot hold; `values` by raw column or header."""
    faults: dict[int, Fault] = {}
    for name, found in values.items():
        _note(faults, pc.match_substring(found, "\0"), Fault("nul_byte", name, f"{name}: it holds a NUL byte"))
    return faults


def _note_rounded(faults: dict[int, Fault], values: pa.Array, column: Column) -> None:
    if pc.any(pc.match_substring(values, "E+")).as_py():
        reason = f"{column.headers[0]}: a spreadsheet has rounded it (as in 9,05E+11)"
        rounded = value_forms.fits(value_forms.unwrapped(values), value_patterns.ROUNDED)
        _note(faults, rounded, Fault("rounded", column.name, reason))


def _note(faults: dict[int, Fault], mask: pa.Array, fault: Fault) -> None:
    for index in pc.indices_nonzero(pc.fill_null(mask, False)).to_pylist():
        faults.setdefault(index, fault)


def _misfits(values: pa.Array, pattern: str) -> pa.Array | None:
    """Mask of the values that do not fit, null where there is no value; None where all fit."""
    present = values.drop_null() if values.null_count else values
    if len(present) == 0:
        return None
    sure = surely_fit(present, pattern)
    if sure is None or 4 * np.count_nonzero(sure) < len(sure):
        return None if _all_match(present, pattern) else pc.invert(value_forms.fits(values, pattern))
    unsure = np.flatnonzero(~sure)
    misfit = pc.invert(value_forms.fits(present.take(pa.array(unsure)), pattern)).to_numpy(zero_copy_only=False)
    if not misfit.any():
        return None
    mask = np.zeros(len(values), dtype=bool)
    is_absent = values.is_null().to_numpy(zero_copy_only=False)
    mask[np.flatnonzero(~is_absent)[unsure]] = misfit
    return pa.array(mask, mask=is_absent)


def _all_match(present: pa.Array, pattern: str) -> bool:
    """Whether every value fits, asked of all of them joined by NUL.

    One match over a long text takes a third of the time of many short ones. A NUL within a value could hide a
    fault; such a row is found by `find_nul_bytes`.
    """
    rows = pa.ListArray.from_arrays(pa.array([0, len(present)], pa.int32()), present)
    joined = pc.binary_join_element_wise(pc.binary_join(rows, "\0"), "", "\0")
    return bool(pc.match_substring_regex(joined, rf"\A(?:(?:{pattern})\x00)*\z")[0].as_py())
