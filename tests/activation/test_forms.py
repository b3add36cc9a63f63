"""Each place gets values in the form its own pages ask for; hashes are compared with those the pages print."""

from __future__ import annotations

import csv
import hashlib
import io
from typing import Any

import pyarrow as pa
import pytest
from activation_night import batch_of

from rapport.activation.destinations import declared_destinations
from rapport.activation.forms import Form, shaped
from rapport.activation.lists import render

PLACES = sorted(set(declared_destinations()) - {"drop"})

# https://developers.facebook.com/docs/marketing-api/conversions-api/parameters/customer-information-parameters
META = [
    ("John_Smith@gmail.com", "lower", "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"),
    ("+16505551212", "digits", "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"),
    ("Mary", "name", "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec"),
    ("정", "name", "8fa8cd9c440be61d0151429310034083132b35975c4bea67fdd74158eb51db14"),
    ("Valéry", "name", "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c"),
    ("1997-02-16", "compact_date", "01acdbf6ec7b4f478a225f1a246e5d6767eeab1a7ffa17f025265b5b94f40f0c"),
]


def one(value: str | None, form: Form, *, locale: str | None = None, is_hashed: bool = False) -> str:
    """The form of one value: places get whole columns of them."""
    (found,) = shaped(
        pa.array([value], pa.string()), form, pa.array([locale], pa.string()), is_hashed=is_hashed
    ).to_pylist()
    return str(found)


@pytest.mark.parametrize(("value", "form", "expected"), META, ids=[str(value) for value, _, _ in META])
def test_hashes_are_those_that_meta_prints(value: str, form: Form, expected: str) -> None:
    assert one(value, form, is_hashed=True) == expected


@pytest.mark.parametrize(
    ("value", "form", "locale", "expected"),
    [
        ("İrem", "name", "tr", "irem"),
        ("İrem", "name", None, "irem"),
        ("IŞIK", "name", "tr", "ışık"),
        ("Ida", "name", "da", "ida"),
        ("IT", "lower", "tr", "it"),
        (" INFO@EXAMPLE.IT", "lower", "tr", "info@example.it"),
        ("KØBENHAVN K", "letters_and_digits", "da", "københavnk"),
        ("O'Brien-Smith", "name", "en", "o brien smith"),
        ("  Ada  Lovelace ", "squeezed", None, "adalovelace"),
        ("1050 AB", "letters_and_digits", None, "1050ab"),
        ("+4520304050", "digits", None, "4520304050"),
        ("0090 532", "digits", None, "90532"),
        ("2000-02-29", "month_day", None, "02/29"),
        ("2000-02-29", "year", None, "2000"),
        ("2000-02-29", "date", None, "2000-02-29"),
        ("2026-11-30T21:00:00Z", "date", None, "2026-11-30"),
        ("2026-11-30T21:00:00Z", "timestamp", None, "2026-11-30T21:00:00Z"),
        ("ΝΊΚΟΣ ΣΟΦΌΣ", "name", "el", "νίκος σοφός"),
        ("Anne\u00a0\u2013 Marie", "name", None, "anne marie"),
        ("Ada\u00a0Lovelace", "squeezed", None, "adalovelace"),
        ("=cmd", "lower", None, "'=cmd"),
        ("+4520304050", "contact", None, "+4520304050"),
        ("+4520304050", "text", None, "'+4520304050"),
    ],
    ids=str,
)
def test_a_value_takes_the_form(value: str, form: Form, locale: str | None, expected: str) -> None:
    assert one(value, form, locale=locale) == expected


@pytest.mark.parametrize("nothing", [None, ""], ids=str)
@pytest.mark.parametrize("form", ["text", "name", "compact_date", "timestamp", "digits"])
def test_nothing_stays_nothing_and_is_not_hashed(nothing: str | None, form: Form) -> None:
    assert one(nothing, form, is_hashed=True) == one(nothing, form) == ""


def test_a_value_of_which_nothing_is_left_is_not_hashed() -> None:
    assert one("---", "name", is_hashed=True) == ""


PERSON = {
    "business_date": "2026-11-21",
    "segment": "vip",
    "customer_id": "c_1",
    "channel": "email",
    "contact": "irem.isik@example.com",
    "locale": "tr",
    "first_name": "İrem",
    "last_name": "Işık",
    "birth_date": "2000-02-29",
    "city": "Beyoğlu, İstanbul",
    "postal_code": "34 433",
    "country_code": "TR",
    "reason": "because",
}


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def the_row(destination: str, **changes: Any) -> dict[str, str]:
    values = {**PERSON, **changes}
    content = b"".join(render([batch_of([values])], declared_destinations()[destination]))
    (found,) = csv.DictReader(io.StringIO(content.decode(), newline=""))
    return found


EXPECTED = {
    "google_ads": {
        "Email": sha("irem.isik@example.com"),
        "Phone": "",
        "First Name": sha("irem"),
        "Last Name": sha("ışık"),
        "Country": "TR",
        "Zip": "34 433",
    },
    "meta": {
        "email": sha("irem.isik@example.com"),
        "phone": "",
        "fn": sha("irem"),
        "ln": sha("ışık"),
        "zip": sha("34433"),
        "ct": sha("beyoğluistanbul"),
        "country": sha("tr"),
        "dob": sha("20000229"),
        "doby": sha("2000"),
        "uid": "c_1",
    },
    "braze": {
        "external_id": "c_1",
        "first_name": "İrem",
        "last_name": "Işık",
        "email": "irem.isik@example.com",
        "phone": "",
        "country": "TR",
        "dob": "2000-02-29",
        "home_city": "Beyoğlu, İstanbul",
        "language": "tr",
    },
    "mailchimp": {
        "Email Address": "irem.isik@example.com",
        "First Name": "İrem",
        "Last Name": "Işık",
        "Birthday": "02/29",
        "Tags": "vip",
    },
    "klaviyo": {
        "Email": "irem.isik@example.com",
        "Phone Number": "",
        "First Name": "İrem",
        "Last Name": "Işık",
        "Birthday": "2000-02-29",
        "Segment": "vip",
        "Reason": "because",
    },
    "cm_com": {"firstName": "İrem", "lastName": "Işık", "email": "irem.isik@example.com", "phoneNumber": ""},
}


@pytest.mark.parametrize("destination", PLACES)
def test_each_place_gets_its_own_columns_and_forms(destination: str) -> None:
    assert the_row(destination) == EXPECTED[destination]


@pytest.mark.parametrize(
    ("destination", "column", "expected"),
    [
        ("google_ads", "Phone", sha("+905321234567")),
        ("meta", "phone", sha("905321234567")),
        ("braze", "phone", "+905321234567"),
        ("klaviyo", "Phone Number", "+905321234567"),
        ("cm_com", "phoneNumber", "+905321234567"),
    ],
)
def test_a_person_reached_by_phone_is_sent_without_an_address(destination: str, column: str, expected: str) -> None:
    found = the_row(destination, channel="sms", contact="+905321234567")
    assert found[column] == expected
    assert found[next(header for header in found if header.lower() == "email")] == ""


def test_a_long_name_is_cut_between_characters() -> None:
    assert the_row("mailchimp", first_name="ø" * 200)["First Name"] == "ø" * 127
