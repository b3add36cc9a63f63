"""Normal forms in columns: what every kind of contact point gives, and how a quick way joins one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


class NormalForm(NamedTuple):
    """What became of a value as seen.

    normalised: lower-case ASCII address, E.164 number, or upper-case ASCII name, street, town or code; a whole name
    is `SURNAME, GIVEN NAMES`. None if nothing is usable.
    is_valid: may be written to, called, or matched on. is_shared: belongs to a desk rather than a person.
    reason: why it is not valid, is shared, or needed repair; None when there is nothing to say.
    display: a name as it is written to its bearer; None for points, which are written in their normal form.
    match_key: what two spellings of the same thing have in common; None where normalised is.
    confidence: of a whole name, how sure it is which part is the surname (0.5 to 1; the other order has the rest).
    """

    normalised: str | None = None
    is_valid: bool = False
    is_shared: bool = False
    reason: str | None = None
    display: str | None = None
    match_key: str | None = None
    confidence: float | None = None


SCHEMA = pa.schema(
    [
        ("normalised", pa.string()),
        ("is_valid", pa.bool_()),
        ("is_shared", pa.bool_()),
        ("reason", pa.string()),
        ("display", pa.string()),
        ("match_key", pa.string()),
        ("confidence", pa.float64()),
    ]
)


def unusable(reason: str) -> NormalForm:
    """The form of a value that nothing can be made of."""
    return NormalForm(reason=reason)


def table(n_rows: int, columns: Mapping[str, pa.Array]) -> pa.Table:
    """A table of SCHEMA; columns that are left out hold what NormalForm has for them."""
    defaults = NormalForm._field_defaults
    return pa.table(
        [
            columns[field.name].cast(field.type)
            if field.name in columns
            else pa.repeat(pa.scalar(defaults[field.name], field.type), n_rows)
            for field in SCHEMA
        ],
        schema=SCHEMA,
    )


def one_by_one(values: pa.Array, spelling: Callable[[str], str], one: Callable[[str], NormalForm]) -> pa.Table:
    """Forms of values that need looking at one by one; what spelling makes alike is worked on once."""
    known: dict[str, NormalForm] = {}
    found = []
    for value in values.to_pylist():
        spelled = spelling(value)
        form = known.get(spelled)
        if form is None:
            form = known[spelled] = one(spelled)
        found.append(form)
    return from_rows(found)


def from_rows(found: Sequence[NormalForm]) -> pa.Table:
    """A table of forms given one by one."""
    columns = zip(*found, strict=True) if found else [()] * len(SCHEMA)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
    return pa.table(arrays, schema=SCHEMA)


def with_quick_way(
    values: pa.Array,
    is_plain: pa.BooleanArray,
    quick: Callable[[pa.Array], pa.Table],
    thorough: Callable[[pa.Array], pa.Table],
) -> pa.Table:
    """Forms of all values: `quick` works on the plain ones as whole columns, `thorough` on the others."""
    plain = np.asarray(is_plain.to_numpy(zero_copy_only=False))
    if plain.all():
        return quick(values)
    if not plain.any():
        return thorough(values)
    both = pa.concat_tables([quick(values.filter(is_plain)), thorough(values.filter(pc.invert(is_plain)))])
    position = np.empty(len(values), dtype=np.int64)
    n_plain = int(plain.sum())
    position[plain] = np.arange(n_plain)
    position[~plain] = np.arange(n_plain, len(values))
    return both.take(pa.array(position))
