"""Whose a contact point is: a person is met in every spelling of theirs, and nobody else in any."""

from __future__ import annotations

import pytest

from rapport.privacy.person import Person
from rapport.privacy.raw_rows import matcher


@pytest.mark.parametrize("written", ["+45 31 22 33 44", "0045 31223344", "31 22 33 44", "'31223344", "(31) 22-33-44"])
def test_a_phone_is_met_in_every_spelling(written: str) -> None:
    assert matcher(Person(phones={"+4531223344"}), "DK").has("phone", written)


@pytest.mark.parametrize("written", ["+47 31 22 33 44", "0047 31223344", "+1 231 223 3444", "+45 31 22 33 45"])
def test_somebody_abroad_with_the_same_digits_is_another_person(written: str) -> None:
    assert not matcher(Person(phones={"+4531223344"}), "DK").has("phone", written)


def test_what_is_learnt_late_is_looked_for_too() -> None:
    person = Person(records={"shopify:orders:7"}, emails={"ada@example.com"})
    assert person.is_in("of ada@example.com")
    assert not person.is_in("see shopify:orders:9")
    person.records.add("shopify:orders:9")
    person.ids.setdefault("order_id", set()).add("shopify:12")
    assert person.is_in("see shopify:orders:9")
    assert person.is_in("see shopify:12")
    assert person.redacted("shopify:orders:9!")[0] == "(erased)!"
