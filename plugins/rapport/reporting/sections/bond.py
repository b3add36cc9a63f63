"""The bond: how engaged customers are, what kind of buyers they are, and what engagement is worth."""

from __future__ import annotations

from rapport.reporting.charts import Estimate, Series, estimates, shares, stacked_columns
from rapport.reporting.figures import Number, count, month_name, share, signed_share, words
from rapport.reporting.reading import Marts, least_for_a_share
from rapport.reporting.sections.section import Section

_TIERS = {"fully_engaged": "strong", "engaged": "good", "indifferent": "even", "actively_disengaged": "bad"}
_STYLES = {"relational": "strong", "mixed": "even", "transactional": "warn"}
_CLASSES = {"3.0": ("3.0, relationship", "strong"), "2.0": ("2.0, between", "even"), "1.0": ("1.0, bought", "warn")}
_MEASURES = {
    "revenue": "net revenue",
    "orders": "orders",
    "retention": "bought at all",
    "profitability": "margin",
    "share_of_wallet": "share of wallet (proxy)",
    "relationship_growth": "growth",
    "trust": "satisfied (proxy for trust)",
}

_INDEX = """
select month, engagement_tier as tier, count(*) as n from engagement.engagement_index
where month >= %(first_month)s group by month, engagement_tier order by month
"""
_SHARES = """
select month, n_styled, n_relational, n_mixed, n_transactional, n_classed, n_relationship, n_bought
from loyalty.relationship_shift where month >= %(first_month)s and n_styled > 0 and n_classed is not null order by month
"""
_NOW_STYLED = "select shopper_style as name, count(*) as n from loyalty.shopper_style group by 1"
_NOW_CLASSED = "select loyalty_class::text as name, count(*) as n from loyalty.loyalty_class group by 1"
_PREMIUM = """
select measure, engagement_tier as tier, n_customers, premium_rate, premium_rate_low, premium_rate_high, is_too_thin,
    tier_month
from engagement.engagement_premium
"""


def bond(marts: Marts) -> Section:
    """Tiers over the months, styles and classes, and each tier's premium over the average customer."""
    section = Section("bond", "The bond", "How strong is the relationship, and what is it worth?")
    _tiers(marts, section)
    _kinds(marts, section)
    _premium(marts, section)
    return section


def _tiers(marts: Marts, section: Section) -> None:
    rows = marts.rows(_INDEX)
    found = {(row["month"], row["tier"]): row["n"] for row in rows}
    months = sorted({row["month"] for row in rows})
    if not months:
        section.silent.append("Engagement: no export tells of any signal of a bond yet.")
        return
    section.charts.append(
        stacked_columns(
            "Engagement tiers at each month's end",
            "share of customers with a sign of a bond in recent months: purchases, answers, contacts, recommendations",
            months,
            [
                Series(words(tier), tone, [found.get((month, tier), 0) for month in months])
                for tier, tone in _TIERS.items()
            ],
            as_shares=True,
        )
    )
    whole = sum(found.get((months[-1], tier), 0) for tier in _TIERS)
    full, against = (found.get((months[-1], tier), 0) for tier in ("fully_engaged", "actively_disengaged"))
    section.short = (
        f"At the end of {month_name(months[-1])} {share(full / whole)} of {count(whole)} customers with a bond were"
        f" fully engaged, {share(against / whole)} actively disengaged."
        + (" Too thin to rely on." if whole < least_for_a_share() else "")
    )


def _kinds(marts: Marts, section: Section) -> None:
    """Styles and classes are known as nights published them: by month once there are two, else as they are tonight."""
    history = marts.rows(_SHARES)
    if len(history) > 1:
        months = [row["month"] for row in history]
        section.charts.append(
            stacked_columns(
                "Shopper styles at each month's end",
                "share of customers with a style",
                months,
                [Series(style, tone, [row[f"n_{style}"] for row in history]) for style, tone in _STYLES.items()],
                as_shares=True,
            )
        )
        if any(row["n_classed"] for row in history):
            values = {
                "3.0": [row["n_relationship"] for row in history],
                "2.0": [
                    (row["n_classed"] or 0) - (row["n_relationship"] or 0) - (row["n_bought"] or 0) for row in history
                ],
                "1.0": [row["n_bought"] for row in history],
            }
            section.charts.append(
                stacked_columns(
                    "Loyalty classes at each month's end",
                    "share of repeat customers",
                    months,
                    [Series(name, tone, values[key]) for key, (name, tone) in _CLASSES.items()],
                    as_shares=True,
                )
            )
        return
    told = [
        (name, parts)
        for name, query, kinds in (
            ("shopper style of customers", _NOW_STYLED, {style: (style, tone) for style, tone in _STYLES.items()}),
            ("loyalty class of repeat customers", _NOW_CLASSED, _CLASSES),
        )
        if (parts := _now(marts, query, kinds))
    ]
    if not told:
        section.silent.append("Shopper styles and loyalty classes: there are too few signs to tell anybody's.")
        return
    rows = [(name, parts) for name, parts in told if _whole(parts) >= least_for_a_share()]
    for name, parts in told:
        if (name, parts) not in rows:
            section.silent.append(f"{name.capitalize()}: too thin ({count(_whole(parts))}).")
    if rows:
        section.charts.append(
            shares("Shopper styles and loyalty classes tonight", "share of those who have one (n)", rows)
        )
    section.silent.append("Shares of styles and classes month by month: they are drawn from the second month's end on.")


def _now(marts: Marts, query: str, kinds: dict[str, tuple[str, str]]) -> list[tuple[str, str, Number]]:
    """How many are of each kind tonight, with the kind's name and tone; nothing where nobody is of any."""
    found = {row["name"]: row["n"] for row in marts.rows(query)}
    parts: list[tuple[str, str, Number]] = [(name, tone, found.get(key, 0)) for key, (name, tone) in kinds.items()]
    return parts if any(n for _, _, n in parts) else []


def _whole(parts: list[tuple[str, str, Number]]) -> Number:
    return sum(n for _, _, n in parts)


def _premium(marts: Marts, section: Section) -> None:
    found = {(row["measure"], row["tier"]): row for row in marts.rows(_PREMIUM)}
    rows = []
    for measure, name in _MEASURES.items():
        if not any(found.get((measure, tier), {}).get("premium_rate") is not None for tier in _TIERS):
            continue
        for tier, tone in _TIERS.items():
            row = found.get((measure, tier))
            is_told = row is not None and not row["is_too_thin"] and row["premium_rate"] is not None
            rows.append(
                Estimate(
                    words(tier),
                    row["premium_rate"] if row and is_told else None,
                    row["premium_rate_low"] if row and is_told else None,
                    row["premium_rate_high"] if row and is_told else None,
                    row["n_customers"] if row else None,
                    tone,
                    name,
                    reason="too thin" if row else "nobody",
                )
            )
    if not rows:
        section.silent.append(
            "Premium of the engaged: no tier has had its months after yet, or there is nobody to compare."
        )
        return
    tier_month = next(iter(found.values()))["tier_month"]
    section.charts.append(
        estimates(
            "What each engagement tier brought, beside the average customer",
            f"percent more or less than the average customer with a tier, in the months after {month_name(tier_month)};"
            " 95 % intervals; observed, not caused by engagement alone",
            rows,
            form=signed_share,
            line=0.0,
            of="customers",
        )
    )
