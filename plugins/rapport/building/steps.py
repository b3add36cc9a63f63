"""The dbt steps of a night: a layer or a mart each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from rapport.building.project import invoke, parsed_manifest
from rapport.businesses import Business
from rapport.errors import BuildError, GateFailed
from rapport.nights import Night
from rapport.nights.steps import Step
from rapport.warehouse import connect

# Selectors, in the order they run; Python steps (contacts, identity, value) sit between them.
DBT_STEPS: dict[str, tuple[str, ...]] = {
    "staging": ("path:seeds", "path:models/staging"),
    "contact_points": ("path:models/intermediate/contacts",),
    "identity_records": ("+path:models/intermediate/identity,path:models/intermediate",),  # and what it needs of them
    "intermediate": ("path:models/intermediate",),
    # What was predicted is an intermediate that any mart may read, and that is there only now.
    "customer_360": ("path:models/intermediate/predictions", "path:models/marts/customer_360"),
    "loyalty": ("path:models/marts/loyalty",),
    # What people wrote is gathered from the marts that hold it.
    "engagement": ("path:models/listening", "path:models/marts/engagement"),
    # What reads both: each customer's headlines, the literature's claims, and what lists achieve.
    "effects": ("customers", "literature", "path:models/marts/activation"),
    "segments": ("+path:models/activation/segments,path:models/activation",),  # and what only they read
    "lists": ("path:models/activation",),
}
# Kinds of nodes that a step leaves out.
NOT_RUN = ["unit_test"]
_EXCLUDED = {
    "identity_records": ("path:models/intermediate/contacts",),
    "intermediate": (
        "path:models/intermediate/contacts",
        "+path:models/intermediate/identity",
        "path:models/intermediate/predictions",
    ),
    # With what compares other marts with it: a path selects tests by where they are written.
    "customer_360": ("customers+1",),
    "loyalty": ("customers+1",),
    "engagement": ("customers+1", "literature"),
    "lists": ("+path:models/activation/segments",),
}


@dataclass(frozen=True)
class StepResult:
    """What dbt did in one step."""

    n_models: int
    n_tests: int
    n_warnings: int
    seconds: float


def run_step(business: Business, night: Night, name: str, current: Step, *, is_replay: bool = False) -> StepResult:
    """Build and test one step (`dbt build --select …`) and keep each node's result in quality.dbt_results.

    A replay keeps no results, and its lists read what it built itself: the live tables may be a later night's.

    Raises GateFailed when a test did not hold, BuildError when something could not be built.
    """
    # With the last of the marts every table is there that a test may compare it with.
    selection = "eager" if name == "effects" else "buildable"
    arguments = ["build", "--select", *DBT_STEPS[name], "--indirect-selection", selection]
    if is_replay:
        arguments += ["--full-refresh"]  # what is built by_key would keep whoever did not change
    # The results are kept in the warehouse: manifest and run results as files would cost each step a second.
    arguments += ["--exclude-resource-type", *NOT_RUN, "--threads", "2", "--no-write-json"]
    if name in _EXCLUDED:
        arguments += ["--exclude", *_EXCLUDED[name]]
    outcome = invoke(
        business,
        arguments,
        night=night,
        manifest=parsed_manifest(business),
        target=f"steps/{name}",
        application_name=current.application_name,
        more_variables={"activation_reads_live": not is_replay},
    )
    results = list(getattr(outcome.result, "results", None) or [])
    if not is_replay:
        _keep(business, night, name, results, current.application_name)
    failed = [result for result in results if str(result.status) in ("error", "fail", "runtime error")]
    if failed:
        _raise_for(name, failed)
    if not outcome.success:
        raise BuildError(
            f"dbt could not run the step {name}: {_without_values(str(outcome.exception))}",
            where=f"dbt build --select {' '.join(DBT_STEPS[name])}",
            fix="read the task's log; `rapport dbt -- build --select …` repeats it by hand",
        )
    if not any(result.node.resource_type.value == "model" for result in results):
        raise BuildError(f"The step {name} built nothing.", where=f"selector {DBT_STEPS[name]}", fix="check the paths")
    types = [result.node.resource_type.value for result in results]
    return StepResult(
        n_models=types.count("model"),
        n_tests=types.count("test"),
        n_warnings=sum(str(result.status) == "warn" for result in results),
        seconds=round(float(outcome.result.elapsed_time), 2),
    )


def _keep(business: Business, night: Night, name: str, results: list[Any], application_name: str) -> None:
    from dbt_common.invocation import get_invocation_id

    rows = [
        (
            night.business_date,
            name,
            get_invocation_id(),
            result.node.unique_id,
            result.node.resource_type.value,
            str(result.status),
            _rows_affected(result),
            result.execution_time,
            result.failures,
            _without_values(result.message or ""),
        )
        for result in results
    ]
    with connect(business.name, application_name=application_name) as conn, conn.cursor() as cursor:
        cursor.execute(
            "delete from quality.dbt_results where business_date = %s and step = %s", [night.business_date, name]
        )
        cursor.executemany(
            "insert into quality.dbt_results (business_date, step, invocation_id, node_id, resource_type, status,"
            " rows_affected, execution_seconds, failures, message) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            rows,
        )


def _rows_affected(result: Any) -> int | None:
    found = (result.adapter_response or {}).get("rows_affected")
    return int(found) if found is not None and int(found) >= 0 else None


def _raise_for(name: str, failed: list[Any]) -> None:
    tests = [result for result in failed if result.node.resource_type.value == "test"]
    broken = [result for result in failed if result not in tests]
    if broken:
        raise BuildError(
            f"{len(broken)} of the step {name} could not be built: "
            + "; ".join(f"{result.node.name}: {_without_values(result.message or '')}" for result in broken[:3]),
            where=", ".join(result.node.original_file_path for result in broken[:3]),
            fix="docs/runbooks/a-stuck-night.md",
        )
    raise GateFailed(
        f"{len(tests)} dbt test(s) of the step {name} do not hold: "
        + "; ".join(f"{result.node.name} ({result.failures} rows)" for result in tests[:5]),
        where=", ".join(sorted({result.node.original_file_path for result in tests[:5]})),
        fix="docs/runbooks/a-failed-gate.md; nothing was published",
    )


def _without_values(message: str) -> str:
    """dbt repeats Postgres' words, whose detail and quotations may hold a row: keep what says only what went wrong."""
    lines = [line.strip() for line in message.strip().splitlines() if line.strip()]
    kept = [line for line in lines if not line.startswith(("DETAIL", "CONTEXT", "LINE", "^", "compiled code"))]
    # `invalid input syntax for type numeric: "…"`, `value "…" is out of range`: the quotation is data.
    return re.sub(r'(: |value )"[^"]*"', r"\1…", " ".join(kept[:2]))[:500]
