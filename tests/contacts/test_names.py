"""A person has one key, however the name is ordered, titled or spelled; what they are short for is known."""

from __future__ import annotations

import pytest

from rapport.contacts import formal_names, normalise


def whole(raw: str, country: str = "DK"):  # type: ignore[no-untyped-def]
    return normalise("full_name", [raw], country)[0]


@pytest.mark.parametrize(
    "raw",
    [
        "Mette Sørensen",
        "Sørensen, Mette",
        "SØRENSEN, Mette",
        "Sørensen Mette",
        "mette soerensen",
        "METTE SØRENSEN",
        "Mette SØRENSEN",
        "Fru Mette Sørensen",
        "Dr. Mette (Mie) Sørensen, PhD",
        "Hr.Mette Sørensen jr.",
    ],
)
def test_a_danish_name_has_one_key_in_either_order(raw: str) -> None:
    assert whole(raw).match_key == "SORENSEN, METTE"


@pytest.mark.parametrize(
    "raw", ["Işıl Yılmaz", "YILMAZ IŞIL", "IŞIL YILMAZ", "Yılmaz, Işıl", "Bayan Isil Yilmaz", "Işıl YILMAZ Hanım"]
)
def test_a_turkish_name_has_one_key_in_either_order(raw: str) -> None:
    assert whole(raw, "TR").match_key == "YILMAZ, ISIL"


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        ("Jens von der Lippe", "VON DER LIPPE, JENS"),
        ("von Trier Lars", "VON TRIER, LARS"),
        ("Muhammed bin Salman", "BIN SALMAN, MUHAMMED"),
        ("Vincent van Gogh", "VAN GOGH, VINCENT"),
        ("Anne-Marie O'Neill", "ONEILL, ANNE MARIE"),
        ("Anne Marie O’Neill", "ONEILL, ANNE MARIE"),
        ("Åse Aagård", "AGARD, ASE"),
        ("Aase Ågaard", "AGARD, ASE"),
        ("Mehmet Öz Yılmaz", "YILMAZ, MEHMET OZ"),
        ("Prof. Dr. Fatma Kaya", "KAYA, FATMA"),
        ("Martin Luther King Jr.", "KING, MARTIN LUTHER"),
    ],
)
def test_particles_go_with_the_surname_and_titles_with_nobody(raw: str, key: str) -> None:
    assert whole(raw).match_key == key


def test_confidence_says_how_sure_the_order_is() -> None:
    sure, unsure = whole("Hansen, Mette"), whole("Xander Qvortrup")
    assert (sure.confidence, unsure.confidence) == (0.99, 0.85)
    assert whole("Qvortrup Mette").confidence == 0.7
    assert whole("Qvortrup Mette").match_key == "QVORTRUP, METTE"


def test_of_a_single_word_nobody_can_tell_what_it_is() -> None:
    assert (whole("Mette").match_key, whole("Mette").confidence) == ("METTE", 0.5)
    assert whole("Jensen, Jr.").match_key == "JENSEN"


@pytest.mark.parametrize(
    ("raw", "country", "written"),
    [
        ("YILMAZ AYŞE", "TR", "Yılmaz, Ayşe"),
        ("Ayşe YILMAZ", "TR", "Yılmaz, Ayşe"),
        ("hr. jens von der lippe", "DK", "von der Lippe, Jens"),
        ("Bo  McDonald", "GB", "McDonald, Bo"),
    ],
)
def test_both_parts_are_written_as_names_are(raw: str, country: str, written: str) -> None:
    assert whole(raw, country).display == written


@pytest.mark.parametrize("raw", ["yok", "Test Test", "-", "Ad Soyad", "n/a", "Misafir"])
def test_a_placeholder_is_no_whole_name(raw: str) -> None:
    assert (whole(raw).normalised, whole(raw).is_valid) == (None, False)


@pytest.mark.parametrize("raw", ["Aase", "Åse", "ÅSE", "aase", "Ase"])
def test_aa_and_å_are_one_letter(raw: str) -> None:
    assert normalise("name", [raw], "DK")[0].match_key == "ASE"


@pytest.mark.parametrize("raw", ["Søren", "Soeren", "SØREN", "Soren", "Hr. Søren", "Søren jr."])
def test_oe_and_ø_are_one_letter_and_titles_no_part_of_a_name(raw: str) -> None:
    assert normalise("name", [raw], "DK")[0].match_key == "SOREN"


@pytest.mark.parametrize("raw", ["Bay", "Jr"])
def test_a_name_that_is_nothing_but_a_title_is_a_name(raw: str) -> None:
    assert normalise("name", [raw], "TR")[0].normalised == raw.upper()


@pytest.mark.parametrize(
    ("nickname", "formal"), [("MIE", "MARIE"), ("MIE", "MARIA"), ("BOB", "ROBERT"), ("IBO", "IBRAHIM")]
)
def test_a_nickname_may_stand_for_several_names(nickname: str, formal: str) -> None:
    assert {nickname, formal} <= formal_names(nickname)


def test_a_name_that_is_short_for_nothing_is_itself() -> None:
    assert formal_names("XQZ") == {"XQZ"}
