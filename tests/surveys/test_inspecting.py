"""`rapport survey inspect` says what an export asks and what it measures, and shows no answer."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rapport.businesses import load_business
from rapport.errors import LandingError
from rapport.surveys.inspecting import Inspection, inspect_export

EXPORTS = Path(__file__).parents[1] / "staging" / "exports"
RAPPORT = str(Path(sys.executable).with_name("rapport"))


def inspect(path: Path, **keywords: str) -> Inspection:
    return inspect_export(load_business("sample"), path, **keywords)


def measures(found: Inspection) -> dict[str, tuple[str | None, bool]]:
    """Question (and choice) → measure, and whether a seed's row says so."""
    return {
        " | ".join(filter(None, (question.question, question.choice))): (
            question.measure.name if question.measure else None,
            bool(question.measure and question.measure.position is not None),
        )
        for question in found.questions
    }


def test_a_surveymonkey_export_is_told_question_by_question() -> None:
    (path,) = (EXPORTS / "surveymonkey").glob("*.csv")
    found = inspect(path)
    assert (found.vendor, found.table) == ("surveymonkey", "responses")
    told = measures(found)
    assert told["How likely is it that you would recommend us to a friend or colleague?"] == ("nps", True)
    assert told["Overall, how satisfied are you with your experience?"] == ("csat", True)
    assert told["What did you buy? Please select all that apply. | Lamp"] == (None, False)
    assert told["Which experience is this about?"] == ("touchpoint", True)


def test_a_qualtrics_question_is_known_by_its_id() -> None:
    for path in (EXPORTS / "qualtrics").iterdir():
        found = inspect(path, vendor="qualtrics")
        assert found.questions
        assert all(question.question_id for question in found.questions)


def write(path: Path, header: list[str], rows: list[list[str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def test_the_export_of_an_unknown_tool_is_guessed_at_by_its_answers(tmp_path: Path) -> None:
    opinions = ["the parcel came late and nobody answered my letters", "wonderful service, I was helped at once indeed"]
    path = write(
        tmp_path / "Poll_2026-03-01.csv",
        ["Ticket", "Rate us", "Was it swift", "Say more", "Write to", "Colour"],
        [
            [f"t{i}", str(i % 11), str(1 + i % 5), f"{opinions[i % 2]} {i}", f"a{i}@example.org", "red"]
            for i in range(50)
        ],
    )
    found = inspect(path)
    assert (found.vendor, found.survey, found.n_responses) == (None, "Poll", 50)
    assert measures(found) == {
        "Ticket": (None, False),
        "Rate us": ("nps", False),
        "Was it swift": ("csat", False),
        "Say more": ("text", False),
        "Write to": ("email", False),
        "Colour": (None, False),
    }
    added = {row.question_pattern: row.measure for row in found.rows_to_add}
    assert added == {"Rate us": "nps", "Was it swift": "csat", "Say more": "text", "Write to": "email"}
    assert len({row.position for row in found.rows_to_add}) == 4


def test_the_command_prints_questions_and_never_an_answer(tmp_path: Path) -> None:
    secret = "my own mother in law would not have written it"
    path = write(tmp_path / "Poll.csv", ["Say more", "Rate us"], [[f"{secret} {i}", str(i % 11)] for i in range(30)])
    for options in ([], ["--json"]):
        done = subprocess.run(
            [RAPPORT, "survey", "inspect", str(path), *options],
            env=os.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "Rate us" in done.stdout
        assert secret not in done.stdout
    asked = json.loads(done.stdout)["questions"]
    assert [(question["question"], question["measure"]) for question in asked] == [
        ("Say more", "text"),
        ("Rate us", "nps"),
    ]


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(LandingError, match="no such file"):
        inspect(tmp_path / "none.csv")
    (tmp_path / "empty.csv").touch()
    with pytest.raises(LandingError, match="empty"):
        inspect(tmp_path / "empty.csv")
    with pytest.raises(LandingError, match="no declared survey tool"):
        inspect(next((EXPORTS / "surveymonkey").iterdir()), vendor="shopify")


def test_real_survey_exports_are_read(shared: Path) -> None:
    for path in (shared / "exports" / "real").glob("surveymonkey_*.csv"):
        found = inspect(path, vendor="surveymonkey")
        assert found.n_responses > 500, path.name
        assert len(found.questions) > 8, path.name
