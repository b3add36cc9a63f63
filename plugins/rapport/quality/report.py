"""What a gate found: counts and keys of failing rows, never a value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from rapport.errors import GateFailed
from rapport.quality.suites import Stage

RUNBOOK = "docs/runbooks/a-failed-gate.md"
_SHOWN_KEYS = 3
_CONSEQUENCE = {
    "landing": "its loads stay out of the night; correct the export and drop it again",
    "marts": "nothing was published, yesterday's marts stay; find the rows by key in the build_ schema",
    "lists": "nothing was sent; find the rows by key in build_activation.lists",
}


@dataclass(frozen=True)
class Check:
    """The outcome of one expectation. `failing_keys` names at most 20 rows by the suite's key columns."""

    suite: str
    table: str
    expectation: str
    column: str | None
    severity: Literal["stop", "warn"]
    outcome: Literal["passed", "failed", "error"]
    told: str
    observed: str | None = None
    unexpected_count: int | None = None
    element_count: int | None = None
    failing_keys: tuple[dict[str, Any], ...] = ()
    problem: str | None = None

    @property
    def has_stopped(self) -> bool:
        return self.severity == "stop" and self.outcome != "passed"

    def __str__(self) -> str:
        what = f"{self.table}{f'.{self.column}' if self.column else ''}: {self.expectation}"
        if self.outcome == "passed":
            return f"{what} holds"
        if self.outcome == "error":
            return f"{what} could not be checked ({self.problem})"
        if self.unexpected_count is not None:
            what += f", {self.unexpected_count} of {self.element_count} rows"
        elif self.observed is not None:
            what += f", observed {self.observed}"
        if self.failing_keys:
            shown = "; ".join(_key_text(key) for key in self.failing_keys[:_SHOWN_KEYS])
            what += f" (such as {shown})"
        return what


@dataclass(frozen=True)
class GateReport:
    """All checks of one gate in one night."""

    business: str
    business_date: date
    stage: Stage
    checks: tuple[Check, ...]

    @property
    def passed(self) -> list[Check]:
        return [check for check in self.checks if check.outcome == "passed"]

    @property
    def failed(self) -> list[Check]:
        """Checks that stop."""
        return [check for check in self.checks if check.has_stopped]

    @property
    def warned(self) -> list[Check]:
        return [check for check in self.checks if check.severity == "warn" and check.outcome != "passed"]

    @property
    def stopped_suites(self) -> list[str]:
        return sorted({check.suite for check in self.failed})

    def counts(self) -> dict[str, int]:
        return {"passed": len(self.passed), "warned": len(self.warned), "failed": len(self.failed)}

    def lines(self) -> list[str]:
        """One line for a person on each check that did not hold, after a line of totals."""
        totals = ", ".join(f"{number} {outcome}" for outcome, number in self.counts().items())
        return [
            f"{self.stage}: {totals}",
            *(f"STOP {check}; told: {check.told}" for check in self.failed),
            *(f"warn {check}; told: {check.told}" for check in self.warned),
        ]

    @property
    def error(self) -> GateFailed | None:
        """What failed, where, and what to do, if any check stops."""
        if not self.failed:
            return None
        return GateFailed(
            f"The {self.stage} gate of {self.business_date} stopped: " + "; ".join(map(str, self.failed)) + ".",
            where=f"business {self.business}, quality.results, suites {', '.join(self.stopped_suites)}"
            f" (told: {', '.join(_distinct(check.told for check in self.failed))})",
            fix=f"{_CONSEQUENCE[self.stage]}. {RUNBOOK}",
        )

    def raise_if_stopped(self) -> None:
        """Raise `error`, if there is one."""
        if self.error is not None:
            raise self.error


def _key_text(key: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in key.items())


def _distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
