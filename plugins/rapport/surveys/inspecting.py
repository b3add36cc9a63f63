"""Reading a survey's export to see what it asks; no answer leaves this module."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from rapport.businesses import Business, declared_vendors
from rapport.errors import LandingError
from rapport.landing import value_patterns
from rapport.landing.contents import Contents, is_text, open_binary, open_text
from rapport.landing.declarations import Column, Declaration, load_declarations
from rapport.landing.encodings import Undecodable, choose_encoding, detect_encoding
from rapport.landing.headers import Layout
from rapport.landing.packing import ExportFile, exports_in
from rapport.landing.reading import LARGEST_BLOCK_BYTES
from rapport.landing.recognition import recognise
from rapport.landing.value_forms import fits
from rapport.surveys.measures import Answers, Measure, SeedRow, declared, fold, scale_words, seed_rows, suggested

# Enough to tell a scale from free text.
_MOST_ROWS = 20_000
_MOST_DISTINCT = 1_000
_LEADING_NUMBER = r"\A([0-9]{1,2})(?:[^0-9].*)?\z"
_PHONE = r"['(+]*[0-9][0-9 ()./-]{7,18}"
# What vendors put around a survey's name: before it that it is of responses, behind it the day of the export.
_TYPEFORM = re.compile(r"responses-([^\W_]+)-")
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2}|_[^\W\d_]+[+ ]\d{1,2},?[+ ]\d{4}).*$")


@dataclass(frozen=True)
class Question:
    """A column of answers: what was asked, how much was answered, and what it measures, if that can be told."""

    question_id: str | None
    question: str
    choice: str | None
    n_answers: int
    n_distinct: int
    low: int | None
    high: int | None
    measure: Measure | None


@dataclass(frozen=True)
class Inspection:
    """A survey's export; without a `vendor` no declaration knows it, and every column is shown as a question."""

    file: str
    vendor: str | None
    table: str | None
    survey: str
    encoding: str | None
    delimiter: str | None
    n_responses: int
    is_whole: bool
    questions: list[Question]

    @property
    def rows_to_add(self) -> list[SeedRow]:
        """Rows of the seed survey_questions that would make the suggestions hold."""
        used = {row.position for row in seed_rows()}
        free = (position for position in range(10, 900, 10) if position not in used)
        return [
            SeedRow(
                position=position,
                vendor=self.vendor or "",
                survey_pattern=self.survey,
                question_id=question.question_id or "",
                question_pattern="" if question.question_id else " | ".join(filter(None, _asked(question))),
                measure=question.measure.name,
            )
            for question, position in zip(
                (found for found in self.questions if found.measure and found.measure.position is None),
                free,
                strict=False,
            )
            if question.measure is not None
        ]


def inspect_export(business: Business, path: Path, vendor: str | None = None, survey: str | None = None) -> Inspection:
    """What a survey's export asks, and what each question measures by the seeds or, else, seems to.

    `survey`: its name, if not the file's. Raises LandingError for what is no single readable file.
    """
    if not path.is_file():
        raise LandingError("There is no such file.", where=str(path), fix="check the path")
    everybody = business.model_copy(update={"vendors": list(declared_vendors())})
    tables = [table for table in load_declarations(everybody) if table.kind == "survey"]
    if vendor is not None and all(table.vendor != vendor for table in tables):
        raise LandingError(
            f"{vendor} is no declared survey tool.",
            where="--vendor",
            fix=f"use one of: {', '.join(sorted({table.vendor for table in tables}))}",
        )
    files = exports_in(path)
    if len(files) != 1:
        raise LandingError(f"It holds {len(files)} files.", where=path.name, fix="unpack it and look at one of them")
    table = recognise(files[0], path.parent, tables, vendor).declaration or _undeclared(tables[0])
    contents = _open(files[0], business, table)
    layout = contents.find_layout(table, business.dialect_of(table.vendor))
    if layout is None:
        raise LandingError("line 1: the header is not a readable row.", where=path.name, fix="export it again")
    is_declared = any(table is known for known in tables)
    name = survey or _survey_name(path.name)
    collected, n_rows, is_whole = _collect(contents, layout, table)
    seed, words = seed_rows(), scale_words()
    questions = [
        _question(layout, position, collected[position], table, name, seed, words)
        for position in sorted(layout.extras.values())
        if layout.headings[position].header or collected[position].n
    ]
    return Inspection(
        path.name,
        table.vendor if is_declared else None,
        table.table if is_declared else None,
        name,
        contents.encoding,
        layout.delimiter,
        n_rows,
        is_whole,
        questions,
    )


def _undeclared(like: Declaration) -> Declaration:
    """A table of nothing but questions, for the export of a tool that no declaration knows."""
    export = like.export.model_copy(update={"header_rows": ["name"], "footer": None, "skip_rows": 0})
    column = Column.model_validate(
        {"name": "no_column_of_ours", "data_type": "text", "description": "stands in for a vendor's columns"}
    )
    return like.model_copy(update={"vendor": "undeclared", "export": export, "columns": [column]})


