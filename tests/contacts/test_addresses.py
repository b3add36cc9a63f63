"""An address has one key, whoever wrote it: the street and house number, apart from floor, door and neighbourhood."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rapport.contacts import NormalForm, normalise


def form(kind: str, value: str, country: str = "TR"):  # type: ignore[no-untyped-def]
    return normalise(kind, [value], country)[0]


@pytest.mark.parametrize(
    "raw",
    [
        "Atatürk Mah. Cumhuriyet Cad. No:12 D:5",
        "Cumhuriyet Caddesi No 12/5",
        "CUMHURİYET CAD. NO:12 KAT:2 DAİRE:5",
        "12 cumhuriyet cd.",
        "Cumhuriyet Cad. 12 B Blok K:2 D:5 Kadıköy/İstanbul",
        "Cumhuriyet Cad. Dış Kapı No: 12 İç Kapı No: 5",
    ],
)
def test_a_turkish_door_has_one_key(raw: str) -> None:
    assert form("street", raw).match_key == "CUMHURIYET CAD 12"


@pytest.mark.parametrize(
    "raw",
    [
        "Nørregade 12, 2. tv",
        "Noerregade 12 2.tv.",
        "NØRREGADE 12 ST. TH",
        "Nørreg. 12, st. th.",
        "Nørregade 12, 2. sal, dør 4",
        "Nørregade nr. 12 kl.",
    ],
)
def test_a_danish_door_has_one_key(raw: str) -> None:
    assert form("street", raw, "DK").match_key == "NORREGADE 12"


@pytest.mark.parametrize("raw", ["12 Main Street, Apt 4", "Flat 4, 12 Main St.", "Main St 12 unit 4", "#4 12 Main ST"])
def test_an_english_door_has_one_key(raw: str) -> None:
    assert form("street", raw, "GB") == NormalForm("MAIN ST 12, APT 4", True, match_key="MAIN ST 12")


@pytest.mark.parametrize(
    ("raw", "country", "normalised"),
    [
        ("Nørregade 12, 2. tv", "DK", "NORREGADE 12, FL 2 TV"),
        ("Atatürk Mah. Gül Sk. No:12/5", "TR", "GUL SOK 12, ATATURK MAH APT 5"),
        ("1234. Sokak No:5", "TR", "1234. SOK 5"),
        ("1234 Sk. 5", "TR", "1234. SOK 5"),
        ("12 5th Avenue", "US", "5. AVE 12"),
        ("1. Maj Plads 5", "DK", "1. MAJ PL 5"),
        ("Store Kongensgade 5 B", "DK", "ST KONGENSGADE 5B"),
        ("12-14 High Street", "GB", "HIGH ST 12-14"),
        ("P.O. Box 123", "GB", "PO BOX 123"),
    ],
)
def test_floor_and_door_and_neighbourhood_are_kept_behind_the_address(raw: str, country: str, normalised: str) -> None:
    assert form("street", raw, country).normalised == normalised


def test_neighbours_have_different_keys() -> None:
    raws = ["Nørregade 12", "Nørregade 12B", "Nørregade 14", "Nørrevej 12", "Vester Nørregade 12"]
    assert len({found.match_key for found in normalise("street", raws, "DK")}) == len(raws)


@pytest.mark.parametrize("raw", ["Århus C", "Aarhus", "AARHUS", "arhus", "8000 Århus C", "  århus  "])
def test_a_town_has_one_key(raw: str) -> None:
    assert form("city", raw, "DK").match_key == "ARHUS"


@pytest.mark.parametrize("raw", ["København NV", "Kbh. K", "Copenhagen", "Koebenhavn"])
def test_a_town_of_several_names_has_one_key(raw: str) -> None:
    assert form("city", raw, "DK").match_key == "KOBENHAVN"


@pytest.mark.parametrize(
    ("raw", "country", "key"),
    [
        ("DK-2100", "DK", "2100"),
        ("'34710", "TR", "34710"),
        ("6420", "TR", "06420"),  # a spreadsheet took the 0
        ("TR 06420", "TR", "06420"),
        ("2100", "DK", "2100"),
        ("12345-6789", "US", "12345"),
        ("123 45", "SE", "12345"),
        ("ec1a 1bb", "GB", "EC1A1BB"),
        ("1234 ab", "", "1234AB"),
    ],
)
def test_a_postal_code_is_written_as_its_country_writes_them(raw: str, country: str, key: str) -> None:
    assert form("postal_code", raw, country).match_key == key


@pytest.mark.parametrize("kind", ["street", "city", "postal_code"])
@pytest.mark.parametrize("raw", ["", "-", "yok", "Ingen", "n/a", "Ukendt", "xxx"])
def test_a_placeholder_is_no_address(kind: str, raw: str) -> None:
    found = form(kind, raw)
    assert (found.normalised, found.is_valid, found.match_key) == (None, False, None)
    assert found.reason


_words = st.text(alphabet="ABEGİıøåæşsrndt", min_size=3, max_size=9)
_addresses = st.builds(
    "{} {} {}{}".format,
    _words,
    st.sampled_from(["Cad.", "Sokak", "gade", "Street", "vej", "Mah. Gül Sk."]),
    st.integers(1, 300),
    st.sampled_from(["", "B", "/4", ", 2. tv", " st. th", " Kat 3 D 5", " D:5 Kadıköy", ", apt 7", " A Blok"]),
)


@given(_addresses, st.sampled_from(["TR", "DK", "GB", ""]))
@example("str Mah. Gül Sk. 1", "TR")
def test_a_normal_form_is_its_own(raw: str, country: str) -> None:
    found = form("street", raw, country)
    again = form("street", str(found.normalised), country)
    assert (again.normalised, again.match_key) == (found.normalised, found.match_key)


@given(_addresses)
def test_casing_and_blanks_do_not_change_a_street(raw: str) -> None:
    assert form("street", f"  {raw.upper().replace(' ', '   ')} ").match_key == form("street", raw).match_key
