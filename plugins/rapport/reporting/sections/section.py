"""One part of the report: what it says in words, its figures, its charts, and what could not be told."""

from __future__ import annotations

from dataclasses import dataclass, field

from rapport.reporting.charts import Chart


@dataclass(frozen=True)
class Card:
    """A headline figure, with what it counts and how it changed."""

    name: str
    figure: str
    change: str = ""


@dataclass(frozen=True)
class Table:
    """Columns whose name begins with a space hold figures and stand to the right."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]


@dataclass
class Section:
    """`short` is the sentence for the top of the page; `silent` are the reasons for what is not drawn."""

    key: str
    title: str
    asks: str
    short: str = ""
    said: list[str] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
