"""Exports as accidents and attackers leave them: loaded or refused, books balanced, memory bounded."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from landing.exports import NIGHT, as_csv, assert_books_balance, declare, raw_rows
from landing.packed import gzipped, json_lines, parquet, workbook, zipped

from rapport.businesses import Business
from rapport.landing import Declaration, LoadResult, load_file
from rapport.landing.packing import exports_in

Conn = psycopg.Connection[Any]
TakeInAs = Callable[..., LoadResult]
EXPORTS = Path(__file__).parents[1] / "staging" / "exports"
# One of each way to be written: rows of line items, several header rows, fixed width, a footer, `;`.
FIXTURES = {
    "shopify orders": "shopify/orders_export_2026-02-28.csv",
    "qualtrics responses": "qualtrics/After+delivery_February+28,+2026_09.15.csv",
    "robinsonlisten entries": "robinsonlisten/robinson 2026-01-01.txt",
    "salesforce contact_reports": "salesforce/report1772352840000.csv",
    "iys consents": "iys/izin listesi 2026-02-28.csv",
}
ENDLESS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
DAYS = iter(range(100_000))


@pytest.fixture
def take_in_bytes(
    conn: Conn, business: Business, declarations: list[Declaration], tmp_path: Path
) -> Callable[[str, bytes], LoadResult]:
    """Load content as a file of a declared table, of another day each time; checks what holds whatever it is."""

    def load(table: str, content: bytes) -> LoadResult:
        (declaration,) = (found for found in declarations if str(found) == table)
        day = date(1990, 1, 1) + timedelta(days=next(DAYS))
        path = tmp_path / f"export {day}{Path(FIXTURES[table]).suffix}"
        path.write_bytes(content)
        result = load_file(conn, business, declaration, path, NIGHT, file_date=day)
        assert result.status in ("loaded", "refused")
        assert result.read == result.loaded + result.quarantined + result.skipped
        assert result.status == "loaded" or (result.reason and result.fix)
        assert_books_balance(conn)
        return result

    return load


@pytest.fixture
def fixture_of() -> Callable[[str], bytes]:
    return lambda table: (EXPORTS / FIXTURES[table]).read_bytes()


@pytest.mark.parametrize("table", sorted(FIXTURES))
@settings(max_examples=8, deadline=None, suppress_health_check=ENDLESS)
@given(data=st.data())
def test_a_file_cut_off_at_any_byte_gives_no_more_than_it_holds(
    take_in_bytes: Callable[..., LoadResult], fixture_of: Callable[[str], bytes], table: str, data: st.DataObject
) -> None:
    content = fixture_of(table)
    cut = take_in_bytes(table, content[: data.draw(st.integers(0, len(content) - 1))])
    assert cut.read <= content.count(b"\n") + content.count(b"\r")


@pytest.mark.parametrize("table", sorted(FIXTURES))
@settings(max_examples=8, deadline=None, suppress_health_check=ENDLESS)
@given(data=st.data())
def test_flipped_bytes_are_loaded_quarantined_or_refused(
    take_in_bytes: Callable[..., LoadResult], fixture_of: Callable[[str], bytes], table: str, data: st.DataObject
) -> None:
    content = bytearray(fixture_of(table))
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=30)):
        content[at] ^= 1 << data.draw(st.integers(0, 7))
    take_in_bytes(table, bytes(content))


@pytest.mark.parametrize("table", ["shopify orders", "iys consents"])
@settings(max_examples=5, deadline=None, suppress_health_check=ENDLESS)
@given(data=st.data())
def test_columns_in_another_order_give_the_same_rows(
    conn: Conn,
    take_in_bytes: Callable[..., LoadResult],
    fixture_of: Callable[[str], bytes],
    table: str,
    data: st.DataObject,
) -> None:
    text = fixture_of(table).decode("utf-8-sig")
    delimiter = ";" if ";" in text.splitlines()[0] else ","
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    order = data.draw(st.permutations(range(len(rows[0]))))
    swapped = as_csv([[row[i] for i in order] for row in rows], delimiter=delimiter).encode()
    as_it_was, other = take_in_bytes(table, fixture_of(table)), take_in_bytes(table, swapped)
    assert (other.read, other.quarantined) == (as_it_was.read, as_it_was.quarantined)
    raw = table.replace(" ", "__")
    stored = [
        conn.execute(
            f"select to_jsonb(r) - '_load_id' from raw.{raw} as r where _load_id = %s order by _row_number",
            [result.load_id],
        ).fetchall()
        for result in (as_it_was, other)
    ]
    assert stored[0] == stored[1]


@pytest.mark.parametrize(
    "encoding", ["utf-16", "utf-16-le", "utf-32", "windows-1254", "windows-1251", "cp857", "cp500"]
)
def test_an_export_in_another_encoding_is_read_right_or_refused(
    conn: Conn, take_in_bytes: Callable[..., LoadResult], fixture_of: Callable[[str], bytes], encoding: str
) -> None:
    text = fixture_of("shopify orders").decode("utf-8-sig")
    names = "select lineitem_name from raw.shopify__orders where _load_id = %s order by _row_number"
    right = conn.execute(names, [take_in_bytes("shopify orders", text.encode()).load_id]).fetchall()
    result = take_in_bytes("shopify orders", text.encode(encoding, errors="replace"))
    if result.status == "loaded" and "?" not in text.encode(encoding, errors="replace").decode(encoding):
        assert conn.execute(names, [result.load_id]).fetchall() == right


NOTES = declare({"record_id": {"required": True, "not_null": True}, "note": {}})
WIDE = ["record_id", *(f"extra {number}" for number in range(9_999))]


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "jsonl", "parquet", "xlsx"])
def test_a_million_characters_and_ten_thousand_columns_are_kept(take_in_as: TakeInAs, conn: Conn, ending: str) -> None:
    long = "ğ" * (32_000 if ending == "xlsx" else 1_000_000)  # a spreadsheet's cell holds no more
    tables = [[["record_id", "note"], ["1", long], ["2", "b"]], [WIDE, [str(number) for number in range(10_000)]]]
    written: dict[str, Callable[[list[list[str]]], bytes]] = {
        "csv": lambda table: as_csv(table).encode(),
        "csv.gz": lambda table: gzipped(as_csv(table)),
        "jsonl": lambda table: json_lines(table[0], table[1:]),
        "parquet": lambda table: parquet(dict(zip(table[0], zip(*table[1:], strict=True), strict=True))),
        "xlsx": lambda table: workbook({"Notes": table}),
    }
    first, second = (
        take_in_as(NOTES, written[ending](table), f"notes_{number}.{ending}") for number, table in enumerate(tables)
    )
    assert (first.loaded, second.loaded) == (2, 1), (first, second)
    found = raw_rows(conn, "notebook__notes", "length(note)", "_extra->>'extra 9998'")
    assert found == [(len(long), None), (1, None), (None, "9999")]


# ---- what is made to fill memory or a disk


def rows_of(size: int) -> bytes:
    row = b"1,a\n"
    return b"record_id,note\n" + row * (size // len(row))


def bombs(folder: Path) -> list[Path]:
    """Files that unpack to a hundred times their size and more."""
    import pyarrow as pa

    piece = gzipped(rows_of(1 << 24))
    book = workbook({"Notes": [["record_id", "note"], ["1", "a"]]})
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    row = b'<row><c t="inlineStr"><is><t>1</t></is></c></row>'
    far = b'<row><c r="XFD%d" t="inlineStr"><is><t>1</t></is></c></row>'
    repeated = pa.DictionaryArray.from_arrays(pa.array([0] * 50_000, pa.int32()), ["x" * 1_000_000])
    contents = {
        "notes_1.csv.gz": piece * 16,
        "notes_2.zip": zipped({"notes.csv": rows_of(1 << 26)}),
        "notes_3.jsonl.gz": gzipped(b'{"record_id": "1"}\n' * (1 << 20)),
        "notes_4.parquet": parquet({"record_id": repeated}),
        "notes_5.xlsx": zipped(
            {**parts, "xl/worksheets/sheet1.xml": sheet.replace(b"</sheetData>", row * 1_000_000 + b"</sheetData>")}
        ),
        "notes_6.xlsx": zipped({**parts, "xl/styles.xml": parts["xl/styles.xml"] + b" " * (1 << 24)}),
        "notes_7.xlsx": zipped(
            {
                **parts,
                "xl/worksheets/sheet1.xml": sheet.replace(
                    b"</sheetData>",
                    row * 10 + b"".join(far % number for number in range(13, 60_000)) + b"</sheetData>",
                ),
            }
        ),
        "notes_8.csv": b'record_id,note\n1,"' + b"x" * (80 << 20),
    }
    paths = []
    for name, content in contents.items():
        path = folder / name
        path.write_bytes(content)
        paths.append(path)
    return paths


_TAKE_IN = """
import json, resource, sys
from datetime import date
from pathlib import Path
from landing.exports import NIGHT
from landing.test_fuzzed_files import NOTES
from rapport.businesses import load_business
from rapport.landing import load_file
from rapport.landing.packing import exports_in
from rapport.warehouse import connect

