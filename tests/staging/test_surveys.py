"""Survey exports are kept whole, whatever they ask; who is asked decides where the answers go."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from staging.conftest import EXPORTS, NIGHT, Staged

from rapport.landing import load_file
from rapport.landing.packing import ExportFile
from rapport.landing.recognition import recognise

Conn = psycopg.Connection[Any]
VENDORS = ("qualtrics", "surveymonkey", "typeform")
FILES = sorted(path for vendor in VENDORS for path in (EXPORTS / vendor).iterdir())
HEADERS = {
    "surveymonkey_prefix.csv": "surveymonkey responses",
    "qualtrics_3rows.csv": "qualtrics responses",
    "qualtrics_legacy_2rows.csv": "qualtrics legacy_responses",
}


def answers(conn: Conn, vendor: str, survey: str, columns: str, concept: str = "survey_answers") -> list[Any]:
    """Columns of a survey's answers, by response and question."""
    return conn.execute(
        f"select {columns} from build_staging.stg_{vendor}__{concept} where survey = %s"
        " order by response_id, question_id, question, choice, source_record_id",
        [survey],
    ).fetchall()


@pytest.mark.parametrize(
    ("name", "encoding", "n_responses"),
    [("surveymonkey_star_wars", "windows-1252", 1186), ("surveymonkey_steak", "utf-8", 550)],
)
def test_every_answer_of_a_real_survey_is_a_row(
    staged: Staged, conn: Conn, shared: Path, name: str, encoding: str, n_responses: int
) -> None:
    path = shared / "exports" / "real" / f"{name}.csv"
    (responses,) = [table for table in staged.declarations if str(table) == "surveymonkey responses"]
    assert load_file(conn, staged.business, responses, path, NIGHT).loaded == n_responses
    models = ("base_surveymonkey__questions", "base_surveymonkey__responses", "stg_surveymonkey__survey_answers")
    staged.again(conn, *models)

    with path.open(encoding=encoding, newline="") as file:
        rows = list(csv.reader(file))[2:]
    filled = [(row[0], position) for row in rows for position, cell in enumerate(row) if position and cell.strip()]
    found = answers(conn, "surveymonkey", name, "response_id, question, choice")
    assert len(found) == len(filled) > 5_000
    assert Counter(response for response, *_ in found) == Counter(f"surveymonkey:{response}" for response, _ in filled)
    asked = Counter((question, choice) for _, question, choice in found)
    assert sorted(asked.values()) == sorted(Counter(position for _, position in filled).values())
    respondents = conn.execute(
        "select count(*) from build_staging.base_surveymonkey__responses where survey = %s", [name]
    ).fetchone()
    assert respondents == (len(rows),) == (n_responses,)


def test_a_question_over_several_columns_keeps_its_choices_apart(staged: Staged, conn: Conn) -> None:
    bought = "What did you buy? Please select all that apply."
    found = answers(conn, "surveymonkey", "After delivery", "question, choice, answer_text")
    assert [row[1:] for row in found if row[0] == bought] == [
        ("Lamp", "Lamp"),
        ("Rug", "Rug"),
        ("Other (please specify)", "a chair"),
        ("Lamp", "Lamp"),
    ]


def test_qualtrics_answers_carry_id_and_label_and_the_zone_of_their_header(staged: Staged, conn: Conn) -> None:
    found = answers(conn, "qualtrics", "After delivery", "question_id, question, measure, answer_number, answered_at")
    at = datetime(2026, 2, 27, 9, 4, tzinfo=UTC)  # 10:04 in Copenhagen
    assert found[:3] == [
        ("Q1", "Hvor sandsynligt er det, at du vil anbefale os til en ven?", "nps", 9, at),
        ("Q1_NPS_GROUP", "Hvor sandsynligt er det, at du vil anbefale os til en ven? - Gruppe", "other", 3, at),
        ("Q2", "Hvor tilfreds er du med leveringen ?", "csat", 5, at),
    ]


