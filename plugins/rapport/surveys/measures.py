"""What a survey question measures: as the seeds declare it, else as its answers suggest.

The seeds are read as dbt reads them (macros/surveys.sql), so that what is shown here is what a night will do.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rapport import settings

_FOLDED = str.maketrans("İIıŞşĞğÜüÖöÇçÆæØøÅåÉé’", "iiissgguuooccaaooaaee'")
# Above these the scales that come with Rapport end: 0-10 (NPS), 1-7 (CES), 1-5 (CSAT).
_SCALES = (("csat", 1, 5), ("ces", 1, 7), ("nps", 0, 10))
_LONG_ANSWER = 25  # characters, on average: from here on people write rather than choose
_MOST = 0.8  # share of answers that has to look alike


@dataclass(frozen=True)
class SeedRow:
    """One row of the seed survey_questions; what is empty fits anything."""

    position: int
    vendor: str
    survey_pattern: str
    question_id: str
    question_pattern: str
    measure: str


@dataclass(frozen=True)
class Answers:
    """What is known of a question's answers: none of them, only what they look like.

    `low` and `high`: the range of those that are, or begin with, a whole number of at most two digits.
    """

    n: int
    n_distinct: int
    n_numbers: int
    low: int | None
    high: int | None
    n_emails: int
    n_phones: int
    mean_length: float
    n_on_scale: dict[str, int]


@dataclass(frozen=True)
class Measure:
    """A measure and why: `position` is the seed's row, None where the answers suggest it."""

    name: str
    why: str
    position: int | None = None


def seed_rows(path: Path | None = None) -> list[SeedRow]:
    """The seed survey_questions, in the order its rows are tried."""
    with (path or settings.SEEDS / "survey_questions.csv").open(encoding="utf-8", newline="") as file:
        rows = [SeedRow(position=int(row.pop("position")), **row) for row in csv.DictReader(file)]
    return sorted(rows, key=lambda row: row.position)


def scale_words(path: Path | None = None) -> dict[str, set[str]]:
    """Answers in words by measure, folded, as the seed survey_scales has them."""
    words: dict[str, set[str]] = {}
    with (path or settings.SEEDS / "survey_scales.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            words.setdefault(row["measure"], set()).add(fold(row["answer"]))
    return words


def fold(text: str) -> str:
    """Text for comparing, as dbt's macro `fold` has it."""
    return unicodedata.normalize("NFKC", text).translate(_FOLDED).lower()


def fits(text: str | None, pattern: str) -> bool:
    """Whether a pattern of `like` fits a text, folded; an empty pattern fits anything."""
    if not pattern:
        return True
    if text is None:
        return False
    expression = "".join({"%": ".*", "_": "."}.get(character, re.escape(character)) for character in fold(pattern))
    return re.fullmatch(expression, fold(text), re.DOTALL) is not None


def declared(
    rows: Sequence[SeedRow], vendor: str, survey: str, question_id: str | None, question: str, choice: str | None
) -> Measure | None:
    """The measure of the first row that fits a question, None without one."""
    asked = " | ".join(filter(None, (question, choice)))
    for row in rows:
        if (
            row.vendor in ("", vendor)
            and fits(survey, row.survey_pattern)
            and fits(question_id, row.question_id)
            and fits(asked, row.question_pattern)
        ):
            return Measure(row.measure, f"row {row.position} of seeds/survey_questions.csv", row.position)
    return None


def suggested(answers: Answers) -> Measure | None:
    """What answers look like; None where nothing can be said. A suggestion is for a person to confirm."""
    if answers.n == 0:
        return None
    for measure, found in (("email", answers.n_emails), ("phone", answers.n_phones)):
        if found >= _MOST * answers.n:
            return Measure(measure, f"{found:,} of {answers.n:,} answers look like one")
    for measure, found in answers.n_on_scale.items():
        if found >= _MOST * answers.n:
            return Measure(measure, f"{found:,} of {answers.n:,} answers are words of its scale")
    if answers.low is not None and answers.high is not None and answers.n_numbers == answers.n:
        for measure, least, most in _SCALES:
            # A scale is known by its upper end: 3 to 5 of five, 8 to 10 of eleven.
            if least <= answers.low and most - 1 <= answers.high <= most and answers.n_distinct > 1:
                return Measure(measure, f"whole numbers from {answers.low} to {answers.high}")
        return None
    if answers.mean_length >= _LONG_ANSWER and answers.n_distinct > answers.n / 2:
        return Measure("text", f"{answers.mean_length:.0f} characters on average, hardly any answer twice")
    return None
