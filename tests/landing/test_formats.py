"""Workbooks, JSON lines and Parquet: what their values become, and what is refused."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pyarrow as pa
import pytest
from landing.exports import declare, quarantined, raw_rows
from landing.packed import Error, json_lines, parquet, workbook, zipped

from rapport.businesses import Dialect
from rapport.landing import Declaration, LoadResult, workbooks
from rapport.landing import parquet as parquet_files

Conn = psycopg.Connection[Any]
TakeInAs = Callable[..., LoadResult]


def table(**export: Any) -> Declaration:
    return declare(
        {
            "record_id": {"header": "Record ID", "required": True, "not_null": True},
            "amount": {"check": "decimal"},
            "at": {"check": "timestamp"},
            "day": {"check": "date"},
            "ok": {"check": "boolean"},
            "secret": {"drop": True},
        },
        **export,
    )


def refused(result: LoadResult, *expected: str) -> None:
    assert (result.status, result.read) == ("refused", 0), result
    assert result.fix
    for part in expected:
        assert part in str(result.reason)


def extras(conn: Conn) -> list[Any]:
    return [found for (found,) in raw_rows(conn, "notebook__notes", "_extra")]


# ---- workbooks

HEADER = ["Record ID", "Amount", "At", "Day", "OK"]


def test_cells_of_a_workbook_are_as_a_csv_export_would_show_them(take_in_as: TakeInAs, conn: Conn) -> None:
    moment = datetime.fromisoformat("2026-03-01 10:37:33")
    midnight = datetime.fromisoformat("2026-03-02")
    rows: list[list[Any]] = [
        [*HEADER, "Percent", "Zip", "Sum", "Long", "Clock", "Hours"],
        [
            1,
            1234.5,
            (moment, "dd/mm/yyyy hh:mm:ss"),
            (moment.date(), "d. mmmm yyyy"),
            True,
            (0.4843, "0.00%"),
            (1067, "00000"),
            0.1 + 0.2,
            905321234567,
            (time(9, 5), "hh:mm"),
            (timedelta(hours=30, minutes=5), "[h]:mm:ss"),
        ],
        ["007", -3, (midnight, "yyyy-mm-dd hh:mm"), midnight, False, (1, "0%"), "01067"],
        ["x", Decimal("1e-7"), "2026-03-03 10:00", "03.03.2026", "yes", None, None, 12345678901234567.0, 1e300],
    ]
    result = take_in_as(table(), workbook({"Notes": rows}), "notes.xlsx")
    assert (result.status, result.format, result.encoding, result.delimiter) == ("loaded", "xlsx", None, None)
    assert raw_rows(conn, "notebook__notes", "record_id", "amount", "at", "day", "ok") == [
        ("1", "1234.5", "2026-03-01 10:37:33", "2026-03-01", "true"),
        ("007", "-3", "2026-03-02 00:00:00", "2026-03-02", "false"),
        ("x", "0.0000001", "2026-03-03 10:00", "2026-03-03", "yes"),
    ]
    first, second, third = extras(conn)
    assert first == {
        "Percent": "48.43%", "Zip": "01067", "Sum": "0.3", "Long": "905321234567", "Clock": "09:05:00",
        "Hours": "30:05:00",
    }  # fmt: skip
    assert second == {"Percent": "100%", "Zip": "01067"}
    assert third["Sum"] == "1.23456789012346E+16"


def test_the_one_sheet_that_fits_is_read_and_hidden_ones_never(take_in_as: TakeInAs, conn: Conn) -> None:
    good, other = [["Record ID", "Amount"], ["1", 2]], [["About"], ["this export"]]
    book = workbook({"Empty": [], "About": other, "Data": good, "Old": good}, hidden=["Old"])
    assert take_in_as(table(), book, "notes_1.xlsx").loaded == 1
    refused(take_in_as(table(), workbook({"A": good, "B": good}), "notes_2.xlsx"), "'A', 'B'")
    refused(take_in_as(table(), workbook({"About": other, "Data": good}, hidden=["Data"]), "n3.xlsx"), "'Record ID'")


def test_blank_rows_of_a_sheet_are_skipped_and_wide_ones_quarantined(take_in_as: TakeInAs, conn: Conn) -> None:
    rows = [[], ["Record ID", "Amount"], ["1", 2], [], ["3", 4], ["4", 5], ["5", 6, "beyond"]]
    result = take_in_as(table(), workbook({"Data": rows}), "notes.xlsx")
    assert (result.read, result.loaded, result.quarantined, result.skipped) == (5, 3, 1, 1)
    assert quarantined(conn) == [(5, "ragged_row", None)]


def test_an_error_of_the_spreadsheet_quarantines_its_row(take_in_as: TakeInAs, conn: Conn) -> None:
    rows = [["Record ID", "Amount", "Other"], ["1", Error("#N/A"), "x"], ["2", 3, Error("#DIV/0!")], ["3", "#N/A"]]
    result = take_in_as(table(), workbook({"Data": rows}), "notes.xlsx")
    assert (result.loaded, result.quarantined) == (1, 2)
    assert "an error of the spreadsheet (#N/A)" in str(result.reason)
    assert quarantined(conn) == [(1, "ragged_row", None), (3, "decimal", "amount")]
    assert extras(conn) == [{"Other": "#DIV/0!"}]


def test_a_formula_counts_by_the_value_it_came_to(take_in_as: TakeInAs, conn: Conn) -> None:
    book = workbook({"Data": [["Record ID", "Amount"], ["1", 2], ["2", 3]]})
    computed = rewritten(book, lambda sheet: sheet.replace("<v>2</v>", "<f>1+1</f><v>2</v>"))
    assert take_in_as(table(), computed, "notes_1.xlsx").loaded == 2
    assert raw_rows(conn, "notebook__notes", "amount") == [("2",), ("3",)]
    for value in ("", "<v/>", "<v></v>", "<v />"):
        lost = rewritten(book, lambda sheet: sheet.replace("<v>2</v>", f"<f>1+1</f>{value}"))  # noqa: B023
        refused(take_in_as(table(), lost, "notes_2.xlsx"), "never computed")


def test_a_workbook_made_to_fill_memory_is_refused(take_in_as: TakeInAs, monkeypatch: pytest.MonkeyPatch) -> None:
    book = workbook({"Data": [["Record ID", "Amount"], *([str(number), 1] for number in range(3000))]})
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    book = zipped({**parts, "xl/sharedStrings.xml": "<sst>" + "<si><t>a</t></si>" * 2000 + "</sst>"})
    for name, limit, expected in (
        ("MOST_ROWS", 1000, "larger than"),
        ("MOST_CELLS", 1000, "larger than"),
        ("LARGEST_SHARED_BYTES", 1000, "more than is held"),
        ("MOST_SHARED", 1000, "more than is held"),
        ("LARGEST_PART_BYTES", 100, "more than is held"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(workbooks, name, limit)
            refused(take_in_as(table(), book, "notes.xlsx"), expected)
    monkeypatch.setattr(workbooks, "ALWAYS_ALLOWED_BYTES", 1 << 10)
    monkeypatch.setattr(workbooks, "LARGEST_RATIO", 2)
    refused(take_in_as(table(), book, "notes.xlsx"), "2 times")


def test_what_is_no_workbook_is_refused(take_in_as: TakeInAs) -> None:
    refused(take_in_as(table(), zipped({"a.csv": "Record ID\n1\n"}), "notes_1.xlsx"), "workbook")
    refused(take_in_as(table(), zipped({"mimetype": "x", "content.xml": "<a/>"}), "notes.ods"), "workbook")
    refused(take_in_as(table(), workbook({"Data": [["Record ID"], ["1"]]})[:-40], "notes_2.xlsx"), "cut off")


def rewritten(book: bytes, change: Callable[[str], str]) -> bytes:
    """A workbook whose first sheet's XML is changed."""
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/sheet1.xml"
    changed = change(parts[name].decode())
    assert changed != parts[name].decode()
    return zipped({**parts, name: changed})


