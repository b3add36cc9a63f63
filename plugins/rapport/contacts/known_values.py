"""Values that are no person's own: role mailboxes, and what people type to get past a form."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import NamedTuple

SEED = Path(__file__).with_name("known_values.csv")


class Verdict(NamedTuple):
    """What the seed says of a value."""

    is_shared: bool
    is_invalid: bool
    reason: str


@cache
def _verdicts() -> dict[tuple[str, str], Verdict]:
    with SEED.open(encoding="utf-8", newline="") as file:
        return {
            (row["kind"], row["value"]): Verdict(row["verdict"] == "shared", row["verdict"] == "invalid", row["reason"])
            for row in csv.DictReader(file)
        }


def verdict(kind: str, value: str) -> Verdict | None:
    """The seed's verdict on an e-mail's local part, a phone's digits, or a name's key; None without one."""
    return _verdicts().get((kind, value))
