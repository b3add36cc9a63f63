"""Asking the live tables, with the rights of an analyst."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import psycopg
from psycopg import sql

from rapport.errors import RapportError, UsageError, WarehouseError
from rapport.metrics.engine import MetricEngine, Question
from rapport.publishing.live_tables import ANALYST

Connection = psycopg.Connection[Any]
LEAST_SHOWN = 30  # as `min_customers_for_a_share`: of fewer a share or mean is a hint, not a figure


@dataclass(frozen=True)
class Answer:
    """Rows of the values of `by`, then for each metric its figure and what it is of (None where it is of nothing)."""

    by: Sequence[str]
    metrics: Sequence[str]
    rows: Sequence[tuple[tuple[Any, ...], tuple[tuple[Decimal | None, int | None], ...]]]


@contextmanager
def connected_as_analyst(business: str) -> Iterator[Connection]:
    """A connection that reads what analysts may, whoever's login it is, and writes nothing.

    Raises RapportError where the business has no warehouse yet.
    """
    from rapport.warehouse import has_warehouse, warehouse_url

    if not has_warehouse(business):
        raise RapportError(f"{business} has no warehouse yet.", fix=f"run a night: make run BUSINESS={business}")
    with psycopg.connect(warehouse_url(business), application_name="rapport metrics") as conn:
        conn.execute("set default_transaction_read_only = on")
        conn.execute("set time zone 'UTC'")
        conn.commit()
        try:
            conn.execute(sql.SQL("set role {}").format(sql.Identifier(ANALYST)))
            conn.commit()
        except psycopg.errors.InsufficientPrivilege:
            raise WarehouseError(
                f"This login may not act as {ANALYST}.",
                where=f"role {conn.info.user}",
                fix=f"grant {ANALYST} to it (docs/how-to/give-an-analyst-access.md)",
            ) from None
        yield conn


def ask(conn: Connection, engine: MetricEngine, question: Question) -> Answer:
    """Figures of the question, rounded as the marts round them, each with the number it is a share or mean of.

    Rows of which no metric has a figure are left out. Raises UsageError for what cannot be asked, RapportError for live
    tables that are older than the definitions.
    """
    metrics = [engine.metric(name) for name in question.metrics]
    counts = [metric.of for metric in metrics if metric.of and metric.of not in question.metrics]
    columns = list(dict.fromkeys([*question.metrics, *counts]))
    statement = engine.sql(Question(columns, question.by, question.where, question.limit))
    n = len(question.by)
    rows = []
    for row in _fetched(conn, statement):
        values = dict(zip(columns, row[n:], strict=True))
        figures = tuple(
            (_rounded(values[metric.name], metric.decimals), _count(values[metric.of]) if metric.of else None)
            for metric in metrics
        )
        if any(figure is not None for figure, _ in figures):
            rows.append((tuple(map(_plain, row[:n])), figures))
    return Answer(question.by, question.metrics, rows)


def _fetched(conn: Connection, statement: str) -> list[tuple[Any, ...]]:
    try:
        # Prepared, it can be one statement only.
        return conn.execute(statement, prepare=True).fetchall()  # type: ignore[arg-type]
    except (psycopg.errors.UndefinedColumn, psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName) as error:
        raise RapportError(
            f"The live tables have not what the metric reads: {error.diag.message_primary}",
            fix="run a night with this version: make run",
        ) from None
    except psycopg.errors.InsufficientPrivilege as error:
        raise RapportError(
            f"An analyst may not read that: {error.diag.message_primary}", fix="ask without personal data"
        ) from None
    except (psycopg.ProgrammingError, psycopg.DataError) as error:
        raise UsageError(f"Postgres cannot work that out: {error.diag.message_primary}", fix="check --where") from None


def _rounded(value: Any, decimals: int) -> Decimal | None:
    if value is None:
        return None
    # By the 15 digits that a float keeps of any decimal number: a quotient of floats may be a hair short of its half.
    exact = value if isinstance(value, Decimal) else Decimal(f"{value:.15g}")
    return exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def _count(value: Any) -> int:
    return int(value or 0)


def _plain(value: Any) -> Any:
    return value.date() if isinstance(value, datetime) else value


def as_text(value: Any) -> str:
    """A value of a dimension as the screen and JSON show it."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case date():
            return value.isoformat()
    return str(value)
