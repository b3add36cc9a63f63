"""How values of a delimited text are guarded from their delimiter: within quotes, or by an escape."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow.csv

from rapport.errors import LandingError

# Which of them it is where nobody says so is told by the header.
USUAL_QUOTES = ('"', "'")
_LINE_FEED = ord("\n")


class Quoting(NamedTuple):
    """The marks of a text, each one character. quote: around values, '' where there is none. escape: before a
    character that is meant as it is, '' where there is none, None where nobody says: then quotes are doubled."""

    quote: str = '"'
    escape: str | None = None

    def split(self, lines: Iterable[str], delimiter: str, *, strict: bool = False) -> Iterator[list[str]]:
        """The cells of each record. With `strict`, raises csv.Error at what is not well-formed."""
        marks: dict[str, Any] = {"escapechar": self.escape or None, "delimiter": delimiter, "strict": strict}
        if self.quote:
            return csv.reader(lines, quotechar=self.quote, **marks)
        return csv.reader(lines, quoting=csv.QUOTE_NONE, quotechar=None, **marks)

    def cells(self, text: str, delimiter: str) -> list[str]:
        """The cells of a single record, well-formed or not."""
        try:
            return next(self.split(io.StringIO(text, newline=""), delimiter), [""])
        except csv.Error:
            return [text]

    def parse_options(self, delimiter: str, **more: Any) -> pyarrow.csv.ParseOptions:
        """The same for Arrow."""
        return pyarrow.csv.ParseOptions(
            delimiter=delimiter, quote_char=self.quote or False, escape_char=self.escape or False, **more
        )


USUAL_QUOTING = Quoting()


class EscapeWatch:
    """Looks out for escaped quotes in a text that nobody said has any.

    A quote after a backslash ends a value that ends in a backslash, or it is part of one that goes on. What follows it
    tells, unless that is a quote as well.
    """

    def __init__(self, quoting: Quoting, delimiter: str, where: str) -> None:
        quote = re.escape(quoting.quote.encode())
        self._is_on = bool(quoting.quote) and quoting.escape is None and delimiter != "\\"
        self._mark = b"\\" + quoting.quote.encode()
        self._proof = re.compile(b"\\\\" + quote + b"[^\\r\\n" + quote + re.escape(delimiter.encode()) + b"]")
        self._tail, self._n_lines, self._where = b"", 1, where

    def look_at(self, chunk: bytes) -> None:
        """Look at the next piece of the text. Raises LandingError at an escaped quote."""
        if not self._is_on:
            return
        if b"\\" in chunk or self._tail:
            seen = self._tail + chunk
            if self._mark in seen and (found := self._proof.search(seen)):
                line = self._n_lines + seen.count(b"\n", len(self._tail), found.start())
                raise LandingError(
                    f"line {line}: a quote after a backslash, with more of the value behind it: are quotes escaped in"
                    " this file, or do values end in a backslash?",
                    where=self._where,
                    fix="write it down, in the business's file under `dialects:` or in the vendor's declaration:"
                    " `escape: '\\'` where \\\" is a quote, `escape: ''` where it is a backslash and a value's end",
                )
            self._tail = seen[-2:] if b"\\" in seen[-2:] else b""
        self._n_lines += int(np.count_nonzero(np.frombuffer(chunk, np.uint8) == _LINE_FEED))
