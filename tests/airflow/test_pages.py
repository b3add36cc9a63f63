"""Pages of nights: what arrived, was refused, built, published and sent, and nothing a file could smuggle in."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rapport import settings
from rapport.businesses import load_business
from rapport.nights import claim_next, fail, open_night, report_source
from rapport.warehouse import connect, has_warehouse

NIGHT = date(2026, 3, 1)


@pytest.fixture
def shop(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / f"{warehouse}.yml").write_text(
        "title: Hane & Hjem\nvendors: [shopify]\nreporting_currency: EUR\ntime_zone: Europe/Istanbul\n"
        "default_country: TR\nlegal_regime: none\n"
    )
    (tmp_path / "never_ran.yml").write_text((tmp_path / f"{warehouse}.yml").read_text())
    monkeypatch.setattr(settings, "BUSINESSES", tmp_path)
    business = load_business(warehouse)
    with connect(warehouse) as conn:
        open_night(conn, business, NIGHT, landing=tmp_path)
        conn.execute(
            "insert into ops.loads (business_date, kind, vendor, table_name, file_name, file_size, digest, status,"
            " rows_read, rows_loaded, reason, fix, started_at) values"
            " (%(night)s, 'ecommerce', 'shopify', 'orders', 'orders.csv', 9, 'a', 'loaded', 1234, 1234, null,"
            "  null, now()),"
            " (%(night)s, 'ecommerce', 'shopify', '', '<b>notes</b>.txt', 9, 'b', 'refused', 0, 0, 'It is a letter.',"
            "  'move it away', now())",
            {"night": NIGHT},
        )
        # The ledger has to balance with what lies in raw.
        conn.execute(
            "create table raw.shopify__orders as select 1::bigint as _load_id, n as _row_number"
            " from generate_series(1, 1234) as n"
        )
        for kind in ("crm", "ecommerce", "survey"):
            report_source(conn, NIGHT, kind, "arrived" if kind == "ecommerce" else "none", n_files=1, n_refused=1)
        claim_next(conn, business, "build")
        conn.execute(
            "insert into quality.dbt_results (business_date, step, invocation_id, node_id, resource_type, status,"
            " rows_affected, execution_seconds, failures, message) values"
            " (%(night)s, 'staging', 'i', 'model.rapport.stg_shopify__orders', 'model', 'success', 1200, 0.5,"
            "  null, ''),"
            " (%(night)s, 'staging', 'i', 'test.rapport.unique_orders.ab12', 'test', 'fail', null, 0.1, 7, 'Got 7')",
            {"night": NIGHT},
        )
        conn.commit()
        fail(conn, NIGHT, "staging", "1 dbt test(s) of the step staging do not hold: unique_orders (7 rows)")
    return warehouse


def page_of(shop: str) -> str:
    from rapport.airflow.pages import night

    return night(shop, NIGHT, _signed_in())


def _signed_in() -> Any:
    return None  # the route's own business; that it asks for a user is seen through the real server


def test_a_nights_page_tells_what_arrived_was_refused_and_failed(shop: str) -> None:
    page = page_of(shop)
    for words in ("Hane &amp; Hjem", "shopify.orders", "1,234", "It is a letter.", "move it away", "failed at staging"):
        assert words in page
    assert "stg_shopify__orders" in page
    assert '<details id="staging" open>' in page, "the step that failed is unfolded"
    assert page.index("unique_orders") > 0
    assert "the live tables are as an earlier night left them" in page


def test_what_a_file_is_called_is_text_on_the_page(shop: str) -> None:
    assert "<b>notes</b>" not in page_of(shop)
    assert "&lt;b&gt;notes" in page_of(shop)


def test_the_list_of_nights_shows_a_line_a_night_and_makes_no_warehouse(shop: str) -> None:
    from rapport.airflow.pages import nights

    page = nights(_signed_in())
    assert f"/rapport/nights/{shop}/{NIGHT}" in page
    assert "at staging" in page
    assert page.count("Hane &amp; Hjem") == 1, "a business that never ran has nothing to show"
    assert not has_warehouse("never_ran")


def test_a_business_or_page_that_is_not_there_is_not_found(shop: str) -> None:
    from fastapi import HTTPException

    from rapport.airflow.pages import data_docs, dbt_docs, night

    for call in (
        lambda: night("nobody", NIGHT, _signed_in()),
        lambda: night("never_ran", NIGHT, _signed_in()),
        lambda: dbt_docs("nobody", _signed_in()),
        lambda: data_docs(shop, "../../../postgres/password", _signed_in()),
    ):
        with pytest.raises(HTTPException) as found:
            call()
        assert found.value.status_code == 404


def test_a_nights_page_tells_what_is_unlike_the_nights_before(shop: str) -> None:
    assert "Unlike the nights before" not in page_of(shop)
    with connect(shop) as conn:
        conn.execute(
            "insert into quality.drift (business_date, kind, vendor, table_name, export_date, measure, column_name,"
            " observed, expected_low, expected_high, compared_with, seen)"
            " values (%(night)s, 'ecommerce', 'shopify', 'orders', %(night)s, 'rows', '', 20, 100, 400,"
            "  array[%(night)s::date - 1, %(night)s::date - 2], '')",
            {"night": NIGHT},
        )
    assert "20 rows; expected 100 to 400 by 2 days before" in page_of(shop)


def test_a_nights_report_is_a_page_linked_from_the_night_once_it_is_published(
    shop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fastapi import HTTPException

    from rapport.airflow.pages import report

    monkeypatch.setattr(settings, "work_dir", lambda name: tmp_path / "work" / name)
    for business in (shop, "nobody"):
        with pytest.raises(HTTPException) as failure:
            report(business, NIGHT, _signed_in())
        assert failure.value.status_code == 404
    (tmp_path / "work" / shop / "reports").mkdir(parents=True)
    (tmp_path / "work" / shop / "reports" / f"{NIGHT}.html").write_text("what the marts say")
    assert Path(report(shop, NIGHT, _signed_in()).path).read_text() == "what the marts say"
    link = f"/rapport/reports/{shop}/{NIGHT}"
    assert link not in page_of(shop)
    with connect(shop) as conn:
        conn.execute(
            "insert into ops.publications (business_date, table_schema, table_name, n_rows, n_inserted, n_updated,"
            " n_deleted, checksum) values (%s, 'loyalty', 'lifecycle', 1, 1, 0, 0, '0')",
            [NIGHT],
        )
    assert link in page_of(shop)


def test_what_marketing_is_told_is_a_page_linked_from_the_nights(
    shop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fastapi import HTTPException

    from rapport.airflow.pages import summary

    monkeypatch.setattr(settings, "work_dir", lambda name: tmp_path / "work" / name)
    with pytest.raises(HTTPException) as failure:
        summary(shop, NIGHT, _signed_in())
    assert failure.value.status_code == 404
    (tmp_path / "work" / shop / "summaries").mkdir(parents=True)
    (tmp_path / "work" / shop / "summaries" / f"{NIGHT}.html").write_text("what went")
    assert Path(summary(shop, NIGHT, _signed_in()).path).read_text() == "what went"
    with connect(shop) as conn:
        conn.execute(
            "insert into activation.deliveries (business_date, segment, destination, status, file_name, n_rows, sha256)"
            " values (%s, 'vip', 'drop', 'delivered', 'vip.csv', 5, '')",
            [NIGHT],
        )
        conn.execute(
            "insert into activation.summaries (business_date, status, message_id, n_recipients, reason)"
            " values (%s, 'unknown', '<a@b.example>', 2, 'it may have been taken')",
            [NIGHT],
        )
    page = page_of(shop)
    assert f"/rapport/summaries/{shop}/{NIGHT}" in page
    assert '<span class="warn">unknown</span>' in page
    assert "it may have been taken" in page
