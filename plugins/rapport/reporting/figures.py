"""Figures as an owner reads them: rounded to what they can bear, with a unit, and the same on every night."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from math import sqrt

Number = float
Form = Callable[[Number], str]

_Z = 1.959964  # of 95 % intervals, as the marts' interval_z


def count(value: Number) -> str:
    """1,234"""
    return f"{round(value):,}"


def decimal(value: Number) -> str:
    """12, or 1.2 below ten, or 0.12 below one; a round number without decimals."""
    if abs(value) >= 10 or value == round(value):
        return _plain(f"{value:,.0f}")
    return f"{value:.1f}" if abs(value) >= 1 else f"{value:.2f}"


def share(value: Number) -> str:
    """0.123 as 12 %; below ten percent with one decimal."""
    percent = 100 * float(value)
    return f"{_plain(f'{percent:.0f}' if abs(percent) >= 9.95 or percent == 0 else f'{percent:.1f}')} %"


def signed_share(value: Number) -> str:
    """0.123 as +12 %"""
    return ("+" if value > 0 else "") + share(value)


def signed(value: Number) -> str:
    """12 as +12"""
    return f"{round(value):+,}" if round(value) else "0"


def points(value: Number) -> str:
    """A score such as an NPS: 31, or -5"""
    return _plain(f"{value:.0f}")


def money(currency: str) -> Form:
    """Amounts in a currency: 12,345 EUR, from a million on 1.23 m EUR."""

    def form(value: Number) -> str:
        if abs(value) >= 1_000_000:
            return f"{float(value) / 1_000_000:,.2f} m {currency}"
        return f"{_plain(f'{value:,.0f}')} {currency}"

    return form


def between(low: Number, high: Number, form: Form) -> str:
    """The 95 % interval, with the unit once: 24 to 38 %"""
    first, last = form(low), form(high)
    unit = last[last.rfind(" ") :] if " " in last else ""
    return f"{first.removesuffix(unit)} to {last}" if unit and first.endswith(unit) else f"{first} to {last}"


def month_name(month: date) -> str:
    """February 2026"""
    return f"{month:%B} {month.year}"


def short_month(month: date) -> str:
    """Feb 26"""
    return f"{month:%b} {month.year % 100:02}"


def words(code: str) -> str:
    """A value of a mart as words: at_risk as at risk"""
    return code.replace("_", " ")


def plural(n: Number, noun: str) -> str:
    """1 customer, 2 customers"""
    return f"{count(n)} {noun}{'' if n == 1 else 's'}"


def wilson(n: Number, of: Number) -> tuple[float, float]:
    """Interval of the share n / of, 95 %; Wilson 1927, Journal of the American Statistical Association 22, 209-212."""
    size, rate = float(of), float(n) / float(of)
    middle = rate + _Z * _Z / (2 * size)
    half = _Z * sqrt(rate * (1 - rate) / size + _Z * _Z / (4 * size * size))
    whole = 1 + _Z * _Z / size
    return max((middle - half) / whole, 0.0), min((middle + half) / whole, 1.0)


def _plain(text: str) -> str:
    """Without a minus before nothing."""
    return text[1:] if text.startswith("-") and not text.strip("-0.,") else text
