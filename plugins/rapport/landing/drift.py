"""Drift: how a night's exports differ from those of the nights before. Told with figures, never a stop.

What a file is like was counted while it was loaded (quality.load_profiles); here the day's files of a table are
compared with the days before, of the same weekday where there are enough. The usual figure is the median of those days;
how far is too far is in the business's file (`drift:`).
"""

from __future__ import annotations

import difflib
import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import psycopg

from rapport.businesses import Business, DriftLimits, Kind
from rapport.landing.declarations import Declaration, snake_case
from rapport.landing.profiles import MOST_CATEGORIES

Connection = psycopg.Connection[Any]
Measure = Literal["rows", "empty", "quarantined", "new_category", "many_categories", "renamed", "unkept"]

# Spread of a normal distribution, of the median distance from its median.
_MAD_TO_DEVIATION = 1.4826
_SIMILAR = 0.75


@dataclass(frozen=True)
class Day:
    """All files of one table and day: rows that could be read, those that could not, and of each column the shares."""

    export_date: date
    n_rows: int
    n_quarantined: int
    empty: Mapping[str, float] = field(default_factory=dict)
    quarantined: Mapping[str, float] = field(default_factory=dict)

    @property
    def n_all(self) -> int:
        return self.n_rows + self.n_quarantined


@dataclass(frozen=True)
class Drift:
    """One difference worth a look; `seen` is a category or header, never of a personal column."""

    measure: Measure
    column: str = ""
    observed: float | None = None
    low: float | None = None
    high: float | None = None
    compared_with: tuple[date, ...] = ()
    seen: str = ""

    def __str__(self) -> str:
        """In words, with figures."""
        return describe(
            self.measure, self.column, self.observed, self.low, self.high, len(self.compared_with), self.seen
        )


def describe(
    measure: str,
    column: str,
    observed: float | None,
    low: float | None,
    high: float | None,
    n_days: int,
    seen: str,
) -> str:
    """A row of quality.drift in words."""
    match measure:
        case "rows":
            return f"{observed:,.0f} rows; expected {low:,.0f} to {high:,.0f} by {n_days} days before"
        case "empty":
            return f"{column}: {observed:.1%} empty; expected {low:.1%} to {high:.1%} by {n_days} days before"
        case "quarantined":
            what = column or "rows as a whole"
            return f"{what}: {observed:.1%} of the rows quarantined; expected up to {high:.1%} by {n_days} days before"
        case "new_category":
            return f"{column}: the value {seen!r} is new"
        case "many_categories":
            return f"{column}: more than {MOST_CATEGORIES} different values, though declared as a category"
        case "unkept":
            return f"the undeclared column {seen!r} reads like a secret: nothing of it was kept"
        case _:
            return f"{column}: missing; the new column {seen!r} may be it"


def find_drift(today: Day, before: Sequence[Day], limits: DriftLimits) -> list[Drift]:
    """What is unusual about a day, compared with the days before; nothing where those are too few.

    `before` is in order of time.
    """
    before = before[-limits.nights :]
    of_weekday = [day for day in before if day.export_date.weekday() == today.export_date.weekday()]
    compared = of_weekday if len(of_weekday) >= limits.least_nights else before
    if len(compared) < limits.least_nights:
        return []
    found = []

    def look(
        measure: Measure, column: str, observed: float, usual: Sequence[float], within: tuple[float, float]
    ) -> None:
        low, high = _widened(usual, within, limits)
        if not low <= observed <= high:
            dates = tuple(day.export_date for day in compared)
            found.append(Drift(measure, column, observed, low, high, dates))

    counts = [float(day.n_all) for day in compared]
    middle = statistics.median(counts)
    chance = limits.chance * math.sqrt(max(middle, 1))
    within = min(middle / limits.rows, middle - chance), max(middle * limits.rows, middle + chance)
    look("rows", "", today.n_all, counts, within)
    for column, share in today.empty.items():
        known = [day.empty[column] for day in compared if column in day.empty]
        if len(known) >= limits.least_nights:
            middle = statistics.median(known)
            off = max(limits.empty, _chance(middle, today.n_rows, limits))
            look("empty", column, share, known, (middle - off, middle + off))
    for column, share in today.quarantined.items():
        known = [day.quarantined.get(column, 0.0) for day in compared]
        middle = statistics.median(known)
        off = max(limits.quarantined, _chance(middle, today.n_all, limits))
        look("quarantined", column, share, known, (0.0, middle + off))
    return found


def _chance(share: float, n_rows: int, limits: DriftLimits) -> float:
    """How far a share of so many rows may be off by chance; of few rows none is impossible."""
    share = min(max(share, 1 / max(n_rows, 1)), 1 - 1 / max(n_rows, 2))
    return limits.chance * math.sqrt(share * (1 - share) / max(n_rows, 1))


def _widened(usual: Sequence[float], within: tuple[float, float], limits: DriftLimits) -> tuple[float, float]:
    middle = statistics.median(usual)
    spread = statistics.median(abs(value - middle) for value in usual) * _MAD_TO_DEVIATION * limits.spreads
    return max(0.0, min(within[0], middle - spread)), max(within[1], middle + spread)


def find_renamed(missing: Iterable[str], new: Sequence[str], declaration: Declaration) -> list[Drift]:
    """Declared columns a file lacks (by name) beside new headers that read like theirs."""
    by_snake = {snake_case(header): header for header in new}
    headers = {column.name: {column.name, *map(snake_case, column.headers)} for column in declaration.columns}
    found = []
    for name in missing:
        close = [
            by_snake[match]
            for header in sorted(headers.get(name, ()))
            for match in difflib.get_close_matches(header, by_snake, n=1, cutoff=_SIMILAR)
        ]
        found += [Drift("renamed", name, seen=header) for header in close[:1]]
    return found


