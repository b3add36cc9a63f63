"""What a night sent, for marketing: lists and what changed, who was left out and why, what waits, what lists achieved.

Read from the send ledger, so it holds counts and no personal data. One page is kept per night; the same goes by e-mail.
"""

from __future__ import annotations

import csv
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from psycopg.rows import dict_row

from rapport import settings
from rapport.businesses import Business
from rapport.files import write_whole

Connection = psycopg.Connection[Any]

_LISTS = """
select
    lists.segment || case lists.list_kind when 'full' then '' else ' (' || lists.list_kind || ')' end as segment,
    lists.destination, lists.list_kind, lists.status, lists.n_rows, lists.reason,
    before.business_date as last_date, before.n_rows as last_rows, lists.n_rows - before.n_rows as change
from activation.deliveries as lists
left join lateral (
    select earlier.business_date, earlier.n_rows from activation.deliveries as earlier
    where
        earlier.segment = lists.segment and earlier.destination = lists.destination
        and earlier.list_kind = lists.list_kind and earlier.status = 'delivered'
        and earlier.business_date < lists.business_date
    order by earlier.business_date desc limit 1
) as before on true
where lists.business_date = %s
order by lists.segment, lists.destination, lists.list_kind
"""
_LEFT_OUT = """
select reason_code, count(*) as times, count(distinct customer_id) as people, count(distinct segment) as lists
from activation.exclusions where business_date = %s
group by reason_code order by times desc, reason_code
"""
_LIFT = """
select
    regexp_replace(scope, '^segment:', '') as list, verdict, n_treated, n_held_out, n_days_until_answer,
    round(100 * difference, 1) as points, round(100 * difference_low, 1) as points_low,
    round(100 * difference_high, 1) as points_high
from activation.segment_lift where measure = 'order_rate' and window_days = 30 order by scope
"""
# What receivers refused of a week's lists: news, not history.
_RECEIPTS = """
select
    lists.business_date, lists.segment, lists.destination, receipts.status, lists.n_rows,
    receipts.n_accepted, receipts.n_rejected
from activation.receipts
inner join activation.deliveries as lists
    on receipts.destination = lists.destination and receipts.file_name in (lists.file_name, lists.file_name || '.pgp')
where lists.business_date between %(night)s::date - 7 and %(night)s and receipts.status <> 'accepted'
order by lists.business_date desc, lists.segment, lists.destination
"""
_GONE = ("delivered", "dry_run")

GLOSSARY = {
    "list": "the customers of one segment who get one message, with the reason for each",
    "rows": "customers on a list",
    "change": "rows more or fewer than when this list last went there",
    "left out": "in a segment and not on its list; the first reason that applies counts, once per list",
    "held out": "chosen by lot to get no message, so that what messages achieve can be measured",
    "waits": "checked and written, and not with its receiver yet",
    "waiting approval": "unlike the lists before it, or made of stale exports: somebody has to approve it in Airflow,"
    " or it is not sent",
    "held back": "nobody approved it, so it is never sent",
    "refused": "its receiver told that it took none or only some of the list's rows; who is among them got nothing",
    "called back": "sent wrongly: its receiver was told to remove everybody on it",
    "unknown": "sent, and no answer came: the receiver may have it or not. The same is sent again, in a way that the"
    " receiver can tell; whoever is on it counts as written to",
    "achieved": "of 100 who were sent the list, how many more ordered within 30 days than of 100 held out by lot, with"
    " the range in which the truth lies 19 times in 20; where it spans 0, nothing is proven",
}

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=lambda name: name is not None and name.endswith(".html"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["words"] = lambda code: str(code).replace("_", " ")
_templates.filters["figure"] = lambda value: "" if value is None else f"{value:,}"
_templates.filters["signed"] = lambda value: "new" if value is None else f"{value:+,}" if value else "0"


def summarise_sending(
    conn: Connection, business: Business, business_date: date, *, report_url: str | None = None
) -> dict[str, Any]:
    """Everything the summary tells, as plain values; `report_url` is where the night's report is read."""
    with conn.cursor(row_factory=dict_row) as cursor:
        lists = cursor.execute(_LISTS, [business_date]).fetchall()
        left_out = cursor.execute(_LEFT_OUT, [business_date]).fetchall()
        night = cursor.execute(
            "select is_dry_run, failed_step from ops.nights where business_date = %s", [business_date]
        ).fetchone()
        refused = cursor.execute(_RECEIPTS, {"night": business_date}).fetchall()
        lift = _lift(cursor)
    return {
        "title": business.title,
        "date": business_date.isoformat(),
        "is_dry_run": bool(night and night["is_dry_run"]),
        "lists": [row for row in lists if row["status"] in _GONE and row["list_kind"] != "recall"],
        "recalled": [row for row in lists if row["list_kind"] == "recall"],
        "waiting": [row for row in lists if row["status"] not in _GONE],
        "n_rows": sum(row["n_rows"] for row in lists if row["status"] in _GONE and row["list_kind"] in ("full", "add")),
        "left_out": [row | {"meaning": _meanings().get(row["reason_code"], "")} for row in left_out],
        "refused": refused,
        "lift": lift,
        "glossary": GLOSSARY,
        "report_url": report_url,
    }


def subject_of(found: dict[str, Any]) -> str:
    """Subject of the e-mail: what went, and that something waits."""
    n_lists, n_waiting = len(found["lists"]), len(found["waiting"])
    told = f"{n_lists} {'list' if n_lists == 1 else 'lists'}, {found['n_rows']:,} rows"
    called_back = "; lists called back" if found["recalled"] else ""
    return f"{found['title']}, {found['date']}: {told}{f'; {n_waiting} waiting' if n_waiting else ''}{called_back}"


def render_page(found: dict[str, Any]) -> str:
    """The summary as one HTML page that needs nothing from elsewhere."""
    return _templates.get_template("summary.html").render(found)


def render_text(found: dict[str, Any]) -> str:
    """The same as plain text."""
    return _templates.get_template("summary.txt").render(found)


def page_path(business: str, business_date: date) -> Path:
    """Where a night's page is kept."""
    return settings.work_dir(business) / "summaries" / f"{business_date}.html"


def keep_page(business: str, business_date: date, found: dict[str, Any]) -> Path:
    """Write the night's page; a later attempt's takes its place."""
    path = page_path(business, business_date)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, render_page(found))
    return path


def _lift(cursor: psycopg.Cursor[dict[str, Any]]) -> list[dict[str, Any]]:
    """What lists achieve in people who order, of the live activation.segment_lift; nothing before it is published."""
    there = cursor.execute("select to_regclass('activation.segment_lift') is not null as is_there").fetchone()
    if not there or not there["is_there"]:
        return []
    return cursor.execute(_LIFT).fetchall()


@cache
def _meanings() -> dict[str, str]:
    with (settings.DBT_PROJECT / "seeds/exclusion_reasons.csv").open(encoding="utf-8") as file:
        return {row["reason_code"]: row["meaning"] for row in csv.DictReader(file)}
