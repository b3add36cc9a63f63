"""One click from a task to what its night did."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperatorLink

PAGES = "/rapport"


def night_page(business: str, business_date: str) -> str:
    """Path of the night's page on the API server."""
    return f"{PAGES}/nights/{business}/{business_date}"


def report_page(business: str, business_date: str) -> str:
    """Path of the night's report on the API server."""
    return f"{PAGES}/reports/{business}/{business_date}"


class NightLink(BaseOperatorLink):
    """Opens the page of the task's night: files, checks, per-model results, publications, lists."""

    name = "Night"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        night = getattr(operator, "night", None)
        if not isinstance(night, dict):
            return f"{PAGES}/nights"
        return f"{night_page(night['business'], night['date'])}#{getattr(operator, 'page_part', 'steps')}"


class ReportLink(BaseOperatorLink):
    """Opens the report of the task's night."""

    name = "Report"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        night = getattr(operator, "night", None)
        return report_page(night["business"], night["date"]) if isinstance(night, dict) else f"{PAGES}/nights"
