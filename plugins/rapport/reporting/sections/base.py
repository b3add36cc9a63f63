"""The base: how many there are, how many buy, what they bring, how many come back."""

from __future__ import annotations

from datetime import date

from rapport.reporting.charts import Series, lines, stacked_columns
from rapport.reporting.figures import Form, count, money, month_name, share, short_month, signed_share
from rapport.reporting.reading import Marts, Row, month_before
from rapport.reporting.sections.section import Card, Section

ACTIVE_STAGES = ("first_order", "onboarding", "active", "loyal", "won_back")

_STAGES = """
select month, sum(n_customers) as n_known, sum(n_customers) filter (where to_stage <> 'prospect') as n_customers,
    sum(n_customers) filter (where to_stage = any(%(active)s)) as n_active
from loyalty.lifecycle_migration group by month order by month
"""
_REVENUE = """
select month, n_buyers, coalesce(net_revenue_amount, 0) as net_revenue_amount,
    coalesce(full_price_revenue_amount, 0) as full_price_revenue_amount
from loyalty.relationship_shift where is_month_over order by month
"""
_REPEAT = """
select month, sum(n_repeat) as n_repeat, sum(n_customers) as n_customers
from loyalty.retention where is_month_over group by month order by month
"""


def base(marts: Marts) -> Section:
    """Headline figures of the last month that is over, against the month before it."""
    section = Section("base", "The base", "How many are they, how many buy, and what do they bring?")
    stages, revenue, repeat = (
        {row["month"]: row for row in marts.rows(query, active=list(ACTIVE_STAGES))}
        for query in (_STAGES, _REVENUE, _REPEAT)
    )
    month, before, year_before = marts.last_month, month_before(marts.last_month), _year_before(marts.last_month)
    amount = money(marts.currency)
    section.cards = [
        _card("persons known", stages, "n_known", month, before, count),
        _card("customers, who have bought", stages, "n_customers", month, before, count),
        _card("active: not waiting longer than is usual for them", stages, "n_active", month, before, count),
        _card(f"buyers in {short_month(month)}", revenue, "n_buyers", month, before, count),
        _card(f"net revenue in {short_month(month)}", revenue, "net_revenue_amount", month, before, amount),
        _repeat_card(repeat, month, before),
    ]
    if month in revenue and revenue[month]["net_revenue_amount"]:
        section.short = f"{month_name(month)} brought {amount(revenue[month]['net_revenue_amount'])}" + "".join(
            f", {_against(revenue[month], revenue[other], 'net_revenue_amount')} {said}"
            for other, said in ((before, "on the month before"), (year_before, "on the same month of last year"))
            if other in revenue and revenue[other]["net_revenue_amount"] > 0
        ) + "."  # fmt: skip
    shown = [row for row in revenue.values() if row["month"] >= marts.first_month]
    if any(row["net_revenue_amount"] > 0 for row in shown):
        full = [row["full_price_revenue_amount"] for row in shown]
        rest = [row["net_revenue_amount"] - row["full_price_revenue_amount"] for row in shown]
        section.charts.append(
            stacked_columns(
                "Net revenue by month, and how much of it needed no incentive",
                f"{marts.currency} a month, less refunds, of counted orders; full price: without discount and coupon",
                [row["month"] for row in shown],
                [Series("full price", "strong", full), Series("discounted", "warn", rest)],
                form=amount,
                axis=_thousands,
            )
        )
    else:
        section.silent.append("Net revenue by month: no month with an order is over yet.")
    rates = [row for row in repeat.values() if row["month"] >= marts.first_month and row["n_customers"]]
    if rates:
        section.charts.append(
            lines(
                "Repeat rate at each month's end",
                "share of all who had bought by then who had bought at least twice",
                [row["month"] for row in rates],
                [Series("repeat rate", "strong", [row["n_repeat"] / row["n_customers"] for row in rates])],
                form=share,
            )
        )
    else:
        section.silent.append("Repeat rate: no month with a buyer is over yet.")
    return section


def _card(name: str, rows: dict[date, Row], key: str, month: date, before: date, form: Form) -> Card:
    now = rows.get(month, {}).get(key)
    if now is None:
        return Card(name, "not known", "no month with orders is over")
    then = rows.get(before, {}).get(key)
    if then is None or then <= 0:
        return Card(name, form(now), "nothing to compare with")
    return Card(name, form(now), f"{signed_share(now / then - 1)} on {short_month(before)} ({form(then)})")


def _repeat_card(rows: dict[date, Row], month: date, before: date) -> Card:
    name = "repeat rate: bought at least twice, of all who bought"
    now, then = (
        row["n_repeat"] / row["n_customers"] if (row := rows.get(when)) and row["n_customers"] else None
        for when in (month, before)
    )
    if now is None:
        return Card(name, "not known", "nobody has bought")
    if then is None:
        return Card(name, share(now), "nothing to compare with")
    change = 100 * float(now - then)
    return Card(name, share(now), f"{change:+.1f} points on {short_month(before)} ({share(then)})")


def _against(now: Row, then: Row, key: str) -> str:
    return signed_share(now[key] / then[key] - 1)


def _year_before(month: date) -> date:
    return month.replace(year=month.year - 1)


def _thousands(value: float) -> str:
    return f"{value / 1000:g} k" if abs(value) >= 1000 else f"{value:g}"
