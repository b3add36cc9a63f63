"""Archives: each member a file of its own; what is no export of plain bytes is refused with a reason."""

from __future__ import annotations

import hashlib
import io
import stat
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from landing.exports import NIGHT, as_csv, assert_books_balance, declare, order_table, raw_rows
from landing.packed import gzipped, workbook, zipped

from rapport.businesses import Business
from rapport.landing import Declaration, LoadResult, ingest_path, night, packing
from rapport.landing.packing import exports_in

Conn = psycopg.Connection[Any]
Ingest = Callable[..., dict[str, LoadResult]]
NOTES = declare({"record_id": {"header": "Record ID", "required": True}, "note": {}}, key=["record_id"], mode="delta")
ONE, TWO = "Record ID,Note\n1,a\n2,b\n", "Record ID,Note\n3,c\n"


@pytest.fixture
def ingest(conn: Conn, business: Business, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ingest:
    """Take content in by hand as a file of that name; what became of each file in it, by name."""
    monkeypatch.setattr(night, "load_declarations", lambda _: [NOTES])

    def call(name: str, content: bytes | str) -> dict[str, LoadResult]:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        results = ingest_path(conn, business, path, NIGHT)
        assert_books_balance(conn)
        return {result.file: result for result in results}

    return call


def test_each_member_is_a_file_of_its_own(ingest: Ingest, conn: Conn) -> None:
    archive = zipped({"notes_1.csv": ONE, "2026/notes_2.csv": TWO, "2026/": "", "__MACOSX/._notes_1.csv": "x"})
    results = ingest("exports.zip", archive)
    assert {name: (result.status, result.loaded) for name, result in results.items()} == {
        "exports.zip/notes_1.csv": ("loaded", 2),
        "exports.zip/2026/notes_2.csv": ("loaded", 1),
    }
    assert sorted(raw_rows(conn, "notebook__notes", "record_id")) == [("1",), ("2",), ("3",)]


def test_the_same_archive_again_is_unchanged_and_a_corrected_one_supersedes_member_by_member(
    ingest: Ingest, conn: Conn
) -> None:
    first = ingest("exports.zip", zipped({"notes_1.csv": ONE, "notes_2.csv": TWO}))
    again = ingest("exports.zip", zipped({"notes_1.csv": ONE, "notes_2.csv": TWO}, compresslevel=1))
    assert {result.status for result in again.values()} == {"unchanged"}
    corrected = ingest("exports.zip", zipped({"notes_1.csv": ONE, "notes_2.csv": TWO.replace("3,c", "3,d")}))
    assert corrected["exports.zip/notes_1.csv"].status == "unchanged"
    second = corrected["exports.zip/notes_2.csv"]
    assert (second.status, second.supersedes) == ("loaded", first["exports.zip/notes_2.csv"].load_id)
    active = conn.execute(
        "select note from raw.notebook__notes where _load_id in (select ops.loads_as_of(%s))", [NIGHT]
    ).fetchall()
    assert sorted(active) == [("a",), ("b",), ("d",)]


def test_gzip_is_read_as_it_lies_there(ingest: Ingest, conn: Conn) -> None:
    content = gzipped(ONE)
    (result,) = ingest("notes_1.csv.gz", content).values()
    assert (result.file, result.status, result.loaded) == ("notes_1.csv.gz", "loaded", 2)
    ledger = conn.execute("select file_size, digest from ops.loads").fetchone()
    assert ledger == (len(content), hashlib.blake2b(content).hexdigest())
    assert ingest("notes_1.csv.gz", content)["notes_1.csv.gz"].status == "unchanged"
    several = gzipped(ONE) + gzipped("9,z\n")
    assert ingest("notes_1.csv.gz", several)["notes_1.csv.gz"].loaded == 3


def test_a_workbook_is_no_archive_and_may_be_in_one(ingest: Ingest) -> None:
    book = workbook({"Notes": [["Record ID", "Note"], ["1", "a"]]})
    (result,) = ingest("notes.xlsx", book).values()
    assert (result.file, result.format, result.loaded) == ("notes.xlsx", "xlsx", 1)
    (inside,) = ingest(
        "notes.zip", zipped({"notes.xlsx": workbook({"N": [["Record ID", "Note"], ["2", "b"]]})})
    ).values()
    assert (inside.file, inside.format, inside.loaded) == ("notes.zip/notes.xlsx", "xlsx", 1)


def test_an_archive_of_one_file_may_give_it_its_name(
    conn: Conn, business: Business, declarations: list[Declaration], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(night, "load_declarations", lambda _: declarations)
    path = tmp_path / "shopify" / "orders_export_2026-02-27.zip"
    path.parent.mkdir()
    path.write_bytes(zipped({"sheet one.csv": as_csv(order_table([{}]))}))
    (result,) = ingest_path(conn, business, path, NIGHT)
    assert (result.table, result.status) == ("orders", "loaded")
    assert conn.execute("select file_date::text from ops.loads").fetchone() == ("2026-02-27",)


# ---- refused


def with_entry(name: str, content: str = ONE, **attributes: Any) -> bytes:
    """An archive of an entry as no archiver writes it."""
    written = io.BytesIO()
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(written, "w") as archive:
        entry = zipfile.ZipInfo(name)
        for key, value in attributes.items():
            setattr(entry, key, value)
        archive.writestr(entry, content)
        archive.writestr("notes_good.csv", TWO)
    return written.getvalue()


def encrypted() -> bytes:
    content = bytearray(with_entry("notes_1.csv"))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (with_entry("../notes_1.csv"), "leads out"),
        (with_entry("a/../../notes_1.csv"), "leads out"),
        (with_entry("..\\notes_1.csv"), "leads out"),
        (with_entry("/etc/notes_1.csv"), "leads out"),
        (with_entry("C:\\notes_1.csv"), "leads out"),
        (with_entry("notes\n1.csv"), "leads out"),
        (with_entry("notes_1.csv", "/etc/passwd", external_attr=(stat.S_IFLNK | 0o777) << 16), "link"),
        (with_entry("notes_1.csv", external_attr=(stat.S_IFIFO | 0o777) << 16), "device"),
        (with_entry("notes/", "data in a folder"), "folder"),
        (with_entry("notes_good.csv"), "two files of this name"),
        (with_entry("NOTES_GOOD.CSV"), "two files of this name"),
        (encrypted(), "encrypted"),
        (with_entry("notes_1.csv", compress_type=zipfile.ZIP_BZIP2), "Deflate"),
        (with_entry("inner.zip"), "archive in an archive"),
        (with_entry("notes_1.csv.gz"), "archive in an archive"),
        (zipped({"notes_1.csv": gzipped(ONE), "notes_good.csv": TWO}), "archive in an archive"),
        (zipped({"notes_1.csv": zipped({"a.csv": ONE}), "notes_good.csv": TWO}), "workbook"),
    ],
)
def test_a_member_that_is_no_plain_export_is_refused_and_the_others_are_taken(
    ingest: Ingest, tmp_path: Path, content: bytes, reason: str
) -> None:
    results = ingest("exports.zip", content)
    refused = [result for result in results.values() if result.status == "refused"]
    assert [reason in str(result.reason) for result in refused] == [True], results
    assert refused[0].fix
    if "two files" not in reason:
        assert results["exports.zip/notes_good.csv"].status == "loaded"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["exports.zip"]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("notes.zip", zipped({"notes_1.csv": ONE})[:-30], "cut off or damaged"),
        ("notes.zip", zipped({}), "no file"),
        ("notes.zip", zipped({"folder/": ""}), "no file"),
        ("notes.zip", zipped({f"{number}.csv": "" for number in range(1_001)}), "1,001 files"),
        ("notes.csv.gz", gzipped(ONE)[:-9], "cut off or damaged"),
        ("notes.csv.gz", gzipped(ONE)[:12], "cut off or damaged"),
        ("notes.csv.gz", gzipped(ONE) + b"more", "cut off or damaged"),
        ("notes.csv.gz", gzipped(gzipped(ONE)), "archive in an archive"),
        ("notes.csv", b"BZh91AY&SY" + bytes(20), "bzip2"),
        ("notes.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), ".xls"),
    ],
)
def test_an_archive_that_is_not_whole_or_not_read_is_refused(
    ingest: Ingest, name: str, content: bytes, reason: str
) -> None:
    (result,) = ingest(name, content).values()
    assert (result.status, result.file) == ("refused", name)
    assert reason in str(result.reason)


