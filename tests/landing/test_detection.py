"""Encodings and delimiters that nobody declared: told where they cannot be taken for another, refused elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from landing.exports import as_csv, declare, raw_rows

from rapport.businesses import Dialect
from rapport.errors import LandingError
from rapport.landing import Declaration, LoadResult
from rapport.landing.encodings import choose_encoding, detect_encoding
from rapport.landing.packing import ExportFile

Conn = psycopg.Connection[Any]
TakeInAs = Callable[..., LoadResult]
DANISH = "navn,by\nÅse Sørensen,Ærøskøbing\nJørgen Bæk,Nørrebro\nRené,Frederiksværk\n"


@pytest.fixture
def written(tmp_path: Path) -> Callable[[bytes], ExportFile]:
    def write(content: bytes) -> ExportFile:
        path = tmp_path / "notes.csv"
        path.write_bytes(content)
        return ExportFile.whole(path)

    return write


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (DANISH, "windows-1252"),
        (DANISH, "iso8859-1"),
        ("ad;urun\nÖmer;Gül suyu\nÜmit;Çelik\n", "windows-1254"),
        ("name;ort\nMüller;Köln\nGroß;Fürth\n", "windows-1252"),
        ("id;note\n1;12 € – “quoted”\n", "windows-1252"),
        ("navn\nBølge\n", "windows-1252"),
        ("navn;by\nÅ;Ø\n", "windows-1252"),
    ],
)
def test_a_text_that_western_and_turkish_read_alike_is_taken(
    written: Callable[[bytes], ExportFile], text: str, encoding: str
) -> None:
    file = written(text.encode(encoding))
    assert detect_encoding(file) == "windows-1252"
    assert text.encode(encoding).decode("windows-1252") == text


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("ad\nÇay bardağı\n".encode("windows-1254"), "line 2: it is not utf-8, and a letter reads differently"),
        ("navn\nGuðrún Þór\n".encode("windows-1252"), "reads differently"),
        ("imie\nŁukasz z Łodzi\nMałgorzata\n".encode("windows-1250"), "look like"),
        ("imie\nPaweł\n".encode("windows-1250"), "look like"),
        ("имя\nИван из Самары\n".encode("windows-1251"), "utf-8"),
        ("id\nИван\n".encode("windows-1251"), "utf-8"),
        ("jméno\nRůžena Čapková\n".encode("windows-1250"), "utf-8"),
        ("όνομα\nΓιώργος\n".encode("windows-1253"), "utf-8"),
        (DANISH.encode("cp865"), "utf-8"),
        (DANISH.encode("mac_roman"), "utf-8"),
        ("名前\n日本語テキスト\n".encode("shift_jis"), "utf-8"),
        ("navn\nBølge\n".encode() + "Bølge\n".encode("windows-1252"), "two encodings are mixed"),
        ("navn\nBølge\nÅ".encode()[:-1], "its last letter is cut off"),
        (b"navn\nxyz" + b"\xc3", "its last letter is cut off"),
        (b"\x81\x8d\x8f\x90\n", "neither UTF-8 nor windows-1252"),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(
    written: Callable[[bytes], ExportFile], content: bytes, reason: str
) -> None:
    with pytest.raises(LandingError) as error:
        detect_encoding(written(content))
    assert reason.lower() in error.value.what.lower()
    assert "dialects:" in error.value.fix


def test_utf8_is_tried_before_whatever_is_declared(written: Callable[[bytes], ExportFile]) -> None:
    for declared in (["windows-1252"], ["iso8859-1"], ["windows-1254", "utf-8"]):
        assert choose_encoding(written(DANISH.encode()), declared, is_certain=True) == "utf-8"


@pytest.mark.parametrize("encoding", ["windows-1252", "windows-1254", "iso8859-1", "iso8859-9"])
def test_a_single_byte_encoding_that_is_declared_alone_is_believed(
    written: Callable[[bytes], ExportFile], encoding: str
) -> None:
    text = "ad\nĞİŞ ğış\n" if encoding in ("windows-1254", "iso8859-9") else "navn\nÐÝÞ ðýþ\n"
    assert choose_encoding(written(text.encode(encoding)), [encoding], is_certain=False) == encoding


def table(**export: Any) -> Declaration:
    columns = {"record_id": {"header": "Record ID", "required": True}, "note": {"required": True}}
    return declare(columns, **{"key": ["record_id"], "mode": "delta", **export})


def test_an_undeclared_encoding_is_shown(take_in_as: TakeInAs, conn: Conn) -> None:
    text = "Record ID,Note\n1,Åse Sørensen fra Ærøskøbing\n2,Jørgen Bæk på Nørrebro\n"
    result = take_in_as(table(), text.encode("windows-1252"))
    assert (result.status, result.encoding, result.delimiter, result.format) == (
        "loaded", "windows-1252", ",", "delimited",
    )  # fmt: skip
    assert raw_rows(conn, "notebook__notes", "note")[0] == ("Åse Sørensen fra Ærøskøbing",)
    refused = take_in_as(table(), "Record ID,Note\n1,Çay bardağı\n".encode("windows-1254"))
    assert (refused.status, "line 2" in str(refused.reason)) == ("refused", True)
    told = Dialect(encodings=["windows-1254"])
    assert take_in_as(table(), "Record ID,Note\n1,Çay bardağı\n".encode("windows-1254"), dialect=told).loaded == 1


@pytest.mark.parametrize("delimiter", [";", "\t", "|", "^", "~", "\x1f"])
def test_a_delimiter_that_is_not_declared_is_found_by_the_header(
    take_in_as: TakeInAs, conn: Conn, delimiter: str
) -> None:
    rows = [["Record ID", "Note", "More"], ["1", f"a{delimiter}b", "x,y"], ["2", 'say "yes"', ""]]
    result = take_in_as(table(delimiter=","), as_csv(rows, delimiter=delimiter))
    assert (result.status, result.delimiter, result.loaded) == ("loaded", delimiter, 2), result.reason
    assert raw_rows(conn, "notebook__notes", "note") == [(f"a{delimiter}b",), ('say "yes"',)]


def test_a_header_that_no_delimiter_completes_is_refused_by_the_declared_one(take_in_as: TakeInAs) -> None:
    result = take_in_as(table(delimiter=","), "Record ID;Other\n1;2\n")
    assert (result.status, "'Record ID', 'note' missing" in str(result.reason)) == ("refused", True), result.reason


@pytest.mark.parametrize("line", ["sep=;", "SEP=;", '"sep=;"'])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_excels_first_line_says_the_delimiter(take_in_as: TakeInAs, conn: Conn, line: str, encoding: str) -> None:
    result = take_in_as(table(delimiter=","), f"{line}\r\nRecord ID;Note\r\n1;a,b\r\n".encode(encoding))
    assert (result.read, result.loaded, result.delimiter) == (1, 1, ";")
    assert raw_rows(conn, "notebook__notes", "_row_number", "note") == [(1, "a,b")]


def test_what_the_business_says_of_the_delimiter_counts_before_the_vendor(take_in_as: TakeInAs) -> None:
    content = "Record ID;Note,x\n1;2,3\n"
    assert take_in_as(table(delimiter=[",", ";"]), content, dialect=Dialect(delimiter=";")).status == "refused"
    assert take_in_as(table(delimiter=","), "Record ID;Note\n1;2\n", dialect=Dialect(delimiter=";")).loaded == 1
    assert take_in_as(table(), "Record ID;Note\n1;3\n", dialect=Dialect(delimiter=",")).status == "refused"
