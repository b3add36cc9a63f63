"""The commands of docs/how-to/query-metrics.md, and what is printed below them."""

from __future__ import annotations

import re
import shlex
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from rapport.metrics import asking, commands
from rapport.metrics.engine import MetricEngine
from rapport.settings import PROJECT_ROOT

PAGE = PROJECT_ROOT / "docs/how-to/query-metrics.md"
_BLOCK = re.compile(
    r"^```sh\n(?P<command>\.venv/bin/rapport metrics [^`]*)```\n\n```text\n(?P<told>.*?)```\n", re.MULTILINE | re.DOTALL
)


def examples(page: str) -> list[str]:
    return [block["command"] for block in _BLOCK.finditer(page)]


def answered(page: str, conn: psycopg.Connection[Any], engine: MetricEngine) -> str:
    """The page with what each command prints worked out anew, on this connection and by these definitions."""

    @contextmanager
    def connected(_: str) -> Any:
        yield conn

    def told(block: re.Match[str]) -> str:
        _, _, *arguments = shlex.split(block["command"].replace("\\\n", " "))
        done = CliRunner().invoke(commands.app, arguments, env={"COLUMNS": "120"})
        assert done.exit_code == 0, (block["command"], done.exception)
        lines = "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())
        return f"```sh\n{block['command']}```\n\n```text\n{lines}```\n"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(commands, "_engine", lambda _: engine)
        patch.setattr(asking, "connected_as_analyst", connected)
        return _BLOCK.sub(told, page)
