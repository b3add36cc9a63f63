"""What customers say: whether they recommend, what they talk about and what came of it, and what products they name."""

from __future__ import annotations

from rapport.reporting.charts import Estimate, Series, estimates, lines
from rapport.reporting.figures import between, count, decimal, month_name, plural, points, share, words
from rapport.reporting.reading import Marts, Row, least_for_a_share
from rapport.reporting.sections.section import Section, Table

_THEMES_SHOWN = 10

_SATISFACTION = """
select month, measure, n_responses, score, interval_low, interval_high, is_too_thin from engagement.satisfaction
where scope = 'month' and month between %(first_month)s and %(last_month)s order by month
"""
_TOUCHPOINTS = """
select touchpoint, n_responses, score, interval_low, interval_high, is_too_thin from engagement.satisfaction
where scope = 'touchpoint' and measure = 'nps' and month = %(last_month)s order by n_responses desc, touchpoint
"""
_THEMES = """
select theme, n_all_texts, n_texts, n_negative, text_share, text_share_low, text_share_high, text_share_before,
    is_rising, action, action_owner, action_missing_reason, action_date, is_too_thin
from engagement.feedback_themes where month = %(last_month)s order by n_texts desc, theme
"""
_PRODUCTS = """
select product_name, max(product_category) as category, sum(n_sold) as n_sold, sum(n_ratings) as n_ratings,
    sum(n_low_ratings) as n_low_ratings, sum(n_returned) as n_returned, sum(n_contacts) as n_contacts,
    mode() within group (order by first_complaint) as complaint
from engagement.product_feedback
where month > %(last_month)s::date - interval '3 months' and month <= %(last_month)s and product_name is not null
group by product_id, product_name
having sum(n_low_ratings) + sum(n_returned) + sum(n_contacts) > 0
order by sum(n_low_ratings) + sum(n_returned) desc, sum(n_contacts) desc, product_name limit 8
"""


def voice(marts: Marts) -> Section:
    """NPS by month and touchpoint, themes with their action, and products that are complained about."""
    section = Section("voice", "What customers say", "Would they recommend us, what bothers them, who acts?")
    _recommendation(marts, section)
    _themes(marts, section)
    _products(marts.rows(_PRODUCTS), section)
    return section


def _recommendation(marts: Marts, section: Section) -> None:
    rows = marts.rows(_SATISFACTION)
    nps = [row for row in rows if row["measure"] == "nps"]
    if not nps:
        section.silent.append("Recommendation (NPS): no survey has asked for it yet.")
    else:
        section.charts.append(
            lines(
                "Net promoter score by month",
                "promoters (9, 10) less detractors (0 to 6) of 100 answers; 95 % intervals; hollow: too thin",
                [row["month"] for row in nps],
                [
                    Series(
                        "NPS",
                        "strong",
                        [row["score"] for row in nps],
                        [row["interval_low"] for row in nps],
                        [row["interval_high"] for row in nps],
                        [row["is_too_thin"] for row in nps],
                    )
                ],
                form=points,
            )
        )
        section.short = _nps_told(nps)
    for measure, told in (("csat", "satisfied (4 or 5 of 5)"), ("ces", "ease, 1 to 7, mean")):
        if found := [row for row in rows if row["measure"] == measure]:
            section.said.append(f"{measure.upper()} of {month_name(found[-1]['month'])}, {told}: {_score(found[-1])}.")
    touchpoints = marts.rows(_TOUCHPOINTS)
    if touchpoints and all(row["is_too_thin"] for row in touchpoints):
        told = ", ".join(f"{words(row['touchpoint'])} {count(row['n_responses'])}" for row in touchpoints)
        section.silent.append(f"NPS by touchpoint in {month_name(marts.last_month)}: too thin (answers: {told}).")
    elif touchpoints:
        section.charts.append(
            estimates(
                f"Net promoter score by touchpoint, {month_name(marts.last_month)}",
                "promoters less detractors of 100 answers about the experience; 95 % intervals",
                [
                    Estimate(
                        f"{words(row['touchpoint'])} ({count(row['n_responses'])})",
                        None if row["is_too_thin"] else row["score"],
                        row["interval_low"],
                        row["interval_high"],
                        row["n_responses"],
                    )
                    for row in touchpoints
                ],
                form=points,
                line=0.0,
                of="answers",
            )
        )


