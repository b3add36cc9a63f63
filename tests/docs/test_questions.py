"""docs/questions.md asks thirty questions, of every mart, in the house's SQL; what they give is told by tests/e2e."""

from __future__ import annotations

import re

import pytest
from docs.sql_blocks import sql_blocks
from sqlfluff.core import FluffConfig, Linter

from rapport.settings import DBT_PROJECT, PROJECT_ROOT

PAGE = (PROJECT_ROOT / "docs/questions.md").read_text(encoding="utf-8")
QUESTIONS = re.split(r"^### ", PAGE, flags=re.MULTILINE)[1:]


def test_there_are_thirty_questions_numbered_through() -> None:
    numbers = [int(question.split(".")[0]) for question in QUESTIONS]
    assert numbers == list(range(1, 31))


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.split("\n")[0])
def test_a_question_has_its_sql_its_result_and_how_to_read_it(question: str) -> None:
    assert question.split("\n")[0].endswith("?")
    blocks = sql_blocks(question)
    assert blocks
    assert all(len(statements) == 1 and table for statements, table in blocks)
    words = question.rsplit("|\n", 1)[1].strip()
    assert len(words.split()) >= 10, "how to read it"
    assert "```" not in words


def test_every_published_mart_is_asked() -> None:
    marts = {f"{path.parent.name}.{path.stem}" for path in (DBT_PROJECT / "models/marts").glob("*/*.sql")}
    statements = "\n".join(statement for statements, _ in sql_blocks(PAGE) for statement in statements)
    asked = set(re.findall(r"\b(?:from|join) ([a-z0-9_]+\.[a-z0-9_]+)", statements))
    assert asked == marts


def test_results_do_not_follow_the_clock() -> None:
    assert re.findall(r"\b(now\(|current_|localtime|random\(|tablesample)", PAGE) == []


def test_the_sql_is_in_the_houses_style() -> None:
    linter = Linter(config=FluffConfig.from_path(str(PROJECT_ROOT), overrides={"templater": "raw"}))
    found = [
        (statement.splitlines()[0], violation.rule_code(), violation.desc())
        for statements, _ in sql_blocks(PAGE)
        for statement in statements
        for violation in linter.lint_string(f"{statement};\n").get_violations()
    ]
    assert found == []
