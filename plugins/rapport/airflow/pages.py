"""Pages of nights on the API server: what arrived, was refused, built, published and sent.

Airflow does not guard a plugin's app: every route here asks for the signed-in user itself.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import FastAPI, HTTPException
from fastapi.responses import FileResponse, HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rapport import settings
from rapport.airflow.links import PAGES
from rapport.businesses import business_names, load_business
from rapport.errors import BusinessError
from rapport.nights.summary import dbt_steps, overview, summarise
from rapport.warehouse import connect, has_warehouse

TEMPLATES = Path(__file__).parent / "templates"

app = FastAPI(title="Rapport", docs_url=None, redoc_url=None, openapi_url=None)
templates = Environment(
    loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
templates.globals |= {"pages": PAGES, "utc": UTC}


@app.get("/nights", response_class=HTMLResponse)
def nights(user: GetUserDep) -> str:
    """The latest nights of every business that has a warehouse."""
    businesses = []
    for name in filter(has_warehouse, business_names()):
        with connect(name) as conn:
            businesses.append({"name": name, "title": load_business(name).title, "nights": overview(conn)})
    return templates.get_template("nights.html").render(businesses=businesses)


@app.get("/nights/{business}/{business_date}", response_class=HTMLResponse)
def night(business: str, business_date: date, user: GetUserDep) -> str:
    """One night, whole."""
    try:
        chosen = load_business(business)
    except BusinessError as error:
        raise HTTPException(404, error.what) from None
    if not has_warehouse(business):
        raise HTTPException(404, "No night of this business has been opened yet.")
    with connect(business) as conn:
        found = summarise(conn, chosen, business_date)
        dates = [row["business_date"] for row in overview(conn)]
        steps = dbt_steps(conn, business_date)
    return templates.get_template("night.html").render(
        title=chosen.title,
        night=found,
        before=max((one for one in dates if one < business_date), default=None),
        after=min((one for one in dates if one > business_date), default=None),
        loaded_tables=_by_table(found["files"]),
        dbt_steps=steps,
        bars=_bars(found["steps"]),
    )


@app.get("/docs/{business}")
def dbt_docs(business: str, user: GetUserDep) -> FileResponse:
    """The dbt docs of the business's latest build."""
    return _file(settings.work_dir(_known(business)) / "dbt" / "docs", "static_index.html")


@app.get("/data-docs/{business}/{path:path}")
def data_docs(business: str, path: str, user: GetUserDep) -> FileResponse:
    """Great Expectations' Data Docs."""
    return _file(settings.work_dir(_known(business)) / "data_docs", path)


@app.get("/summaries/{business}/{business_date}")
def summary(business: str, business_date: date, user: GetUserDep) -> FileResponse:
    """What marketing was told of a night's lists."""
    return _file(settings.work_dir(_known(business)) / "summaries", f"{business_date}.html")


@app.get("/reports/{business}/{business_date}")
def report(business: str, business_date: date, user: GetUserDep) -> FileResponse:
    """The night's report: what the marts say, in pictures."""
    return _file(settings.work_dir(_known(business)) / "reports", f"{business_date}.html")


@app.get("/moon.svg")
def moon() -> FileResponse:
    """The icon of Nights in Airflow's navigation, which asks for it before anybody has signed in."""
    return FileResponse(TEMPLATES / "moon.svg", media_type="image/svg+xml")


def _known(business: str) -> str:
    if business not in business_names():
        raise HTTPException(404, "There is no such business.")
    return business


def _file(folder: Path, path: str) -> FileResponse:
    wanted = (folder / path).resolve()
    if not wanted.is_relative_to(folder.resolve()) or not wanted.is_file():
        raise HTTPException(404, "Not written yet: it is written at the end of a night.")
    return FileResponse(wanted)


def _by_table(files: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Loaded files by vendor.table."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in files:
        if row["status"] == "loaded":
            found.setdefault(f"{row['vendor']}.{row['table']}", []).append(row)
    return found


def _bars(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Steps with their place in the night, in percent of its length from the first start to the last end."""

    begin: datetime | None = steps[0]["started_at"] if steps else None

    def seconds(at: datetime) -> float:
        return (at - begin).total_seconds() if begin else 0.0

    whole = max((seconds(row["started_at"]) + row["seconds"] for row in steps), default=0) or 1
    return [
        row
        | {
            "from_percent": round(100 * seconds(row["started_at"]) / whole, 1),
            "percent": round(max(100 * row["seconds"] / whole, 0.4), 1),
        }
        for row in steps
    ]