# ---- JSON lines


def test_json_lines_are_kept_as_they_are_written(take_in_as: TakeInAs, conn: Conn) -> None:
    lines = [
        '{"record_id": 1, "amount": 12.50, "nested": {"a": [1.10, true, null, "ø\\n"]}, "secret": "x"}',
        '{"record_id": "002", "amount": 1e3, "ok": true, "later": "new", "empty": "", "none": null}',
        "",
        "{}",
        '{"record_id": 12345678901234567890123, "amount": null, "list": []}',
    ]
    result = take_in_as(table(), "\n".join(lines) + "\n", "notes.jsonl")
    assert (result.format, result.encoding, result.delimiter) == ("json_lines", "utf-8", None)
    assert (result.read, result.loaded, result.skipped) == (5, 3, 2)
    assert raw_rows(conn, "notebook__notes", "record_id", "amount", "ok") == [
        ("1", "12.50", None),
        ("002", "1e3", "true"),
        ("12345678901234567890123", None, None),
    ]
    assert extras(conn) == [
        {"nested": '{"a": [1.10, true, null, "ø\\n"]}'},
        {"later": "new"},
        {"list": "[]"},
    ]
    assert set(result.new_columns) == {"nested", "later", "empty", "none", "list"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"record_id": "2", "amount": ', "not JSON"),
        ("[1, 2]", "not a JSON object"),
        ("null", "not a JSON object"),
        ('{"record_id": "2", "record_id": "3"}', "twice"),
        ('{"record_id": "2", "a": {"b": 1, "b": 2}}', "twice"),
        ('{"record_id": NaN}', "not JSON"),
        ('{"record_id": "\\ud800"}', "no character"),
        ('{"\\u0000": "2", "record_id": "2"}', "NUL"),
        ('{"record_id": "2", "a": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deep"),
        ("{'record_id': '2'}", "not JSON"),
    ],
)
def test_a_broken_line_is_quarantined_with_its_reason(take_in_as: TakeInAs, conn: Conn, line: str, reason: str) -> None:
    result = take_in_as(table(), f'{{"record_id": "1"}}\n{line}\n{{"record_id": "3"}}\n', "notes.jsonl")
    assert (result.status, result.loaded, result.quarantined) == ("loaded", 2, 1), result.reason
    assert reason in str(result.reason)
    assert quarantined(conn) == [(2, "ragged_row", None)]
    # It might hold what is never loaded.
    assert conn.execute("select raw_row like '%%record_id%%' from quality.quarantine").fetchall() == [(False,)]


