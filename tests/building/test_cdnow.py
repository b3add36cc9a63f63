"""CDNOW's real purchases, by the generic export of orders: whole, nobody merged, to the cent; and what is predicted."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from importlib.util import find_spec
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rapport import settings
from rapport.building import DBT_STEPS, build_night
from rapport.businesses import Business, load_business
from rapport.errors import RapportError
from rapport.landing import ensure_raw_tables, ingest_path, load_declarations
from rapport.nights import claim_next, open_night
from rapport.samples import cdnow
from rapport.value.commands import app
from rapport.warehouse import connect

pytestmark = [pytest.mark.timeout(600), pytest.mark.history]
NIGHT = date(1998, 6, 30)


def test_without_the_package_the_error_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise cdnow.PackageNotFoundError(name)

    monkeypatch.setattr(cdnow, "distribution", absent)
    with pytest.raises(RapportError, match="make realdata"):
        cdnow.write_cdnow(tmp_path)
    assert not list(tmp_path.rglob("*.csv"))


@pytest.fixture
def business(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Business:
    """CDNOW's settings over a warehouse of its own."""
    (tmp_path / "businesses").mkdir()
    text = (settings.BUSINESSES / "cdnow.yml").read_text(encoding="utf-8")
    (tmp_path / "businesses" / f"{warehouse}.yml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(settings, "BUSINESSES", tmp_path / "businesses")
    monkeypatch.setattr(settings, "work_dir", lambda name: tmp_path / "work" / name)
    return load_business(warehouse)


@pytest.mark.skipif(find_spec("lifetimes") is None, reason="installed by `make realdata`")
def test_every_purchase_of_every_customer_is_there_to_the_cent_and_the_next_ones_are_predicted(
    business: Business, tmp_path: Path
) -> None:
    cdnow.write_cdnow(tmp_path / "landing")
    with connect(business.name) as conn:
        open_night(conn, business, NIGHT, landing=tmp_path / "landing")
        ensure_raw_tables(conn, load_declarations(business))
        (load,) = ingest_path(conn, business, tmp_path / "landing", NIGHT)
        assert (load.status, load.table, load.loaded, load.quarantined) == ("loaded", "orders", 69_659, 0)
        night = claim_next(conn, business, "build", now=datetime(2100, 1, 1, tzinfo=UTC))
        assert night is not None
    build_night(business, night, list(DBT_STEPS)[: list(DBT_STEPS).index("effects") + 1])
    with connect(business.name) as conn:
        found = conn.execute(
            "select (select count(*) from build_customer_360.customers), count(*), sum(total_amount), sum(n_items),"
            " min(order_date), max(order_date) from build_customer_360.orders where is_counted"
        ).fetchone()
    assert found == (23_570, 69_659, Decimal("2500315.63"), 167_881, date(1997, 1, 1), date(1998, 6, 30))
    check_predictions(business, tmp_path / "landing" / "generic" / "orders_1998-06-30.csv")


def check_predictions(business: Business, export: Path) -> None:
    """The warehouse says what the command says of the file; where a source is missing it says which."""
    shown = CliRunner().invoke(app, ["fit", str(export), "--json"])
    assert shown.exit_code == 0, shown.output
    fit = json.loads(shown.output)
    with connect(business.name) as conn:
        (kept,) = conn.execute("select model from history.value_models where fitted_on = %s", [NIGHT]).fetchone() or ()
        values = conn.execute(
            """
            select split_part(source_record_id, ':', 3), probability_alive, expected_purchases_365_days,
                expected_purchase_amount, predicted_revenue_amount, next_order_date
            from build_loyalty.customer_value
            join build_customer_360.customer_identities using (customer_id)
            """
        ).fetchall()
        calibration = conn.execute(
            "select repeat_purchases, n_customers, round(predicted_purchases), actual_purchases, calibration_end_date,"
            " holdout_end_date, prediction_reason, is_too_thin from build_loyalty.value_calibration order by 1"
        ).fetchall()
        unknown = conn.execute(
            "select count(*), count(margin_amount), count(cost_to_serve_amount), count(acquisition_cost_amount),"
            " count(lifetime_value_amount), count(distinct value_reason), max(acquisition_channel)"
            " from build_loyalty.customer_value"
        ).fetchone()
        (chart,) = conn.execute(
            "select convert_from(content, 'UTF8') from history.value_model_files where fitted_on = %s", [NIGHT]
        ).fetchone() or ("",)
    for name in ("r", "alpha", "a", "b"):
        assert kept["purchases"]["parameters"][name] == pytest.approx(fit["bgnbd"][name], rel=1e-6)
    for name in ("p", "q", "v"):
        assert kept["amounts"]["parameters"][name] == pytest.approx(fit["gamma_gamma"][name], rel=1e-5)
    of_customer = {row["customer"]: row for row in fit["customers"]}
    assert len(values) == len(of_customer) == 23_570
    for customer, alive, purchases, amount, revenue, next_date in values:
        row = of_customer[customer]
        assert alive is None if row["x"] == 0 else abs(float(alive) - row["probability_alive"]) < 6e-5
        assert abs(float(purchases) - row["expected_purchases"]["365"]) < 6e-5
        assert abs(float(amount) - row["expected_amount"]) < 6e-3
        assert revenue == (purchases * amount).quantize(Decimal("0.01"), ROUND_HALF_UP)
        assert (next_date and next_date.isoformat()) == row["next_order_date"]
    # The paper's split, on all ten tenths of its customers.
    assert [row[0] for row in calibration] == ["0", "1", "2", "3", "4", "5", "6", "7+", "all"]
    assert calibration[-1] == ("all", 23_570, 16_874, 19_684, date(1997, 9, 30), NIGHT, None, False)
    assert unknown is not None
    assert (*unknown[:5], unknown[6]) == (23_570, 0, 0, 0, 0, "unknown")
    assert unknown[5] > 0
    assert chart.startswith("<svg")
