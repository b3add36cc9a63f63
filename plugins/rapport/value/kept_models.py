"""Models of value, kept in the warehouse night by night: parameters, what they were held against, and its plot."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from rapport.value.calibration import Calibration
from rapport.value.charts import calibration_chart
from rapport.value.model import Model
from rapport.warehouse.arrow_tables import Connection

CHART = "calibration.svg"
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Kept:
    """A night's model, and the one of the shorter history that it was held against."""

    fitted_on: date
    model: Model
    calibration_model: Model


def kept_before(conn: Connection, business_date: date) -> Kept | None:
    """The newest kept by an earlier night: a night that is built again starts where it started the first time."""
    row = conn.execute(
        "select fitted_on, model, calibration_model from history.value_models where fitted_on < %s"
        " order by fitted_on desc limit 1",
        [business_date],
    ).fetchone()
    return Kept(row[0], Model.of_json(row[1]), Model.of_json(row[2])) if row else None


def keep(conn: Connection, business_date: date, model: Model, calibration: Calibration) -> None:
    """Keep a night's model, in the place of one that the same night kept before."""
    conn.execute("delete from history.value_models where fitted_on = %s", [business_date])
    conn.execute(
        "insert into history.value_models"
        " (fitted_on, version, model, calibration_end_date, calibration_version, calibration_model)"
        " values (%s, %s, %s, %s, %s, %s)",
        [
            business_date,
            model.version,
            json.dumps(model.as_json()),
            EPOCH + timedelta(days=calibration.calibration_end),
            calibration.model.version,
            json.dumps(calibration.model.as_json()),
        ],
    )
    conn.execute(
        "insert into history.value_model_files (fitted_on, file_name, content) values (%s, %s, %s)",
        [business_date, CHART, calibration_chart(calibration).encode()],
    )


def write_files(conn: Connection, folder: Path, fitted_on: date | None = None) -> Path | None:
    """Write a night's model (the newest, unless one is named) to `folder`/<date>; None if there is none."""
    row = conn.execute(
        "select fitted_on, model, calibration_end_date, calibration_model from history.value_models"
        " where fitted_on = coalesce(%s, fitted_on) order by fitted_on desc limit 1",
        [fitted_on],
    ).fetchone()
    if row is None:
        return None
    night, model, calibration_end, calibration_model = row
    target: Path = folder / night.isoformat()
    target.mkdir(parents=True, exist_ok=True)
    content = {
        "fitted_on": night.isoformat(),
        "model": model,
        "calibration_end": calibration_end.isoformat(),
        "calibration_model": calibration_model,
    }
    (target / "model.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    files = conn.execute("select file_name, content from history.value_model_files where fitted_on = %s", [night])
    for name, stored in files:
        (target / name).write_bytes(stored)
    return target
