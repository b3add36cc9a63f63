"""Whole columns are worked on by patterns; what they say is what the library says of each value, for any input."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

from rapport.contacts import emails, folding, names, normal_forms, numbering_plans, phones, streets, whole_names

COUNTRIES = ["TR", "DK", "DE", "SE", "NO", "FR", "IT", "ES", "HU", "LT", "CN", "JP", "GB", "US", "BR", "AR", "MX", "IN"]


def column(values: list[str]) -> pa.Array:
    return pa.array(values, pa.string())


_local = st.text(alphabet="abcXYZ019._-+'!", min_size=1, max_size=12)
_domain = st.lists(st.text(alphabet="abZ09-", min_size=1, max_size=6), min_size=1, max_size=4).map(".".join)
_tld = st.sampled_from([".com", ".dk", ".COM.tr", ".test", ".local", ".onion", ".arpa", ".x", ".c1", "", ".xn--p1ai"])


@settings(max_examples=200)
@given(st.lists(st.one_of(st.builds("{}@{}{}".format, _local, _domain, _tld), st.text(max_size=20)), max_size=20))
@example(["a@" + "b" * 63 + ".com", "a" * 65 + "@b.com", "A@B--C.com", "a@xn--p1ai.com", "a@b.com\n", "a@mail.TEST"])
def test_a_plain_address_is_what_email_validator_makes_of_it(values: list[str]) -> None:
    plain = emails.is_plain(column(values)).to_pylist()
    for value in [value for value, is_plain in zip(values, plain, strict=True) if is_plain]:
        assert emails.checked(emails.spelling(value)).normalised == value.lower()


def test_ordinary_addresses_are_plain() -> None:
    values = ["Ayse.Yilmaz@gmail.com", "bo+nyt@mail.firma-a.dk", "info@x.com.tr", "a_b-c@0-9.org"]
    assert emails.is_plain(column(values)).to_pylist() == [True] * 4


def _numbers(country: str) -> st.SearchStrategy[str]:
    """Numbers that fit the country's plan in some way, in all spellings, and some that nearly do."""
    metadata = PhoneMetadata.metadata_for_region(country, None)
    examples = [
        kind.example_number
        for kind in (metadata.mobile, metadata.fixed_line, metadata.toll_free, metadata.uan, metadata.general_desc)
        if kind is not None and kind.example_number
    ]
    trunk = metadata.national_prefix or "0"
    code = str(metadata.country_code)
    before = ["", trunk, code, f"+{code}", f"00{code}", f"+{code}{trunk}", f"{code}{trunk}", f"00{code} (0)", "+", "00"]
    changed = st.tuples(st.sampled_from(examples), st.text(alphabet="0123456789", max_size=4), st.integers(0, 12)).map(
        lambda parts: parts[0][: parts[2]] + parts[1] + parts[0][parts[2] + len(parts[1]) :]
    )
    return st.builds("{}{}".format, st.sampled_from(before), st.one_of(changed, st.sampled_from(examples)))


@settings(max_examples=30, deadline=None)
@pytest.mark.parametrize("country", COUNTRIES)
@given(data=st.data())
def test_what_a_numbering_plan_tells_is_what_libphonenumber_says(country: str, data: st.DataObject) -> None:
    abroad = data.draw(st.sampled_from([country, "TR", "DK", ""]))
    values = data.draw(
        st.lists(st.one_of(_numbers(country), st.text(alphabet="+0123456789 -", max_size=16)), max_size=20)
    )
    told = phones.told_by_plans(column(values), abroad, worth_a_pass=1).to_pylist()
    for value, number in zip(values, told, strict=True):
        if number is not None:
            assert phones.parsed(phones.spelling(value), abroad).normalised == number


@pytest.mark.parametrize("raw", ["468123456", "46812345", "+46 08 12 34 56", "0468 12 34 56", "+46 008 12 34 56"])
def test_a_number_that_begins_like_its_country_is_cut_only_where_libphonenumber_cuts_it(raw: str) -> None:
    told = phones.told_by_plans(column([raw]), "SE").to_pylist()
    assert told in ([None], [phones.parsed(phones.spelling(raw), "SE").normalised])


@pytest.mark.parametrize(
    ("raw", "country"),
    [
        ("0532 123 45 67", "TR"),
        ("905321234567", "TR"),
        ("00905321234567", "TR"),
        ("5321234567", "TR"),
        ("+90 (0) 532 123 45 67", "TR"),
        ("20 12 34 56", "DK"),
        ("0045 20123456", "DK"),
        ("4520123456", "DK"),
        ("+45 20123456", "TR"),
    ],
)
def test_ordinary_numbers_are_told_by_their_plan(raw: str, country: str) -> None:
    told = phones.told_by_plans(column([raw]), country, worth_a_pass=1).to_pylist()
    assert told == [phones.parsed(phones.spelling(raw), country).normalised]


def test_plans_are_there_for_most_countries() -> None:
    plans = [
        numbering_plans.plan_of(country) for countries in COUNTRY_CODE_TO_REGION_CODE.values() for country in countries
    ]
    assert sum(plan is not None for plan in plans) > 100


_name_words = st.sampled_from(
    ["Mette", "Sørensen", "ali", "CAN", "Anne-Marie", "von", "Dr.", "Jr", "İpek", "Işık", "O'Neill", "Yok", "Å", "Test"]
)
_names = st.one_of(st.lists(_name_words, max_size=4).map(" ".join), st.text(alphabet="aBİıØå' -.,", max_size=12))


@settings(max_examples=150)
@given(st.lists(_names, max_size=12), st.sampled_from(["TR", "DK", ""]))
def test_names_in_columns_are_names_one_by_one(values: list[str], country: str) -> None:
    for kind, one in (("name", names.name), ("full_name", whole_names.whole_name)):
        found = normal_forms(kind, column(values), country).to_pylist()
        assert found == [one(folding.spelling(value), country)._asdict() for value in values]


_streets = st.one_of(
    st.lists(
        st.sampled_from(
            [
                "Nørregade",
                "No:",
                "12",
                "345B",
                "2.",
                "tv",
                "st.",
                "D:",
                "/",
                "Cad.",
                "Mah.",
                "007",
                "5th",
                "Ave",
                ",",
                "1-3",
            ]
        ),
        max_size=9,
    ).map(" ".join),
    st.text(alphabet="aZİø0129 .,/:#-", max_size=20),
)


@settings(max_examples=200)
@given(st.lists(_streets, max_size=12), st.sampled_from(["TR", "DK", "GB"]))
def test_an_address_means_the_same_whatever_its_numbers(values: list[str], country: str) -> None:
    found = normal_forms("street", column(values), country).to_pylist()
    assert found == [streets.street(folding.fold(folding.spelling(value)), country)._asdict() for value in values]
