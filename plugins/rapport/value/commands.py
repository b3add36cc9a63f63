"""`rapport value`."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from rapport import settings

app = typer.Typer(
    help="Predicted value: what customers will still buy, and how well that was known.", no_args_is_help=True
)

_EPOCH = date(1970, 1, 1)


@app.command()
def fit(
    path: Annotated[Path, typer.Argument(help="a CSV with a header: customer, date, amount")],
    calibration_end: Annotated[
        datetime | None,
        typer.Option(
            "--calibration-end", "--until", formats=["%Y-%m-%d"], help="last day to learn from; the file's last day"
        ),
    ] = None,
    days: Annotated[list[int] | None, typer.Option(help="horizon in days, may be repeated; 30, 90 and 365")] = None,
    customer: Annotated[str | None, typer.Option(help="heading of the customer")] = None,
    date_heading: Annotated[str | None, typer.Option("--date", help="heading of the day")] = None,
    amount: Annotated[str | None, typer.Option(help="heading of the amount")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="with every customer, as JSON")] = False,
) -> None:
    """Fit BG/NBD and Gamma-Gamma to a file of purchases; what came after the calibration period is compared."""
    from rapport.businesses import ValueLimits
    from rapport.errors import PredictionError
    from rapport.value.calibration import calibrate
    from rapport.value.histories import Groups, Histories
    from rapport.value.purchase_files import read_purchases
    from rapport.value.scoring import HORIZONS, score

    file = read_purchases(path, {"customer": customer, "date": date_heading, "amount": amount})
    newest = int(file.purchases.day.max(initial=0))
    last_day = (calibration_end.date() - _EPOCH).days if calibration_end else newest
    histories = Histories.of(file.purchases, last_day)
    if not len(histories):
        raise PredictionError("Nobody bought by then.", where=str(path), fix="give a later --calibration-end")
    n_holdout = max(newest - last_day, 0)
    horizons = tuple(sorted({*(days or HORIZONS), *([n_holdout] if n_holdout else [])}))
    calibration = calibrate(file.purchases, last_day + n_holdout, n_holdout, ValueLimits())
    groups, model = Groups.of(histories), calibration.model
    scores = score(histories, groups, model, horizons)
    found: dict[str, Any] = {
        "calibration_end": _day(last_day),
        "time_unit": "weeks",
        "n_customers": model.n_customers,
        "n_repeaters": model.n_repeaters,
        "bgnbd": _fit(model.purchases),
        "bgnbd_refused": model.purchases_reason,
        "gamma_gamma": _fit(model.amounts),
        "gamma_gamma_refused": model.amounts_reason,
        "correlation": model.correlation,
        "holdout_days": n_holdout,
        "holdout": [vars(row) for row in calibration.rows] if n_holdout else [],
    }
    if not as_json:
        _show(found)
        return
    found["customers"] = [
        {
            "customer": file.customers[histories.customer[i]],
            "x": int(histories.x[i]),
            "t_x": (histories.newest_day[i] - histories.first_day[i]) / 7,
            "T": (last_day - histories.first_day[i]) / 7,
            "mean_amount": _number(histories.mean_amount[i]),
            "probability_alive": _number(scores.probability_alive[i]),
            "expected_purchases": {
                str(horizon): _number(scores.expected_purchases[horizon][i]) for horizon in horizons
            },
            "expected_amount": _number(scores.expected_amount[i]),
            "next_order_date": _day(scores.next_order_day[i]) if scores.next_order_day[i] >= 0 else None,
        }
        for i in range(len(histories))
    ]
    typer.echo(json.dumps(found))


@app.command()
def model(
    out: Annotated[Path, typer.Option(help="folder to write to")],
    business: Annotated[str, typer.Option("--business", "-b")] = settings.DEFAULT_BUSINESS,
    night: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="whose model; default: the latest night's")
    ] = None,
) -> None:
    """Write a night's model and the plot of its calibration."""
    from rapport.businesses import load_business
    from rapport.errors import PredictionError
    from rapport.value.kept_models import write_files
    from rapport.warehouse import connect

    with connect(load_business(business).name) as conn:
        folder = write_files(conn, out, night.date() if night else None)
    if folder is None:
        raise PredictionError("No such night has kept a model of value.", fix="run a night: `make run`")
    typer.echo(str(folder))


def _fit(fit: Any) -> dict[str, Any] | None:
    if fit is None:
        return None
    return {**vars(fit.parameters), "log_likelihood": fit.log_likelihood, "n_evaluations": fit.n_evaluations}


def _number(value: float) -> float | None:
    return None if value != value else float(value)


def _day(day: int) -> str:
    return (_EPOCH + timedelta(days=int(day))).isoformat()


def _show(found: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    console.print(
        f"{found['n_customers']:,} customers by {found['calibration_end']}, {found['n_repeaters']:,} bought again"
    )
    for name, title in (("bgnbd", "BG/NBD, weeks"), ("gamma_gamma", "Gamma-Gamma")):
        if found[name] is None:
            console.print(f"{title}: refused, {found[f'{name}_refused']}")
        else:
            said = ", ".join(f"{key} {value:.4f}" for key, value in found[name].items() if key != "n_evaluations")
            console.print(f"{title}: {said}")
    if not found["holdout"]:
        return
    table = Table(title=f"the {found['holdout_days']} days after", title_justify="left", box=None)
    table.add_column("repeat purchases before")
    for heading in ("customers", "predicted", "actual", "predicted amount", "actual amount"):
        table.add_column(heading, justify="right")
    for row in found["holdout"]:
        amounts = (row["predicted_purchases"], row["actual_purchases"], row["predicted_amount"], row["actual_amount"])
        shown = ("" if value is None else f"{value:,.0f}" for value in amounts)
        table.add_row(row["repeat_purchases"], f"{row['n_customers']:,}", *shown)
    console.print(table)
