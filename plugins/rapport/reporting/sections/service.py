"""Service: how often customers have to get in touch, and whether they come back after something went wrong."""

from __future__ import annotations

from rapport.reporting.charts import Estimate, Series, estimates, lines
from rapport.reporting.figures import count, decimal, money, month_name, plural, share, wilson, words
from rapport.reporting.reading import Marts, Row, least_for_a_share
from rapport.reporting.sections.section import Section, Table

_RATE = """
select month, n_orders, n_contacts, orders_per_contact, contacts_per_order, trust_index, is_too_thin
from engagement.contact_rate where month between %(first_month)s and %(last_month)s order by month
"""
_RECOVERY = """
select incident_type, contact_status, sum(n_cases) as n_cases, sum(n_back_known) as n_back_known, sum(n_back) as n_back,
    sum(n_single_known) as n_single_known, sum(n_single_lost) as n_single_lost
from engagement.recovery_rates group by incident_type, contact_status order by n_cases desc, incident_type
"""
_TEAMS = """
select team, n_contacts, n_answered, first_contact_resolution_rate, median_hours_to_first_reply, is_too_thin
from engagement.service_teams where month = %(last_month)s order by n_contacts desc, team limit 8
"""
_VALUE = """
select measure, n_customers_with_contact, value_with_contact, value_without_contact, difference, difference_low,
    difference_high, is_too_thin
from engagement.service_value order by measure
"""


def service(marts: Marts) -> Section:
    """The contact rate both ways round, recovery by who was spoken to, teams, and what a contact is worth."""
    section = Section("service", "Service", "How often do customers need us, and do we win them back?")
    _contact_rate(marts.rows(_RATE), section)
    _recovery(marts.rows(_RECOVERY), section)
    _worth(marts, section)
    if teams := marts.rows(_TEAMS):
        section.tables.append(
            Table(
                f"Teams, contacts opened in {month_name(marts.last_month)}",
                ("team", " contacts", " answered", " resolved at first", " hours to first reply, median"),
                [
                    (
                        words(row["team"]),
                        count(row["n_contacts"]),
                        count(row["n_answered"]),
                        _or_thin(row, "first_contact_resolution_rate", share),
                        _or_thin(row, "median_hours_to_first_reply", decimal),
                    )
                    for row in teams
                ],
            )
        )
    return section


def _contact_rate(rows: list[Row], section: Section) -> None:
    if not rows:
        section.silent.append("Contact rate: no export tells of service contacts.")
        return
    months, thin = [row["month"] for row in rows], [bool(row["is_too_thin"]) for row in rows]
    for key, tone, unit in (
        ("contacts_per_order", "warn", "service contacts opened, per counted order of the month"),
        ("orders_per_contact", "strong", "counted orders, per service contact opened in the month"),
    ):
        values = [row[key] for row in rows]
        if any(value is not None for value in values):
            series = Series(words(key), tone, values, is_thin=thin)
            title = f"{words(key).capitalize()}, by month"
            section.charts.append(lines(title, f"{unit}; hollow: too thin", months, [series], form=decimal))
    last = rows[-1]
    if last["trust_index"] is not None:
        thin_told = " Too thin to rely on." if last["is_too_thin"] else ""
        section.short = (
            f"Trust index of {month_name(last['month'])}: {decimal(last['trust_index'])}; 100 is as usual, more is"
            f" fewer contacts for as many orders ({plural(last['n_contacts'], 'contact')},"
            f" {plural(last['n_orders'], 'order')}).{thin_told}"
        )


def _recovery(rows: list[Row], section: Section) -> None:
    found = {(row["incident_type"], row["contact_status"]): row for row in rows}
    if not found:
        section.silent.append("Recovery: no bad experience is in the data.")
        return
    shown = [
        _rate(f"{said} ({count(row[of])})", row[n], row[of], tone, group)
        for group, n, of in (
            ("back within 90 days", "n_back", "n_back_known"),
            ("lost for a year, after one incident", "n_single_lost", "n_single_known"),
        )
        for status, said, tone in (("contacted", "spoken to", "strong"), ("not_contacted", "not spoken to", "bad"))
        if (row := found.get(("all", status))) and row[of]
    ]
    if shown:
        section.charts.append(
            estimates(
                "After a bad experience: who came back, and who was lost",
                "share of cases old enough to tell (n), by whether somebody spoke to the customer in time;"
                " 95 % intervals; observed, not caused by speaking alone",
                shown,
                form=share,
                of="cases",
            )
        )
    else:
        section.silent.append("Recovery: no case is old enough to tell whether its customer came back.")
    kinds = [row for (kind, status), row in found.items() if kind != "all" and status == "all"]
    if kinds:
        told = ", ".join(f"{words(row['incident_type'])} {count(row['n_cases'])}" for row in kinds)
        section.said.append(f"Cases so far by what went wrong first: {told}.")


def _rate(name: str, n: int, of: int, tone: str, group: str) -> Estimate:
    if of < least_for_a_share():
        return Estimate(name, None, n=of, tone=tone, group=group)
    low, high = wilson(n, of)
    return Estimate(name, n / of, low, high, of, tone, group)


def _worth(marts: Marts, section: Section) -> None:
    """Service as an earner: revenue after a closed contact beside that of customers alike without one."""
    for row in marts.rows(_VALUE):
        if row["is_too_thin"] or row["difference"] is None:
            section.silent.append(f"What a service contact is worth in {words(row['measure'])}: too thin.")
            continue
        form = money(marts.currency) if row["measure"] == "revenue" else share
        sign = "more" if row["difference"] > 0 else "less"
        what = "Net revenue a person" if row["measure"] == "revenue" else "Bought again"
        section.said.append(
            f"{what} after a closed contact: {form(row['value_with_contact'])},"
            f" {form(row['value_without_contact'])} of customers alike without one"
            f" ({form(abs(row['difference']))} {sign}; {form(row['difference_low'])} to {form(row['difference_high'])};"
            " observed, not caused by the contact alone)."
        )


def _or_thin(row: Row, key: str, form: object) -> str:
    if row["is_too_thin"]:
        return "too thin"
    return "not known" if row[key] is None else form(row[key])  # type: ignore[operator, no-any-return]