def note_drift(
    conn: Connection, business: Business, tables: Iterable[Declaration], business_date: date, kind: Kind
) -> list[tuple[str, Drift]]:
    """Compare what a night took in of a kind with the days before, and write down what is unusual, anew each time.

    Returns it by table. Commits nothing.
    """
    declared = {(table.vendor, table.table): table for table in tables}
    conn.execute("delete from quality.drift where business_date = %s and kind = %s", [business_date, kind])
    found = []
    for vendor, table, export_date in conn.execute(
        "select distinct vendor, table_name, export_date from ops.loads where business_date = %s and kind = %s"
        " and status = 'loaded' and replays is null order by 1, 2, 3",
        [business_date, kind],
    ).fetchall():
        days = _days(conn, business_date, vendor, table, export_date, business.drift.nights)
        if not days or days[-1].export_date != export_date:
            continue  # superseded on the same night by a file of another day
        declaration = declared.get((vendor, table))
        unusual = find_drift(days[-1], days[:-1], business.drift)
        if declaration is not None and declaration.export.is_irregular:
            unusual = [drift for drift in unusual if drift.measure != "rows"]
        has_past = len(days) > business.drift.least_nights
        unusual += _categories(conn, business_date, vendor, table, export_date, has_past=has_past)
        if declaration is not None:
            unusual += _columns(conn, business_date, declaration, export_date)
        for drift in unusual:
            conn.execute(
                "insert into quality.drift (business_date, kind, vendor, table_name, export_date, measure, column_name,"
                " observed, expected_low, expected_high, compared_with, seen)"
                " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                [
                    business_date, kind, vendor, table, export_date, drift.measure, drift.column,
                    drift.observed, drift.low, drift.high, list(drift.compared_with), drift.seen,
                ],
            )  # fmt: skip
            found.append((f"{vendor}.{table}", drift))
    return found


def _days(
    conn: Connection, business_date: date, vendor: str, table: str, export_date: date, n_before: int
) -> list[Day]:
    """The day, after those before it that count as of the night, in order of time."""
    rows = conn.execute(
        "with counting as ("
        "  select load_id, export_date, dense_rank() over (order by export_date desc) as nth from ops.loads"
        "  where vendor = %(vendor)s and table_name = %(table)s and export_date <= %(date)s and replays is null"
        "  and load_id in (select ops.loads_as_of(%(night)s)))"
        " select counting.export_date, profiles.column_name, sum(n_rows)::bigint, sum(n_empty)::bigint,"
        "  sum(n_quarantined)::bigint"
        " from counting inner join quality.load_profiles as profiles using (load_id)"
        " where counting.nth <= %(n_before)s + 1 group by 1, 2 order by 1, 2",
        {"vendor": vendor, "table": table, "date": export_date, "night": business_date, "n_before": n_before},
    ).fetchall()
    by_day: dict[date, list[tuple[str, int, int, int]]] = defaultdict(list)
    for day, *counts in rows:
        by_day[day].append((counts[0], counts[1], counts[2], counts[3]))
    return [_day(day, columns) for day, columns in by_day.items()]


def _day(day: date, columns: Sequence[tuple[str, int, int, int]]) -> Day:
    # What is said of rows as a whole is of every file; a column may be missing in some.
    n_rows = next(rows for name, rows, _, _ in columns if name == "")
    n_quarantined = sum(held for *_, held in columns)
    n_all = max(n_rows + n_quarantined, 1)
    return Day(
        day,
        n_rows,
        n_quarantined,
        {name: empty / rows for name, rows, empty, _ in columns if name and rows},
        {name: held / n_all for name, _, _, held in columns if held},
    )


def _categories(
    conn: Connection, business_date: date, vendor: str, table: str, export_date: date, *, has_past: bool
) -> list[Drift]:
    """Values never met before in any file, where enough came before; and columns that have too many."""
    which = [business_date, vendor, table, export_date]
    loads = "(select load_id from ops.loads where business_date = %s and vendor = %s and table_name = %s"
    loads += " and export_date = %s and status = 'loaded')"
    many = conn.execute(
        "select distinct profiles.column_name from quality.load_profiles as profiles"
        f" where load_id in {loads} and n_categories > %s order by 1",
        [*which, MOST_CATEGORIES],
    ).fetchall()
    found = [Drift("many_categories", column) for (column,) in many]
    if has_past:
        new = conn.execute(
            "select column_name, category from quality.categories"
            f" where vendor = %s and table_name = %s and first_load_id in {loads} order by 1, 2",
            [vendor, table, *which],
        ).fetchall()
        found += [Drift("new_category", column, seen=category) for column, category in new]
    return found


def _columns(conn: Connection, business_date: date, declaration: Declaration, export_date: date) -> list[Drift]:
    rows = conn.execute(
        "select missing_columns, new_columns, unkept_columns from ops.loads where business_date = %s and vendor = %s"
        " and table_name = %s and export_date = %s and status = 'loaded' and replays is null",
        [business_date, declaration.vendor, declaration.table, export_date],
    ).fetchall()
    found = {drift for missing, new, _ in rows for drift in find_renamed(missing, new, declaration)}
    found |= {Drift("unkept", seen=header) for *_, unkept in rows for header in unkept}
    return sorted(found, key=lambda drift: (drift.column, drift.seen))
