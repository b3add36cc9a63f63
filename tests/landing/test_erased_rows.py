"""Rows of erased persons are left out of loads, however they are written, and the books say how many."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.landing import Declaration, LoadResult
from rapport.privacy.normal_keys import Kind, point_keys
from rapport.privacy.person import Person
from rapport.privacy.raw_rows import matcher
from rapport.privacy.tombstones import Tombstones, erect

Conn = psycopg.Connection[Any]
EMAIL, PHONE = "ayse.kaya@example.com", "+905321234567"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_PRIVACY_KEY", "5a" * 32)


@pytest.fixture
def erased(conn: Conn) -> Callable[..., None]:
    """Erect tombstones, as an erasure does."""

    def write(**keys: str) -> None:
        found: dict[Kind, set[str]] = {"record": {keys["record"]}} if "record" in keys else {}
        if "email" in keys:
            found["email"] = point_keys("email", keys["email"], "TR")
        if "phone" in keys:
            found["phone"] = point_keys("phone", keys["phone"], "TR")
        erect(conn, None, found)
        conn.commit()

    return write


def test_a_row_with_an_erased_address_is_skipped_and_counted(
    take_in: Callable[..., LoadResult], orders_file: Callable[..., Path], erased: Callable[..., None], conn: Conn
) -> None:
    erased(email=EMAIL)
    rows = [{"Name": "#1", "Email": "  AYSE.KAYA@Example.com "}, {"Name": "#2", "Email": "b@example.com"}]
    result = take_in(orders_file(rows))
    assert (result.read, result.loaded, result.skipped, result.erased) == (2, 1, 1, 1)
    assert "1 rows of erased persons" in str(result.reason)
    assert conn.execute("select name from raw.shopify__orders").fetchall() == [("#2",)]
    assert conn.execute("select rows_erased from ops.loads").fetchall() == [(1,)]


def test_an_erased_persons_bad_row_is_not_kept_in_quarantine(
    take_in: Callable[..., LoadResult], orders_file: Callable[..., Path], erased: Callable[..., None], conn: Conn
) -> None:
    erased(email=EMAIL)
    result = take_in(orders_file([{"Email": EMAIL, "Total": "unreadable"}, {"Name": "#2"}]))
    assert (result.quarantined, result.erased) == (0, 1)
    assert conn.execute("select count(*) from quality.quarantine").fetchone() == (0,)


def test_the_further_lines_of_an_order_go_with_the_first_and_do_not_come_alone_later(
    take_in: Callable[..., LoadResult], orders_file: Callable[..., Path], erased: Callable[..., None], conn: Conn
) -> None:
    erased(phone=PHONE)
    whole = [
        {"Name": "#1", "Email": "", "Billing Phone": "0 (532) 123 45 67"},
        {"Name": "#1", "Email": ""},
        {"Name": "#2"},
    ]
    assert take_in(orders_file(whole, name="orders_export_2026-02-27.csv")).erased == 2
    assert take_in(orders_file([{"Name": "#1", "Email": ""}, {"Name": "#3"}])).erased == 1
    names = conn.execute("select distinct name from raw.shopify__orders order by 1").fetchall()
    assert names == [("#2",), ("#3",)]


def test_a_file_of_erased_persons_alone_is_no_empty_export(
    take_in: Callable[..., LoadResult], orders_file: Callable[..., Path], erased: Callable[..., None]
) -> None:
    erased(record="shopify:orders:#1")
    assert take_in(orders_file([{"Name": "#1"}])).status == "loaded"


@pytest.mark.parametrize(
    ("kind", "key", "written"),
    [
        ("email", EMAIL, "Ayse.Kaya@EXAMPLE.com"),
        ("email", EMAIL, "<mailto:ayse.kaya@example.com>"),
        ("email", EMAIL, "mailto:ayse.kaya@example.com"),
        ("email", "isil@example.com", "IŞIL@example.com".replace("Ş", "S")),
        ("email", "isil@example.com", "ısıl@example.com"),
        ("mailbox", "jdoe@gmail.com", "j.doe+shop@gmail.com"),
        ("mailbox", "jdoe@gmail.com", "<JDoe@GoogleMail.com>"),
        ("mailbox", "jdoe@proton.me", "j.d.o.e@pm.me"),
        ("mailbox", "j.doe@example.com", "j.doe+any@example.com"),
        ("mailbox", "+jdoe@example.com", "+jdoe+any@example.com"),
        ("phone", PHONE, "+90 532 123 45 67"),
        ("phone", PHONE, "00905321234567"),
        ("phone", PHONE, "0532-123-4567"),
        ("phone", PHONE, "532 123 45 67"),
        ("phone", "+4540123456", "40 12 34 56"),  # of another country than the business's
        ("record", "shopify:customers:7100002687222", "'7100002687222"),
        ("record", "shopify:customers:7100002687222", '="7100002687222"'),
        ("record", "shopify:customers:7", " 7 "),
    ],
)
def test_every_spelling_is_known(kind: Kind, key: str, written: str) -> None:
    tombstones = of_keys(kind, key)
    rows = pa.array(["somebody@else.example", None, written, "", "12"], pa.string())
    assert tombstones._rows(kind, rows, "shopify", "customers") == {2}


@pytest.mark.parametrize("written", ["jdoe@gmail.dk", "jdoes@gmail.com", "doe+j@gmail.com", "jdoe"])
def test_another_mailbox_is_somebody_elses(written: str) -> None:
    assert not of_keys("mailbox", "jdoe@gmail.com")._rows("mailbox", pa.array([written]))


@given(
    st.lists(st.text(st.sampled_from("aAbB1.@+ İıé-'\"=;"), max_size=14), min_size=1, max_size=30),
    st.sampled_from(["email", "mailbox", "record"]),
)
def test_what_a_probe_rules_out_is_really_somebody_else(values: list[str], kind: Kind) -> None:
    tombstones = of_keys(kind, "shopify:customers:a1" if kind == "record" else "a@b.ab")
    found = tombstones._rows(kind, pa.array(values, pa.string()), "shopify", "customers")
    assert found == {
        row
        for row, raw in enumerate(values)
        if tombstones.has(kind, raw.split(";")[0] if kind == "record" else raw, "shopify", "customers")
    }


def test_of_a_block_only_the_few_that_may_be_erased_are_brought_into_normal_form(
    declared: Callable[[str], Declaration], monkeypatch: pytest.MonkeyPatch
) -> None:
    emails = [f"erased{number}@example.com" for number in range(5_000)]
    tombstones = matcher(Person(emails=set(emails), mailboxes=set(emails)), "TR")
    numbers = np.arange(200_000).astype(str)
    columns = {
        "email": pa.array(np.char.add(np.char.add("customer", numbers), "@example.org"), pa.string()),
        "name": pa.array(np.char.add("#", numbers), pa.string()),
    }
    asked: list[str] = []
    has = Tombstones.has

    def noted(self: Tombstones, kind: Kind, raw: str, vendor: str = "", of: str = "") -> bool:
        asked.append(raw)
        return has(self, kind, raw, vendor, of)

    monkeypatch.setattr(Tombstones, "has", noted)
    assert tombstones.erased_rows(declared("shopify orders"), columns, {}) == set()
    # An HMAC of each value would take a quarter of a second at least, its normal form ten.
    assert 0 < len(asked) < 200_000 / 50


def of_keys(kind: Kind, *keys: str) -> Tombstones:
    """Tombstones of keys in their one form, as a load reads them."""
    fields = {"email": "emails", "mailbox": "mailboxes", "phone": "phones", "record": "records"}
    return matcher(Person(**{fields[kind]: set(keys)}), "TR")
