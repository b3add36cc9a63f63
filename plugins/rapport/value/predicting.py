"""The night's prediction: purchases out of the warehouse, a model, scores and its calibration back in."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql

from rapport.businesses import Business
from rapport.errors import BuildError
from rapport.value.calibration import Calibration, calibrate, holdout_days
from rapport.value.fitting import fit_model
from rapport.value.histories import Groups, Histories, Purchases
from rapport.value.kept_models import EPOCH, keep, kept_before
from rapport.value.likelihood import Floats
from rapport.value.model import Model
from rapport.value.scoring import BOUGHT_ONCE, HORIZONS, Scores, score
from rapport.warehouse.arrow_tables import Connection, copy_in, copy_out

_PURCHASES = sql.SQL(
    "select customer_id, purchase_date - date '1970-01-01' as day, net_amount"
    " from build_intermediate.int_customer_purchases"
)


def predict(conn: Connection, business: Business, business_date: date, *, keeps_history: bool = True) -> dict[str, int]:
    """Fit on all purchases up to the night, score every buyer, calibrate on the holdout period; one transaction.

    Writes build_value.scores and build_value.calibration anew and, unless `keeps_history` is off (a replay), the
    night's row of history.value_models. Where the data are not fit for a model the tables say why instead.
    Returns counts: customers, repeaters, scored (0 where refused), evaluations (of the likelihood).
    Raises BuildError when dbt has not built int_customer_purchases.
    """
    limits, last_day = business.value, (business_date - EPOCH).days
    with conn.transaction():
        conn.execute("lock table build_value.scores in share row exclusive mode")  # one prediction at a time
        ids, purchases = _read(conn)
        before = kept_before(conn, business_date)
        histories = Histories.of(purchases, last_day)
        groups = Groups.of(histories)
        model = fit_model(histories, groups, limits, before.model if before else None)
        scores = score(histories, groups, model)
        calibration = calibrate(
            purchases,
            last_day,
            holdout_days(histories.span_days, limits),
            limits,
            before.calibration_model if before else None,
        )
        conn.execute("truncate build_value.scores, build_value.calibration")
        copy_in(conn, "build_value.scores", _score_rows(ids, histories, scores, model))
        copy_in(conn, "build_value.calibration", _calibration_rows(calibration))
        if keeps_history:
            keep(conn, business_date, model, calibration)
    conn.execute("analyze build_value.scores")
    conn.commit()
    return {
        "customers": model.n_customers,
        "repeaters": model.n_repeaters,
        "scored": model.n_customers if model.purchases else 0,
        "evaluations": model.purchases.n_evaluations if model.purchases else 0,
    }


def _read(conn: Connection) -> tuple[pa.Array, Purchases]:
    columns = {"customer_id": pa.string(), "day": pa.int64(), "net_amount": pa.float64()}
    try:
        found = copy_out(conn, _PURCHASES, columns)
    except psycopg.errors.UndefinedTable:
        raise BuildError(
            "The purchases to predict from have not been built.",
            where="build_intermediate.int_customer_purchases",
            fix="run `rapport dbt -- build --select +int_customer_purchases` first",
        ) from None
    found = found.sort_by("customer_id")  # the same sums in the same order, whatever order Postgres reads in
    customers = found["customer_id"].combine_chunks().dictionary_encode()
    purchases = Purchases.of(
        customers.indices.to_numpy().astype(np.int64), found["day"].to_numpy(), found["net_amount"].to_numpy()
    )
    return customers.dictionary, purchases


def _score_rows(ids: pa.Array, histories: Histories, scores: Scores, model: Model) -> pa.Table:
    n, bought_once = len(histories), histories.x == 0
    purchases_reason = (
        pc.if_else(pa.array(bought_once), BOUGHT_ONCE, None)
        if model.purchases_reason is None
        else pa.repeat(model.purchases_reason, n)
    )
    days = scores.next_order_day
    # Rounded, so that a row changes when its customer does and not with the last digit of a parameter.
    return pa.table(
        {
            "customer_id": ids.take(pa.array(histories.customer)),
            "n_repeat_purchases": pa.array(histories.x),
            "probability_alive": _rounded(np.where(bought_once, np.nan, scores.probability_alive), 4),
            **{
                f"expected_purchases_{horizon}_days": _rounded(scores.expected_purchases[horizon], 4)
                for horizon in HORIZONS
            },
            "expected_purchase_amount": _rounded(scores.expected_amount, 2),
            "next_order_date": pa.array(days, mask=days < 0).cast(pa.int32()).cast(pa.date32()),
            "purchases_reason": purchases_reason,
            "amounts_reason": pa.repeat(pa.scalar(model.amounts_reason, pa.string()), n),
            "model_version": pa.repeat(model.version, n),
        }
    )


def _rounded(values: Floats, digits: int) -> pa.Array:
    return pa.array(np.round(values, digits), from_pandas=True)  # nan is null


def _calibration_rows(calibration: Calibration) -> pa.Table:
    model, rows = calibration.model, calibration.rows
    n = len(rows)
    columns: dict[str, list[object]] = {
        "repeat_purchases": [row.repeat_purchases for row in rows],
        "calibration_end_date": [EPOCH + timedelta(days=calibration.calibration_end)] * n,
        "holdout_end_date": [EPOCH + timedelta(days=calibration.holdout_end)] * n,
        "n_customers": [row.n_customers for row in rows],
        "predicted_purchases": [row.predicted_purchases for row in rows],
        "actual_purchases": [row.actual_purchases for row in rows],
        "predicted_amount": [row.predicted_amount for row in rows],
        "actual_amount": [row.actual_amount for row in rows],
        "purchases_reason": [model.purchases_reason] * n,
        "amounts_reason": [model.amounts_reason] * n,
        "model_version": [model.version] * n,
    }
    return pa.table(columns)
