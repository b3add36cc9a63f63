"""SQL blocks of a page are found, run, and compared with what is printed below them."""

from __future__ import annotations

import psycopg
import pytest
from docs.sql_blocks import answered, ask, sql_blocks

PAGE = """# A page

```sh
make run
```

```sql
select 1 as one;
select 2 as two;
```

```sql
select 3 as three;
```

| three |
|---:|
| 4 |

What it says.
"""


def test_blocks_are_found_with_their_statements_and_their_table() -> None:
    assert sql_blocks(PAGE) == [
        (["select 1 as one", "select 2 as two"], None),
        (["select 3 as three"], "| three |\n|---:|\n| 4 |\n"),
    ]


def test_every_statement_runs_and_only_printed_tables_are_replaced() -> None:
    asked: list[str] = []

    def answer(statement: str) -> str:
        asked.append(statement)
        return "| three |\n|---:|\n| 3 |\n"

    assert answered(PAGE, answer) == PAGE.replace("| 4 |", "| 3 |")
    assert asked == ["select 1 as one", "select 2 as two", "select 3 as three"]
    assert answered(PAGE.replace("| three |\n|---:|\n| 4 |\n", "|\n"), answer) == PAGE.replace("| 4 |", "| 3 |")


def test_one_table_answers_one_statement() -> None:
    with pytest.raises(ValueError, match="2 statements above one table"):
        answered("```sql\nselect 1;\nselect 2;\n```\n\n|\n", lambda statement: "| 1 |\n")


def test_a_result_has_one_spelling(server: str) -> None:
    with psycopg.connect(server) as conn:
        found = ask(conn, "select 1.50 as n, null as gone, true as is_so, date '2026-03-03' as day, 'a|b' as what")
    row = "| 1.50 |  | yes | 2026-03-03 | a\\|b |\n"
    assert found == f"| n | gone | is_so | day | what |\n|---:|---|---|---|---|\n{row}"


def test_a_result_that_could_be_spelled_otherwise_is_refused(server: str) -> None:
    with psycopg.connect(server) as conn, pytest.raises(TypeError, match="float"):
        ask(conn, "select 0.1::float8 as rate")
