"""Which decimal sign and which order of day and month a file has: told by its values, else by who declared it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rapport.businesses import Dialect
from rapport.errors import LandingError
from rapport.landing import value_forms
from rapport.landing.declarations import Formats
from rapport.landing.value_forms import DateOrder, DecimalSign, ValueDialect

Reading = TypeVar("Reading", DecimalSign, DateOrder)


class InDoubt(Exception):
    """A value speaks against what was taken for granted: all values have to be asked."""


@dataclass
class Question(Generic[Reading]):
    """One of two readings, and what the values seen so far say of it.

    `told` by the business it is settled; `declared` by the vendor it holds unless values prove the other alone.
    """

    readings: tuple[Reading, Reading]
    told: Reading | None
    declared: Reading | None
    proofs: Counter[Reading] = field(default_factory=Counter)
    first_open: tuple[int, str] | None = None

    def note_proofs(self, reading: Reading, mask: pa.Array) -> None:
        """Values that can be read in one way only."""
        if count := pc.sum(mask).as_py():
            self.proofs[reading] += count

    def note_open(self, mask: pa.Array, row_numbers: npt.NDArray[np.int64], header: str) -> None:
        """Values that can be read in both ways; the first is remembered for the message."""
        if self.first_open is None and len(found := pc.indices_nonzero(pc.fill_null(mask, False))):
            self.first_open = int(row_numbers[found[0].as_py()]), header

    @property
    def known(self) -> Reading | None:
        """What is known before any value is seen."""
        return self.told or self.declared

    def is_in_doubt(self, taken: Reading | None) -> bool:
        """Whether a value so far speaks against a reading; against none, any value that depends on one does."""
        if self.told is not None:
            return False
        if taken is None:
            return bool(self.proofs or self.first_open)
        speaks_against = any(count for reading, count in self.proofs.items() if reading != taken)
        return speaks_against and (self.declared is None or not self.proofs[taken])

    def answer(self, refusal: tuple[str, str], where: str) -> Reading | None:
        """The reading of all values; None if nothing depends on it. Raises LandingError if it cannot be told."""
        if self.told is not None:
            return self.told
        proven = [reading for reading in self.readings if self.proofs[reading]]
        if len(proven) == 1:
            return proven[0]
        if self.declared is not None:
            return self.declared
        if self.first_open is None:
            # Each value can be read in one way only: those that are not as most are get quarantined.
            return self.proofs.most_common(1)[0][0] if proven else None
        row, header = self.first_open
        what, fix = refusal
        which = "some of the others say the one, some the other" if proven else "none of the others tells which"
        raise LandingError(f"data row {row}, {header}: {what}, and {which}.", where=where, fix=fix)


class Evidence:
    """What the values of a file say of its dialect, block by block."""

    def __init__(self, formats: Formats, own: Dialect) -> None:
        order = formats.date_order or value_forms.declared_order([*formats.timestamp, *formats.date])
        self.sign: Question[DecimalSign] = Question((".", ","), own.decimal, formats.decimal)
        self.order: Question[DateOrder] = Question(("dmy", "mdy"), own.date_order, order)

    @property
    def taken(self) -> ValueDialect:
        """What to begin with. Amounts are as programs write them until a value says otherwise."""
        return ValueDialect(self.sign.known or ".", self.order.known)

    def of_amounts(self, values: pa.Array, row_numbers: npt.NDArray[np.int64], header: str) -> None:
        """Take amounts into account."""
        for sign in self.sign.readings:
            self.sign.note_proofs(sign, value_forms.fits(values, value_forms.proof_of_sign(sign)))
        self.sign.note_open(value_forms.fits(values, value_forms.EITHER_SIGN), row_numbers, header)

    def of_moments(self, values: pa.Array, row_numbers: npt.NDArray[np.int64], header: str) -> None:
        """Take dates or times into account; those in ISO order say nothing and can be left out."""
        for order in self.order.readings:
            self.order.note_proofs(order, value_forms.fits(values, value_forms.PROOF_OF_ORDER[order]))
        either = value_forms.fits(values, value_forms.EITHER_ORDER)
        same = value_forms.fits(values, value_forms.SAME_IN_BOTH_ORDERS)
        self.order.note_open(pc.and_not(either, same), row_numbers, header)

    @property
    def sign_is_open(self) -> bool:
        """Whether amounts that are stored as they are matter too: until one of them proves the sign."""
        return self.sign.known is None and not self.sign.proofs["."]

    def uphold(self, dialect: ValueDialect) -> None:
        """Raises InDoubt if the values so far speak against a dialect."""
        if self.sign.is_in_doubt(dialect.decimal) or self.order.is_in_doubt(dialect.date_order):
            raise InDoubt

    def dialect(self, where: str) -> ValueDialect:
        """The dialect by all values. Raises LandingError, saying what to declare, where it cannot be told."""
        return ValueDialect(self.sign.answer(_SIGN_REFUSAL, where), self.order.answer(_ORDER_REFUSAL, where))


_SIGN_REFUSAL = (
    "an amount such as 1,234 or 1.234 can be a thousand or a little more than one",
    "say which decimal sign it has under `dialects:` in businesses/<name>.yml (vendor: {decimal: ','}), or, if the"
    " vendor always writes so, as `formats.decimal` in its declaration; then run `rapport ingest` on the file",
)
_ORDER_REFUSAL = (
    "a date such as 03/04/2026 can be the third of April or the fourth of March",
    "say which it is under `dialects:` in businesses/<name>.yml (vendor: {date_order: dmy}), or, if the vendor always"
    " writes so, as `formats.date_order` in its declaration; then run `rapport ingest` on the file",
)
