"""A person's record in the terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

# What an agent would read first; tables that came later follow by name.
_ORDER = (
    "customer_360.customers",
    "customer_360.customer_identities",
    "customer_360.contact_permissions",
    "loyalty.customer_value",
    "loyalty.lifecycle",
    "engagement.satisfaction",
    "customer_360.orders",
    "customer_360.service_contacts",
    "customer_360.survey_responses",
    "customer_360.messages",
)
_LAST = "customer_360.customer_timeline"
_MOST_ROWS = 30
_MOST_COLUMNS = 9


def show_person(console: Console, record: dict[str, list[dict[str, Any]]], sends: list[dict[str, Any]]) -> None:
    """Print the rows of each live table and the lists the person was on, the timeline last."""
    for customer in record.get("customer_360.customers", []):
        names = filter(None, (customer["first_name"], customer["last_name"]))
        console.print(f"[bold]{_cell(' '.join(names) or 'Somebody without a name')}[/] · {customer['customer_id']}")
    others = sorted(set(record) - {*_ORDER, _LAST})
    for label in (*_ORDER, *others):
        _show(console, label, record.get(label, []))
    _show(console, "lists", sends)
    _show(console, _LAST, record.get(_LAST, []))


def _show(console: Console, label: str, rows: list[dict[str, Any]]) -> None:
    title = label.partition(".")[2].replace("_", " ") or label
    console.rule(f"[bold]{title}[/] ({len(rows)})", align="left")
    if len(rows) == 1:
        table = Table(box=None, show_header=False)
        for name, value in rows[0].items():
            if value not in (None, "", []):
                table.add_row(name.replace("_", " "), _cell(value))
        console.print(table)
    elif rows:
        told = [name for name in rows[0] if name != "customer_id" and any(row[name] not in (None, "") for row in rows)]
        shown = told[:_MOST_COLUMNS]
        table = Table(*(name.replace("_", " ") for name in shown), box=None)
        for row in _newest_first(rows)[:_MOST_ROWS]:
            table.add_row(*(_cell(row[name]) for name in shown))
        console.print(table)
        if len(rows) > _MOST_ROWS:
            console.print(f"… and {len(rows) - _MOST_ROWS} older ones (--json shows all)")


def _newest_first(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    moment = next((name for name in rows[0] if name.endswith("_at")), None)
    return sorted(rows, key=lambda row: row[moment] or "", reverse=True) if moment else rows


def _cell(value: Any) -> str:
    from rich.markup import escape

    return "" if value is None else escape(str(value))
