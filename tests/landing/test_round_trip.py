"""Open-ended input: any table comes back equal, and any bytes are loaded or refused with balanced books."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from landing.exports import NIGHT, as_csv, assert_books_balance, declare
from landing.packed import gzipped, json_lines, parquet, workbook, zipped

from rapport.businesses import Business, Dialect
from rapport.landing import Declaration, load_file
from rapport.landing.packing import exports_in

HEADERS = ("Record ID", "Note", "Extra one", "Extra two")
# Databases hold no NUL and UTF-8 no surrogates; every other character must survive.
TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=8) | st.sampled_from(
    [
        '"',
        '""',
        ",",
        ";",
        "\r\n",
        "\n",
        "\r",
        "\\",
        "\\.",
        "\x1f",
        "'",
        " ",
        "\ufeff",
        "\t",
        "İığşØæå",
        "=1+1",
        "NULL",
        "\\N",
    ]
)
ROWS = st.lists(st.tuples(TEXT.filter(bool), TEXT, TEXT, TEXT), min_size=1, max_size=12)
DIALECTS = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from([",", ";", "\t"]),
        "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
        "lineterminator": st.sampled_from(["\n", "\r\n"]),
    }
)


@pytest.fixture
def notes() -> Declaration:
    """A declared table of any text, in any of several dialects."""
    return declare(
        {
            "record_id": {"header": "Record ID", "required": True, "not_null": True},
            "note": {"required": True},
        },
        delimiter=[",", ";", "\t"],
        key=["record_id"],
        mode="delta",
    )


@pytest.fixture
def fresh_files(tmp_path: Path) -> Callable[..., Path]:
    """A new file of the given bytes at each call."""
    counter = iter(range(1_000_000))

    def write(content: bytes, ending: str = ".csv") -> Path:
        path = tmp_path / f"notes_{next(counter)}{ending}"
        path.write_bytes(content)
        return path

    return write


def has_cr(rows: list[tuple[str, ...]]) -> bool:
    return any("\r" in cell for row in rows for cell in row)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, dialect=DIALECTS, encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_any_table_of_text_in_any_declared_dialect_comes_back_equal(
    conn: psycopg.Connection[Any],
    business: Business,
    notes: Declaration,
    fresh_files: Callable[..., Path],
    rows: list[tuple[str, ...]],
    dialect: dict[str, Any],
    encoding: str,
) -> None:
    # Python's writer leaves a lone CR unquoted there, which ends the line for every reader
    assume(dialect["quoting"] == csv.QUOTE_ALL or dialect["lineterminator"] == "\r\n" or not has_cr(rows))
    written = io.StringIO(newline="")
    csv.writer(written, **dialect).writerows([HEADERS, *rows])
    # a mark at the start is the encoding's, whoever wrote it
    path = fresh_files(written.getvalue().encode(encoding))
    business = business.model_copy(update={"dialects": {"notebook": Dialect(encodings=["utf-8", "utf-16"])}})
    # of another day each, so that equal files of two examples are no copies
    day = date(2000, 1, 1) + timedelta(days=int(path.stem.split("_")[1]))
    result = load_file(conn, business, notes, path, NIGHT, file_date=day)
    assert (result.status, result.loaded) == ("loaded", len(rows)), result.reason
    found = conn.execute(
        "select record_id, coalesce(note, ''),"
        " coalesce(_extra->>'Extra one', ''), coalesce(_extra->>'Extra two', '')"
        " from raw.notebook__notes where _load_id = %s order by _row_number",
        [result.load_id],
    ).fetchall()
    assert found == rows


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(TEXT.filter(bool), TEXT), min_size=1, max_size=6))
def test_any_text_that_needs_no_quotes_on_its_way_to_postgres_comes_back_equal(
    conn: psycopg.Connection[Any],
    business: Business,
    notes: Declaration,
    fresh_files: Callable[..., Path],
    rows: list[tuple[str, str]],
) -> None:
    # Of declared columns only: others are kept as JSON, which has quotes.
    path = fresh_files(as_csv([HEADERS[:2], *rows], quoting=csv.QUOTE_ALL).encode())
    day = date(2000, 1, 1) + timedelta(days=int(path.stem.split("_")[1]))
    result = load_file(conn, business, notes, path, NIGHT, file_date=day)
    assert (result.status, result.loaded) == ("loaded", len(rows)), result.reason
    found = conn.execute(
        "select record_id, coalesce(note, '') from raw.notebook__notes where _load_id = %s order by _row_number",
        [result.load_id],
    ).fetchall()
    assert found == rows


HEAD = b"Record ID,Note\n"
SCRAPS = st.lists(
    st.sampled_from([b"1,a\n", b'2,"b"\n', b'"', b",", b"\n", b"\r", b"\0", b"\xff", b"\xc3", b"\xc3\xa6"])
    | st.binary(max_size=6),
    max_size=30,
).map(b"".join)  # fmt: skip


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200) | SCRAPS | SCRAPS.map(lambda scraps: HEAD + scraps))
def test_any_bytes_are_loaded_or_refused_and_the_books_balance(
    conn: psycopg.Connection[Any],
    business: Business,
    notes: Declaration,
    fresh_files: Callable[..., Path],
    content: bytes,
) -> None:
    result = load_file(conn, business, notes, fresh_files(content), NIGHT)
    assert result.status in ("loaded", "refused", "unchanged")
    if result.status == "refused":
        assert result.reason
        assert result.fix
    assert_books_balance(conn)


# What XML can hold, with line ends as it keeps them.
XML_TEXT = st.text(
    st.characters(min_codepoint=0x20, exclude_categories=("Cs",), exclude_characters="\ufffe\uffff\x7f\x85")
    | st.sampled_from("\t\n"),
    max_size=8,
) | st.sampled_from(["007", "1e5", "=1+1", "#N/A", "TRUE", "2026-03-01", " a ", "İığşØæå", "12,5", "'1"])
FORMATS: dict[str, Callable[[list[tuple[str, ...]]], bytes]] = {
    "jsonl": lambda rows: json_lines(HEADERS, rows),
    "parquet": lambda rows: parquet({name: [row[i] for row in rows] for i, name in enumerate(HEADERS)}),
    "xlsx": lambda rows: workbook({"Notes": [HEADERS, *rows]}),
    "csv": lambda rows: as_csv([HEADERS, *rows], quoting=csv.QUOTE_ALL).encode(),
}
PACKINGS: dict[str, Callable[[str, bytes], bytes]] = {
    "": lambda _, content: content,
    ".gz": lambda _, content: gzipped(content),
    ".zip": lambda name, content: zipped({name: content}),
}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), form=st.sampled_from(sorted(FORMATS)), packing=st.sampled_from(sorted(PACKINGS)))
def test_any_table_of_text_in_any_format_and_packing_comes_back_equal(
    conn: psycopg.Connection[Any],
    business: Business,
    notes: Declaration,
    fresh_files: Callable[..., Path],
    data: st.DataObject,
    form: str,
    packing: str,
) -> None:
    text = XML_TEXT if form == "xlsx" else TEXT
    rows = data.draw(st.lists(st.tuples(text.filter(bool), text, text, text), min_size=1, max_size=8))
    assume(form != "xlsx" or all(cell.strip("\t\n") == cell for row in rows for cell in row))
    path = fresh_files(PACKINGS[packing](f"notes.{form}", FORMATS[form](rows)), f".{form}{packing}")
    day = date(2000, 1, 1) + timedelta(days=int(path.name.split(".")[0].split("_")[1]))
    (file,) = exports_in(path)
    result = load_file(conn, business, notes, file, NIGHT, file_date=day)
    assert (result.status, result.loaded) == ("loaded", len(rows)), result.reason
    found = conn.execute(
        "select record_id, coalesce(note, ''),"
        " coalesce(_extra->>'Extra one', ''), coalesce(_extra->>'Extra two', '')"
        " from raw.notebook__notes where _load_id = %s order by _row_number",
        [result.load_id],
    ).fetchall()
    assert found == rows


SMALL = [("1", "a", "b", "c"), ("2", "ø", "", "d")]
WHOLE = [pack(f"notes.{form}", write(SMALL)) for form, write in FORMATS.items() for pack in PACKINGS.values()]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good file of any format and packing, cut off, with bytes changed, or with some of another put in."""
    content = bytearray(draw(st.sampled_from(WHOLE)))
    for _ in range(draw(st.integers(0, 4))):
        content[draw(st.integers(0, len(content) - 1))] = draw(st.integers(0, 255))
    if draw(st.booleans()):
        del content[draw(st.integers(0, len(content))) :]
    if draw(st.booleans()):
        at = draw(st.integers(0, len(content)))
        content[at:at] = draw(st.binary(max_size=20))
    return bytes(content)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=damaged() | st.binary(max_size=60),
    ending=st.sampled_from([".csv", ".gz", ".zip", ".csv.gz", ".xlsx", ".parquet", ".jsonl", ".json", ".txt"]),
)
def test_any_bytes_under_any_known_name_are_loaded_or_refused(
    conn: psycopg.Connection[Any],
    business: Business,
    notes: Declaration,
    fresh_files: Callable[..., Path],
    content: bytes,
    ending: str,
) -> None:
    for file in exports_in(fresh_files(content, ending)):
        result = load_file(conn, business, notes, file, NIGHT)
        assert result.status in ("loaded", "refused", "unchanged")
        if result.status == "refused":
            assert result.reason
            assert result.fix
    assert_books_balance(conn)


def test_a_table_of_many_blocks_comes_back_equal(
    conn: psycopg.Connection[Any],
    business: Business,
    notes: Declaration,
    fresh_files: Callable[..., Path],
) -> None:
    plain = [(str(number), f"C:\\notes\\{number} {'ø' * (number % 50)}") for number in range(120_000)]
    quoted = [
        (str(number), f'note "{number}",\nsecond line {"ø" * (number % 50)}') for number in range(120_000, 180_000)
    ]
    rows = plain + quoted
    written = io.StringIO(newline="")
    csv.writer(written).writerows([HEADERS[:2], *rows])
    result = load_file(conn, business, notes, fresh_files(written.getvalue().encode()), NIGHT)
    assert result.loaded == len(rows)
    found = conn.execute("select record_id, note from raw.notebook__notes order by _row_number").fetchall()
    assert found == rows