def test_a_member_whose_checksum_is_wrong_is_refused(ingest: Ingest) -> None:
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("notes_1.csv", ONE)
        archive.writestr("notes_2.csv", TWO)
    results = ingest("exports.zip", stored.getvalue().replace(b"2,b", b"2,x"))
    assert {name: result.status for name, result in results.items()} == {
        "exports.zip/notes_1.csv": "refused",
        "exports.zip/notes_2.csv": "loaded",
    }


def test_what_unpacks_to_a_suspicious_multiple_of_its_size_is_refused(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "ALWAYS_ALLOWED_BYTES", 1 << 16)
    bomb = "Record ID,Note\n" + "1,a\n" * 500_000
    (result,) = ingest("notes.csv.gz", gzipped(bomb)).values()
    assert (result.status, "100 times" in str(result.reason)) == ("refused", True)
    (result,) = ingest("notes.zip", zipped({"notes_1.csv": bomb})).values()
    assert (result.status, "100 times" in str(result.reason)) == ("refused", True)


def test_a_list_of_members_cannot_fill_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "_LARGEST_READ", 1 << 10)
    path = tmp_path / "notes.zip"
    path.write_bytes(zipped({f"{'long name ' * 20}{number}.csv": "" for number in range(50)}))
    (file,) = exports_in(path)
    assert file.fault is not None
