"""`rapport survey`."""

from __future__ import annotations

import csv
import io
import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rapport import settings

if TYPE_CHECKING:
    from rapport.surveys.inspecting import Inspection, Question

app = typer.Typer(help="Surveys: what an export asks, and what it measures.", no_args_is_help=True)


@app.callback()
def _surveys() -> None:
    """Keep `inspect` a command of its own while it is the only one."""


@app.command("inspect")
def inspect_survey(
    path: Annotated[Path, typer.Argument(help="a survey tool's export")],
    vendor: Annotated[str | None, typer.Option(help="whose export it is; else its name or header says")] = None,
    survey: Annotated[str | None, typer.Option(help="the survey's name; else the file's says")] = None,
    business: Annotated[str, typer.Option("--business", "-b", help="whose dialects count")] = settings.DEFAULT_BUSINESS,
    json: Annotated[bool, typer.Option("--json", help="as one JSON object")] = False,
) -> None:
    """Show each question with its measure: by the seeds, or suggested. Shows no answer, loads nothing."""
    from rapport.businesses import load_business
    from rapport.surveys.inspecting import as_json, inspect_export

    found = inspect_export(load_business(business), path, vendor, survey)
    if json:
        typer.echo(json_module.dumps(as_json(found), ensure_ascii=False))
    else:
        _show(found)


def _show(found: Inspection) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    whose = f"{found.vendor} {found.table}" if found.vendor else "of no declared tool (docs/how-to/add-a-source.md)"
    seen = f"{found.n_responses:,} responses" if found.is_whole else f"the first {found.n_responses:,} responses"
    console.print(f"{found.file}: {whose}, survey “{found.survey}”, {seen}", highlight=False, markup=False)
    table = Table("question", "answers", "measure", "because", box=None, pad_edge=False)
    table.columns[1].justify = "right"
    for question in found.questions:
        table.add_row(_title(question), f"{question.n_answers:,}", *_measure(question))
    console.print(table)
    if found.rows_to_add:
        console.print("\nSuggestions become so by these rows in dbt_project/seeds/survey_questions.csv:", markup=False)
        for row in found.rows_to_add:
            line = io.StringIO()
            csv.writer(line, lineterminator="").writerow(vars(row).values())
            console.print(line.getvalue(), markup=False, highlight=False, soft_wrap=True)


def _title(question: Question) -> str:
    from rich.markup import escape

    parts = (question.question_id, question.question, question.choice)
    return escape(" | ".join(filter(None, parts)))


def _measure(question: Question) -> tuple[str, str]:
    if question.measure is None:
        return "[dim]other[/]", ""
    style = "green" if question.measure.position is not None else "yellow"
    mark = "" if question.measure.position is not None else "?"
    return f"[{style}]{question.measure.name}{mark}[/]", question.measure.why
