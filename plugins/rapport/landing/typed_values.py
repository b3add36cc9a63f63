"""Numbers, dates and times that a program holds as such, as the text that raw stores."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation


def number_text(written: str) -> str:
    """A number without an exponent; what is none (nan, inf) as it is."""
    try:
        return format(Decimal(written), "f") if "n" not in written.lower() else written
    except InvalidOperation:
        return written


def moment_text(value: date | time | timedelta) -> str:
    """A day, a time of day or both, to the millisecond; a length of time in hours, as spreadsheets show it."""
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(abs(value.total_seconds())), 60)
        sign = "-" if value < timedelta() else ""
        return f"{sign}{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"
    if not isinstance(value, (datetime, time)):
        return value.isoformat()
    precision = "milliseconds" if value.microsecond >= 1000 else "seconds"
    text = value.isoformat(timespec=precision).replace("T", " ")
    return text.rstrip("0") if precision == "milliseconds" else text
