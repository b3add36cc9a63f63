"""`rapport metrics`: what is defined, and its figures."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rapport import settings

if TYPE_CHECKING:
    from rapport.metrics.asking import Answer
    from rapport.metrics.engine import MetricEngine

app = typer.Typer(help="Metrics, defined once: what they mean and what they are.", no_args_is_help=True)
BusinessOption = Annotated[str, typer.Option("--business", "-b", help="which business; a file in businesses/")]
JsonOption = Annotated[bool, typer.Option("--json", help="one JSON object, for programs")]


@app.command("list")
def list_metrics(business: BusinessOption = settings.DEFAULT_BUSINESS, as_json: JsonOption = False) -> None:
    """Show each metric with what it means."""
    from rich.console import Console
    from rich.table import Table

    from rapport.metrics.definitions import declared_metrics, live_manifest

    metrics = declared_metrics(live_manifest(business)).values()
    if as_json:
        _print_json({"metrics": [asdict(metric) for metric in metrics]})
        return
    table = Table("metric", "meaning", box=None, pad_edge=False)
    for metric in metrics:
        called = f" Also called {', '.join(metric.also_called)}." if metric.also_called else ""
        table.add_row(metric.name, metric.description + called)
    Console().print(table)


@app.command("show")
def show_metric(
    name: Annotated[str, typer.Argument(help="as `rapport metrics list` shows it")],
    business: BusinessOption = settings.DEFAULT_BUSINESS,
    as_json: JsonOption = False,
) -> None:
    """Show what a metric means, and all it can be told by."""
    from rich.console import Console
    from rich.table import Table

    engine = _engine(business)
    metric = engine.metric(name)
    dimensions = engine.dimensions([name]).values()
    if as_json:
        _print_json(asdict(metric) | {"by": [asdict(dimension) for dimension in dimensions]})
        return
    called = f" Also called {', '.join(metric.also_called)}." if metric.also_called else ""
    of = f" Of: {metric.of}." if metric.of else ""
    typer.echo(f"{metric.label} ({metric.name}): {metric.description}{of}{called}\nGlossary: {metric.glossary}\n")
    table = Table("by", "meaning", box=None, pad_edge=False)
    for dimension in dimensions:
        table.add_row(dimension.name, dimension.description)
    Console().print(table)


@app.command("query")
def query_metrics(
    names: Annotated[list[str], typer.Argument(help="metrics, as `rapport metrics list` shows them")],
    by: Annotated[str, typer.Option(help="month,country,…: what `rapport metrics show NAME` names")] = "",
    where: Annotated[
        list[str] | None, typer.Option(help="condition, such as \"country = 'TR' and month >= '2026-01-01'\"")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="rows at most", min=1)] = None,
    sql: Annotated[bool, typer.Option("--sql", help="print the statement instead of asking it")] = False,
    business: BusinessOption = settings.DEFAULT_BUSINESS,
    as_json: JsonOption = False,
) -> None:
    """Work metrics out on the live marts, with the rights of an analyst."""
    from rapport.metrics.asking import ask, connected_as_analyst
    from rapport.metrics.engine import Question

    engine = _engine(business)
    chosen = [name.strip() for name in by.split(",") if name.strip()]
    question = Question(list(dict.fromkeys(names)), list(dict.fromkeys(chosen)), where or [], limit)
    if sql:
        typer.echo(engine.sql(question))
        return
    with connected_as_analyst(business) as conn:
        answer = ask(conn, engine, question)
    if as_json:
        _print_json(_as_json(answer))
    else:
        _show(engine, answer)


def _engine(business: str) -> MetricEngine:
    from rapport.metrics.definitions import live_manifest
    from rapport.metrics.engine import MetricEngine

    return MetricEngine(live_manifest(business))


def _show(engine: MetricEngine, answer: Answer) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from rapport.metrics.asking import LEAST_SHOWN, as_text

    if not answer.rows:
        typer.echo("No figures.")
        return
    table = Table(*answer.by, box=None, pad_edge=False)
    for name in answer.metrics:
        table.add_column(name, justify="right")
    places = [engine.metric(name).decimals for name in answer.metrics]
    has_thin = False
    for values, figures in answer.rows:
        shown = []
        for decimals, (figure, n) in zip(places, figures, strict=True):
            is_thin = figure is not None and n is not None and n < LEAST_SHOWN
            has_thin |= is_thin
            # A place for the mark in each cell, so that decimals stand below each other.
            shown.append("" if figure is None else f"{figure:,.{decimals}f}{'*' if is_thin else ' '}")
        table.add_row(*(escape(as_text(value)) for value in values), *shown)
    Console().print(table)
    if has_thin:
        typer.echo(f"* too thin: of fewer than {LEAST_SHOWN}")


def _as_json(answer: Answer) -> dict[str, Any]:
    from rapport.metrics.asking import LEAST_SHOWN

    rows = []
    for values, figures in answer.rows:
        row: dict[str, Any] = dict(zip(answer.by, values, strict=True))
        for name, (figure, n) in zip(answer.metrics, figures, strict=True):
            row[name] = figure
            if n is not None:
                row |= {f"{name}_of": n, f"{name}_is_too_thin": n < LEAST_SHOWN}
        rows.append(row)
    return {"by": answer.by, "metrics": answer.metrics, "rows": rows}


def _print_json(content: dict[str, Any]) -> None:
    from decimal import Decimal

    def plain(value: Any) -> Any:
        if isinstance(value, Decimal):
            return int(value) if value == value.to_integral_value() and not value.as_tuple().exponent else float(value)
        return str(value)

    typer.echo(json.dumps(content, default=plain, ensure_ascii=False))
