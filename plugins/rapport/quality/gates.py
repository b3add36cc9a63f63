"""A gate: run the suites of a stage, keep what they found, and say whether the night may go on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from rapport.quality.report import Check, GateReport
from rapport.quality.suites import Stage, Suite, Target, declared_targets, load_suite

if TYPE_CHECKING:
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult

Connection = psycopg.Connection[Any]
_PRESENCE = "expect_table_row_count_to_be_between"
# A mart that loses a third of its rows overnight has lost a source.
_SMALLEST_SHARE_OF_LAST_NIGHT = 2 / 3


def rejected_loads(report: GateReport) -> list[str]:
    """Tables (vendor__table) whose suite stopped."""
    return [suite.removeprefix("landing.") for suite in report.stopped_suites]


def run_gate(
    conn_url: str,
    business: str,
    business_date: date,
    stage: Stage,
    targets: Sequence[Target] | None = None,
    *,
    expectations: Path | None = None,
) -> GateReport:
    """Run the suites of the targets (default: all of the stage) and keep the outcome.

    A table that is absent, or empty without its suite saying `may_be_empty`, stops; over no rows every other
    check would hold and mean nothing. Outcomes go to quality.results, replacing those of the same night and
    suite, and to Data Docs under the business's work folder. Raises RapportError for a suite that is missing
    or cannot be read, before anything is checked; whether to go on is for `report.raise_if_stopped()`.
    """
    chosen = declared_targets(stage, expectations) if targets is None else targets
    suites = [(target, load_suite(stage, target.table, expectations)) for target in chosen]
    checks: list[Check] = []
    validated: list[tuple[Suite, Sequence[ExpectationValidationResult]]] = []
    if suites:
        from rapport.quality.validation import check_of, gx_suite, validate

        for _, suite in suites:
            gx_suite(suite)  # every suite is readable, or none is run
        with psycopg.connect(conn_url, autocommit=True) as conn:
            for target, suite in suites:
                found_at_once = _presence(conn, target, suite)
                if found_at_once is not None:
                    checks.append(found_at_once)
                    continue
                parameters = _parameters(conn, suite, business_date)
                with _relation(conn, target, suite) as relation:
                    results = validate(conn_url, suite, relation, parameters)
                checks += [check_of(suite, result) for result in results]
                validated.append((suite, results))
    report = GateReport(business, business_date, stage, tuple(checks))
    _keep(conn_url, report)
    if validated:
        from rapport.quality.data_docs import write_data_docs

        write_data_docs(business, business_date, stage, validated)
    return report


def _presence(conn: Connection, target: Target, suite: Suite) -> Check | None:
    """The only check of a table that is absent or empty; None when there are rows to look at."""

    def check(outcome: Any, observed: str | None = None, problem: str | None = None) -> Check:
        return Check(
            suite.name,
            suite.meta.table,
            _PRESENCE,
            None,
            "stop",
            outcome,
            suite.meta.told,
            observed,
            problem=problem,
        )

    try:
        row = conn.execute(sql.SQL("select exists ({})").format(_query(target, suite))).fetchone()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        return check("error", problem="there is no such table")
    if row == (True,):
        return None
    return check("passed" if suite.meta.may_be_empty else "failed", observed="0")


@contextmanager
def _relation(conn: Connection, target: Target, suite: Suite) -> Iterator[tuple[str, str]]:
    """What is looked at: the table, or for landing what its loads come to, for as long as it takes.

    Rows of some loads are looked at in place. Records of full exports are put together once and written down: each
    expectation would do it anew, and without statistics a search for duplicates is a loop in a loop.
    """
    schema, table = suite.meta.table.split(".", 1)
    if not target.load_ids:
        yield schema, table
        return
    kind, name = ("unlogged table", f"records_{table}") if target.records_as_of else ("view", f"gate_{table}")
    relation = sql.Identifier("quality", name)
    drop = sql.SQL("drop {} if exists {}").format(sql.SQL(kind.rpartition(" ")[2]), relation)
    conn.execute(drop)  # a gate that was killed leaves it behind
    conn.execute(sql.SQL("create {} {} as {}").format(sql.SQL(kind), relation, _query(target, suite)))
    if target.records_as_of:
        conn.execute(sql.SQL("analyze {}").format(relation))
    try:
        yield "quality", name
    finally:
        conn.execute(drop)


def _query(target: Target, suite: Suite) -> sql.Composed:
    schema, table = suite.meta.table.split(".", 1)
    query = sql.SQL("select stored.* from {} as stored").format(sql.Identifier(schema, table))
    if target.records_as_of:
        query += sql.SQL(
            " inner join {}(array(select ops.loads_as_of({})), 'infinity') as records"
            " using (_load_id, _row_number) where records.closed_on is null"
        ).format(sql.Identifier(schema, f"{table}__records"), sql.Literal(target.records_as_of))
    elif target.load_ids:
        loads = sql.SQL(", ").join(map(sql.Literal, target.load_ids))
        query += sql.SQL(" where _load_id in ({})").format(loads)
    return query


def _parameters(conn: Connection, suite: Suite, business_date: date) -> dict[str, Any]:
    """`fewest_rows`: what a mart must have after what an earlier night published; 1 on the first night."""
    schema, table = suite.meta.table.split(".", 1)
    last = conn.execute(
        "select n_rows from ops.publications"
        " where table_schema = %s and table_name = %s and business_date < %s"
        " order by business_date desc limit 1",
        [schema.removeprefix("build_"), table, business_date],
    ).fetchone()
    return {"fewest_rows": max(1, round(last[0] * _SMALLEST_SHARE_OF_LAST_NIGHT)) if last else 1}


def _keep(conn_url: str, report: GateReport) -> None:
    rows = [
        (
            report.business_date,
            report.stage,
            check.suite,
            check.expectation,
            check.column,
            check.severity,
            check.outcome,
            check.problem or check.observed,
            check.unexpected_count,
            check.element_count,
            json.dumps(check.failing_keys) if check.failing_keys else None,
        )
        for check in report.checks
    ]
    with psycopg.connect(conn_url) as conn:
        conn.execute(
            "delete from quality.results where business_date = %s and stage = %s and suite = any(%s)",
            [report.business_date, report.stage, sorted({check.suite for check in report.checks})],
        )
        conn.cursor().executemany(
            "insert into quality.results (business_date, stage, suite, expectation, column_name, severity,"
            " outcome, observed, unexpected_count, element_count, failing_keys)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            rows,
        )