def test_a_text_with_a_nul_byte_is_quarantined(take_in_as: TakeInAs, conn: Conn) -> None:
    result = take_in_as(table(), '{"record_id": "1"}\n{"record_id": "a\\u0000b"}\n', "notes.jsonl")
    assert (result.loaded, quarantined(conn)) == (1, [(2, "nul_byte", "record_id")])


def test_json_is_told_by_its_first_line_and_cut_off_files_are_refused(take_in_as: TakeInAs) -> None:
    good = '{"record_id": "1"}\n'
    assert take_in_as(table(), good * 2, "notes_1.txt").format == "json_lines"
    assert take_in_as(table(), (good * 2).encode("utf-16"), "notes_2.json").encoding == "utf-16"
    refused(take_in_as(table(), good + '{"record_id": "2', "notes_3.jsonl"), "data row 2", "cut off")
    refused(take_in_as(table(), f"[{good.strip()}]", "notes_4.json"), "JSON array")
    refused(take_in_as(table(), '{"other": 1}\n', "notes_5.json"), "'Record ID'")
    assert take_in_as(table(), good + '{"record_id": "2"}', "notes_6.jsonl").loaded == 2


# ---- Parquet


def test_typed_columns_of_parquet_become_the_forms_of_raw(take_in_as: TakeInAs, conn: Conn) -> None:
    moment = datetime.fromisoformat("2026-03-01 10:37:33.120000")
    content = parquet(
        {
            "Record ID": pa.array(["007", "b", ""]).dictionary_encode(),
            "amount": pa.array([Decimal("12.50"), Decimal("-0.00"), None], pa.decimal128(10, 2)),
            "at": pa.array([moment.replace(tzinfo=UTC), moment.replace(microsecond=0, tzinfo=UTC), None],
                           pa.timestamp("us", "Europe/Istanbul")),
            "day": pa.array([date(2026, 3, 1), None, None]),
            "ok": pa.array([True, False, None]),
            "local": pa.array([moment, moment, None], pa.timestamp("ns")),
            "float": pa.array([905321234567.0, 1e-7, float("nan")]),
            "small": pa.array([1.5, 2.0, None], pa.float16()),
            "whole": pa.array([1, 2**62, None]),
            "clock": pa.array([time(9, 5), time(9, 5, 1, 500_000), None]),
            "nested": pa.array([{"a": [1, None], "b": Decimal("1.10")}, None, None],
                               pa.struct({"a": pa.list_(pa.int64()), "b": pa.decimal128(5, 2)})),
            "bytes": pa.array([b"text", b"\xff", None]),
            "nothing": pa.nulls(3),
        }
    )  # fmt: skip
    result = take_in_as(table(), content, "notes.parquet")
    assert (result.status, result.format, result.loaded) == ("loaded", "parquet", 2), result.reason
    assert raw_rows(conn, "notebook__notes", "record_id", "amount", "at", "day", "ok") == [
        ("007", "12.50", "2026-03-01 10:37:33.12+00:00", "2026-03-01", "true"),
        ("b", "0.00", "2026-03-01 10:37:33+00:00", None, "false"),
    ]
    first, second = extras(conn)
    assert first == {
        "local": "2026-03-01 10:37:33.12", "float": "905321234567", "small": "1.5", "whole": "1", "clock": "09:05:00",
        "nested": '{"a": [1, null], "b": "1.10"}', "bytes": "text",
    }  # fmt: skip
    assert (second["float"], second["whole"], second["bytes"]) == ("0.0000001", str(2**62), "\\xff")
    assert quarantined(conn) == [(3, "not_null", "record_id")]


