"""Charts as SVG that takes its colours from the page around it: no script, no reference, the same bytes each time."""

from rapport.reporting.charts.chart import Chart, Series
from rapport.reporting.charts.columns import stacked_columns
from rapport.reporting.charts.estimates import Estimate, estimates
from rapport.reporting.charts.heat import heat
from rapport.reporting.charts.lines import Band, lines
from rapport.reporting.charts.shares import shares

__all__ = ["Band", "Chart", "Estimate", "Series", "estimates", "heat", "lines", "shares", "stacked_columns"]
