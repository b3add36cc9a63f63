"""What stands above and below the records: header rows, lines before them, footers; and what is kept of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from landing.exports import declare, quarantined, raw_rows

from rapport.landing import Declaration, LoadResult

Conn = psycopg.Connection[Any]
TakeInAs = Callable[..., LoadResult]

ID = {"required": True, "not_null": True}


@pytest.fixture
def responses() -> Declaration:
    """Responses as Qualtrics writes them: columns known by their names, labelled in the account's language."""
    return declare(
        {
            "response_id": {"header": "ResponseId", "aliases": ["V1"], **ID},
            "start_date": {"header": "StartDate", "aliases": ["V8"], "check": "timestamp"},
            "ip_address": {"header": "IPAddress", "aliases": ["V6"], "drop": True},
        },
        header_rows=["name", "label", "metadata"],
        formats={"timestamp": ["%Y-%m-%d %H:%M:%S"]},
    )


def headed(conn: Conn) -> list[tuple[Any, ...]]:
    return conn.execute(
        "select position, column_name, extra_key, header, label, metadata from ops.load_columns order by position"
    ).fetchall()


NAMES = "StartDate,IPAddress,ResponseId,Q1\n"
LABELS = "Anfangsdatum,IP-Adresse,Antwort-ID,Wie war es?\n"
METADATA = (
    '"{""ImportId"":""startDate"",""timeZone"":""UTC""}",{},"{""ImportId"":""_recordId""}","{""ImportId"":""QID1""}"\n'
)
RECORD = "2026-03-01 10:00:00,203.0.113.7,R_1,gut\n"


def test_names_labels_and_metadata_are_no_records_and_are_kept(
    take_in_as: TakeInAs, responses: Declaration, conn: Conn
) -> None:
    assert take_in_as(responses, NAMES + LABELS + METADATA + RECORD).loaded == 1
    assert raw_rows(conn, "notebook__notes", "response_id", "_extra") == [("R_1", {"Q1": "gut"})]
    assert headed(conn) == [
        (1, "start_date", None, "StartDate", "Anfangsdatum", '{"ImportId":"startDate","timeZone":"UTC"}'),
        (3, "response_id", None, "ResponseId", "Antwort-ID", '{"ImportId":"_recordId"}'),
        (4, None, "Q1", "Q1", "Wie war es?", '{"ImportId":"QID1"}'),
    ]


@pytest.mark.parametrize("above", [NAMES, NAMES + LABELS, NAMES + METADATA, NAMES + LABELS + METADATA])
def test_a_header_row_that_a_file_lacks_costs_no_record(
    take_in_as: TakeInAs, responses: Declaration, conn: Conn, above: str
) -> None:
    result = take_in_as(responses, above + RECORD + RECORD.replace("R_1", "R_2"))
    assert (result.read, result.loaded) == (2, 2)


def test_a_first_record_with_a_bad_value_is_quarantined_not_taken_for_a_header(
    take_in_as: TakeInAs, conn: Conn
) -> None:
    table = declare(
        {"id": ID, "started_at": {"check": "timestamp"}, "score": {"check": "integer"}},
        header_rows=["name", "label"],
        formats={"timestamp": ["%Y-%m-%d %H:%M:%S"]},
    )
    result = take_in_as(table, "id,started_at,score\nR_1,yesterday,9\nR_2,2026-03-01 10:00:00,8\n")
    assert (result.read, result.loaded) == (2, 1)
    assert quarantined(conn) == [(1, "timestamp", "started_at")]


@pytest.mark.parametrize("end", [",", ""])
def test_legacy_names_with_a_trailing_comma_are_read_with_records_that_have_it_or_not(
    take_in_as: TakeInAs, responses: Declaration, conn: Conn, end: str
) -> None:
    header = "V1,V6,V8,Q1,\nResponseID,IPAddress,StartDate,How was it?,\n"
    rows = f"R_1,203.0.113.7,2026-03-01 10:00:00,fine{end}\nR_2,203.0.113.8,2026-03-01 11:00:00,bad{end}\n"
    result = take_in_as(responses, header + rows)
    assert (result.loaded, result.quarantined) == (2, 0)
    assert raw_rows(conn, "notebook__notes", "response_id", "_extra") == [
        ("R_1", {"Q1": "fine"}),
        ("R_2", {"Q1": "bad"}),
    ]


def test_records_may_end_in_a_delimiter_that_the_header_lacks(take_in_as: TakeInAs, conn: Conn) -> None:
    result = take_in_as(declare({"id": ID, "note": {}}), "id,note\n1,a,\n2,b,\n")
    assert (result.loaded, result.quarantined, result.new_columns) == (2, 0, ())
    assert take_in_as(declare({"id": ID, "note": {}}), "id,note\n1,a,\n2,b,more\n").quarantined == 2


def test_a_question_is_known_for_each_of_its_choices(take_in_as: TakeInAs, conn: Conn) -> None:
    table = declare({"id": ID}, header_rows=["question", "choice"])
    take_in_as(table, "id,Seen?,,Why?\n,Film I,Film II,Open-Ended Response\n1,yes,,because\n")
    assert headed(conn) == [
        (1, "id", None, "id", None, None),
        (2, None, "Seen? | Film I", "Seen?", "Film I", None),
        (3, None, "Seen? | Film II", "Seen?", "Film II", None),
        (4, None, "Why?", "Why?", "Open-Ended Response", None),
    ]


