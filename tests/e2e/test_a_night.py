"""One whole night through the real scheduler, then the same again, then the next one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from e2e.conftest import Checkout

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1500)]

SEGMENTS = {"welcome_first_order", "detractor_recovery", "vip"}


def test_nights_run_whole_once_and_in_order(new_checkout: Callable[..., Checkout], tmp_path: Path) -> None:
    checkout = new_checkout()
    landing = checkout.samples(tmp_path / "landing", nights=1)
    first = checkout.run("--landing", str(landing))

    # What a data engineer is told.
    assert (first["state"], first["date"]) == ("sent", "2026-03-01")
    assert {row["kind"]: row["state"] for row in first["sources"]} == dict.fromkeys(
        ("crm", "ecommerce", "survey"), "arrived"
    )
    assert first["rows"]["read"] == sum(first["rows"][key] for key in ("loaded", "quarantined", "skipped"))
    assert first["rows"]["quarantined"] > 0, "the samples carry bad rows"
    assert all(row["reason"] for row in first["quarantine"])
    assert first["dbt"]["failed"] == 0
    assert sum(row["stopped"] for row in first["checks"]) == 0
    assert {row["stage"] for row in first["checks"]} == {"landing", "marts", "lists"}
    assert first["customers"] > 200
    assert {row["segment"] for row in first["lists"]} == SEGMENTS

    # What marketing finds: list, checksum and manifest that agree with each other.
    for row in first["lists"]:
        path = Path(row["path"])
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert path.with_name(path.name + ".sha256").read_text().split()[0] == digest
        manifest = json.loads(path.with_name(path.name.removesuffix(".csv") + ".manifest.json").read_text())
        assert (manifest["sha256"], manifest["rows"]) == (digest, row["rows"])
        assert len(path.read_text().splitlines()) >= row["rows"] + 1

    # What analysts find: docs, and no personal data for their role.
    assert Path(first["look"]["dbt_docs"]).stat().st_size > 100_000
    assert Path(first["look"]["data_docs"]).is_file()
    with checkout.connect() as conn:
        conn.execute("set role rapport_analyst")
        assert conn.execute("select count(customer_id) from customer_360.customers").fetchone() == (first["customers"],)

    # The same night again: nothing is loaded, published or sent twice.
    before = checkout.outcome()
    loads = checkout.query("select load_id, finished_at from ops.loads order by 1")
    again = checkout.run("--landing", str(landing), "--date", "2026-03-01")
    assert again["state"] == "sent"
    assert checkout.outcome() == before
    assert checkout.query("select load_id, finished_at from ops.loads order by 1") == loads

    # The next night adds to it; nights that are past are refused.
    checkout.samples(landing, nights=2)
    second = checkout.run("--landing", str(landing))
    assert (second["state"], second["date"]) == ("sent", "2026-03-02")
    assert {row["file"] for row in second["files"]}.isdisjoint({row["file"] for row in first["files"]})
    assert second["customers"] >= first["customers"]
    refused = checkout("run", "--landing", str(landing), "--date", "2026-02-28", check=False)
    assert refused.returncode == 1
    assert "is past" in refused.stderr

    # A past night, built again from what it had pinned, comes out the same and touches nothing.
    after = checkout.outcome()
    for night in ("2026-03-01", "2026-03-02"):
        replayed = json.loads(checkout("nights", "replay", "--date", night, "--json").stdout)
        assert {name for name, is_equal in replayed["tables"].items() if not is_equal} == set()
        assert {name for name, is_equal in replayed["lists"].items() if not is_equal} == set()
    assert checkout.outcome() == after

    # No contact point in the logs, in XCom or in Data Docs.
    (address,) = checkout.query("select email from customer_360.customers where email like '%@%' order by 1 limit 1")[0]
    for folder in ("airflow/logs", "work/sample/data_docs"):
        holding = [
            path
            for path in (checkout.home / folder).rglob("*")
            if path.is_file() and address.encode() in path.read_bytes()
        ]
        assert holding == []
