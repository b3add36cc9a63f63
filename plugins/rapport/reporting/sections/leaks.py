"""The leaks: how cohorts thin out, how many are lost a year, what that costs, and who is about to go."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from rapport.reporting.charts import Band, Estimate, Series, estimates, heat, lines
from rapport.reporting.figures import between, count, decimal, money, month_name, share, short_month, words
from rapport.reporting.reading import Marts, Row
from rapport.reporting.sections.section import Section, Table

_COHORTS_SHOWN, _MONTHS_SINCE = 14, 12

_RETENTION = """
select cohort_month, months_since, n_customers, retention_rate, is_too_thin from loyalty.retention
where is_month_over and months_since between 1 and 12 order by cohort_month, months_since
"""
_LOSS = """
select month, missing_reason, beside_literature, n_customers, n_lost, loss_rate, interval_low, interval_high,
    literature_low_rate, literature_high_rate, lost_amount, replacing_cost_amount, keeping_cost_low_amount,
    keeping_cost_high_amount, literature_low_factor, literature_high_factor, cost_missing_reason, is_too_thin
from loyalty.customer_loss where month >= %(first_month)s order by month
"""
_AT_RISK = """
select lifecycle.lifecycle_stage as stage, count(*) as n, sum(customer_value.net_revenue_amount) as so_far,
    sum(customer_value.predicted_revenue_amount) as predicted,
    count(customer_value.predicted_revenue_amount) as n_predicted
from loyalty.lifecycle left join loyalty.customer_value using (customer_id)
where lifecycle.is_current and lifecycle.lifecycle_stage in ('at_risk', 'lapsed')
group by lifecycle.lifecycle_stage order by lifecycle.lifecycle_stage
"""


def leaks(marts: Marts) -> Section:
    """Retention of cohorts, the yearly loss beside the literature's, its price, and value at risk."""
    section = Section("leaks", "The leaks", "How many go, what leaks with them, and what would keeping them cost?")
    _cohorts(marts.rows(_RETENTION), section)
    _loss(marts.rows(_LOSS), marts, section)
    _at_risk(marts.rows(_AT_RISK), marts, section)
    return section


def _cohorts(rows: list[Row], section: Section) -> None:
    cohorts: dict[date, dict[int, Row]] = defaultdict(dict)
    for row in rows:
        cohorts[row["cohort_month"]][row["months_since"]] = row
    shown = sorted(cohorts)[-_COHORTS_SHOWN:]
    if not shown:
        section.silent.append("Retention of cohorts: no month after a first order is over yet.")
        return
    widest = max(max(cohorts[cohort]) for cohort in shown)
    section.charts.append(
        heat(
            "Of those who first bought in a month, who bought again in the months after",
            "percent of the cohort (n) with an order in the month; the darker, the more stayed",
            "cohort (n)",
            [str(since) for since in range(1, min(widest, _MONTHS_SINCE) + 1)],
            [
                (
                    f"{short_month(cohort)} ({count(next(iter(cohorts[cohort].values()))['n_customers'])})",
                    [
                        cohorts[cohort][since]["retention_rate"] if since in cohorts[cohort] else None
                        for since in range(1, min(widest, _MONTHS_SINCE) + 1)
                    ],
                )
                for cohort in shown
            ],
            thin=[next(iter(cohorts[cohort].values()))["is_too_thin"] for cohort in shown],
        )
    )


def _loss(rows: list[Row], marts: Marts, section: Section) -> None:
    known = [row for row in rows if row["loss_rate"] is not None]
    if not known:
        reasons = [row["missing_reason"] for row in reversed(rows) if row["missing_reason"]]
        reason = reasons[0] if reasons else "nobody has bought yet"
        section.silent.append(f"Yearly loss: {reason}.")
        return
    last = known[-1]
    low, high = float(last["literature_low_rate"]), float(last["literature_high_rate"])
    if len(known) > 1:
        section.charts.append(
            lines(
                "Customers lost a year, seen from each month's end",
                "share of the buyers of the year before who bought nothing in the last twelve months; 95 % intervals",
                [row["month"] for row in known],
                [
                    Series(
                        "loss rate",
                        "bad",
                        [row["loss_rate"] for row in known],
                        [row["interval_low"] for row in known],
                        [row["interval_high"] for row in known],
                        [bool(row["is_too_thin"]) for row in known],
                    )
                ],
                form=share,
                band=Band(low, high, f"literature: {between(low, high, share)} a year"),
            )
        )
    else:
        name = f"the year to {short_month(last['month'])} ({count(last['n_customers'])})"
        told = (last["loss_rate"], last["interval_low"], last["interval_high"], last["n_customers"])
        section.charts.append(
            estimates(
                "Customers lost in a year, beside what the literature says (grey)",
                "share of the buyers of the year before who bought nothing in the last twelve months; 95 % interval",
                [Estimate(name, *told, "bad", beside=(low, high))],
                form=share,
                beside="literature",
                of="buyers",
            )
        )
    thin = " Too thin to rely on." if last["is_too_thin"] else ""
    amount = money(marts.currency)
    section.short = (
        f"Of {count(last['n_customers'])} buyers of the year before, {share(last['loss_rate'])}"
        f" ({between(last['interval_low'], last['interval_high'], share)}) bought nothing in the year to"
        f" {month_name(last['month'])}: {last['beside_literature']} the literature's"
        f" {between(low, high, share)}.{thin}"
    )
    if last["lost_amount"] is not None:
        n_lost, brought = count(last["n_lost"]), amount(last["lost_amount"])
        section.said.append(f"The {n_lost} lost had brought {brought} in the year before they left.")
    _costs(last, marts, section)


def _costs(last: Row, marts: Marts, section: Section) -> None:
    if last["replacing_cost_amount"] is None:
        section.silent.append(f"Replacing the lost against keeping them: {last['cost_missing_reason'] or 'not known'}.")
        return
    amount = money(marts.currency)
    keeping = between(last["keeping_cost_low_amount"], last["keeping_cost_high_amount"], amount)
    factors = between(last["literature_low_factor"], last["literature_high_factor"], decimal)
    section.said.append(
        f"Winning as many new ones costs {amount(last['replacing_cost_amount'])} at this year's spend; if keeping costs"
        f" {factors} times less, as the literature says, it would have been {keeping}."
    )


def _at_risk(rows: list[Row], marts: Marts, section: Section) -> None:
    if not rows:
        section.silent.append("Value at risk: nobody waits longer than is usual for them.")
        return
    amount = money(marts.currency)
    section.tables.append(
        Table(
            "Value at risk tonight: customers who wait longer than is usual for them",
            ("stage", " customers", " brought so far, net", " expected in 365 days"),
            [
                (
                    words(row["stage"]),
                    count(row["n"]),
                    "not known" if row["so_far"] is None else amount(row["so_far"]),
                    "not predicted" if not row["n_predicted"] else amount(row["predicted"]),
                )
                for row in rows
            ],
        )
    )
