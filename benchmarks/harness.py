"""What benchmarks share: a database of their own, contenders in fresh processes, a table of ratios."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import yaml
from rich.console import Console
from rich.table import Table

from rapport import settings
from rapport.businesses import Business, load_business
from rapport.nights import open_night
from rapport.warehouse import connect, ensure_running

NIGHT = date(2026, 3, 1)


@dataclass(frozen=True)
class Measured:
    """One contender: seconds of its work, and the most memory its process ever held, in MiB."""

    name: str
    seconds: float
    peak_mib: float | None = None
    n_rows: int | None = None  # where it did only a part


@contextmanager
def scratch() -> Iterator[str]:
    """A business's warehouse of its own with an open night; dropped at the end."""
    name = f"bench_{uuid.uuid4().hex[:8]}"
    with connect(name) as conn:
        open_night(conn, load_business("sample"), NIGHT)
    try:
        yield name
    finally:
        with psycopg.connect(ensure_running(), autocommit=True) as conn:
            conn.execute(f'drop database "rapport_{name}" with (force)')


def declare(name: str, home: Path) -> Business:
    """The sample as a business of that name, whose state lies in `home`."""
    content = yaml.safe_load((settings.PROJECT_ROOT / "businesses/sample.yml").read_text(encoding="utf-8"))
    settings.BUSINESSES = home / "businesses"
    settings.work_dir = lambda business: home / "work" / business  # type: ignore[assignment]
    settings.BUSINESSES.mkdir(parents=True, exist_ok=True)
    (settings.BUSINESSES / f"{name}.yml").write_text(yaml.safe_dump(content | {"settle_seconds": 0}), encoding="utf-8")
    return load_business(name)


def timed(work: Callable[[], object]) -> float:
    """Seconds it takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def in_its_own_process(module: str, *arguments: str) -> dict[str, Any]:
    """Run `python -m module arguments` and read the JSON object it prints last."""
    done = subprocess.run([sys.executable, "-m", module, *arguments], stdout=subprocess.PIPE, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def peak_mib() -> float:
    """The most memory this process ever held; not, as getrusage has it, its parent's before it began."""
    status = Path("/proc/self/status").read_text()
    (held,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(held) / 1024


def report(seconds: float, **more: float) -> None:
    """Print what `in_its_own_process` reads; `more` may hold a peak_mib taken earlier."""
    print(json.dumps({"seconds": seconds, "peak_mib": peak_mib(), **more}))


def show(title: str, found: Sequence[Measured], n_rows: int) -> None:
    """Print seconds, rows/s, times the first one (the floor), and peak memory."""
    floor = found[0].seconds
    table = Table(title=title, title_justify="left", box=None, title_style="bold")
    table.add_column("")
    for heading in ("seconds", "rows/s", "times the floor", "peak MiB"):
        table.add_column(heading, justify="right")
    for one in found:
        scaled = one.seconds * n_rows / (one.n_rows or n_rows)
        name = one.name if one.n_rows is None else f"{one.name} ({one.n_rows:,} rows, scaled)"
        peak = f"{one.peak_mib:,.0f}" if one.peak_mib else ""
        table.add_row(name, f"{scaled:.2f}", f"{n_rows / scaled:,.0f}", f"{scaled / floor:.2f}", peak)
    Console(width=120).print(table)
