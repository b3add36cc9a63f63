"""A survey of the staff each quarter: does the company keep what it promises? Nobody is named, as in such surveys."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np

from rapport.samples.arrays import DAY, Column, text
from rapport.samples.dirt import FINE
from rapport.samples.headers import SURVEYMONKEY_ABOUT
from rapport.samples.streams import stream
from rapport.samples.surveymonkey import times
from rapport.samples.tables import Block

NAME = "Employee_Pulse"
PROMISE = "Our company always keeps the promises it makes to customers."
HEADER = [*SURVEYMONKEY_ABOUT, PROMISE]
SECOND_HEADER = [""] * len(SURVEYMONKEY_ABOUT) + ["Response"]
ANSWERS = ("Strongly agree", "Agree", "Neither agree nor disagree", "Disagree", "Strongly disagree")
# Gallup 2013, State of the American Workplace: 27 % agree.
_SHARES = (0.09, 0.18, 0.34, 0.27, 0.12)
_N_STAFF = 60
_ANSWERS_A_QUARTER = 40
_OPEN_DAYS = 5


def answers(seed: int, since: int, until: int) -> tuple[Column, Column, Column]:
    """Number, answer (of ANSWERS) and UTC second of each response of (since, until], by time.

    The survey opens on the 15th of a quarter's first month and stands open for five days.
    """
    found = [_of_quarter(seed, year, quarter) for year, quarter in _quarters(since, until)]
    number, answer, at = (np.concatenate(column) for column in zip(*found, strict=True)) if found else [_NOBODY] * 3
    chosen = np.flatnonzero((at > since) & (at <= until))
    return number[chosen], answer[chosen], at[chosen]


def block(number: Column, answer: Column, at: Column) -> Block:
    """Rows of the survey's export."""
    cells = {
        "Respondent ID": text(number),
        "Collector ID": text(np.full(len(number), 400_009_001, dtype=np.int64)),
        "Start Date": times(at),
        "End Date": times(at),
        PROMISE: np.array(ANSWERS, dtype=object)[answer],
    }
    return Block(cells, np.full(len(number), FINE), text(number))


_NOBODY = np.zeros(0, dtype=np.int64)


def _quarters(since: int, until: int) -> list[tuple[int, int]]:
    first, last = (datetime.fromtimestamp(at, UTC).year for at in (since, until))
    return [(year, quarter) for year in range(first, last + 1) for quarter in range(4)]


def _of_quarter(seed: int, year: int, quarter: int) -> tuple[Column, Column, Column]:
    rng = stream(seed, "employees", year, quarter)
    opens = int(datetime.combine(date(year, 1 + 3 * quarter, 15), datetime.min.time(), UTC).timestamp())
    who = rng.choice(_N_STAFF, _ANSWERS_A_QUARTER, replace=False)
    at = np.sort(opens + (rng.random(_ANSWERS_A_QUARTER) * _OPEN_DAYS * DAY).astype(np.int64))
    number = 990_000_000 + (year * 4 + quarter) * 100 + who
    return number.astype(np.int64), rng.choice(len(ANSWERS), _ANSWERS_A_QUARTER, p=_SHARES), at
