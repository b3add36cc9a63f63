"""Pages of nights on the API server: what arrived, was refused, built, published and sent.

Airflow does not guard a plugin's app: every route here asks for the signed-in user itself.
"""

from __future__ import annotations

from datetime import date
from html import escape
from typing import Any

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import FastAPI, HTTPException
from fastapi.responses import FileResponse, HTMLResponse

from rapport import settings
from rapport.airflow.links import PAGES
from rapport.businesses import business_names, load_business
from rapport.errors import BusinessError
from rapport.nights.summary import summarise
from rapport.warehouse import connect

app = FastAPI(title="Rapport", docs_url=None, redoc_url=None, openapi_url=None)

_STYLE = """
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { max-width: 72rem; margin: 1.5rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: .4rem 0 1.4rem; width: 100%; }
th { text-align: left; font-weight: 600; opacity: .65; }
td, th { padding: .2rem .8rem .2rem 0; vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
tr { border-bottom: 1px solid color-mix(in srgb, currentColor 12%, transparent); }
.bad { color: #c0392b; } .good { color: #1e8449; } .warn { color: #b9770e; }
h2 { font-size: 1.05rem; margin: 1.2rem 0 0; }
"""
_GOOD = {"sent", "loaded", "arrived", "delivered", "done", "success", "pass", "passed", "published"}
_BAD = {"failed", "refused", "rejected", "error", "fail", "stop", "runtime error"}


@app.get("/nights", response_class=HTMLResponse)
def nights(user: GetUserDep) -> str:
    """The latest nights of every business that has a warehouse."""
    parts = []
    for name in business_names():
        with connect(name) as conn:
            rows = conn.execute(
                "select business_date, state, opened_at, published_at, sent_at, failed_step from ops.nights"
                " order by business_date desc limit 30"
            ).fetchall()
        cells = [
            [f'<a href="{PAGES}/nights/{name}/{row[0]}">{row[0]}</a>', *(_cell(value) for value in row[1:])]
            for row in rows
        ]
        parts.append(f"<h2>{escape(load_business(name).title)}</h2>")
        parts.append(_table(["night", "state", "opened", "published", "sent", "failed at"], cells))
    return _page("Nights", "".join(parts))


@app.get("/nights/{business}/{business_date}", response_class=HTMLResponse)
def night(business: str, business_date: date, user: GetUserDep) -> str:
    """One night, whole."""
    try:
        chosen = load_business(business)
    except BusinessError as error:
        raise HTTPException(404, error.what) from None
    with connect(business) as conn:
        found = summarise(conn, chosen, business_date)
        models = conn.execute(
            "select step, node_id, resource_type, status, rows_affected, round(execution_seconds::numeric, 2), message"
            " from quality.dbt_results where business_date = %s order by step, resource_type, node_id",
            [business_date],
        ).fetchall()
    parts = [f"<p>state <b>{_cell(found['state'])}</b>"]
    if found["failure"]:
        parts.append(f'<pre class="bad">{escape(found["failed_step"] or "")}: {escape(found["failure"])}</pre>')
    parts.append(f'<p><a href="{PAGES}/docs/{business}">dbt docs</a> · ')
    parts.append(f'<a href="{PAGES}/data-docs/{business}/index.html">Data Docs</a></p>')
    for title, key in (
        ("Sources", "sources"),
        ("Files", "files"),
        ("Quarantined rows", "quarantine"),
        ("Published tables", "tables"),
        ("Checks that do not hold", "failed_checks"),
        ("Lists", "lists"),
        ("Steps", "steps"),
    ):
        rows = found[key]
        parts.append(f"<h2>{title}</h2>")
        parts.append(
            _table(list(rows[0]), [[_cell(value) for value in row.values()] for row in rows]) if rows else "<p>none</p>"
        )
    step = None
    for row in models:
        if row[0] != step:
            parts.append(f'{"</table>" if step else ""}<h2 id="{escape(row[0])}">dbt: {escape(row[0])}</h2><table>')
            parts.append("<tr><th>node<th>type<th>status<th class=n>rows<th class=n>seconds<th>message</tr>")
            step = row[0]
        parts.append("<tr>" + "".join(_cell_td(value) for value in (_short(row[1]), *row[2:])) + "</tr>")
    if step:
        parts.append("</table>")
    return _page(f"{chosen.title}: night of {business_date}", "".join(parts))


@app.get("/docs/{business}")
def dbt_docs(business: str, user: GetUserDep) -> FileResponse:
    """The dbt docs of the business's latest build."""
    return _file(settings.work_dir(_known(business)) / "dbt" / "docs", "static_index.html")


@app.get("/data-docs/{business}/{path:path}")
def data_docs(business: str, path: str, user: GetUserDep) -> FileResponse:
    """Great Expectations' Data Docs."""
    return _file(settings.work_dir(_known(business)) / "data_docs", path)


def _known(business: str) -> str:
    if business not in business_names():
        raise HTTPException(404, "There is no such business.")
    return business


def _file(folder: Any, path: str) -> FileResponse:
    wanted = (folder / path).resolve()
    if not wanted.is_relative_to(folder.resolve()) or not wanted.is_file():
        raise HTTPException(404, "Not written yet: it is written at the end of a night.")
    return FileResponse(wanted)


def _page(title: str, body: str) -> str:
    return (
        f"<!doctype html><meta charset=utf-8><title>{escape(title)}</title><style>{_STYLE}</style>"
        f'<p><a href="{PAGES}/nights">Nights</a></p><h1>{escape(title)}</h1>{body}'
    )


def _table(headings: list[str], rows: list[list[str]]) -> str:
    head = "".join(f"<th>{escape(heading.replace('_', ' '))}" for heading in headings)
    body = "".join("<tr>" + "".join(f"<td>{cell}" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _cell(value: Any) -> str:
    text = "" if value is None else f"{value:%Y-%m-%d %H:%M:%S}" if hasattr(value, "hour") else str(value)
    style = "good" if text in _GOOD else "bad" if text in _BAD else "warn" if text in ("none", "warn") else ""
    return f'<span class="{style}">{escape(text)}</span>' if style else escape(text)


def _cell_td(value: Any) -> str:
    return f"<td{' class=n' if isinstance(value, int | float) else ''}>{_cell(value)}"


def _short(node_id: str) -> str:
    return node_id.split(".", 2)[-1]
