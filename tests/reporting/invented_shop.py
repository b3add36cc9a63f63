"""A shop's marts with figures made by hand: each mart the report reads, through February 2026."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from reporting.live_marts import Connection, insert

JAN, FEB = date(2026, 1, 1), date(2026, 2, 1)
MONTHS = [date(2025, month, 1) for month in range(1, 13)] + [JAN, FEB]


def fill(conn: Connection) -> None:
    """Everything a business with all kinds of source has."""
    fill_orders(conn)
    fill_bond(conn)
    fill_voice(conn)
    fill_service(conn)
    fill_achievements(conn)


def fill_orders(conn: Connection) -> None:
    """What a shop that exports only orders has: 100 buyers and 1,000 EUR in February, 80 and 800 in January."""
    insert(
        conn,
        "loyalty.relationship_shift",
        *(
            {
                "month": month,
                "is_month_over": True,
                "n_buyers": 100 if month == FEB else 80,
                "net_revenue_amount": 1000 if month == FEB else 800,
                "full_price_revenue_amount": 600,
                "missing_reason": "styles and classes are kept from the first published night on",
            }
            for month in MONTHS
        ),
    )
    moves = [
        ("unknown", "first_order", 20),
        ("active", "at_risk", 30),
        ("at_risk", "loyal", 5),
        ("active", "active", 45),
    ]
    insert(
        conn,
        "loyalty.lifecycle_migration",
        *(
            {
                "month": month,
                "from_stage": before,
                "to_stage": stage,
                "n_customers": n + place,
                "n_from_stage": 20 if before == "unknown" else 90,
                "share_of_from_stage": 0.5,
                "is_too_thin": before == "unknown",
            }
            for place, month in enumerate(MONTHS)
            for before, stage, n in moves
        ),
    )
    insert(
        conn,
        "loyalty.retention",
        *(
            {
                "cohort_month": cohort,
                "months_since": place - first,
                "month": month,
                "n_customers": 10 if cohort == JAN else 40,
                "n_repeat": 2 * (place - first),
                "retention_rate": 0.25,
                "is_month_over": True,
                "is_too_thin": cohort == JAN,
            }
            for first, cohort in enumerate(MONTHS)
            for place, month in enumerate(MONTHS)
            if place >= first
        ),
    )
    insert(
        conn,
        "loyalty.customer_loss",
        *(
            {
                "month": month,
                "beside_literature": "above",
                "n_customers": 200,
                "n_lost": 70,
                "loss_rate": 0.35,
                "interval_low": 0.29,
                "interval_high": 0.42,
                "literature_low_rate": 0.1,
                "literature_high_rate": 0.3,
                "lost_amount": 7000,
                "replacing_cost_amount": 1400,
                "keeping_cost_low_amount": 140,
                "keeping_cost_high_amount": 280,
                "literature_low_factor": 5,
                "literature_high_factor": 10,
            }
            for month in (JAN, FEB)
        ),
    )
    for place, stage in enumerate(("at_risk", "lapsed", "loyal")):
        insert(conn, "loyalty.lifecycle", {"customer_id": f"c_{place}", "lifecycle_stage": stage, "is_current": True})
        insert(
            conn,
            "loyalty.customer_value",
            {"customer_id": f"c_{place}", "net_revenue_amount": 1234, "predicted_revenue_amount": 56},
        )


def fill_bond(conn: Connection) -> None:
    """60 fully engaged of 100 in February; styles of 30, classes of 29; a premium, and one that is too thin."""
    tiers = [("fully_engaged", 6), ("engaged", 2), ("indifferent", 1), ("actively_disengaged", 1)]
    people = [(tier, f"c_{tier}_{n}") for tier, n_people in tiers for n in range(n_people)]
    insert(
        conn,
        "engagement.engagement_index",
        *(
            {"customer_id": who, "month": month, "engagement_tier": tier}
            for month in (JAN, FEB)
            for tier, who in people
        ),
    )
    insert(
        conn,
        "engagement.engagement_premium",
        *(
            {
                "measure": measure,
                "engagement_tier": tier,
                "n_customers": 50,
                "premium_rate": 0.3,
                "premium_rate_low": 0.1,
                "premium_rate_high": 0.5,
                "is_too_thin": tier == "engaged",
                "tier_month": date(2025, 8, 1),
            }
            for measure in ("revenue", "orders")
            for tier, _ in tiers
        ),
    )
    styles = ["relational", "relational", "mixed"] * 10
    insert(
        conn,
        "loyalty.shopper_style",
        *({"customer_id": f"c_{n}", "shopper_style": one} for n, one in enumerate(styles)),
    )
    insert(conn, "loyalty.loyalty_class", *({"customer_id": f"c_{n}", "loyalty_class": "3.0"} for n in range(29)))


def fill_voice(conn: Connection) -> None:
    """NPS of 40 in January and 10 in February, apart; a rising theme without an action; a product that is sent back."""
    nps: dict[str, Any] = {"measure": "nps", "scope": "month", "touchpoint": "all", "segment": "all"}
    insert(
        conn,
        "engagement.satisfaction",
        nps | {"month": JAN, "n_responses": 300, "score": 40, "interval_low": 30, "interval_high": 50},
        nps | {"month": FEB, "n_responses": 320, "score": 10, "interval_low": 0, "interval_high": 20},
        nps
        | {
            "month": FEB,
            "scope": "touchpoint",
            "touchpoint": "delivery",
            "n_responses": 90,
            "score": -5,
            "interval_low": -20,
            "interval_high": 10,
        },
        nps
        | {
            "month": FEB,
            "scope": "touchpoint",
            "touchpoint": "website",
            "n_responses": 9,
            "score": 77,
            "interval_low": 20,
            "interval_high": 90,
            "is_too_thin": True,
        },
    )
    theme: dict[str, Any] = {"month": FEB, "n_all_texts": 80, "text_share_low": 0.2, "text_share_high": 0.4}
    insert(
        conn,
        "engagement.feedback_themes",
        theme
        | {
            "theme": "delivery",
            "n_texts": 24,
            "n_negative": 20,
            "text_share": 0.3,
            "text_share_before": 0.1,
            "is_rising": True,
            "action_missing_reason": "nothing is written down",
        },
        theme
        | {
            "theme": "range",
            "n_texts": 20,
            "text_share": 0.25,
            "action": "Three more colours",
            "action_owner": "buying",
            "action_date": date(2026, 1, 15),
        },
    )
    insert(
        conn,
        "engagement.product_feedback",
        {
            "product_id": "p",
            "month": FEB,
            "product_name": "Krus <i>blå</i>",
            "n_sold": 100,
            "n_ratings": 9,
            "n_low_ratings": 2,
            "n_returned": 12,
            "n_contacts": 4,
            "first_complaint": "packaging",
        },
    )


def fill_service(conn: Connection) -> None:
    """Promises due in February: 90 of 100 deliveries kept; cases; the contact rate."""
    due = datetime(2026, 2, 10, tzinfo=UTC)
    insert(
        conn,
        "customer_360.promises",
        *(
            {
                "promise_id": f"d{n}",
                "customer_id": "c_0",
                "promise_type": "delivery",
                "due_at": due,
                "status": "broken" if n < 10 else "kept",
            }
            for n in range(100)
        ),
        {"promise_id": "r", "customer_id": "c_0", "promise_type": "reward", "due_at": due, "status": "broken"},
    )
    insert(
        conn,
        "engagement.contact_rate",
        *(
            {
                "month": month,
                "n_orders": 100,
                "n_contacts": 10,
                "orders_per_contact": 10,
                "contacts_per_order": 0.1,
                "trust_index": 104,
                "is_too_thin": month == FEB,
            }
            for month in (JAN, FEB)
        ),
    )
    insert(
        conn,
        "engagement.recovery_rates",
        *(
            {
                "month": FEB,
                "incident_type": kind,
                "contact_status": status,
                "n_cases": 100,
                "n_back_known": 100,
                "n_back": 40,
                "n_single_known": 12,
                "n_single_lost": 3,
            }
            for kind, status in (("all", "contacted"), ("all", "not_contacted"), ("late_delivery", "all"))
        ),
    )
    insert(
        conn,
        "engagement.service_value",
        {
            "measure": "revenue",
            "value_with_contact": 50,
            "value_without_contact": 40,
            "difference": 10,
            "difference_low": 2,
            "difference_high": 18,
        },
        {"measure": "retention", "is_too_thin": True},
    )
    insert(conn, "engagement.service_teams", {"month": FEB, "team": "front desk", "n_contacts": 9, "is_too_thin": True})


def fill_achievements(conn: Connection) -> None:
    """A list that is proven, one that is not, one that is too thin; claims answered and not."""
    lift: dict[str, Any] = {"measure": "order_rate", "window_days": 30, "n_treated": 900, "n_held_out": 100}
    insert(
        conn,
        "activation.segment_lift",
        lift
        | {
            "scope": "segment:at_risk",
            "verdict": "higher",
            "difference": 0.05,
            "difference_low": 0.01,
            "difference_high": 0.09,
        },
        lift
        | {
            "scope": "global",
            "verdict": "no_difference_seen",
            "difference": 0.01,
            "difference_low": -0.02,
            "difference_high": 0.04,
        },
        lift | {"scope": "segment:vip", "verdict": "too_thin", "n_days_until_answer": 400, "difference": 0.987},
        lift | {"scope": "segment:vip", "measure": "n_orders", "verdict": "higher", "difference": 0.654},
    )
    claim: dict[str, Any] = {"unit": "rate", "source": "a book", "n_customers": 200}
    insert(
        conn,
        "engagement.literature",
        claim | {"claim": "yearly_loss", "what": "A tenth to three tenths go", "answer": "above", "literature_low": 0.1,
                 "literature_high": 0.3, "own_value": 0.35, "own_low": 0.29, "own_high": 0.42},
        claim | {"claim": "employees_believe", "what": "One in four believes", "answer": "no_data",
                 "literature_low": 0.25, "literature_high": 0.25},
        claim | {"claim": "engaged_trust", "what": "They trust more", "answer": "too_thin", "own_value": 0.98765,
                 "literature_low": 0.2, "literature_high": 0.2, "is_proxy": True},
        claim | {"claim": "winning_costs_more", "what": "Winning costs more", "answer": "no_source"},
    )  # fmt: skip
