"""One whole night through the real scheduler, then the same again, then the next one."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from e2e.conftest import Checkout
from servers.openssh import OpenSSHServer

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1500)]

GOLDEN = Path(__file__).parent / "golden_night"
SEGMENTS = {"welcome_first_order", "detractor_recovery", "vip"}


def compare_with_golden(checkout: Checkout) -> None:
    """The night's figures and lists, line by line as they were when somebody last read them.

    RAPPORT_WRITE_GOLDEN=1 writes them anew, to be read in the diff.
    """
    golden = {
        "tables.csv": "select table_schema || '.' || table_name as table, n_rows, checksum from ops.publications",
        "lifecycle.csv": "select lifecycle_stage, count(*) from loyalty.lifecycle group by 1",
        "satisfaction.csv": "select month, measure, touchpoint, n_responses, score, interval_low, interval_high,"
        " is_too_thin from engagement.satisfaction",
        "revenue.csv": "select original_currency, is_cancelled, count(*), sum(original_total_amount) as original,"
        " sum(total_amount) as reporting from customer_360.orders group by 1, 2",
        "segments.csv": "select segment, destination, n_rows, sha256 from activation.deliveries",
    }
    for name, query in golden.items():
        order = "1, 2, 3" if name == "satisfaction.csv" else "1, 2"
        with (
            checkout.connect() as conn,
            conn.cursor().copy(
                f"copy ({query} order by {order}) to stdout (format csv, header true)"  # type: ignore[arg-type]
            ) as copy,
        ):
            found = b"".join(bytes(block) for block in copy).decode()
        path = GOLDEN / name
        if os.environ.get("RAPPORT_WRITE_GOLDEN"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(found)
        assert found == path.read_text(), name


def sftp_connection(server: OpenSSHServer) -> str:
    extra = {"private_key": server.private_key, "host_key": server.host_key, "folder": str(server.folder)}
    return json.dumps(
        {"conn_type": "sftp", "host": server.host, "port": server.port, "login": server.user, "extra": extra}
    )


def test_nights_run_whole_once_and_in_order(
    new_checkout: Callable[..., Checkout], tmp_path: Path, openssh_server: OpenSSHServer
) -> None:
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

    compare_with_golden(checkout)

    # The same night again: nothing is loaded, published or sent twice.
    before = checkout.outcome()
    loads = checkout.query("select load_id, finished_at from ops.loads order by 1")
    again = checkout.run("--landing", str(landing), "--date", "2026-03-01")
    assert again["state"] == "sent"
    assert checkout.outcome() == before
    assert checkout.query("select load_id, finished_at from ops.loads order by 1") == loads

    # The next night adds to it, and its lists go to an SFTP server now that a connection is given.
    checkout.samples(landing, nights=2)
    checkout.more["AIRFLOW_CONN_RAPPORT_DROP_SFTP"] = sftp_connection(openssh_server)
    second = checkout.run("--landing", str(landing))
    received = openssh_server.folder / "2026-03-02"
    for row in second["lists"]:
        listed = received / f"{row['segment']}_20260302_full.csv"
        digest = hashlib.sha256(listed.read_bytes()).hexdigest()
        assert listed.with_name(listed.name + ".sha256").read_text().split()[0] == digest
        assert "sftp://" in row["path"]
    assert not (checkout.home / "drop" / "sample" / "2026-03-02").exists()
    assert (second["state"], second["date"]) == ("sent", "2026-03-02")
    assert {row["file"] for row in second["files"]}.isdisjoint({row["file"] for row in first["files"]})
    assert second["customers"] >= first["customers"]
    # Nights that are past are refused.
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