def _score(row: Row) -> str:
    form = share if row["measure"] == "csat" else decimal
    told = form(row["score"])
    if row["interval_low"] is not None:
        told += f" ({between(row['interval_low'], row['interval_high'], form)})"
    return f"{told}, {plural(row['n_responses'], 'answer')}" + (", too thin" if row["is_too_thin"] else "")


def _nps_told(nps: list[Row]) -> str:
    last, before = nps[-1], nps[-2] if len(nps) > 1 else None
    said = (
        f"NPS of {month_name(last['month'])}: {points(last['score'])}"
        f" ({between(last['interval_low'], last['interval_high'], points)}; {plural(last['n_responses'], 'answer')})"
    )
    if last["is_too_thin"]:
        return f"{said}, too thin to rely on."
    if before is None or before["is_too_thin"]:
        return f"{said}."
    apart = last["interval_low"] > before["interval_high"] or last["interval_high"] < before["interval_low"]
    return f"{said}; {points(before['score'])} the month before" + (
        ", and chance alone does not explain that." if apart else ", which chance alone may explain."
    )


def _themes(marts: Marts, section: Section) -> None:
    rows = marts.rows(_THEMES)
    told = [row for row in rows if row["n_texts"]]
    if not told:
        section.silent.append(f"Themes: no text was written in {month_name(marts.last_month)}.")
        return
    is_thin = told[0]["is_too_thin"] and all(row["is_too_thin"] for row in told)
    section.charts.append(
        estimates(
            f"What texts speak of, {month_name(marts.last_month)}",
            f"share of the month's {plural(told[0]['n_all_texts'], 'text')}, which may have several themes;"
            " 95 % intervals; the grey mark is the share of the months before",
            [
                Estimate(
                    f"{words(row['theme'])}{', rising' if row['is_rising'] else ''}",
                    row["text_share"],
                    row["text_share_low"],
                    row["text_share_high"],
                    row["n_texts"],
                    "bad" if row["is_rising"] else "strong",
                    beside=None if row["text_share_before"] is None else (row["text_share_before"],) * 2,
                )
                for row in told[:_THEMES_SHOWN]
            ],
            form=share,
            beside="share before",
            of="texts",
        )
    )
    if is_thin:
        section.said.append("Each theme has few texts this month: read their shares as hints.")
    acted = [row for row in told if row["is_rising"] or row["action"]]
    if acted:
        section.tables.append(
            Table(
                "Themes that rise, and those that led to an action",
                ("theme", " texts", " complaints", "", "action", "by", "since"),
                [
                    (
                        words(row["theme"]),
                        count(row["n_texts"]),
                        count(row["n_negative"]),
                        "rising" if row["is_rising"] else "",
                        row["action"] or f"none: {row['action_missing_reason'] or 'nobody decided one'}",
                        row["action_owner"] or "",
                        str(row["action_date"] or ""),
                    )
                    for row in acted
                ],
            )
        )
    else:
        section.said.append("No theme rises beyond chance, and none has led to an action.")


def _products(rows: list[Row], section: Section) -> None:
    if not rows:
        section.silent.append("Products: nothing was rated low, sent back or asked about in the last three months.")
        return
    section.tables.append(
        Table(
            "What product development should hear, last three months",
            (
                "product",
                " sold",
                " sent back",
                " of sold",
                " rated low",
                " contacts of buyers",
                "first complaint",
            ),
            [
                (
                    row["product_name"],
                    count(row["n_sold"]),
                    count(row["n_returned"]),
                    _of(row["n_returned"], row["n_sold"]),
                    f"{count(row['n_low_ratings'])} of {count(row['n_ratings'])}",
                    count(row["n_contacts"]),
                    words(row["complaint"] or ""),
                )
                for row in rows
            ],
        )
    )


def _of(n: int, of: int) -> str:
    return share(n / of) if of >= least_for_a_share() else "too thin"
