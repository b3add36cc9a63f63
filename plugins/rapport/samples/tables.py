"""From columns to rows of a file, block by block, with the bad rows planted on the way noted down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path

import numpy as np

from rapport.samples.arrays import Column, Text
from rapport.samples.dirt import BAD_KINDS, FINE
from rapport.samples.files import UTF8, Written, write_rows

BLOCK = 100_000


@dataclass
class Planted:
    """What was planted where: (file, data record from 1 or None for the file, kind, the record's key)."""

    facts: list[tuple[str, int | None, str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Block:
    """Some rows of a file: cells by header (a header without cells is empty), bad codes and keys a row."""

    cells: Mapping[str, Text]
    bad: Column
    key: Text


def blocks(selected: Column) -> Iterator[Column]:
    """A long list of row numbers in pieces, so that memory is bounded."""
    for first in range(0, len(selected), BLOCK):
        yield selected[first : first + BLOCK]


def write_table(
    path: Path,
    header: list[str],
    selected: Column,
    make: Callable[[Column], Block],
    written: Written,
    planted: Planted,
    *,
    encoding: str = UTF8,
    second_header: list[str] | None = None,
) -> None:
    """Write the rows that `selected` names, made a block at a time by `make`, under `header`."""
    name = path.relative_to(written.root).as_posix()
    n_rows = 0

    def chunks() -> Iterator[Iterable[tuple[object, ...]]]:
        nonlocal n_rows
        for piece in blocks(selected):
            block = make(piece)
            for at in np.flatnonzero(block.bad != FINE):
                planted.facts.append((name, n_rows + int(at) + 1, BAD_KINDS[block.bad[at]], str(block.key[at])))
            n = len(block.bad)
            n_rows += n
            yield zip(
                *(block.cells[h].tolist() if h in block.cells else repeat(None, n) for h in header),
                strict=True,
            )

    is_new = write_rows(path, [header, second_header] if second_header else [header], chunks(), encoding)
    written.add(path, n_rows, is_new)
    if encoding != UTF8:
        planted.facts.append((name, None, f"encoding_{encoding}", ""))
