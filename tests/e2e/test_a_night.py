"""One whole night through the real scheduler, and the same again."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from docs.sql_blocks import answered, ask
from e2e.analyst import personal_data_readable
from e2e.conftest import Checkout
from metrics import examples
from metrics.own_figures import OWN_FIGURES, differences
from reporting.pages import charts_of, check_page, named_in, words_of

from rapport.metrics.definitions import on_live_tables
from rapport.metrics.engine import MetricEngine
from rapport.publishing import tables_from_manifest
from rapport.settings import DBT_PROJECT, PROJECT_ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1500)]

GOLDEN = Path(__file__).parent / "golden_night"
PAGES = (PROJECT_ROOT / "README.md", PROJECT_ROOT / "docs/questions.md")
SEGMENTS = {path.stem.removeprefix("seg_") for path in (DBT_PROJECT / "models/activation/segments").glob("seg_*.sql")}


def compare_with_golden(checkout: Checkout) -> None:
    """The night's figures and lists, line by line as they were when somebody last read them.

    RAPPORT_WRITE_GOLDEN=1 writes them anew, to be read in the diff.
    """
    golden = {
        "tables.csv": "select table_schema || '.' || table_name as table, n_rows, checksum from ops.publications",
        "lifecycle.csv": "select lifecycle_stage, count(*) from loyalty.lifecycle where is_current group by 1",
        "satisfaction.csv": "select month, measure, touchpoint, n_responses, score, interval_low, interval_high,"
        " is_too_thin from engagement.satisfaction where scope in ('month', 'touchpoint')",
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


def compare_with_pages(checkout: Checkout) -> None:
    """What the pages for analysts ask, as one of them: every statement runs, and gives the table printed below it.

    RAPPORT_WRITE_GOLDEN=1 prints the tables anew; a line `|` below a new block stands for one.
    """
    with checkout.connect() as conn:
        conn.execute("set default_transaction_read_only = on")
        conn.execute("set role rapport_analyst")
        for path in PAGES:
            page = path.read_text(encoding="utf-8")
            found = answered(page, lambda statement: ask(conn, statement))
            if os.environ.get("RAPPORT_WRITE_GOLDEN"):
                path.write_text(found, encoding="utf-8")
                page = found
            assert found == page, path.name


def compare_metrics_with_marts(checkout: Checkout) -> None:
    """Each metric as an analyst works it out is the mart's own figure, and the page for it prints what it prints.

    RAPPORT_WRITE_GOLDEN=1 prints the page's answers anew.
    """
    # As the night parsed them: parsing again would take a minute.
    parsed = checkout.home / "work/sample/dbt/parsed"
    manifest, semantic = (
        json.loads((parsed / name).read_text(encoding="utf-8")) for name in ("manifest.json", "semantic_manifest.json")
    )
    engine = MetricEngine(on_live_tables(semantic, tables_from_manifest(manifest)))
    with checkout.connect() as conn:
        conn.execute("set default_transaction_read_only = on; set time zone 'UTC'")
        conn.execute("set role rapport_analyst")
        assert [line for own in OWN_FIGURES for line in differences(conn, engine, own)] == []
        page = examples.PAGE.read_text(encoding="utf-8")
        found = examples.answered(page, conn, engine)
        if os.environ.get("RAPPORT_WRITE_GOLDEN"):
            examples.PAGE.write_text(found, encoding="utf-8")
            page = found
        assert found == page
    told = json.loads(checkout("metrics", "query", "nps", "--by", "month", "--json").stdout)
    own = "select month::text, score::float from engagement.satisfaction where measure = 'nps' and scope = 'month'"
    assert {(row["month"], row["nps"]) for row in told["rows"]} == set(checkout.query(own))


def test_a_night_runs_whole_and_once(new_checkout: Callable[..., Checkout]) -> None:
    checkout = new_checkout()
    checkout.salt_holdouts()
    first = checkout.run()  # `make run`: the night that README and docs/questions.md show

    # What a data engineer is told.
    assert (first["state"], first["date"]) == ("sent", "2026-03-03")
    assert {row["kind"]: row["state"] for row in first["sources"]} == dict.fromkeys(
        ("crm", "ecommerce", "survey"), "arrived"
    )
    assert first["rows"]["read"] == sum(first["rows"][key] for key in ("loaded", "quarantined", "skipped"))
    assert first["rows"]["quarantined"] > 0, "the samples carry bad rows"
    assert all(row["reason"] for row in first["quarantine"])
    assert first["dbt"]["failed"] == 0
    assert sum(row["stopped"] for row in first["checks"]) == 0
    assert {row["stage"] for row in first["checks"]} == {"landing", "marts", "lists"}
    assert first["customers"] > 2000
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
        assert personal_data_readable(conn) == []
        conn.execute("set role rapport_analyst")
        query = "select count(*), count(distinct email) > 50 from customer_360.customers_masked"
        assert conn.execute(query).fetchone() == (first["customers"], True)

    compare_with_golden(checkout)
    compare_with_pages(checkout)
    compare_metrics_with_marts(checkout)

    # What an owner finds: a page of pictures that names nobody.
    report = Path(first["look"]["report"])
    page = report.read_text(encoding="utf-8")
    check_page(page)
    assert len(charts_of(page)) >= 10
    assert "None" not in words_of(page)
    # A month is called Jan, and the shop Hane & Hjem; so are customers.
    known = "unnest(array[customer_id, email, phone, last_name, nullif(nullif(first_name, 'Jan'), 'Hane')])"
    persons = [value for (value,) in checkout.query(f"select distinct {known} from customer_360.customers") if value]
    assert len(persons) > 500
    assert named_in(page, persons) == []
    assert "@" not in words_of(page)
    checkout("report", "--date", "2026-03-03")
    assert report.read_text(encoding="utf-8") == page

    # The same night again: nothing is loaded, published or sent twice.
    before = checkout.outcome()
    loads = checkout.query("select load_id, finished_at from ops.loads order by 1")
    again = checkout.run("--date", "2026-03-03")
    assert again["state"] == "sent"
    assert checkout.outcome() == before
    assert checkout.query("select load_id, finished_at from ops.loads order by 1") == loads

    # No contact point in the logs, in XCom or in Data Docs.
    (address,) = checkout.query("select email from customer_360.customers where email like '%@%' order by 1 limit 1")[0]
    for folder in ("airflow/logs", "work/sample/data_docs"):
        holding = [
            path
            for path in (checkout.home / folder).rglob("*")
            if path.is_file() and address.encode() in path.read_bytes()
        ]
        assert holding == []
