"""Literature beside own figures: what the field repeats, and what this business's data say of it."""

from __future__ import annotations

from rapport.reporting.charts import Estimate, estimates
from rapport.reporting.figures import Form, Number, between, count, share, words
from rapport.reporting.reading import Marts, Row
from rapport.reporting.sections.section import Section, Table

_CLAIMS = "select * from engagement.literature order by claim"
_ANSWERS = {
    "no_source": "cannot be answered by these data: no export tells",
    "no_data": "cannot be answered yet: no figure",
    "too_thin": "too thin",
    "shown": "shown; the claim names no figure",
    "below": "below",
    "above": "above",
    "agrees": "agrees",
}
_RATES = ("rate", "points")


def claims(marts: Marts) -> Section:
    """Each claim with its range, our figure and interval, and whether the data can answer at all."""
    section = Section("literature", "Literature beside own figures", "What of the textbook holds here?")
    rows = marts.rows(_CLAIMS)
    if not rows:
        section.silent.append("No claim is listed.")
        return section
    answered = [row for row in rows if row["unit"] in _RATES and _is_answered(row)]
    if answered:
        section.charts.append(
            estimates(
                "What the literature says (grey), and what is measured here",
                "percent, or percentage points for trust; 95 % intervals; claims in other units stand in the table",
                [
                    Estimate(
                        words(row["claim"]),
                        row["own_value"],
                        row["own_low"],
                        row["own_high"],
                        row["n_customers"],
                        {"below": "bad", "above": "back"}.get(row["answer"], "strong"),
                        beside=_range(row),
                    )
                    for row in answered
                ],
                form=share,
                line=0.0,
                beside="literature",
                of="customers",
            )
        )
    else:
        section.silent.append("No claim about a rate can be answered by these data yet.")
    section.tables.append(
        Table(
            "All claims",
            ("claim", " literature", " here", " rests on", "answer", "where from"),
            [
                (
                    row["what"],
                    _literature(row),
                    _own(row),
                    "" if row["n_customers"] is None or not _is_answered(row) else count(row["n_customers"]),
                    _ANSWERS[row["answer"]] + (" (proxy)" if row["is_proxy"] and _is_answered(row) else ""),
                    row["source"],
                )
                for row in rows
            ],
        )
    )
    agreeing = sum(row["answer"] == "agrees" for row in rows)
    apart = sum(row["answer"] in ("below", "above") for row in rows)
    section.short = (
        f"Of {count(len(rows))} claims of the literature {count(agreeing)} agree with these data, {count(apart)} lie"
        f" apart, {count(len(rows) - agreeing - apart)} cannot be answered or compared."
    )
    return section


def _is_answered(row: Row) -> bool:
    return row["own_value"] is not None and row["answer"] not in ("too_thin", "no_source", "no_data")


def _range(row: Row) -> tuple[float, float] | None:
    low, high = row["literature_low"], row["literature_high"]
    if low is None and high is None:
        return None
    # "over 10 %" and "up to 90 %" have one end.
    return (0.0 if low is None else low), (low if high is None else high)


def _form(row: Row) -> Form:
    return share if row["unit"] in _RATES else _times


def _times(value: Number) -> str:
    return f"{value:g}" if value == round(value) else f"{value:.2f}"


def _literature(row: Row) -> str:
    low, high, form = row["literature_low"], row["literature_high"], _form(row)
    if low is None and high is None:
        return "no figure"
    if low is None:
        return f"up to {form(high)}"
    if high is None:
        return f"from {form(low)}"
    return form(low) if low == high else between(low, high, form)


def _own(row: Row) -> str:
    if not _is_answered(row):
        return ""
    form = _form(row)
    if row["own_low"] is None or row["own_high"] is None:
        return form(row["own_value"])
    return f"{form(row['own_value'])} ({between(row['own_low'], row['own_high'], form)})"
