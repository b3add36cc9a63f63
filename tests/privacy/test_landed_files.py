"""A person's rows leave every kind of landed file; everything else in it stays, or the proof says what became of it."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import psycopg
import pyarrow.parquet as pq
import pytest
from landing.exports import NIGHT, as_csv, order_table
from landing.packed import gzipped, json_lines, parquet, workbook, zipped

from rapport import settings
from rapport.building import read_manifest
from rapport.businesses import Business, load_business
from rapport.landing import Declaration, ingest_path, night, read_declarations
from rapport.nights import open_night
from rapport.privacy.erasing import erase
from rapport.privacy.proof import Proof
from rapport.warehouse import connect

EMAIL, OTHER = "zebedee@qwortz.example.com", "other@example.com"
TABLE = order_table(
    [{"Name": "#1", "Email": EMAIL.upper(), "Notes": "one"}, {"Name": "#2", "Email": OTHER, "Notes": "two"}]
)
HEADER, HIS, ANOTHERS = TABLE
MENTIONING = [*ANOTHERS[:-1], f"deliver to {EMAIL} instead"]
PLAIN = as_csv(TABLE).encode()


@dataclass
class Shop:
    """A business that takes orders in; nothing is built of them."""

    conn: psycopg.Connection[Any]
    business: Business
    tables: list[Declaration]

    @property
    def folder(self) -> Path:
        return self.business.landing_folder() / "shopify"

    def take_in(self, **contents: bytes) -> dict[str, str]:
        """Land files (`name__ending`) and load them; the status of each."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            (self.folder / name.replace("__", ".")).write_bytes(content)
        return self.take_in_again()

    def take_in_again(self) -> dict[str, str]:
        results = ingest_path(self.conn, self.business, self.business.landing_folder(), NIGHT)
        self.conn.commit()
        return {result.file: result.status for result in results}

    def erase(self) -> Proof:
        return erase(self.business, self.tables, EMAIL)

    def orders(self) -> list[str]:
        return [name for (name,) in self.conn.execute("select name from raw.shopify__orders order by 1").fetchall()]


@pytest.fixture(scope="module")
def tables() -> list[Declaration]:
    return read_declarations(read_manifest("sample"))


@pytest.fixture
def shop(tables: list[Declaration], warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setenv("RAPPORT_PRIVACY_KEY", "5a" * 32)
    monkeypatch.setattr(settings, "work_dir", lambda name: tmp_path / "work" / name)
    places = {"landing": str(tmp_path / "landing"), "drop": str(tmp_path / "drop")}
    business = load_business("sample").model_copy(update={"name": warehouse, "settle_seconds": 0, **places})
    monkeypatch.setattr(night, "load_declarations", lambda _: tables)
    with connect(warehouse) as conn:
        open_night(conn, business, NIGHT)
        conn.commit()
        yield Shop(conn, business, tables)


@pytest.mark.parametrize(
    ("name", "content", "left"),
    [
        ("orders_export__csv", PLAIN, as_csv([HEADER, ANOTHERS]).encode()),
        ("orders_export__csv", b"\xef\xbb\xbf" + PLAIN, b"\xef\xbb\xbf" + as_csv([HEADER, ANOTHERS]).encode()),
        ("orders_export__csv__gz", gzipped(PLAIN), as_csv([HEADER, ANOTHERS]).encode()),
        ("orders_export__jsonl", json_lines(HEADER, TABLE[1:]), json_lines(HEADER, [ANOTHERS])),
        ("orders_export__csv", as_csv([HEADER, HIS, MENTIONING]).encode(), None),
    ],
    ids=["plain", "with a mark", "gzip", "json lines", "mentioned by another"],
)
def test_a_text_is_written_anew_without_the_rows_and_stays_the_same_load(
    shop: Shop, name: str, content: bytes, left: bytes | None
) -> None:
    assert set(shop.take_in(**{name: content}).values()) == {"loaded"}
    (path,) = shop.folder.iterdir()
    time = path.stat().st_mtime_ns
    proof = shop.erase()
    written = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    assert written == (left or as_csv([HEADER, ANOTHERS]).replace("two", "deliver to (erased) instead").encode())
    assert path.stat().st_mtime_ns == time
    assert [(file["outcome"], file["n_rows"]) for file in proof.landing_files] == [("rewritten", 1)]
    assert shop.orders() == ["#2"]
    assert set(shop.take_in_again().values()) == {"unchanged"}


def test_of_an_archive_only_the_members_with_the_rows_change(shop: Shop) -> None:
    others = as_csv([HEADER, ["#3", *ANOTHERS[1:]]])
    archive = zipped({"orders_export_1.csv": PLAIN, "orders_export_2.csv": others, "readme.txt": "orders of March"})
    statuses = shop.take_in(orders__zip=archive)
    assert [statuses[f"orders.zip/orders_export_{n}.csv"] for n in (1, 2)] == ["loaded", "loaded"]
    shop.erase()
    with zipfile.ZipFile(shop.folder / "orders.zip") as found:
        assert {name: found.read(name).decode() for name in found.namelist()} == {
            "orders_export_1.csv": as_csv([HEADER, ANOTHERS]),
            "orders_export_2.csv": others,
            "readme.txt": "orders of March",
        }
    again = shop.take_in_again()
    assert [again[f"orders.zip/orders_export_{n}.csv"] for n in (1, 2)] == ["unchanged", "unchanged"]


def test_parquet_is_written_anew_without_the_rows(shop: Shop) -> None:
    columns = dict(zip(HEADER, map(list, zip(*TABLE[1:], strict=True)), strict=True))
    assert shop.take_in(orders_export__parquet=parquet(columns)) == {"orders_export.parquet": "loaded"}
    shop.erase()
    written = pq.read_table(io.BytesIO((shop.folder / "orders_export.parquet").read_bytes()))
    assert written.to_pylist() == [dict(zip(HEADER, ANOTHERS, strict=True))]
    assert set(shop.take_in_again().values()) == {"unchanged"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("orders_export__xlsx", workbook({"orders": TABLE})),
        ("orders_export__xlsx", workbook({"orders": [HEADER, MENTIONING]})),
        ("orders_export__parquet", parquet(dict(zip(HEADER, [[cell] for cell in MENTIONING], strict=True)))),
    ],
    ids=["workbook", "mentioned in a workbook", "mentioned in parquet"],
)
def test_a_file_that_cannot_be_written_row_by_row_is_deleted_and_the_proof_says_where_its_rows_are(
    shop: Shop, name: str, content: bytes
) -> None:
    assert set(shop.take_in(**{name: content}).values()) == {"loaded"}
    shop.take_in(orders_export_2__csv=as_csv([HEADER, ["#4", *HIS[1:]]]).encode())  # so that somebody is known
    proof = shop.erase()
    assert not (shop.folder / name.replace("__", ".")).exists()
    (deleted,) = (file for file in proof.landing_files if file["outcome"] == "deleted")
    assert "its other rows are in raw" in deleted["note"]
    assert shop.orders() == ["#2"]


