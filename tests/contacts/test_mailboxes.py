"""An address stays as it is to be written to; its key is the mailbox, and a throw-away one is nobody's own."""

from __future__ import annotations

import pytest

from rapport.contacts import NormalForm, normalise


def form(raw: str):  # type: ignore[no-untyped-def]
    return normalise("email", [raw], "TR")[0]


@pytest.mark.parametrize(
    "raw",
    ["ayse.yilmaz@gmail.com", "AyseYilmaz@googlemail.com", "ayse.yilmaz+a@gmail.com", "a.yse.yilmaz@gmail.com"],
)
def test_gmail_has_one_mailbox_whatever_the_dots(raw: str) -> None:
    assert form(raw).match_key == "ayseyilmaz@gmail.com"
    assert form(raw).normalised == raw.lower()


def test_elsewhere_dots_count_and_tags_do_not() -> None:
    assert form("bo.holm+nyt@firma.dk").match_key == "bo.holm@firma.dk"
    assert form("boholm@firma.dk").match_key != form("bo.holm@firma.dk").match_key


def test_a_tag_alone_is_an_address_of_its_own() -> None:
    assert form("+45@firma.dk") == NormalForm("+45@firma.dk", True, match_key="+45@firma.dk")


def test_a_throw_away_mailbox_is_nobodys_own() -> None:
    found = form("Bo@Mailinator.com")
    assert (found.normalised, found.is_valid, found.is_shared) == ("bo@mailinator.com", True, True)
    assert found.reason == "disposable_domain"


@pytest.mark.parametrize(
    "raw", ["noname@x.com", "0000000@x.com", "1234567@hotmail.com", "n/a@x.com", "ingen@mail.dk", "yok+1@gmail.com"]
)
def test_what_people_type_to_get_past_a_form_is_no_address(raw: str) -> None:
    assert (form(raw).is_valid, form(raw).is_shared, form(raw).reason) == (False, False, "placeholder")