def test_row_groups_are_read_one_after_the_other(
    take_in_as: TakeInAs, conn: Conn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_files, "_BATCH_ROWS", 64)
    content = parquet({"record_id": [f"note {number}" for number in range(1000)]}, row_group_size=100)
    assert take_in_as(table(), content, "notes.parquet").loaded == 1000
    found = raw_rows(conn, "notebook__notes", "_row_number", "record_id")
    assert found == [(number + 1, f"note {number}") for number in range(1000)]


def test_parquet_of_texts_that_do_not_fit_is_refused(take_in_as: TakeInAs, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = parquet({"record_id": pa.DictionaryArray.from_arrays(pa.array([0] * 20_000, pa.int32()), ["x" * 1_000_000])})
    assert len(bomb) < 2_000_000
    monkeypatch.setattr(parquet_files, "LARGEST_RATIO", 10)
    refused(take_in_as(table(), bomb, "notes_1.parquet"), "times as large")
    refused(take_in_as(table(), parquet({"record_id": ["1", "2"]})[:-6], "notes_2.parquet"), "cut off")
    refused(take_in_as(table(), parquet({"other": ["1", "2"]}), "notes_3.parquet"), "'Record ID'")


def test_what_the_business_says_of_values_counts_in_every_format(take_in_as: TakeInAs, conn: Conn) -> None:
    told = Dialect(decimal=",", date_order="mdy", encodings=["windows-1254"], delimiter=";")
    rows = [["1", "1.234,5", "03/04/2026"]]
    header = ["record_id", "amount", "day"]
    for name, content in (
        ("notes_1.jsonl", json_lines(header, rows)),
        ("notes_2.parquet", parquet(dict(zip(header, zip(*rows, strict=True), strict=True)))),
        ("notes_3.xlsx", workbook({"Data": [header, *rows]})),
        ("notes_4.csv", "record_id;amount;day\n1;1.234,5;03/04/2026\n"),
    ):
        assert take_in_as(table(mode="delta", key=["record_id"]), content, name, told).loaded == 1
    assert set(raw_rows(conn, "notebook__notes", "amount", "day")) == {("1234.5", "2026-03-04")}


def test_ledger_and_answer_say_the_format(take_in_as: TakeInAs, conn: Conn) -> None:
    result = take_in_as(table(), json_lines(["record_id"], [["1"]]), "notes.jsonl")
    assert result.as_json()["format"] == "json_lines"
    assert json.dumps(result.as_json())
    assert conn.execute("select format, encoding, delimiter from ops.loads").fetchone() == ("json_lines", "utf-8", None)
