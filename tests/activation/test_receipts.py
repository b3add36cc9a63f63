"""What receivers tell of our lists is kept beside the send ledger and shown to marketing."""

from __future__ import annotations

from typing import Any

import pytest
from activation_night import NIGHT, Lists

from rapport.activation.insight import history
from rapport.activation.summary import render_page, render_text, summarise_sending
from rapport.businesses import load_business

VIP = "vip_20261121_full.csv"


def tell(lists: Lists, file: str, status: str, rejected: int | None, at: str, destination: str = "drop") -> None:
    lists.conn.execute(
        "insert into build_activation.receipts values (%s, %s, %s, null, %s, %s)",
        [destination, file, status, rejected, at],
    )
    lists.conn.commit()


def kept(lists: Lists) -> list[tuple[Any, ...]]:
    return lists.conn.execute("select file_name, status, n_rejected from activation.receipts order by 1").fetchall()


def test_the_latest_word_counts_and_an_earlier_night_takes_none_back(lists: Lists) -> None:
    tell(lists, VIP, "rejected", 2, "2026-11-22 04:00Z")
    lists.prepare()
    lists.conn.execute("truncate build_activation.receipts")
    tell(lists, VIP, "partly", 1, "2026-11-22 05:00Z")
    lists.prepare()
    lists.conn.execute("truncate build_activation.receipts")
    lists.prepare()
    assert kept(lists) == [(VIP, "partly", 1)]
    lists.conn.execute("truncate build_activation.receipts")
    tell(lists, VIP, "rejected", 2, "2026-11-22 04:00Z")
    lists.prepare()
    assert kept(lists) == [(VIP, "partly", 1)]


@pytest.mark.parametrize("file", [VIP, f"{VIP}.pgp"])
def test_what_was_refused_is_told_with_its_list(lists: Lists, file: str) -> None:
    lists.send()
    tell(lists, file, "partly", 1, "2026-11-22 05:00Z")
    lists.prepare()
    found = summarise_sending(lists.conn, load_business("sample"), NIGHT)
    assert "vip of 2026-11-21 to drop: partly, 1 of 2 rows refused" in render_text(found)
    assert "What receivers refused" in render_page(found)
    (row,) = history(lists.conn, "vip", nights=5)
    assert (row["status"], row["receipt"], row["n_refused"]) == ("delivered", "partly", 1)


def test_a_receipt_that_does_not_count_rows_says_so(lists: Lists) -> None:
    lists.send()
    tell(lists, VIP, "rejected", None, "2026-11-22 05:00Z")
    lists.prepare()
    found = summarise_sending(lists.conn, load_business("sample"), NIGHT)
    assert "vip of 2026-11-21 to drop: rejected, unknown of 2 rows refused" in render_text(found)


def test_what_was_accepted_is_no_news_and_another_places_list_is_another(lists: Lists) -> None:
    lists.send()
    tell(lists, VIP, "accepted", 0, "2026-11-22 05:00Z")
    tell(lists, VIP, "rejected", 2, "2026-11-22 05:00Z", destination="braze")
    lists.prepare()
    found = summarise_sending(lists.conn, load_business("sample"), NIGHT)
    assert "REFUSED" not in render_text(found)
