"""A file of persons from anywhere is read as it is mapped, or refused with what to do."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from rapport.errors import IdentityError, RapportError, UsageError
from rapport.identity.birth_dates import birth_dates
from rapport.identity.commands import app
from rapport.identity.person_files import read_mapping, read_persons

PEOPLE = """rec;Fornavn;Efternavn;født;nr;vej;by;mail;mobil;mobil2
1;Åse;Sørensen;12.04.1980;4;Nørregade;Aarhus;ASE@Example.org;20 12 34 56;
2;Aase;Soerensen;1980-04-12;4;Nørregade;Århus;;+45 20123456;+45 30111222
3;Ole;Lund;;7;Søndergade;Odense;info@example.org;;
"""
MAPS = [
    "id=rec", "given_name=Fornavn", "surname=Efternavn", "birth_date=født", "street=vej+nr", "city=by", "email=mail",
    "phone=mobil+mobil2",
]  # fmt: skip


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE, encoding="utf-8")
    return path


def test_spellings_of_one_person_become_the_same_values(people: Path) -> None:
    records = read_persons(people, read_mapping(MAPS), "DK", "utf-8")
    one, other, desk = records.to_pylist()
    for column in ("given_name", "surname", "birth_date", "street", "city"):
        assert one[column] == other[column] is not None
    assert one["phones"] == ["+4520123456"]
    assert other["phones"] == ["+4520123456", "+4530111222"]
    assert one["emails"] == ["ase@example.org"]
    assert desk["emails"] is None, "a role mailbox is nobody's"


def test_a_number_of_an_unknown_country_still_counts(people: Path) -> None:
    records = read_persons(people, read_mapping(MAPS), "", "utf-8")
    assert records["phones"].to_pylist()[0] == ["20123456"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (
            ["19800412", "1980-04-12", "12.04.1980", "12/4/1980", "12-04-80", "12041980", "1980-04-12T00:00:00"],
            ["19800412"] * 7,
        ),
        (["04/12/1980", "04/13/1980"], ["19800412", "19800413"]),
        (["19801341", "31.02.1980"], ["19801341", "19800231"]),
        (["0000-00-00", "unknown", "1980"], [None, None, None]),
    ],
    ids=["one day in seven spellings", "month first, as a 13 shows", "slips are kept", "no dates"],
)
def test_birth_dates_are_read(written: list[str], read: list[str | None]) -> None:
    assert birth_dates(pa.chunked_array([written])).to_pylist() == read


@pytest.mark.parametrize(
    ("maps", "said"),
    [
        (["id=rec", "shoe_size=nr"], "no such field"),
        (["surname=Efternavn"], "holds the record's id"),
        (["id=rec", "surname"], "field=column"),
        (["id=rec", "surname=a", "surname=b"], "mapped twice"),
        (["id=rec", "country=land"], "by which people could be told"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(maps: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_mapping(maps)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "empty"),
        ("rec;navn\n", "no records"),
        ("rec;andet\n1;Ole\n", "no column navn"),
        ("rec;navn\n1;Ole\n1;Ane\n", "an id that another has"),
        ("rec;navn\n;Ole\n", "no id"),
        ("rec;navn\n1;Ole;x\n", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_matched_is_refused_without_its_values(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "people.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(IdentityError, match=said) as refused:
        read_persons(path, read_mapping(["id=rec", "full_name=navn"]), "DK", "utf-8")
    assert "Ole" not in str(refused.value)
    assert refused.value.fix


def test_bytes_of_another_encoding_are_refused_with_the_option_that_helps(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes("rec;navn\n1;Şükrü\n".encode("windows-1254"))
    mapping = read_mapping(["id=rec", "full_name=navn"])
    with pytest.raises(RapportError, match="--encoding"):
        read_persons(path, mapping, "TR", "utf-8")
    assert read_persons(path, mapping, "TR", "windows-1254")["full_name"].to_pylist() == ["SUKRU"]


def test_link_writes_clusters_and_nothing_else_to_standard_output(people: Path) -> None:
    options = [part for text in MAPS for part in ("--map", text)]
    done = CliRunner().invoke(app, ["link", str(people), *options, "--country", "DK"])
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("id,cluster\n")
    clusters = pd.read_csv(io.StringIO(done.stdout), dtype=str).set_index("id")["cluster"]
    assert clusters["1"] == clusters["2"] != clusters["3"]
    assert "3 records are 2 persons" in done.stderr
