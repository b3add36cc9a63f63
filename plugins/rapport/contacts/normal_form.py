"""One normal form for each contact point: pure functions over distinct values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

from rapport.contacts import cities, emails, folding, names, phones, postal_codes, streets

Kind = Literal["email", "phone", "name", "street", "city", "postal_code"]


class NormalForm(NamedTuple):
    """What became of a value as seen.

    normalised: lower-case ASCII address, E.164 number, or upper-case ASCII name, street, town or code; None if
    nothing is usable.
    is_valid: may be written to, called, or matched on. is_shared: belongs to a desk rather than a person.
    reason: why it is not valid, is shared, or needed repair; None when there is nothing to say.
    display: a name as it is written to its bearer; None for points, which are written in their normal form.
    match_key: what two spellings of the same thing have in common; None where normalised is.
    """

    normalised: str | None
    is_valid: bool
    is_shared: bool
    reason: str | None
    display: str | None = None
    match_key: str | None = None


_ONE: dict[str, Callable[[str, str], tuple[str | None, bool, bool, str | None, str | None, str | None]]] = {
    "email": emails.normal_form,
    "phone": phones.normal_form,
    "name": names.normal_form,
    "street": streets.normal_form,
    "city": cities.normal_form,
    "postal_code": postal_codes.normal_form,
}
# what a value is reduced to first, so that spellings that differ in blanks only are worked on once
_SPELLING: dict[str, Callable[[str], str]] = {"email": emails.spelling, "phone": phones.spelling}
KINDS: tuple[str, ...] = tuple(_ONE)


def normalise(kind: str, raw_values: Sequence[str] | Iterable[str], default_country: str) -> list[NormalForm]:
    """The normal form of each value, in the order given.

    `kind` is one of KINDS; `default_country` (ISO 3166, may be empty) is where a phone without a country code,
    or an address, is from. Each distinct spelling is worked on once. Raises KeyError on another kind.
    """
    spelling, one = _SPELLING.get(kind, folding.spelling), _ONE[kind]
    spelled = [spelling(value) for value in raw_values]
    forms = {value: NormalForm(*one(value, default_country)) for value in set(spelled)}
    return [forms[value] for value in spelled]
