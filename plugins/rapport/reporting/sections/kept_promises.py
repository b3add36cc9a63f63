"""Promises made and kept: by kind, in the month in which they fell due."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from rapport.reporting.charts import Series, lines, stacked_columns
from rapport.reporting.figures import count, month_name, plural, share
from rapport.reporting.reading import Marts, least_for_a_share
from rapport.reporting.sections.section import Section

_KINDS = {
    "delivery": ("delivery by the day", "strong"),
    "reply": ("reply in time", "warn"),
    "refund": ("refund in time", "fresh"),
    "reward": ("reward given", "back"),
}
_STATUSES = {"kept": "strong", "open": "even", "broken": "bad"}

_PROMISES = """
select promise_type, status, month, count(*) as n
from (
    select promise_type, status,
        date_trunc('month', coalesce(due_at, kept_at, promised_at) at time zone %(zone)s)::date as month
    from customer_360.promises
) as due
where month between %(first_month)s and %(last_month)s
group by promise_type, status, month
"""


def kept_promises(marts: Marts) -> Section:
    """Of the promises that fell due in each month, how many were kept."""
    section = Section("promises", "Promises made and kept", "Does the business do what it says?")
    found: dict[tuple[str, date], dict[str, int]] = defaultdict(dict)
    for row in marts.rows(_PROMISES):
        found[row["promise_type"], row["month"]][row["status"]] = row["n"]
    months = sorted({month for _, month in found})
    if not months:
        section.silent.append("No export tells of a promise: no day, no service contact, no refund, no reward.")
        return section
    series = [_series(kind, found, months) for kind in _KINDS if any(key[0] == kind for key in found)]
    drawn = [one for one in series if not all(one.is_thin)]
    if drawn:
        section.charts.append(
            lines(
                "Promises kept, by kind, in the month they fell due",
                "share of those that are kept or broken; hollow: too thin",
                months,
                drawn,
                form=share,
                most=1.0,
            )
        )
    section.charts.append(
        stacked_columns(
            "Promises by what became of them, in the month they fell due",
            "number of promises of any kind",
            months,
            [
                Series(status, tone, [_sum(found, month, status) for month in months])
                for status, tone in _STATUSES.items()
            ],
        )
    )
    kept, broken = (_sum(found, months[-1], status) for status in ("kept", "broken"))
    if kept + broken:
        thin = " (too thin to rely on)" if kept + broken < least_for_a_share() else ""
        section.short = (
            f"Of {plural(kept + broken, 'promise')} that fell due in {month_name(months[-1])},"
            f" {share(kept / (kept + broken))} were kept{thin}."
        )
    for kind, (name, _) in _KINDS.items():
        rows = [row for key, row in found.items() if key[0] == kind]
        if not rows:
            section.silent.append(f"{name.capitalize()}: no export tells of any.")
        elif name not in {one.name for one in drawn}:
            told = ", ".join(f"{count(sum(row.get(status, 0) for row in rows))} {status}" for status in _STATUSES)
            section.silent.append(f"{name.capitalize()}: too thin in every month; {told} in all that is shown here.")
    return section


def _series(kind: str, found: dict[tuple[str, date], dict[str, int]], months: list[date]) -> Series:
    name, tone = _KINDS[kind]
    rows = [found.get((kind, month), {}) for month in months]
    decided = [row.get("kept", 0) + row.get("broken", 0) for row in rows]
    return Series(
        name,
        tone,
        [row.get("kept", 0) / of if of else None for row, of in zip(rows, decided, strict=True)],
        is_thin=[of < least_for_a_share() for of in decided],
    )


def _sum(found: dict[tuple[str, date], dict[str, int]], month: date, status: str) -> int:
    return sum(row.get(status, 0) for (_, when), row in found.items() if when == month)
