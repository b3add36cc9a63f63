"""The night's summary as one screen."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import Any

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

_STATE_STYLE = {"sent": "bold green", "published": "green", "failed": "bold red"}


def show(found: dict[str, Any], console: Console, *, url_command: str, ui: str | None = None) -> None:
    """Print what `summarise` found."""
    style = _STATE_STYLE.get(found["state"], "bold yellow")
    state = (
        "rehearsed (dry run: nothing was delivered)"
        if found["is_dry_run"] and found["state"] == "sent"
        else found["state"]
    )
    title = f"[bold]{found['business']}[/] · night of {found['date']} · [{style}]{state}[/]"
    parts: list[Any] = [_sources(found), _files(found)]
    if _left_out(found):
        parts.append(_refused(found))
    if found["quarantine"]:
        parts.append(_quarantine(found))
    if found["drift"]:
        parts.append(_drift(found))
    if found["tables"]:
        parts.append(_tables(found))
    if found["left_behind"]:
        parts.append(_left_behind(found))
    parts.append(_checks(found))
    if found["lists"]:
        parts.append(_lists(found))
    if found["exclusions"]:
        parts.append(_exclusions(found))
    parts.append(_steps(found))
    if found["failure"]:
        parts.append(Text(f"failed at {found['failed_step']}: {found['failure']}", style="red"))
    parts.append(_look(found, url_command, ui))
    console.print(Panel(Group(*parts), title=title, title_align="left", border_style=style, padding=(0, 1)))


def _grid(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(heading.strip(), justify="right" if heading.startswith(" ") else "left", overflow="fold")
    return table


def _sources(found: dict[str, Any]) -> Table:
    table = _grid("source", "state", " files", " refused", "")
    for row in found["sources"]:
        style = {"arrived": "green", "refused": "red", "none": "yellow"}[row["state"]]
        last = row["last_arrived_date"]
        note = "" if row["state"] == "arrived" else f"stale: last arrived {last}" if last else "never arrived"
        table.add_row(row["kind"], f"[{style}]{row['state']}[/]", str(row["n_files"]), str(row["n_refused"]), note)
    for row in found["overdue"]:
        style = {"warn": "yellow", "error": "red"}[row["status"]]
        last = row["stalest_file_date"]
        note = f"{row['vendor']}.{row['table']}: " + (f"no file since that of {last}" if last else "no file yet")
        table.add_row(row["kind"], f"[{style}]overdue[/]", "", "", note)
    return table


def _files(found: dict[str, Any]) -> Table:
    keys = ("read", "loaded", "quarantined", "skipped")
    table = _grid("\ntable", " \nfiles", " \nread", " \nloaded", " \nquarantined", " \nskipped")
    taken = [row for row in found["files"] if row["status"] == "loaded"]
    for vendor, name in dict.fromkeys((row["vendor"], row["table"]) for row in taken):
        rows = [row for row in taken if (row["vendor"], row["table"]) == (vendor, name)]
        table.add_row(f"{vendor}.{name}", str(len(rows)), *(f"{sum(row[key] for row in rows):,}" for key in keys))
    table.add_row("[bold]rows[/]", str(len(taken)), *(f"[bold]{found['rows'][key]:,}[/]" for key in keys))
    return table


def _left_out(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for row in found["files"] if row["status"] != "loaded"]


def _refused(found: dict[str, Any]) -> Table:
    table = _grid("\nleft out", "\nwhy, and what to do")
    for row in _left_out(found):
        told = "\n".join(filter(None, [f"{row['status']}: {row['reason']}", row["fix"] and f"to do: {row['fix']}"]))
        table.add_row(row["file"], Text(told), style="red")
    return table


def _quarantine(found: dict[str, Any]) -> Table:
    table = _grid("\nquarantined", " \nrows", "\nreason")
    for row in found["quarantine"][:6]:
        table.add_row(f"{row['vendor']}.{row['table']}", f"{row['rows']:,}", row["reason"], style="yellow")
    return table


def _drift(found: dict[str, Any]) -> Table:
    table = _grid("\nunlike the nights before", "\nhow")
    for row in found["drift"][:6]:
        table.add_row(f"{row['vendor']}.{row['table']}", Text(row["told"]), style="yellow")
    if (more := len(found["drift"]) - 6) > 0:
        table.add_row("", f"{more} more in quality.drift", style="yellow")
    return table


def _tables(found: dict[str, Any]) -> Table:
    table = _grid("\npublished", " \nrows", " \nnew", " \nchanged", " \ngone")
    for row in found["tables"]:
        table.add_row(row["table"], *(f"{row[key]:,}" for key in ("rows", "inserted", "updated", "deleted")))
    return table


def _left_behind(found: dict[str, Any]) -> Text:
    lines = (f"{row['table']} is as of {row['last_published_date']}" for row in found["left_behind"])
    what = "no model builds it any more; to remove a mart: docs/how-to/add-a-mart.md"
    return Text("\n".join(f"{line}: {what}" for line in lines), style="yellow")


def _checks(found: dict[str, Any]) -> Text:
    passed = sum(row["passed"] for row in found["checks"])
    stopped = sum(row["stopped"] for row in found["checks"])
    warned = sum(row["warned"] for row in found["checks"])
    dbt = found["dbt"]
    text = Text("\nchecks    ", style="dim")
    text.append(f"{passed:,} expectations hold, {stopped} stopped, {warned} warn", style="red" if stopped else "")
    text.append(
        f"; dbt: {dbt['models']} models, {dbt['tests']} tests, {dbt['failed']} failed",
        style="red" if dbt["failed"] else "",
    )
    for row in found["failed_checks"][:6]:
        column = f".{row['column']}" if row["column"] else ""
        seen = f"{row['unexpected']} rows" if row["unexpected"] else f"observed {row['observed']}"
        text.append(
            f"\n          {row['severity']}: {row['suite']}{column} {row['expectation']} ({seen})",
            style="red" if row["severity"] == "stop" else "yellow",
        )
    if found["customers"] is not None:
        text.append(f"\ncustomers {found['customers']:,}")
    return text


def _lists(found: dict[str, Any]) -> Table:
    """Delivered files are shown below the folder of lists, which `_look` names."""
    table = _grid("\nlist", "\nto", "\nstatus", " \nrows", "\nwhere")
    for row in found["lists"]:
        style = {"delivered": "green", "failed": "red"}.get(row["status"], "yellow")
        table.add_row(
            row["segment"],
            row["destination"],
            f"[{style}]{row['status']}[/]",
            f"{row['rows']:,}",
            row["reason"] or row["path"].removeprefix(f"{found['look']['lists']}/"),
        )
    return table


def _exclusions(found: dict[str, Any]) -> Table:
    table = _grid("\nleft out of", " \npeople", "\nbecause")
    for segment, rows in groupby(found["exclusions"], key=itemgetter("segment")):
        reasons = [(row["people"], row["reason"].replace("_", " ")) for row in rows]
        told = " · ".join(f"{reason} {people:,}" for people, reason in reasons)
        table.add_row(segment, f"{sum(people for people, _ in reasons):,}", told)
    return table


def _steps(found: dict[str, Any]) -> Text:
    text = Text("\nsteps     ", style="dim")
    slowest = sorted(found["steps"], key=lambda row: -row["seconds"])[:8]
    parts = [f"{row['step']} {row['seconds']:.1f}s" for row in found["steps"] if row in slowest]
    total = sum(row["seconds"] for row in found["steps"])
    text.append(" · ".join(parts) or "none yet", style="dim")
    text.append(f" · {len(found['steps'])} in all {total:.0f}s", style="dim")
    return text


def _look(found: dict[str, Any], url_command: str, ui: str | None) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_row("\n[dim]look[/]", "")
    table.add_row("  marts", f'psql "$({url_command})"')
    table.add_row("  lists", found["look"]["lists"])
    mail = "".join(f" (e-mail {row['status']})" for row in found["summary"])
    table.add_row("  report", found["look"]["report"])
    table.add_row("  marketing", f"{found['look']['summary']}{mail}")
    table.add_row("  dbt docs", found["look"]["dbt_docs"])
    table.add_row("  Data Docs", found["look"]["data_docs"])
    table.add_row("  Airflow UI", ui or "make up")
    return table