def test_typeforms_repeated_questions_are_answers_of_their_own(staged: Staged, conn: Conn) -> None:
    found = answers(conn, "typeform", "After purchase", "response_id, measure, answer_text")
    comments = [text for response, measure, text in found if measure == "text" and response.startswith("typeform:5dm")]
    assert sorted(comments) == ["Mere plads", 'Svar hurtigere, "tak"']
    joined = answers(conn, "typeform", "k7Gh2Lq9", "answer_text, answer_number")
    assert ("Price/Delivery/Web/mobile site", None) in joined  # an option may hold a /, so the cell stays whole


@pytest.mark.parametrize(
    ("vendor", "survey", "scores"),
    [("typeform", "Çalışan anketi", [1, 4]), ("qualtrics", "Pulse_2016", [1, 4])],
    ids=["told by the survey's name", "told by a question"],
)
def test_employees_make_no_customers_and_can_be_asked_about_promises(
    staged: Staged, conn: Conn, vendor: str, survey: str, scores: list[int]
) -> None:
    found = answers(conn, vendor, survey, "measure, answer_number, answer_text", "employee_answers")
    assert sorted(number for measure, number, _ in found if measure == "promise") == scores
    assert not any("@" in text or "Ece" in text for *_, text in found)
    assert answers(conn, vendor, survey, "1") == []
    customers = conn.execute(
        f"select email_raw, full_name_raw from build_staging.stg_{vendor}__customers"
        " where email_raw like '%hane.example' or full_name_raw is not null"
    ).fetchall()
    assert customers == []


def test_respondents_are_who_they_said_they_are(staged: Staged, conn: Conn) -> None:
    found = conn.execute(
        "select external_id, email_raw, phone_raw, first_name_raw from build_staging.stg_typeform__customers"
        " where email_raw is not null order by email_raw"
    ).fetchall()
    assert found == [
        ("typeform:hefupfubphvacf8sv12ch63vnvacgl4s", "ada@example.com", "+905321234567", "Ada"),
        ("typeform:5dm9nya2b0mwd55dm8h7sy59j4q36wf8", "niels@example.com", None, "Niels"),
    ]


def test_addresses_in_the_network_are_in_no_table(staged: Staged, conn: Conn) -> None:
    tables = [table.raw_table for table in staged.declarations if table.vendor in VENDORS]
    for table in tables:
        rows = conn.execute(f"select to_jsonb(raw_rows)::text from raw.{table} as raw_rows").fetchall()
        assert rows
        assert not [row for (row,) in rows if "203.0.113." in row or "98eebf3737" in row or "12.56" in row]


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_a_survey_is_recognised_without_its_vendors_folder(staged: Staged, tmp_path: Path, file: Path) -> None:
    path = tmp_path / "download.csv"
    path.write_bytes(file.read_bytes())
    found = recognise(ExportFile.whole(path), tmp_path, staged.declarations)
    (load,) = [load for load in staged.loads if load.file == file.name]
    assert (found.vendor, found.declaration and found.declaration.table) == (load.vendor, load.table)


@pytest.mark.parametrize("header", HEADERS)
def test_the_vendors_own_headers_are_recognised(staged: Staged, shared: Path, tmp_path: Path, header: str) -> None:
    path = tmp_path / "download.csv"
    path.write_bytes((shared / "exports" / "headers" / header).read_bytes())
    assert str(recognise(ExportFile.whole(path), tmp_path, staged.declarations).declaration) == HEADERS[header]


def test_typeforms_new_and_old_columns_are_recognised(staged: Staged, shared: Path, tmp_path: Path) -> None:
    headers = (shared / "exports" / "headers" / "typeform_new_and_old.txt").read_text(encoding="utf-8").splitlines()
    assert len(headers) == 2
    for header in headers:
        path = tmp_path / "download.csv"
        path.write_text(header.replace("<question text>,…", "How was it?,Why?") + "\n", encoding="utf-8")
        assert str(recognise(ExportFile.whole(path), tmp_path, staged.declarations).declaration) == "typeform responses"
