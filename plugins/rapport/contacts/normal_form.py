"""One normal form for each contact point: pure functions over distinct values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

import pyarrow as pa

from rapport.contacts import cities, emails, folding, forms, names, phones, postal_codes, streets, whole_names
from rapport.contacts.forms import NormalForm

Kind = Literal["email", "phone", "name", "full_name", "street", "city", "postal_code"]


def _each(one: Callable[[str, str], NormalForm]) -> Callable[[pa.Array, str], pa.Table]:
    return lambda values, country: forms.one_by_one(values, folding.spelling, lambda text: one(text, country))


_OF_KIND: dict[str, Callable[[pa.Array, str], pa.Table]] = {
    "email": emails.normal_forms,
    "phone": phones.normal_forms,
    "name": names.normal_forms,
    "full_name": whole_names.normal_forms,
    "street": streets.normal_forms,
    "city": _each(cities.city),
    "postal_code": _each(postal_codes.postal_code),
}
KINDS: tuple[str, ...] = tuple(_OF_KIND)


def normal_forms(kind: str, raw_values: pa.Array, default_country: str) -> pa.Table:
    """The normal form of each value, in the order given, a column for each field of NormalForm.

    `kind` is one of KINDS, `raw_values` text without nulls; `default_country` (ISO 3166, may be empty) is where a
    phone without a country code, a name or an address is from. Raises KeyError on another kind.
    """
    return _OF_KIND[kind](raw_values, default_country)


def normalise(kind: str, raw_values: Iterable[str], default_country: str) -> list[NormalForm]:
    """`normal_forms` for a few values, a tuple each."""
    found = normal_forms(kind, pa.array(raw_values, pa.string()), default_country)
    columns = [found[name].to_pylist() for name in NormalForm._fields]
    return [NormalForm(*row) for row in zip(*columns, strict=True)]
