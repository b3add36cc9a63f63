"""The SQL of a page for analysts, and the tables printed below it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg

# Runs one statement and gives its result as a table in markdown.
Answer = Callable[[str], str]

_BLOCK = re.compile(r"^```sql\n(?P<sql>.*?)^```\n(?P<table>\n(?:\|[^\n]*\n)+)?", re.MULTILINE | re.DOTALL)
_NUMBERS = {"int2", "int4", "int8", "numeric"}


def sql_blocks(page: str) -> list[tuple[list[str], str | None]]:
    """For each block of SQL its statements, and the table printed below it, if there is one."""
    return [(_statements(block["sql"]), _table(block)) for block in _BLOCK.finditer(page)]


def answered(page: str, answer: Answer) -> str:
    """The page with each printed table worked out anew; statements without one run as well.

    A line `|` below a block stands for a table that is not known yet.
    """

    def work_out(block: re.Match[str]) -> str:
        tables = [answer(statement) for statement in _statements(block["sql"])]
        if block["table"] is None:
            return block[0]
        if len(tables) != 1:
            raise ValueError(f"{len(tables)} statements above one table:\n{block['sql']}")
        return f"```sql\n{block['sql']}```\n\n{tables[0]}"

    return _BLOCK.sub(work_out, page)


def ask(conn: psycopg.Connection[Any], statement: str) -> str:
    """The result of a statement as a table; numbers stand to the right, what is not known is an empty cell."""
    cursor = conn.execute(statement)  # type: ignore[arg-type]
    columns = cursor.description or []
    types = [conn.adapters.types[column.type_code].name for column in columns]
    rule = "|".join("---:" if name in _NUMBERS else "---" for name in types)
    names = [column.name for column in columns]
    return "".join((_row(names), f"|{rule}|\n", *map(_row, cursor)))


def _row(values: Sequence[Any]) -> str:
    return f"| {' | '.join(map(_cell, values))} |\n"


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int() | Decimal() | date():
            return str(value)
        case str() if "\n" not in value:
            return value.replace("|", "\\|")
    raise TypeError(f"{type(value).__name__} has more than one spelling: round it, or cast it")


def _statements(sql: str) -> list[str]:
    return [statement.strip() for statement in sql.split(";\n") if statement.strip()]


def _table(block: re.Match[str]) -> str | None:
    return None if block["table"] is None else block["table"].removeprefix("\n")
