"""The nightly report: a picture for each mart, which an owner reads in five minutes. Aggregates only, nobody's data."""

from rapport.reporting.page import keep_report, report_path

__all__ = ["keep_report", "report_path"]