def test_lines_above_the_header_are_passed_over(take_in_as: TakeInAs, conn: Conn) -> None:
    content = 'Report "Notes" of 1 March, page 1\n\nid,note\n1,a\n'
    result = take_in_as(declare({"id": ID, "note": {}}, skip_rows=1), content)
    assert (result.read, result.loaded) == (1, 1)
    assert raw_rows(conn, "notebook__notes", "id", "note") == [("1", "a")]


# ---- footers

FOOTER = r"(Grand )?Totals?|Copyright .*"


@pytest.mark.parametrize(
    ("below", "skipped"),
    [
        ('"Total",9\n', 1),
        ('\n"My report"\n"Copyright (c) 2026"\n"Confidential"', 4),
        ("Grand Totals,9\n\nCopyright 2026,\n", 3),
    ],
)
def test_lines_that_end_a_report_are_skipped_and_counted(
    take_in_as: TakeInAs, conn: Conn, below: str, skipped: int
) -> None:
    table = declare({"id": ID, "amount": {}}, footer=FOOTER)
    result = take_in_as(table, "id,amount\n1,4\n2,5\n" + below)
    assert (result.status, result.loaded, result.quarantined, result.skipped) == ("loaded", 2, 0, skipped)


def test_what_reads_like_a_footer_above_a_row_is_quarantined(take_in_as: TakeInAs, conn: Conn) -> None:
    table = declare({"id": ID, "amount": {}}, footer=FOOTER)
    result = take_in_as(table, "id,amount\nTotal,4\n2,5\nalone\n3,6\nTotal,9\n")
    assert (result.read, result.loaded, result.quarantined, result.skipped) == (5, 2, 2, 1)
    assert quarantined(conn) == [(1, "footer", None), (3, "ragged_row", None)]


def test_single_cells_at_the_end_are_no_footer_unless_one_reads_like_it(take_in_as: TakeInAs, conn: Conn) -> None:
    table = declare({"id": ID, "amount": {}}, footer=FOOTER)
    result = take_in_as(table, "id,amount\n1,4\nConfidential\n")
    assert (result.loaded, result.quarantined, result.skipped) == (1, 1, 0)


# ---- fixed width

WIDE = [
    {"header": "Name", "start": 1, "length": 10},
    {"header": "Town", "start": 12, "length": 8},
    {"header": "Old", "start": 21, "length": 1},
]


@pytest.fixture
def register() -> Declaration:
    return declare(
        {"name": ID, "town": {}, "old": {}}, fixed_width=WIDE, skip_rows=2, encodings=["iso8859-1"], footer="9{3} .*"
    )


def line(name: str, town: str, old: str = " ") -> str:
    return f"{name:<10}#{town:<8}#{old}\r\n"


def test_fixed_width_is_cut_where_declared(take_in_as: TakeInAs, register: Declaration, conn: Conn) -> None:
    lines = ["2026-03-01\r\n", line("NAVN", "BY", "H"), line("Bøgh,Åse", "Ærø"), "\r\n", line("Holm", "Køge", "*")]
    result = take_in_as(register, "".join(lines).encode("iso8859-1"), name="notes.txt")
    assert (result.read, result.loaded, result.skipped, result.delimiter) == (3, 2, 1, None)
    assert raw_rows(conn, "notebook__notes", "_row_number", "name", "town", "old") == [
        (1, "Bøgh,Åse", "Ærø", None),
        (3, "Holm", "Køge", "*"),
    ]


def test_a_line_longer_than_declared_is_quarantined(take_in_as: TakeInAs, register: Declaration, conn: Conn) -> None:
    lines = ["\n", "\n", line("Bøgh", "Ærø"), line("Holm", "Køge").replace("\r\n", "and more\r\n"), line("Dahl", "By")]
    result = take_in_as(register, "".join(lines).encode("iso8859-1"), name="notes.txt")
    assert (result.read, result.loaded, result.quarantined) == (3, 2, 1)
    assert quarantined(conn) == [(2, "ragged_row", None)]


def test_fixed_width_cut_off_in_its_last_line_is_refused(take_in_as: TakeInAs, register: Declaration) -> None:
    content = "\n\n" + line("Bøgh", "Ærø") + line("Holm", "Køge")[:14]
    result = take_in_as(register, content.encode("iso8859-1"), name="notes.txt")
    assert result.status == "refused"
    assert "data row 2" in str(result.reason)


def test_fixed_width_of_many_blocks_comes_back_equal(
    take_in_as: TakeInAs, register: Declaration, conn: Conn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("rapport.landing.copying.BLOCK_BYTES", 1 << 12)
    rows = [(f"Øre {number}", f"By {number % 7}", "*" if number % 3 else None) for number in range(3000)]
    content = "\n\n" + "".join(line(name, town, old or " ") for name, town, old in rows)
    assert take_in_as(register, content.encode("iso8859-1"), name="notes.txt").loaded == 3000
    assert raw_rows(conn, "notebook__notes", "name", "town", "old") == rows
