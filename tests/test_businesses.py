"""A business's file is checked, and its errors name the file, the key and what was expected."""

from __future__ import annotations

import pytest

from rapport.businesses import business_names, load_business, parse_business
from rapport.errors import BusinessError

GOOD = """
title: Shop
vendors: [shopify]
reporting_currency: EUR
time_zone: Europe/Copenhagen
default_country: DK
legal_regime: gdpr
"""


@pytest.mark.parametrize("name", business_names())
def test_every_shipped_business_is_valid(name: str) -> None:
    assert load_business(name).name == name


def test_deadlines_and_folders_have_defaults() -> None:
    business = parse_business(GOOD, "shop", "businesses/shop.yml")
    assert business.deadline_of("crm") == "02:00"
    assert business.landing_folder().name == "shop"


@pytest.mark.parametrize(
    ("change", "key", "expected"),
    [
        ("time_zone: Europe/Copenhagen|time_zone: Copenhagen", "time_zone", "IANA"),
        ("reporting_currency: EUR|reporting_currency: euro", "reporting_currency", "ISO 4217"),
        ("default_country: DK|default_country: Denmark", "default_country", "ISO 3166"),
        ("vendors: [shopify]|vendors: [shopfiy]", "vendors", "shopify"),
        ("vendors: [shopify]|vendors: []", "vendors", "at least 1"),
        ("legal_regime: gdpr|legal_regime: gdrp", "legal_regime", "gdpr"),
        ("title: Shop|titel: Shop", "titel", "unknown key"),
        ("title: Shop|", "title", "missing"),
        ("title: Shop|title: Shop\ndeadlines: {crm: '26:00'}", "deadlines.crm", "match pattern"),
        (
            "title: Shop|title: Shop\ndialects: {shopify: {encodings: [windows-9999]}}",
            "dialects.shopify.encodings",
            "encoding Python knows",
        ),
        ("title: Shop|title: Shop\nname: other", "name", "shop"),
    ],
)
def test_an_error_names_file_key_and_what_was_expected(change: str, key: str, expected: str) -> None:
    before, after = change.split("|")
    with pytest.raises(BusinessError) as caught:
        parse_business(GOOD.replace(before, after), "shop", "businesses/shop.yml")
    assert caught.value.where.startswith("businesses/shop.yml")
    assert key in caught.value.what
    assert expected in caught.value.what + caught.value.fix


def test_what_is_not_yaml_is_told_with_its_line() -> None:
    with pytest.raises(BusinessError, match="not YAML") as caught:
        parse_business("title: 'Shop\nvendors: [", "shop", "businesses/shop.yml")
    assert "line" in caught.value.where


def test_an_unknown_business_lists_those_there_are() -> None:
    with pytest.raises(BusinessError, match="sample"):
        load_business("nobody")
