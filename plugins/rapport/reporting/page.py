"""The nightly report as one page that needs nothing from elsewhere."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rapport import settings
from rapport.businesses import Business
from rapport.files import write_whole
from rapport.reporting.reading import Connection, Marts, reading
from rapport.reporting.sections import SECTIONS

_STALE = """
select kind, vendor, is_stale, last_arrived_date, freshness_status, stalest_table, stalest_file_date
from customer_360.source_freshness where is_stale or freshness_status <> 'pass' order by kind, vendor
"""

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def report_path(business: str, business_date: date) -> Path:
    """Where a night's report is kept."""
    return settings.work_dir(business) / "reports" / f"{business_date}.html"


def keep_report(conn: Connection, business: Business, business_date: date) -> Path:
    """Write the report of the night that is live; a later attempt writes the same.

    Raises NightError when another night is live.
    """
    with reading(conn, business, business_date) as marts:
        page = render_report(marts)
    path = report_path(business.name, business_date)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, page)
    return path


def render_report(marts: Marts) -> str:
    """The page; the same marts give the same bytes."""
    sections = [section(marts) for section in SECTIONS]
    return _templates.get_template("report.html").render(
        title=marts.business.title,
        date=marts.business_date.isoformat(),
        zone=marts.business.time_zone,
        currency=marts.currency,
        stale=[_stale(row) for row in marts.rows(_STALE)],
        short=[section for section in sections if section.short],
        sections=sections,
    )


def _stale(row: dict[str, Any]) -> str:
    if row["is_stale"]:
        last = row["last_arrived_date"]
        return f"{row['vendor']} ({row['kind']}): " + (f"nothing since {last}" if last else "nothing has ever arrived")
    since = row["stalest_file_date"]
    return f"{row['vendor']}.{row['stalest_table']}: " + (f"no file since that of {since}" if since else "no file yet")
