"""Blocks prepared ahead come as they would have come, and so does what went wrong with one of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from rapport.ahead import ahead


def test_blocks_come_in_their_order_and_whole() -> None:
    assert list(ahead(iter(range(1, 6)))) == [1, 2, 3, 4, 5]
    assert list(ahead(iter(()))) == []


def test_a_block_is_being_prepared_while_the_one_before_is_worked_on() -> None:
    begun = threading.Event()

    def blocks() -> Iterator[int]:
        yield 1
        begun.set()
        yield 2

    coming = ahead(blocks())
    assert next(coming) == 1
    assert begun.wait(10), "the second was not begun before it was asked for"
    assert list(coming) == [2]


def test_an_error_comes_in_its_blocks_turn() -> None:
    def blocks() -> Iterator[int]:
        yield 1
        raise ValueError("the second")

    coming = ahead(blocks())
    assert next(coming) == 1
    with pytest.raises(ValueError, match="the second"):
        next(coming)
