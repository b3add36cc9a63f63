"""Nights: one row per business date, run once and in order, whichever wake-up comes first."""

from rapport.nights.ledger import (
    Night,
    SourceState,
    advance,
    fail,
    find_night,
    latest_night,
    open_night,
    report_source,
    resume,
)
from rapport.nights.order import claim_next
from rapport.nights.steps import step

__all__ = [
    "Night",
    "SourceState",
    "advance",
    "claim_next",
    "fail",
    "find_night",
    "latest_night",
    "open_night",
    "report_source",
    "resume",
    "step",
]
