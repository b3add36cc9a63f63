"""Quotes and escapes: declared, or told by the header; what could be meant in two ways is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from landing.exports import declare, raw_rows

from rapport.businesses import Dialect
from rapport.landing import LoadResult, quoting

Conn = psycopg.Connection[Any]
TakeInAs = Callable[..., LoadResult]
COLUMNS: dict[str, dict[str, Any]] = {"id": {"required": True, "not_null": True}, "note": {"required": True}}


def notes(conn: Conn) -> list[str | None]:
    return [note for (note,) in raw_rows(conn, "notebook__notes", "note")]


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_header_in_single_quotes_tells_that_values_are(take_in_as: TakeInAs, conn: Conn, delimiter: str) -> None:
    lines = ["'id';'note'", "'1';'one; two'", "'2';'it''s'", "'3';'a \"word\"'"]
    result = take_in_as(declare(COLUMNS), "\n".join(lines).replace(";", delimiter) + "\n")
    assert (result.status, result.loaded, result.quarantined) == ("loaded", 3, 0)
    assert notes(conn) == [f"one{delimiter} two", "it's", 'a "word"']


def test_declared_marks_are_taken(take_in_as: TakeInAs, conn: Conn) -> None:
    table = declare(COLUMNS, quote="|", delimiter=[";"])
    assert take_in_as(table, 'id;note\n1;|a;b|\n2;"c\n').loaded == 2
    assert notes(conn) == ["a;b", '"c']


def test_without_quotes_a_quote_is_a_character_like_any_other(take_in_as: TakeInAs, conn: Conn) -> None:
    table = declare(COLUMNS, quote="", delimiter=["\t"])
    assert take_in_as(table, 'id\tnote\n1\t"so called" sale\n2\t"\n').loaded == 2
    assert notes(conn) == ['"so called" sale', '"']


@pytest.mark.parametrize("said_by", ["vendor", "business"])
def test_declared_escapes_are_undone(take_in_as: TakeInAs, conn: Conn, said_by: str) -> None:
    table = declare(COLUMNS, **({"escape": "\\"} if said_by == "vendor" else {}))
    own = Dialect(escape="\\") if said_by == "business" else Dialect()
    text = 'id,note\n1,"he said \\"hi\\", and left"\n2,"C:\\\\"\n'
    assert take_in_as(table, text, dialect=own).loaded == 2
    assert notes(conn) == ['he said "hi", and left', "C:\\"]


def test_an_escaped_quote_that_nobody_declared_refuses_the_file(take_in_as: TakeInAs, conn: Conn) -> None:
    result = take_in_as(declare(COLUMNS), 'id,note\n1,plain\n2,"he said \\"hi\\" and left"\n')
    assert (result.status, result.read) == ("refused", 0)
    assert "line 3: a quote after a backslash" in str(result.reason)
    assert "escape" in str(result.fix)


@pytest.mark.parametrize("n_bytes", [1, 2, 3, 7])
def test_an_escaped_quote_is_seen_wherever_the_reading_pauses(n_bytes: int) -> None:
    text = b'id,note\n1,plain\n2,"he said \\"hi\\""\n'
    watch = quoting.EscapeWatch(quoting.USUAL_QUOTING, ",", "notes.csv")
    with pytest.raises(quoting.LandingError, match="line 3"):
        for start in range(0, len(text), n_bytes):
            watch.look_at(text[start : start + n_bytes])


@pytest.mark.parametrize("text", ['1,"C:\\"\n', '1,"C:\\",2\n', '1,"he wrote \\""\n', "1,C:\\\n"])
def test_values_that_end_in_a_backslash_are_no_escapes(text: str) -> None:
    quoting.EscapeWatch(quoting.USUAL_QUOTING, ",", "notes.csv").look_at(text.encode())


def test_whoever_declares_that_backslashes_mean_nothing_is_believed(take_in_as: TakeInAs, conn: Conn) -> None:
    result = take_in_as(declare(COLUMNS, escape=""), 'id,note\n1,5\\" pipe\n')
    assert result.loaded == 1
    assert notes(conn) == ['5\\" pipe']
