"""Survey exports: two header rows, any questions, single-byte encodings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from landing.exports import NIGHT, raw_rows

from rapport.businesses import Business, Dialect
from rapport.landing import Declaration, LoadResult, load_file

Conn = psycopg.Connection[Any]
TakeIn = Callable[..., LoadResult]
RESPONSES = "surveymonkey responses"


@pytest.fixture
def survey(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(content: bytes, name: str = "survey.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


def test_the_star_wars_survey_is_read_whole(take_in: TakeIn, shared: Path, conn: Conn) -> None:
    result = take_in(shared / "exports/real/surveymonkey_star_wars.csv", RESPONSES)
    assert (result.status, result.loaded, result.quarantined) == ("loaded", 1186, 0)
    assert result.encoding == "windows-1252"
    (first,) = raw_rows(conn, "surveymonkey__responses", "_extra")[0]
    seen = "Which of the following Star Wars films have you seen? Please select all that apply."
    assert first[f"{seen} | Star Wars: Episode VI Return of the Jedi"] == "Star Wars: Episode VI Return of the Jedi"
    assert first["Do you consider yourself to be a fan of the Expanded Universe?Œæ"] == "No"
    assert first["Gender"] == "Male"


def test_the_steak_survey_is_read_whole(take_in: TakeIn, shared: Path, conn: Conn) -> None:
    result = take_in(shared / "exports/real/surveymonkey_steak.csv", RESPONSES)
    assert (result.status, result.loaded, result.encoding) == ("loaded", 550, "utf-8")
    questions = {key for (extra,) in raw_rows(conn, "surveymonkey__responses", "_extra") for key in extra or {}}
    assert "Do you eat steak?" in questions
    assert not any("<br>" in question or "  " in question for question in questions)


def test_a_single_header_row_is_accepted(take_in: TakeIn, survey: Callable[..., Path], conn: Conn) -> None:
    assert take_in(survey(b"RespondentID,How was it?\n1,fine\n2,bad\n"), RESPONSES).loaded == 2
    assert raw_rows(conn, "surveymonkey__responses", "_extra") == [
        ({"How was it?": "fine"},),
        ({"How was it?": "bad"},),
    ]


def test_questions_that_repeat_are_kept_apart(take_in: TakeIn, survey: Callable[..., Path], conn: Conn) -> None:
    take_in(survey(b"Respondent ID,Why?,Why?\n,Response,Response\n1,a,b\n"), RESPONSES)
    assert raw_rows(conn, "surveymonkey__responses", "_extra") == [({"Why?": "a", "Why? (2)": "b"},)]


def test_semicolons_and_danish_letters_are_read(take_in: TakeIn, survey: Callable[..., Path], conn: Conn) -> None:
    content = "Respondent ID;Hvordan gik det?\n;Open-Ended Response\n1;På værste måde, øv\n".encode("windows-1252")
    result = take_in(survey(content), RESPONSES)
    assert (result.delimiter, result.encoding) == (";", "windows-1252")
    assert raw_rows(conn, "surveymonkey__responses", "_extra->>'Hvordan gik det?'") == [("På værste måde, øv",)]


def test_letters_that_two_encodings_read_differently_are_not_guessed(
    take_in: TakeIn,
    survey: Callable[..., Path],
    conn: Conn,
    business: Business,
    declarations: list[Declaration],
) -> None:
    path = survey("Respondent ID,Nasıldı?\n,Response\n1,Teşekkürler\n".encode("windows-1254"))
    result = take_in(path, RESPONSES)
    assert result.status == "refused"
    assert "line 1" in str(result.reason)
    assert "windows-1254" in str(result.fix)
    told = business.model_copy(update={"dialects": {"surveymonkey": Dialect(encodings=["utf-8", "windows-1254"])}})
    responses = next(table for table in declarations if str(table) == RESPONSES)
    assert load_file(conn, told, responses, path, NIGHT).status == "loaded"
    assert raw_rows(conn, "surveymonkey__responses", "_extra->>'Nasıldı?'") == [("Teşekkürler",)]


def test_two_encodings_in_one_file_are_refused(take_in: TakeIn, survey: Callable[..., Path]) -> None:
    content = b"Respondent ID,Q\n,Response\n1,\xc3\xb8\n2,\xf8\n"
    result = take_in(survey(content), RESPONSES)
    assert result.status == "refused"
    assert "line 3" in str(result.reason)
    assert "mixed" in str(result.reason)


def test_times_in_any_form_are_loaded_and_impossible_ones_quarantined(
    take_in: TakeIn, survey: Callable[..., Path]
) -> None:
    rows = ("1,03/01/2026 10:00:00", "2,2026-03-01T10:00:00+00:00", "3,13/01/2026 10:00:00", "4,01/31/2026 10:00:00")
    content = "\n".join(["Respondent ID,End Date", ",", *rows, ""]).encode()
    result = take_in(survey(content), RESPONSES)
    assert (result.loaded, result.quarantined, result.date_order) == (3, 1, "mdy")
