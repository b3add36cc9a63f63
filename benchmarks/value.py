"""`make bench-value`: predicted value of a million customers, fitted and scored, beside the package lifetimes.

Customers are drawn from BG/NBD and Gamma-Gamma with the parameters published for CDNOW, seen for up to two years.
"""

from __future__ import annotations

import json
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import numpy as np

from benchmarks.harness import Measured, in_its_own_process, peak_mib, report, scratch, show, timed
from rapport.businesses import ValueLimits, load_business
from rapport.samples.buyers import LAST_DAY, draw_purchases
from rapport.value import bgnbd, gamma_gamma, predict
from rapport.value.calibration import calibrate, holdout_days
from rapport.value.fitting import fit_model
from rapport.value.histories import Groups, Histories, Purchases
from rapport.value.kept_models import EPOCH
from rapport.value.scoring import score
from rapport.warehouse import connect

LONGEST = 730
PURCHASES, AMOUNTS = bgnbd.Parameters(0.243, 4.414, 0.793, 2.426), gamma_gamma.Parameters(6.25, 3.74, 15.44)
PEER_ROWS = 100_000  # rows enough to tell what a million would take
CONTENDERS = {
    "Rapport: group, fit both, score": ("rapport", None),
    "Rapport: the same, and a holdout period": ("calibrated", None),
    "Rapport: a first night's step, out of and into the warehouse": ("night", None),
    "lifetimes: fit both, score": ("lifetimes", PEER_ROWS),
}


def main(n_rows: int) -> None:
    """Measure each contender in a process of its own; purchases are drawn before the clock starts."""
    found = []
    for name, (contender, limit) in CONTENDERS.items():
        n = min(n_rows, limit or n_rows)
        with tempfile.TemporaryDirectory() as folder:
            in_its_own_process("benchmarks.value", "draw", str(n), folder)
            told = in_its_own_process("benchmarks.value", contender, str(n), folder)
        if "seconds" not in told:
            print(f"{name}: does not run here ({told['error']})")
            continue
        parameters = ", ".join(f"{name} {told[name]:.4f}" for name in ("r", "alpha", "a", "b", "p", "q", "v"))
        print(f"{name}, {n:,} customers: {parameters}")
        found.append(Measured(name, told["seconds"], told["peak_mib"], n if n < n_rows else None))
    show(f"value of {n_rows:,} customers; peak memory is of the work alone", found, n_rows)


def contend(contender: str, n_rows: int, folder: str) -> None:
    """One contender: prints its seconds, memory and parameters."""
    path = Path(folder) / "purchases.npy"
    if contender == "draw":
        np.save(path, np.array(list(vars(drawn(n_rows)).values())))
        print("{}")
        return
    customer, day, amount = np.load(path)
    purchases = Purchases(customer.astype(np.int64), day.astype(np.int64), amount)
    before = peak_mib()
    if contender == "lifetimes":
        _lifetimes(purchases, before)
        return
    if contender == "night":
        _night(purchases)
        return
    limits, parameters = ValueLimits(), {}

    def work() -> None:
        histories = Histories.of(purchases, LAST_DAY)
        groups = Groups.of(histories)
        model = fit_model(histories, groups, limits)
        assert model.purchases is not None
        assert model.amounts is not None
        score(histories, groups, model)
        if contender == "calibrated":
            calibrate(purchases, LAST_DAY, holdout_days(histories.span_days, limits), limits)
        parameters.update(vars(model.purchases.parameters) | vars(model.amounts.parameters))

    seconds = timed(work)
    report(seconds, **{"peak_mib": peak_mib() - before, **parameters})


def _night(purchases: Purchases) -> None:
    business = load_business("sample")
    table = "build_intermediate.int_customer_purchases"
    with scratch() as warehouse, connect(warehouse) as conn:
        conn.execute("create schema if not exists build_intermediate")
        conn.execute(f"create table {table} (customer_id text, purchase_date date, net_amount numeric(18, 2))")
        columns = (purchases.customer, purchases.day.astype("datetime64[D]"), purchases.amount.round(2))
        with conn.cursor().copy(f"copy {table} from stdin") as copy:
            for row in zip(*(column.tolist() for column in columns), strict=True):
                copy.write_row(row)
        conn.execute(f"analyze {table}")
        conn.commit()
        before = peak_mib()
        night = EPOCH + timedelta(days=LAST_DAY)
        seconds = timed(lambda: predict(conn, business, night))
        (model,) = conn.execute("select model from history.value_models").fetchone() or ({},)
        parameters = model["purchases"]["parameters"] | model["amounts"]["parameters"]
        report(seconds, **{"peak_mib": peak_mib() - before, **parameters})


def _lifetimes(purchases: Purchases, before: float) -> None:
    """As its documentation shows: from customers' summaries, so without the time to make them."""
    histories = Histories.of(purchases, LAST_DAY)
    x = histories.x.astype(float)
    recency, age = ((end - histories.first_day) / 7 for end in (histories.newest_day, LAST_DAY))
    repeat = x > 0
    parameters: dict[str, float] = {}

    def work() -> None:
        from lifetimes import BetaGeoFitter, GammaGammaFitter

        fitter = BetaGeoFitter()
        fitter.fit(x, recency, age)
        amounts = GammaGammaFitter()
        amounts.fit(x[repeat], histories.mean_amount[repeat])
        for days in (30, 90, 365):
            fitter.conditional_expected_number_of_purchases_up_to_time(days / 7, x, recency, age)
        fitter.conditional_probability_alive(x, recency, age)
        amounts.conditional_expected_average_profit(x, np.nan_to_num(histories.mean_amount))
        parameters.update({name: float(value) for name, value in {**fitter.params_, **amounts.params_}.items()})

    try:
        seconds = timed(work)
    except Exception as error:  # not kept up: it may not run under our versions
        print(json.dumps({"error": f"{type(error).__name__}: {error}"[:200]}))
        return
    report(seconds, **{"peak_mib": peak_mib() - before, **parameters})


def drawn(n: int) -> Purchases:
    """Purchases of n customers, who were won over the last two years."""
    return draw_purchases(n, PURCHASES, AMOUNTS, seed=2026, won=(1, LONGEST))


if __name__ == "__main__":
    if len(sys.argv) > 2:
        contend(sys.argv[1], int(sys.argv[2]), sys.argv[3])
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
