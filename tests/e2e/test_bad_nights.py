"""Bad input, gates that stop, and rehearsals: nothing past the fault is visible, and the message says what to do."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from e2e.conftest import Checkout

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1500)]


def aged(path: Path) -> None:
    long_ago = time.time() - 3600
    os.utime(path, (long_ago, long_ago))


def test_a_bad_night_leaves_yesterday_in_place_and_can_be_repaired(
    new_checkout: Callable[..., Checkout], tmp_path: Path
) -> None:
    checkout = new_checkout()
    landing = checkout.samples(tmp_path / "landing", nights=1)

    checkout("up")  # one Airflow for all of these nights

    # Rehearsed first: lists are built, nothing is delivered; then in earnest.
    rehearsed = checkout.run("--landing", str(landing), "--dry-run")
    assert rehearsed["state"] == "sent"
    assert {row["status"] for row in rehearsed["lists"]} == {"dry_run"}
    assert not (checkout.home / "drop").exists()
    sent = checkout.run("--landing", str(landing))
    assert {row["status"] for row in sent["lists"]} == {"delivered"}
    yesterday = checkout.outcome()

    # The survey tool is silent, the shop's export lost a column, and a stranger lies in the folder.
    checkout.samples(tmp_path / "more", nights=2)
    for path in (tmp_path / "more").rglob("*2026-03-02*"):
        if "surveymonkey" not in path.parts:
            shutil.copy2(path, landing / path.relative_to(tmp_path / "more"))
    orders = landing / "shopify" / "orders_export_2026-03-02.csv"
    whole = orders.read_text(encoding="utf-8-sig")
    orders.write_text(whole.replace("Created at", "Creation time", 1), encoding="utf-8")
    aged(orders)
    stranger = landing / "shopify" / "notes.txt"
    stranger.write_text("call the printer\n")
    aged(stranger)
    gate = checkout.connect()
    # A mart gate made to fail: a night whose customers are all but gone.
    night = checkout.run("--landing", str(landing), "--date", "2026-03-02")
    states = {row["kind"]: row for row in night["sources"]}
    assert states["survey"]["state"] == "none"
    assert states["ecommerce"]["n_refused"] == 2
    refused = {row["file"]: row for row in night["files"] if row["status"] == "refused"}
    assert "Created at" in refused["orders_export_2026-03-02.csv"]["reason"]
    assert refused["notes.txt"]["fix"]
    assert night["state"] == "sent", "the night goes on with whoever has arrived"
    stale = dict(gate.execute("select kind, is_stale from customer_360.source_freshness").fetchall())
    assert stale["survey"] is True
    assert stale["crm"] is False

    # The corrected file comes with the next night.
    orders.write_text(whole, encoding="utf-8")
    aged(orders)
    checkout.samples(tmp_path / "more", nights=3)
    for path in (tmp_path / "more").rglob("*2026-03-03*"):
        shutil.copy2(path, landing / path.relative_to(tmp_path / "more"))
    before_gate = gate.execute("select count(*), max(ordered_at) from customer_360.orders").fetchone()
    repaired = checkout.run("--landing", str(landing), "--date", "2026-03-03")
    assert repaired["state"] == "sent"
    assert "orders_export_2026-03-02.csv" in {row["file"] for row in repaired["files"] if row["status"] == "loaded"}
    after = gate.execute("select count(*), max(ordered_at) from customer_360.orders").fetchone()
    assert after is not None
    assert before_gate is not None
    assert after[0] > before_gate[0]
    assert {key: value for key, value in checkout.outcome()["lists"].items() if key in yesterday["lists"]} == yesterday[
        "lists"
    ]
    gate.close()
