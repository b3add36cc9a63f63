"""What every reader of exports gives: blocks of text columns with each row's number, whatever was left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from rapport.errors import LandingError

BLOCK_BYTES = 4 << 20
# A record that does not fit is refused: memory stays bounded whatever the file holds.
LARGEST_BLOCK_BYTES = 64 << 20


class RecordTooLong(Exception):
    """A record spans more than a block (`n_bytes`); reading again with larger blocks may help."""

    def __init__(self, n_bytes: int) -> None:
        self.n_bytes = n_bytes
        super().__init__(n_bytes)

    def as_refusal(self, where: str) -> LandingError:
        return LandingError(
            f"A record is longer than {self.n_bytes / (1 << 20):,.0f} MiB, or a quote is never closed.",
            where=where,
            fix="export it again, with quotes doubled inside of quoted values",
        )


@dataclass(frozen=True)
class RaggedRow:
    """A record that is not divided as the header is: `text` as in the file, `reason` in words."""

    row_number: int
    n_fields: int
    first_cell: str
    text: str
    reason: str


@dataclass(frozen=True)
class Block:
    """Some rows: columns by position in the file (text, empty is null), and each row's number, from 1."""

    columns: dict[int, pa.Array]
    row_numbers: npt.NDArray[np.int64]
    ragged: list[RaggedRow]
    may_hold_nul: bool


class Reader(Protocol):
    """Reads a file once. After the last block `n_rows`, `digest` and `n_bytes` are those of the file.

    `cut_off` is set then if its last row looks as if more should follow: a refusal, unless a footer ends the file.
    """

    n_rows: int
    cut_off: LandingError | None

    @property
    def digest(self) -> str: ...
    @property
    def n_bytes(self) -> int: ...

    def blocks(self) -> Iterator[Block]:
        """The file's rows in order.

        Raises LandingError when the file turns out not to be whole or not to be as declared, and RecordTooLong
        when a record is longer than a block.
        """
