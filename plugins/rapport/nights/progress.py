"""Progress of a night on the terminal while Airflow works."""

from __future__ import annotations

import time

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.spinner import Spinner
from rich.table import Table

from rapport.nights.running import Progress


class Watcher:
    """A line that moves on a terminal; plain lines, one per finished task, elsewhere (logs, CI)."""

    def __init__(self, console: Console, title: str) -> None:
        self._console, self._title = console, title
        self._started = time.monotonic()
        self._shown: set[str] = set()
        self._line = "starting"
        self._live = Live(console=console, refresh_per_second=8, transient=True, get_renderable=self._render)

    def __enter__(self) -> Watcher:
        self._console.print(f"[bold]{self._title}[/]")
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def say(self, line: str) -> None:
        """Show what is being waited for."""
        self._line = line
        if not self._console.is_terminal:
            self._console.print(f"{self._elapsed():>6.1f}s  {line}")

    def watch(self, progress: Progress) -> None:
        """Show tasks as they finish and what is at work now."""
        for kind, names in (("[green]done[/]  ", progress.done), ("[red]failed[/]", progress.failed)):
            for name in names:
                if name not in self._shown:
                    self._shown.add(name)
                    self._console.print(f"{self._elapsed():>6.1f}s  {kind} {escape(name)}", highlight=False)
        self._line = f"{progress.state}: {', '.join(sorted(progress.running)[:4]) or 'waiting for the scheduler'}"

    def _elapsed(self) -> float:
        return time.monotonic() - self._started

    def _render(self) -> Table:
        grid = Table.grid(padding=(0, 1))
        grid.add_row(Spinner("dots"), f"{self._elapsed():5.0f}s", self._line)
        return grid
