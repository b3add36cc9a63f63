"""A night's marts and lists built in this process, step after step: what the DAGs spread over tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from rapport.building.steps import DBT_STEPS, run_step
from rapport.businesses import Business
from rapport.nights import Night
from rapport.nights.steps import step
from rapport.warehouse import connect


def build_night(
    business: Business,
    night: Night,
    steps: Iterable[str] = DBT_STEPS,
    *,
    is_replay: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> None:
    """Build a night in the build_* schemas: its dbt steps, and the Python steps that belong between them.

    `steps` are names of DBT_STEPS in their order, all of them unless fewer are wanted. A replay leaves no record.
    Raises what the steps raise; nothing is checked by Great Expectations and nothing is published.
    """
    from rapport.contacts import refresh
    from rapport.identity import assign
    from rapport.value import predict

    python_steps: dict[str, tuple[str, Callable[[Any], Any]]] = {
        "contact_points": ("normalise_contacts", refresh),
        "identity_records": (
            "assign_identity",
            lambda conn: assign(conn, business, night.business_date, keeps_history=not is_replay),
        ),
        "intermediate": (
            "predict_value",
            lambda conn: predict(conn, business, night.business_date, keeps_history=not is_replay),
        ),
    }
    for name in steps:
        say(name)
        with step(business.name, night.business_date, name, is_replay=is_replay) as current:
            run_step(business, night, name, current, is_replay=is_replay)
        if name in python_steps:
            after, work = python_steps[name]
            with (
                step(business.name, night.business_date, after, is_replay=is_replay) as current,
                connect(business.name, application_name=current.application_name) as conn,
            ):
                work(conn)
