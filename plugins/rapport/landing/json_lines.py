"""JSON lines: an object a line, its keys the columns; what later lines add are columns too."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from rapport.businesses import AS_DECLARED, Dialect
from rapport.errors import LandingError
from rapport.landing.declarations import Declaration
from rapport.landing.encodings import undecodable
from rapport.landing.headers import Layout, arrange, read_headings
from rapport.landing.nested_values import Number, cell_of, json_text
from rapport.landing.packing import ExportFile
from rapport.landing.reading import BLOCK_BYTES, LARGEST_BLOCK_BYTES, Block, RaggedRow, RecordTooLong
from rapport.landing.text_bytes import NotInEncoding, TextBytes

# So many columns do tables have in their most generous formats.
MOST_KEYS = 16_384
# Objects of few keys each can have many between them: a block has rows for so many cells.
_MOST_CELLS = 2_000_000
_WITHHELD = "(not kept: it could hold what is never loaded)"


class BrokenLine(Exception):
    """A line that is not an object of distinct keys and texts that can be stored."""


class JsonLines:
    """A text of JSON objects, one a line."""

    format = "json_lines"

    def __init__(self, file: ExportFile, encoding: str, *, is_glance: bool = False) -> None:
        self.file, self.encoding, self._is_glance = file, encoding, is_glance
        self._keys: list[str] | None = None

    def find_layout(self, declaration: Declaration, own: Dialect = AS_DECLARED) -> Layout | None:
        """See `Contents`: by the keys of all lines, at a glance of the first, in the order in which they come up."""
        if self._keys is None:
            self._keys = list(self._all_keys())
        if not self._keys:
            return None
        headings, _ = read_headings([self._keys], declaration)
        return arrange(headings, declaration)

    def reader(self, layout: Layout, declaration: Declaration, block_bytes: int) -> JsonLinesReader:
        return JsonLinesReader(self.file, self.encoding, layout, declaration, block_bytes, self._keys or [])

    def _all_keys(self) -> dict[str, None]:
        keys: dict[str, None] = {}
        try:
            for lines in _lines(TextBytes(self.file, self.encoding), self, LARGEST_BLOCK_BYTES):
                for line in lines:
                    with contextlib.suppress(BrokenLine):
                        found = _parsed(line)
                        if not found.keys() <= keys.keys():
                            keys |= dict.fromkeys(found)
                if self._is_glance:
                    break
                if len(keys) > MOST_KEYS:
                    raise LandingError(
                        f"Its lines have more than {MOST_KEYS:,} different keys.",
                        where=self.file.name,
                        fix="export what varies as one nested object",
                    )
        except RecordTooLong as error:
            raise error.as_refusal(self.file.name) from None
        return keys


class JsonLinesReader:
    """Reads JSON lines once; see `Reader`."""

    def __init__(
        self,
        file: ExportFile,
        encoding: str,
        layout: Layout,
        declaration: Declaration,
        block_bytes: int,
        keys: list[str],
    ) -> None:
        self.file, self.encoding, self.layout, self.block_bytes = file, encoding, layout, block_bytes
        self.n_rows = 0
        self.cut_off: LandingError | None = None
        self._keys = keys
        self._may_keep = not any(column.drop for column in declaration.columns)
        self._text = TextBytes(file, encoding)

    @property
    def digest(self) -> str:
        return self._text.digest

    @property
    def n_bytes(self) -> int:
        return self._text.n_bytes

    def blocks(self) -> Iterator[Block]:
        n_at_once = max(1, _MOST_CELLS // len(self._keys))
        for lines in _lines(self._text, self, self.block_bytes):
            for start in range(0, len(lines), n_at_once):
                block = self._block(lines[start : start + n_at_once])
                if self._text.is_at_end and not self._text.ends_with_newline:
                    self._look_at_the_end(block)
                yield block

    def _block(self, lines: list[str]) -> Block:
        rows, numbers, ragged = [], [], []
        for number, line in enumerate(lines, start=self.n_rows + 1):
            try:
                found = _parsed(line) if line.strip() else {}
                rows.append([cell_of(found.get(key)) for key in self._keys])
                numbers.append(number)
            except BrokenLine as error:
                ragged.append(RaggedRow(number, 0, "", line if self._may_keep else _WITHHELD, str(error)))
        self.n_rows += len(lines)
        columns = list(zip(*rows, strict=True)) or [() for _ in self._keys]
        kept = {position: pa.array(columns[position], pa.string()) for position in self.layout.kept}
        return Block(kept, np.array(numbers, dtype=np.int64), ragged, may_hold_nul=True)

    def _look_at_the_end(self, block: Block) -> None:
        if block.ragged and block.ragged[-1].row_number == self.n_rows:
            self.cut_off = LandingError(
                f"data row {self.n_rows}, the last: it is cut off, without a line end.",
                where=self.file.name,
                fix="export it again and drop the whole file in anew",
            )


def _lines(text: TextBytes, of: JsonLines | JsonLinesReader, block_bytes: int) -> Iterator[list[str]]:
    """Lines, as many at a time as a block holds. Closes the text."""
    rest = b""
    try:
        while not text.is_at_end:
            rest += text.read(min(block_bytes, BLOCK_BYTES))
            end = len(rest) if text.is_at_end else rest.rfind(b"\n") + 1
            if end == 0 and len(rest) > block_bytes:
                raise RecordTooLong(block_bytes)
            whole, rest = rest[:end].decode(), rest[end:]
            if lines := whole.removesuffix("\n").split("\n") if whole else []:
                yield lines
    except (NotInEncoding, UnicodeDecodeError):
        raise undecodable(of.file, of.encoding) from None
    finally:
        text.close()


def _parsed(line: str) -> dict[str, Any]:
    try:
        found = _DECODER.decode(line)
        if not isinstance(found, dict):
            raise BrokenLine("it is not a JSON object")
        if "\\u" in line:
            # Half of a pair of escapes is no character.
            json_text(found).encode()
    except UnicodeEncodeError:
        raise BrokenLine("an escape in it is no character") from None
    except (ValueError, RecursionError):
        raise BrokenLine("it is not JSON, or nested too deep") from None
    if any(key == "" or "\0" in key for key in found):
        raise BrokenLine("a key in it is empty or holds a NUL byte")
    return found


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise BrokenLine("a key is in it twice")
    return found


def _refuse_constant(name: str) -> None:
    raise BrokenLine(f"{name} is not JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_members, parse_float=Number, parse_int=Number, parse_constant=_refuse_constant
)