business = load_business("sample").model_copy(update={"name": sys.argv[1]})
with connect(sys.argv[1]) as conn:
    for path in map(Path, sys.argv[2:]):
        for file in exports_in(path):
            result = load_file(conn, business, NOTES, file, NIGHT)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(json.dumps({"file": path.name, "status": result.status, "reason": result.reason, "peak": peak}))
"""
MOST_MIB = 400


def test_bombs_are_refused_and_memory_stays_bounded(conn: Conn, business: Business, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    samples = {
        "notes.csv": rows_of(1 << 10),
        "notes.xlsx": workbook({"Notes": [["record_id"], ["1"]]}),
        "notes.parquet": parquet({"record_id": ["1"]}),
    }
    for name, content in samples.items():
        (small / name).write_bytes(content)
    paths = [*(small / name for name in samples), *bombs(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-c", _TAKE_IN, business.name, *map(str, paths)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    before, after = answers[: len(samples)], answers[len(samples) :]
    assert [answer["status"] for answer in before] == ["loaded"] * len(samples), before
    assert {answer["file"]: answer["status"] for answer in after} == {
        path.name: "refused" for path in paths[len(samples) :]
    }, after
    assert after[-1]["peak"] - before[-1]["peak"] < MOST_MIB, [(a["file"], a["peak"]) for a in answers]
    assert_books_balance(conn)


def test_an_archive_of_tricks_writes_nothing_beside_it(conn: Conn, business: Business, tmp_path: Path) -> None:
    folder = tmp_path / "landing"
    folder.mkdir()
    path = folder / "notes.zip"
    names = ["../out.csv", "/tmp/out.csv", "..\\other.csv", "a/../../out.csv", "good.csv"]
    path.write_bytes(zipped({name: rows_of(40) for name in names}))
    results = {file.name: load_file(conn, business, NOTES, file, NIGHT) for file in exports_in(path)}
    assert [result.status for result in results.values()] == ["refused"] * 4 + ["loaded"]
    assert sorted(found.name for found in tmp_path.rglob("*")) == ["landing", "notes.zip"]
    assert_books_balance(conn)
