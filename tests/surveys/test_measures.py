"""What a question measures is told by the seeds as dbt reads them, else suggested by what its answers look like."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.surveys.measures import Answers, declared, fits, fold, seed_rows, suggested
from rapport.warehouse import connect

MACRO = Path(__file__).parents[2] / "dbt_project" / "macros" / "fold.sql"
NUMBERS = Answers(
    n=100, n_distinct=5, n_numbers=100, low=1, high=5, n_emails=0, n_phones=0, mean_length=1.0, n_on_scale={}
)


def test_texts_are_folded_as_dbt_folds_them(warehouse: str) -> None:
    alphabet = "".join(chr(code) for code in [*range(32, 127), *range(0xA1, 0x180), 0x2019, 0xFB01, 0xFF21])
    expression = re.sub(r"(?s)\{#.*?#\}|\{%.*?%\}", "", MACRO.read_text()).replace("{{ text }}", "%s").strip()
    with connect(warehouse) as conn:
        for character in alphabet:
            found = conn.execute(f"select {expression}", [character]).fetchone()  # type: ignore[arg-type]
            assert found == (fold(character),), repr(character)


@pytest.mark.parametrize(
    ("question", "choice", "measure"),
    [
        ("How likely are you to recommend us to a friend?", None, "nps"),
        ("BİZİ TAVSİYE ETME OLASILIĞINIZ NEDİR?", None, "nps"),
        ("Hvor sandsynligt er det, at du vil anbefale os?", None, "nps"),
        ("How easy was it?", None, "ces"),
        ("Contact", "Email Address", "email"),
    ],
)
def test_the_wordings_that_come_with_rapport_are_known(question: str, choice: str | None, measure: str) -> None:
    found = declared(seed_rows(), "typeform", "After delivery", None, question, choice)
    assert found is not None
    assert (found.name, found.position is not None) == (measure, True)


def test_a_question_that_no_row_fits_has_no_declared_measure() -> None:
    assert declared(seed_rows(), "typeform", "After delivery", None, "Which colour do you prefer?", None) is None


def test_the_first_row_that_fits_counts_and_its_vendor_and_survey_must_fit_too() -> None:
    base = seed_rows()[-1]
    rows = [
        replace(base, position=1, vendor="qualtrics", question_pattern="", measure="nps"),
        replace(base, position=2, vendor="", survey_pattern="staff%", question_pattern="", measure="promise"),
        replace(base, position=3, vendor="", survey_pattern="", question_pattern="%colour%", measure="csat"),
        replace(base, position=4, vendor="", survey_pattern="", question_pattern="", measure="other"),
    ]
    assert declared(rows, "typeform", "Customers", None, "Which colour?", None).name == "csat"  # type: ignore[union-attr]
    assert declared(rows, "typeform", "Staff 2026", None, "Which colour?", None).name == "promise"  # type: ignore[union-attr]
    assert declared(rows, "qualtrics", "Staff 2026", None, "Which colour?", None).name == "nps"  # type: ignore[union-attr]


@given(st.text(st.characters(exclude_characters="%_\\", exclude_categories=["Cs"]), max_size=20))
def test_a_text_fits_itself_and_whatever_surrounds_it(text: str) -> None:
    assert fits(f"before {text} after", f"%{text}%")
    assert fits(text, text)


@pytest.mark.parametrize(
    ("answers", "measure"),
    [
        (NUMBERS, "csat"),
        (replace(NUMBERS, low=2, high=7), "ces"),
        (replace(NUMBERS, low=0, high=10), "nps"),
        (replace(NUMBERS, low=7, high=9), "nps"),
        (replace(NUMBERS, low=0, high=5), None),
        (replace(NUMBERS, low=12, high=80), None),
        (replace(NUMBERS, low=3, high=3, n_distinct=1), None),
        (replace(NUMBERS, n_numbers=60), None),
        (replace(NUMBERS, n_numbers=0, n_emails=85), "email"),
        (replace(NUMBERS, n_numbers=0, n_phones=85), "phone"),
        (replace(NUMBERS, n_numbers=0, n_on_scale={"csat": 90}), "csat"),
        (replace(NUMBERS, n_numbers=3, mean_length=60.0, n_distinct=98), "text"),
        (replace(NUMBERS, n=0), None),
    ],
)
def test_a_scale_is_suggested_by_its_ends_and_text_by_its_length(answers: Answers, measure: str | None) -> None:
    found = suggested(answers)
    assert (found.name if found else None) == measure
