"""Each contact point has one normal form, whatever keyboard, shop or spreadsheet wrote it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.contacts import KINDS, NormalForm, normalise


def form(kind: str, value: str, country: str = "TR"):  # type: ignore[no-untyped-def]
    return normalise(kind, [value], country)[0]


@pytest.mark.parametrize(
    "raw",
    [
        "0532 123 45 67",
        "905321234567",
        "00905321234567",
        "+90 (532) 123-45-67",
        "'+905321234567",
        "532.123.4567",
    ],
)
def test_a_turkish_number_gets_its_country_code_from_the_default(raw: str) -> None:
    assert form("phone", raw).normalised == "+905321234567"


def test_a_number_without_a_country_is_not_guessed_at() -> None:
    assert form("phone", "0532 123 45 67", "") == NormalForm(reason="no_country_code")
    assert form("phone", "+45 20 12 34 56", "").normalised == "+4520123456"


def test_the_default_country_decides_what_a_local_number_means() -> None:
    assert form("phone", "20 12 34 56", "DK").normalised == "+4520123456"
    assert not form("phone", "20 12 34 56", "TR").is_valid


@pytest.mark.parametrize("raw", ["0000000", "0555 555 55 55", "1234567890", "yok", "-", "5,32123E+11", "12345"])
def test_placeholders_and_ruined_numbers_are_never_valid(raw: str) -> None:
    found = form("phone", raw)
    assert found.normalised is None
    assert not found.is_valid
    assert found.reason


@pytest.mark.parametrize("raw", ["İSMAİL@example.com", "ısmaıl@example.com", "i\u0307smai\u0307l@example.com"])
def test_a_turkish_i_in_an_address_is_folded_and_flagged(raw: str) -> None:
    assert form("email", raw) == NormalForm(
        "ismail@example.com", True, reason="turkish_i", match_key="ismail@example.com"
    )


def test_a_latin_capital_i_in_an_address_is_a_plain_i() -> None:
    assert form("email", " IRMAK@Example.COM ") == NormalForm("irmak@example.com", True, match_key="irmak@example.com")


@pytest.mark.parametrize(
    "raw", ["ayse.example.com", "a@b", "ayse@@example.com", "ay se@example.com", "", "ayşe@example.com"]
)
def test_what_no_server_would_take_is_not_an_address(raw: str) -> None:
    found = form("email", raw)
    assert not found.is_valid
    assert found.normalised is None


def test_an_international_domain_has_one_form() -> None:
    assert form("email", "bo@køb.dk").normalised == form("email", "BO@xn--kb-lka.dk").normalised == "bo@xn--kb-lka.dk"


@pytest.mark.parametrize(
    "raw", ["info@example.com", "INFO@example.com", "muhasebe@example.com.tr", "İLETİSİM@x.com.tr"]
)
def test_a_role_mailbox_is_shared_not_a_person(raw: str) -> None:
    found = form("email", raw)
    assert found.is_valid
    assert found.is_shared
    assert found.reason == "role_mailbox"


@pytest.mark.parametrize("raw", ["test@example.com", "yok@yok.com", "no-reply@example.com", "test+1@example.com"])
def test_a_placeholder_address_is_invalid(raw: str) -> None:
    assert not form("email", raw).is_valid


@pytest.mark.parametrize("raw", ["IŞIK", "ışık", "Işık", "IşIk", "işik", "i\u0307şi\u0307k", "İŞİK"])
def test_the_four_turkish_i_meet_in_one_key(raw: str) -> None:
    assert form("name", raw).normalised == "ISIK"


def test_danish_letters_become_letters_rather_than_nothing() -> None:
    assert form("name", "København", "DK").normalised == "KOBENHAVN"
    assert form("name", "Søren  Ægidius-Åkjær", "DK").normalised == "SOREN AEGIDIUS AKJAER"


@pytest.mark.parametrize("raw", ["yok", "ingen", "-", "12", "N/A", "TEST", "misafir"])
def test_a_placeholder_is_not_a_name(raw: str) -> None:
    assert form("name", raw).normalised is None


@pytest.mark.parametrize(
    ("raw", "country", "written"),
    [
        ("AYŞE YILMAZ", "TR", "Ayşe Yılmaz"),
        ("IŞIL", "TR", "Işıl"),
        ("İPEK", "DK", "İpek"),
        ("ilker ışık", "TR", "İlker Işık"),
        ("ALI CAN", "TR", "Ali Can"),
        ("INGRID", "DK", "Ingrid"),
        ("SØREN ÆGIDIUS-ÅKJÆR", "DK", "Søren Ægidius-Åkjær"),
        ("jens von der lippe", "DK", "Jens von der Lippe"),
        ("von trier", "DK", "Von Trier"),
        ("O'NEILL", "", "O'Neill"),
        ("Bo  McDonald", "DK", "Bo McDonald"),
        ("i\u0307şi\u0307k", "TR", "İşik"),
    ],
)
def test_a_name_is_written_to_its_bearer_as_names_are(raw: str, country: str, written: str) -> None:
    assert form("name", raw, country).display == written


@pytest.mark.parametrize("raw", ["yok", "TEST", "-"])
def test_nobody_is_addressed_by_a_placeholder(raw: str) -> None:
    assert form("name", raw).display is None


@given(st.sampled_from(KINDS), st.lists(st.text(max_size=40), max_size=8), st.sampled_from(["TR", "DK", ""]))
def test_any_text_gets_an_answer_and_the_answer_is_stable(kind: str, values: list[str], country: str) -> None:
    forms = normalise(kind, values, country)
    assert len(forms) == len(values)
    for found in forms:
        assert found.is_valid == (found.reason in (None, "turkish_i") or found.is_shared)
        # of a single word with a hyphen nobody can tell; of streets, addresses are tried in test_addresses.py
        if found.is_valid and kind != "street" and found.confidence != 0.5:
            again = normalise(kind, [str(found.normalised)], country)[0]
            assert again.normalised == found.normalised
            assert again.is_valid
