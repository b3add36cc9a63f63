"""Fixtures of landing: the declared sources, a business with an empty warehouse, files to land."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from landing.exports import NIGHT, ORDERS, as_csv, assert_books_balance, order_table

from rapport.building import read_manifest
from rapport.businesses import Business, Dialect, load_business
from rapport.landing import Declaration, LoadResult, load_file, read_declarations
from rapport.nights import open_night
from rapport.warehouse import connect


@pytest.fixture(scope="session")
def manifest() -> dict[str, Any]:
    """dbt's manifest of this project."""
    return read_manifest("sample")


@pytest.fixture(scope="session")
def declarations(manifest: dict[str, Any]) -> list[Declaration]:
    return read_declarations(manifest)


@pytest.fixture
def declared(declarations: list[Declaration]) -> Callable[[str], Declaration]:
    """A declared table by `vendor table`."""
    return lambda name: next(table for table in declarations if str(table) == name)


@pytest.fixture
def business(warehouse: str) -> Business:
    """The sample's settings over a warehouse of its own."""
    return load_business("sample").model_copy(update={"name": warehouse, "settle_seconds": 0}, deep=True)


@pytest.fixture
def conn(warehouse: str, business: Business) -> Iterator[psycopg.Connection[Any]]:
    """A connection to a warehouse in which the night of 1 March 2026 is open."""
    with connect(warehouse) as connection:
        open_night(connection, business, NIGHT)
        connection.commit()
        yield connection


@pytest.fixture
def take_in(
    conn: psycopg.Connection[Any], business: Business, declarations: list[Declaration]
) -> Callable[..., LoadResult]:
    """Load a file as a declared table, and check that the ledger balances whatever became of it."""

    def load(path: Path, name: str = "shopify orders", on: date = NIGHT) -> LoadResult:
        declaration = next(table for table in declarations if str(table) == name)
        result = load_file(conn, business, declaration, path, on, others=declarations)
        assert_books_balance(conn)
        return result

    return load


@pytest.fixture
def orders_file(tmp_path: Path) -> Callable[..., Path]:
    """Write an orders export of the given rows (dicts by header; what is left out gets a good value)."""

    def write(rows: Sequence[dict[str, str]], name: str = ORDERS, encoding: str = "utf-8") -> Path:
        path = tmp_path / "shopify" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(as_csv(order_table(rows)).encode(encoding))
        return path

    return write


@pytest.fixture
def take_in_as(conn: psycopg.Connection[Any], business: Business, tmp_path: Path) -> Callable[..., LoadResult]:
    """Load content as a file of a declared table, and check that the ledger balances whatever became of it."""
    counter = iter(range(1_000_000))

    def load(
        declaration: Declaration, content: str | bytes, name: str = "", dialect: Dialect | None = None
    ) -> LoadResult:
        path = tmp_path / (name or f"notes_{next(counter)}.csv")
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        told = business.model_copy(update={"dialects": {declaration.vendor: dialect or Dialect()}})
        result = load_file(conn, told, declaration, path, NIGHT)
        assert_books_balance(conn)
        return result

    return load
