"""Marks of a chart as text: escaped, and rounded so that equal values are equal bytes."""

from __future__ import annotations

from html import escape


def mark(name: str, said: str = "", **attributes: str | float) -> str:
    """One element; `said` becomes what a browser shows on pointing at it."""
    told = "".join(f' {key.rstrip("_").replace("_", "-")}="{_shown(value)}"' for key, value in attributes.items())
    return f"<{name}{told}><title>{escape(said)}</title></{name}>" if said else f"<{name}{told}/>"


def text(left: float, down: float, said: str, *, anchor: str = "start", quiet: bool = False, tone: str = "") -> str:
    """A line of words; `anchor` is start, middle or end."""
    classes = " ".join(filter(None, ["q" if quiet else "", tone]))
    told = f' class="{classes}"' if classes else ""
    told += f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text x="{_shown(left)}" y="{_shown(down)}"{told}>{escape(said)}</text>'


def across(left: float, right: float, down: float, classes: str = "grid") -> str:
    """A horizontal line."""
    return f'<path class="{classes}" d="M{_shown(left)} {_shown(down)}H{_shown(right)}"/>'


def upright(left: float, top: float, bottom: float, classes: str = "grid") -> str:
    """A vertical line."""
    return f'<path class="{classes}" d="M{_shown(left)} {_shown(top)}V{_shown(bottom)}"/>'


def path(points: list[tuple[float, float]]) -> str:
    """The `d` of a line through the points."""
    return "M" + "L".join(f"{_shown(left)} {_shown(down)}" for left, down in points)


def _shown(value: str | float) -> str:
    if isinstance(value, str):
        return escape(value)
    shown = f"{value:.1f}"
    shown = shown[:-2] if shown.endswith(".0") else shown
    return "0" if shown == "-0" else shown
