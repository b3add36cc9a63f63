"""Quality gates: Great Expectations over what was loaded, built and listed; each check stops or warns."""

from rapport.quality.gates import rejected_loads, run_gate
from rapport.quality.report import Check, GateReport
from rapport.quality.stages import check_landing, check_lists, check_marts
from rapport.quality.suites import STAGES, Stage, Suite, Target, load_suite

__all__ = [
    "STAGES",
    "Check",
    "GateReport",
    "Stage",
    "Suite",
    "Target",
    "check_landing",
    "check_lists",
    "check_marts",
    "load_suite",
    "rejected_loads",
    "run_gate",
]
