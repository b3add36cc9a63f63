"""Values that are no person's own: role mailboxes, and what people type to get past a form."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

SEED = Path(__file__).with_name("known_values.csv")


class Verdict(NamedTuple):
    """What the seed says of a value."""

    is_shared: bool
    is_invalid: bool
    reason: str


# Whoever knows the address of a throw-away mailbox reads it, and tomorrow it is somebody else's.
DISPOSABLE = Verdict(True, False, "disposable_domain")


@dataclass(frozen=True)
class Verdicts:
    """The seed's verdicts on one kind of values, in columns; `disposable` is the row of DISPOSABLE."""

    values: pa.Array
    is_shared: pa.Array
    is_invalid: pa.Array
    reason: pa.Array
    disposable: int


@cache
def _by_kind() -> dict[str, dict[str, Verdict]]:
    found: dict[str, dict[str, Verdict]] = {}
    with SEED.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            verdict = Verdict(row["verdict"] == "shared", row["verdict"] == "invalid", row["reason"])
            found.setdefault(row["kind"], {})[row["value"]] = verdict
    return found


def verdict(kind: str, value: str) -> Verdict | None:
    """The seed's verdict on a phone's digits, or on the key of a name or an address; None without one."""
    return _by_kind()[kind].get(value)


@cache
def verdicts(kind: str) -> Verdicts:
    """The same for whole columns, of e-mails by the local part without a tag."""
    known = _by_kind()[kind]
    rows = [*known.values(), DISPOSABLE]
    return Verdicts(
        pa.array(known, pa.string()),
        pa.array([row.is_shared for row in rows], pa.bool_()),
        pa.array([row.is_invalid for row in rows], pa.bool_()),
        pa.array([row.reason for row in rows], pa.string()),
        len(known),
    )
