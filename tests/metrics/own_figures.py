"""What the marts say themselves, beside the metric that must say the same: by equality, rounded as the mart rounds."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg

from rapport.metrics.asking import ask
from rapport.metrics.engine import MetricEngine, Question


@dataclass(frozen=True)
class OwnFigure:
    """A metric told by something, and the statement that gives the mart's own figure by the same."""

    metric: str
    by: str
    sql: str


_BUYERS = "from customer_360.customers where n_orders > 0"
_RATES = "from engagement.recovery_rates where incident_type {} 'all' and contact_status {} 'all'"
_TIER = "round(avg(case when engagement_tier = '{}' then 1.0 else 0.0 end), 4) from engagement.engagement_index"
# Each metric that the marts have a figure of; the other ones of the glossary are sums and counts of these.
OWN_FIGURES = [
    OwnFigure("revenue", "customer", f"select customer_id, revenue_amount {_BUYERS}"),
    OwnFigure("net_revenue", "month", "select month, net_revenue_amount from loyalty.relationship_shift"),
    OwnFigure("average_order", "customer", f"select customer_id, average_order_amount {_BUYERS}"),
    OwnFigure("orders", "month", "select month, n_orders from engagement.contact_rate"),
    OwnFigure("buyers", "month", "select month, n_buyers from loyalty.relationship_shift"),
    OwnFigure("repeat_rate", "month,cohort", "select month, cohort_month, repeat_rate from loyalty.retention"),
    OwnFigure("retention_rate", "month,cohort", "select month, cohort_month, retention_rate from loyalty.retention"),
    OwnFigure("customers_won", "month", "select month, sum(n_customers) from loyalty.retention group by 1"),
    OwnFigure("yearly_loss_rate", "month", "select month, loss_rate from loyalty.customer_loss"),
    OwnFigure("customers_at_stake", "month", "select month, n_customers from loyalty.customer_loss"),
    OwnFigure(
        "lapsed_share",
        "",
        "select round(avg(case when lifecycle_stage = 'lapsed' then 1.0 else 0.0 end), 4)"
        " from loyalty.lifecycle where is_current and lifecycle_stage <> 'prospect'",
    ),
    *(
        OwnFigure(
            measure,
            f"month{by}",
            f"select month{by}, score from engagement.satisfaction"
            f" where measure = '{measure}' and scope = '{by.strip(',') or 'month'}'",
        )
        for measure in ("nps", "csat", "ces")
        for by in ("", ",segment", ",touchpoint")
    ),
    OwnFigure("nps_answers", "month", "select month, n_responses from engagement.satisfaction"
              " where measure = 'nps' and scope = 'month'"),
    OwnFigure("contacts_per_order", "month", "select month, contacts_per_order from engagement.contact_rate"),
    OwnFigure("orders_per_contact", "month", "select month, orders_per_contact from engagement.contact_rate"),
    OwnFigure("service_contacts", "month", "select month, n_contacts from engagement.contact_rate"),
    OwnFigure("ltv", "customer", "select customer_id, lifetime_value_amount from loyalty.customer_value"),
    OwnFigure("cac", "customer", "select customer_id, acquisition_cost_amount from loyalty.customer_value"),
    OwnFigure("ltv_to_cac", "customer", "select customer_id, ltv_to_cac_ratio from loyalty.customer_value"),
    OwnFigure(
        "promise_keeping",
        "month",
        "select month, share from engagement.behaviours where behaviour = 'promises_kept'",
    ),
    *(
        OwnFigure(f"{tier}_share", "month", f"select month, {_TIER.format(tier)} group by 1")
        for tier in ("fully_engaged", "engaged", "indifferent", "actively_disengaged")
    ),
    OwnFigure(
        "fully_engaged_share",
        "",
        f"select {_TIER.format('fully_engaged')} where month = (select max(month) from engagement.engagement_index)",
    ),
    OwnFigure("recovery_rate", "month", f"select month, back_rate {_RATES.format('=', '=')}"),
    OwnFigure("cases_told", "month", f"select month, n_back_known {_RATES.format('=', '=')}"),
    OwnFigure(
        "recovery_rate",
        "month,incident_type,contact_status",
        f"select month, incident_type, contact_status, back_rate {_RATES.format('<>', '<>')}",
    ),
    OwnFigure(
        "discount_dependence", "month", "select month, 1 - full_price_revenue_share from loyalty.relationship_shift"
    ),
]  # fmt: skip


def differences(conn: psycopg.Connection[Any], engine: MetricEngine, own: OwnFigure) -> list[str]:
    """Where the metric and the mart differ; the months that run are left out, as most marts leave them out."""
    by = [name for name in own.by.split(",") if name]
    answer = ask(conn, engine, Question([own.metric], by))
    months = {month for (month,) in conn.execute("select distinct month from customer_360.days where is_month_over")}

    def is_over(values: tuple[Any, ...]) -> bool:
        return by[:1] != ["month"] or values[0] in months

    found = {values: figure for values, ((figure, _),) in answer.rows if is_over(values)}
    said = {
        values: Decimal(figure)
        for *key, figure in conn.execute(own.sql)  # type: ignore[arg-type]
        if figure is not None and is_over(values := tuple(key))
    }
    assert said, f"{own.metric} by {own.by}: the mart says nothing"
    return [
        f"{own.metric} by {own.by} of {key}: {found.get(key)}, the mart says {said.get(key)}"
        for key in found.keys() | said.keys()
        if found.get(key) != said.get(key)
    ]