def _open(file: ExportFile, business: Business, table: Declaration) -> Contents:
    if not is_text(file):
        return open_binary(file)
    own = business.dialect_of(table.vendor).encodings
    try:
        encoding = choose_encoding(file, [*(own or table.export.encodings), "utf-8"], is_certain=bool(own))
    except Undecodable:
        if own:
            raise
        encoding = detect_encoding(file)
    return open_text(file, encoding, is_fixed_width=False)


def _survey_name(file_name: str) -> str:
    if found := _TYPEFORM.search(file_name):
        return found[1]
    stem = re.sub(r"(\.[a-z]{1,7})+$", "", file_name, flags=re.IGNORECASE)
    return _DAY.sub("", stem).replace("+", " ").strip(" _-") or stem


@dataclass
class _Collected:
    n: int = 0
    n_numbers: int = 0
    n_emails: int = 0
    n_phones: int = 0
    n_characters: int = 0
    low: int | None = None
    high: int | None = None
    texts: dict[str, int] = field(default_factory=dict)

    def add(self, values: pa.Array) -> None:
        present = pc.utf8_trim_whitespace(values.drop_null())
        present = present.filter(pc.not_equal(present, ""))
        if len(present) == 0:
            return
        self.n += len(present)
        self.n_characters += pc.sum(pc.utf8_length(present)).as_py()
        self.n_emails += pc.sum(fits(present, value_patterns.EMAIL)).as_py()
        self.n_phones += pc.sum(fits(present, _PHONE)).as_py()
        numbers = present.filter(pc.match_substring_regex(present, f"(?s){_LEADING_NUMBER}"))
        if len(numbers):
            leading = pc.cast(pc.replace_substring_regex(numbers, f"(?s){_LEADING_NUMBER}", r"\1"), pa.int32())
            ends = pc.min_max(leading).as_py()
            self.n_numbers += len(numbers)
            self.low = min(ends["min"], ends["min"] if self.low is None else self.low)
            self.high = max(ends["max"], ends["max"] if self.high is None else self.high)
        counts = pc.value_counts(present)
        for text, count in zip(counts.field(0).to_pylist(), counts.field(1).to_pylist(), strict=True):
            if text in self.texts or len(self.texts) < _MOST_DISTINCT:
                self.texts[text] = self.texts.get(text, 0) + count

    def answers(self, words: Mapping[str, set[str]]) -> Answers:
        on_scale = {
            measure: sum(count for text, count in self.texts.items() if fold(text) in known)
            for measure, known in words.items()
        }
        mean_length = self.n_characters / self.n if self.n else 0.0
        return Answers(
            self.n,
            len(self.texts),
            self.n_numbers,
            self.low,
            self.high,
            self.n_emails,
            self.n_phones,
            mean_length,
            on_scale,
        )


def _collect(contents: Contents, layout: Layout, table: Declaration) -> tuple[dict[int, _Collected], int, bool]:
    """What is known of each undeclared column, the number of rows looked at, and whether those are all."""
    collected = {position: _Collected() for position in layout.extras.values()}
    n_rows = 0
    for block in contents.reader(layout, table, LARGEST_BLOCK_BYTES).blocks():
        for position, found in collected.items():
            found.add(block.columns[position])
        n_rows += len(block.row_numbers)
        if n_rows >= _MOST_ROWS:
            return collected, n_rows, False
    return collected, n_rows, True


def _question(
    layout: Layout,
    position: int,
    collected: _Collected,
    table: Declaration,
    survey: str,
    seed: Sequence[SeedRow],
    words: Mapping[str, set[str]],
) -> Question:
    heading = layout.headings[position]
    known_by_id = "label" in table.export.header_rows
    if known_by_id:
        question_id, question, choice = heading.header or None, _plain(heading.label or heading.header), None
    else:
        label = _plain(heading.label or "")
        question_id, question = None, _plain(heading.header)
        choice = label if label.lower() not in ("", "response", "open-ended response") else None
    question = question or layout.shown[position]
    answers = collected.answers(words)
    measure = declared(seed, table.vendor, survey, question_id, question, choice) or suggested(answers)
    return Question(question_id, question, choice, answers.n, answers.n_distinct, answers.low, answers.high, measure)


def _plain(cell: str) -> str:
    return " ".join(re.sub(r"<[^<>]*>", " ", cell).split())


def _asked(question: Question) -> Iterator[str | None]:
    yield question.question
    yield question.choice


def as_json(found: Inspection) -> dict[str, Any]:
    """What programs read."""
    return {
        "file": found.file,
        "vendor": found.vendor,
        "table": found.table,
        "survey": found.survey,
        "encoding": found.encoding,
        "delimiter": found.delimiter,
        "responses": found.n_responses,
        "questions": [
            {
                "question_id": question.question_id,
                "question": question.question,
                "choice": question.choice,
                "answers": question.n_answers,
                "distinct": question.n_distinct,
                "low": question.low,
                "high": question.high,
                "measure": question.measure.name if question.measure else None,
                "is_declared": bool(question.measure and question.measure.position is not None),
                "why": question.measure.why if question.measure else None,
            }
            for question in found.questions
        ],
        "rows_to_add": [vars(row) for row in found.rows_to_add],
    }
