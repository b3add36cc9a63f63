"""Where the base moves: stages over the months, who changed them, and whether styles shift."""

from __future__ import annotations

from rapport.reporting.charts import Series, heat, lines, stacked_columns
from rapport.reporting.figures import count, month_name, plural, share, words
from rapport.reporting.reading import Marts, Row
from rapport.reporting.sections.base import ACTIVE_STAGES
from rapport.reporting.sections.section import Section

# From the bond that grows to the one that ends, so that neighbours in a column are neighbours in life.
_STAGES = {
    "loyal": "strong",
    "active": "good",
    "won_back": "back",
    "onboarding": "fresh",
    "first_order": "mild",
    "at_risk": "warn",
    "lapsed": "even",
}
_ORDER = ("unknown", "prospect", "first_order", "onboarding", "active", "loyal", "at_risk", "lapsed", "won_back")

_COUNTS = """
select month, to_stage as stage, sum(n_customers) as n from loyalty.lifecycle_migration
where month >= %(first_month)s group by month, to_stage order by month, to_stage
"""
_MOVES = """
select from_stage, to_stage, n_customers, n_from_stage, share_of_from_stage, is_too_thin
from loyalty.lifecycle_migration where month = %(last_month)s
"""
_SHIFT = """
select month, missing_reason, n_styled_twice, n_towards_relational, n_towards_transactional, n_classed_twice,
    n_class_up, n_class_down, contacted_share, n_buyers, is_too_thin
from loyalty.relationship_shift where is_month_over and month >= %(first_month)s order by month
"""


def movement(marts: Marts) -> Section:
    """Stages of the lifecycle at each month's end, last month's moves between them, and moves between styles."""
    section = Section("movement", "Where it moves", "Who comes closer, who drifts away?")
    _stages(marts, section)
    _moves(marts, section)
    _shift(marts.rows(_SHIFT), section)
    return section


def _stages(marts: Marts, section: Section) -> None:
    rows = marts.rows(_COUNTS)
    found = {(row["month"], row["stage"]): row["n"] for row in rows}
    months = sorted({row["month"] for row in rows if row["stage"] in _STAGES})
    if not months:
        section.silent.append("Stages by month: no month with a customer is over yet.")
        return
    section.charts.append(
        stacked_columns(
            "Customers by stage of their lifecycle at each month's end",
            "customers who have bought; a stage follows from a person's own usual gap between purchases",
            months,
            [
                Series(words(stage), tone, [found.get((month, stage), 0) for month in months])
                for stage, tone in _STAGES.items()
            ],
            form=count,
        )
    )


def _moves(marts: Marts, section: Section) -> None:
    rows = marts.rows(_MOVES)
    found = {(row["from_stage"], row["to_stage"]): row for row in rows}
    from_stages = [stage for stage in _ORDER if any(row["from_stage"] == stage for row in rows)]
    to_stages = [stage for stage in _ORDER if any(row["to_stage"] == stage for row in rows)]
    if not from_stages:
        section.silent.append("Moves between stages: no month is over yet.")
        return
    first = {stage: next(row for row in rows if row["from_stage"] == stage) for stage in from_stages}
    section.charts.append(
        heat(
            f"Where customers of each stage were a month later, {month_name(marts.last_month)}",
            "percent of those in the stage at the end of the month before (n); unknown: no source knew them yet",
            "from (n), to",
            [words(stage) for stage in to_stages],
            [
                (
                    f"{words(stage)} ({count(first[stage]['n_from_stage'])})",
                    [_share(found.get((stage, to))) for to in to_stages],
                )
                for stage in from_stages
            ],
            darkest=1.0,
            thin=[first[stage]["is_too_thin"] for stage in from_stages],
        )
    )
    drifted = sum(
        row["n_customers"]
        for row in rows
        if row["to_stage"] in ("at_risk", "lapsed") and row["from_stage"] in ACTIVE_STAGES
    )
    returned = sum(
        row["n_customers"]
        for row in rows
        if row["from_stage"] in ("at_risk", "lapsed") and row["to_stage"] in ACTIVE_STAGES
    )
    came = sum(
        row["n_customers"]
        for row in rows
        if row["from_stage"] in ("unknown", "prospect") and row["to_stage"] in ACTIVE_STAGES
    )
    section.short = (
        f"In {month_name(marts.last_month)} {plural(drifted, 'customer')} became late by their own habit,"
        f" {count(returned)} came back, {count(came)} bought for the first time."
    )


def _shift(rows: list[Row], section: Section) -> None:
    known = [row for row in rows if row["n_styled_twice"]]
    if len(known) > 1:
        section.charts.append(
            lines(
                "Customers who moved towards the relational and towards the transactional style",
                "share of those with a style at the ends of a month and of the one before",
                [row["month"] for row in known],
                [
                    Series(style, tone, [row[f"n_towards_{style}"] / row["n_styled_twice"] for row in known])
                    for style, tone in (("relational", "strong"), ("transactional", "bad"))
                ],
                form=share,
            )
        )
    elif known:
        row = known[-1]
        section.said.append(
            f"Of {plural(row['n_styled_twice'], 'customer')} with a style at both ends of {month_name(row['month'])},"
            f" {count(row['n_towards_relational'])} moved towards the relational and"
            f" {count(row['n_towards_transactional'])} towards the transactional style."
        )
    else:
        reasons = [row["missing_reason"] for row in reversed(rows) if row["missing_reason"]]
        reason = reasons[0] if reasons else "no month is over yet"
        section.silent.append(f"From transactions to relationships, month by month: {reason}.")
    classed = next((row for row in reversed(rows) if row["n_classed_twice"]), None)
    if classed:
        section.said.append(
            f"Of {plural(classed['n_classed_twice'], 'repeat customer')} with a loyalty class at both ends of"
            f" {month_name(classed['month'])}, {count(classed['n_class_up'])} are in a higher one, "
            f"{count(classed['n_class_down'])} in a lower one."
        )
    contacted = next((row for row in reversed(rows) if row["contacted_share"] is not None), None)
    if contacted:
        section.said.append(
            f"Of the {plural(contacted['n_buyers'], 'buyer')} of {month_name(contacted['month'])},"
            f" {share(contacted['contacted_share'])} heard from the business after the sale."
        )


def _share(row: Row | None) -> float | None:
    return None if row is None else row["share_of_from_stage"]
