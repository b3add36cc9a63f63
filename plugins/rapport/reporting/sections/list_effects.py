"""What the lists achieve: those who were sent a list beside those held out by draw."""

from __future__ import annotations

from rapport.reporting.charts import Estimate, estimates
from rapport.reporting.figures import Number, count, plural, words
from rapport.reporting.reading import Marts
from rapport.reporting.sections.section import Section, Table

_LIFT = """
select scope, verdict, n_treated, n_held_out, n_days_until_answer, difference, difference_low, difference_high
from activation.segment_lift where measure = 'order_rate' and window_days = 30
order by scope <> 'global', verdict = 'too_thin', difference desc nulls last, scope
"""


def list_effects(marts: Marts) -> Section:
    """The difference in people who order within 30 days; lists that are too thin say when they will not be."""
    section = Section("lists", "What the lists achieve", "Is it the message, or would they have bought anyway?")
    rows = marts.rows(_LIFT)
    if not rows:
        section.silent.append(
            "No list can be judged yet: that takes people drawn into both arms, and 30 days in which they may order."
        )
        return section
    told = [row for row in rows if row["verdict"] != "too_thin"]
    if told:
        section.charts.append(
            estimates(
                "How many more of 100 ordered within 30 days than of those held out by lot",
                "percentage points; 95 % intervals; where the interval holds 0 nothing is proven",
                [
                    Estimate(
                        _name(row["scope"]),
                        None if row["verdict"] == "split_is_off" else row["difference"],
                        row["difference_low"],
                        row["difference_high"],
                        row["n_treated"] + row["n_held_out"],
                        {"higher": "strong", "lower": "bad"}.get(row["verdict"], "even"),
                        reason="the split is off",
                    )
                    for row in told
                ],
                form=_of_hundred,
                line=0.0,
                of="people",
            )
        )
        proven = [_name(row["scope"]) for row in told if row["verdict"] == "higher"]
        section.short = (
            f"{plural(len(proven), 'list')} proven to bring orders: {', '.join(proven)}." if proven
            else "No list is proven to bring orders yet."
        )  # fmt: skip
    if thin := [row for row in rows if row["verdict"] == "too_thin"]:
        section.tables.append(
            Table(
                "Too thin to judge yet",
                ("list", " sent to", " held out", " days until an answer"),
                [
                    (
                        _name(row["scope"]),
                        count(row["n_treated"]),
                        count(row["n_held_out"]),
                        "not known" if row["n_days_until_answer"] is None else count(row["n_days_until_answer"]),
                    )
                    for row in thin
                ],
            )
        )
    return section


def _name(scope: str) -> str:
    return "all marketing" if scope == "global" else words(scope.removeprefix("segment:"))


def _of_hundred(value: Number) -> str:
    told = f"{100 * float(value):+.1f}"
    return "0" if told in ("+0.0", "-0.0") else told