def test_a_workbook_of_others_stays_as_it_is(shop: Shop) -> None:
    others = workbook({"orders": [HEADER, ["#3", *ANOTHERS[1:]]]})
    shop.take_in(orders_export__csv=PLAIN, orders_export_2__xlsx=others)
    proof = shop.erase()
    assert (shop.folder / "orders_export_2.xlsx").read_bytes() == others
    assert [file["file"] for file in proof.landing_files] == ["orders_export.csv"]
    assert shop.orders() == ["#2", "#3"]


def test_a_file_that_no_table_is_declared_for_goes_if_it_names_the_person_and_is_told_if_nobody_can_say(
    shop: Shop,
) -> None:
    unknown = workbook({"guests": [["Guest"], [EMAIL]]})
    shop.take_in(orders_export__csv=PLAIN, guests__txt=f"Guest\n{EMAIL}\n".encode(), guests__xlsx=unknown)
    (shop.folder / "others.txt").write_text("Guest\nsomebody@example.com\n")
    proof = shop.erase()
    outcomes = {file["file"]: file["outcome"] for file in proof.landing_files}
    assert outcomes == {"orders_export.csv": "rewritten", "guests.txt": "deleted", "guests.xlsx": "not read"}
    assert "look into it by hand" in proof.as_text()
    assert (shop.folder / "others.txt").exists()
    assert openpyxl.load_workbook(shop.folder / "guests.xlsx").sheetnames == ["guests"]


def test_a_file_that_was_fetched_is_not_fetched_again_after_it_was_written_anew(shop: Shop) -> None:
    from rapport.landing.fetching import RemoteFile

    shop.take_in(orders_export__csv=PLAIN)
    path = shop.folder / "orders_export.csv"
    remote = RemoteFile(path="in/orders_export.csv", name=path.name, size=len(PLAIN), modified_at=path.stat().st_mtime)
    assert remote.is_here(shop.folder)
    shop.erase()
    assert path.stat().st_size < len(PLAIN)
    assert remote.is_here(shop.folder)


def test_a_person_of_whom_only_exports_know_is_erased_by_the_address_alone(shop: Shop) -> None:
    shop.take_in(orders_export__csv=PLAIN)
    proof = shop.erase()
    assert proof.removed_rows == {"raw.shopify__orders": 1}
    assert proof.found_by_scan == {}
    held = shop.conn.execute("select rows_loaded, rows_skipped, rows_erased from ops.loads").fetchall()
    assert held == [(1, 1, 1)]
