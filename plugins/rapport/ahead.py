"""Blocks prepared in another thread while the one before is worked on."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

# So that neither waits for a breath of the other.
_BLOCKS = 2


def ahead(blocks: Iterator[T]) -> Iterator[T]:
    """The same blocks, none of them None, each prepared before it is asked for. An error comes in its block's turn."""
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as pool:
        coming = deque(pool.submit(next, blocks, None) for _ in range(_BLOCKS))
        while (block := coming.popleft().result()) is not None:
            coming.append(pool.submit(next, blocks, None))
            yield block
