"""Metrics: defined once in models/semantic, worked out by MetricFlow on the live tables, as an analyst reads them."""
