"""CDNOW, an online record shop's first eighteen months, as the generic export of orders.

Real purchases of all who first bought in the first quarter of 1997: Fader and Hardie, "Forecasting Repeat Sales at
CDNOW: A Case Study", Interfaces 31 (2001). The data come with the optional package lifetimes (CDNOW_master.txt:
customer, day, number of CDs, dollars) and are read at run time; the package itself is not imported.
"""

from __future__ import annotations

import csv
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from rapport.errors import RapportError
from rapport.samples.files import Written, landing_file

# The purchases end with June 1998.
EXPORTED_ON = "1998-06-30"
HEADINGS = ("customer_id", "ordered_at", "n_items", "total_amount")


def write_cdnow(out: Path) -> Written:
    """Write `out`/generic/orders_1998-06-30.csv: one row a purchase, days as YYYY-MM-DD; return what was written.

    Raises RapportError if the optional package is not installed.
    """
    written = Written(out)
    path = out / "generic" / f"orders_{EXPORTED_ON}.csv"
    purchases = [line.split() for line in _master().read_text(encoding="ascii").splitlines()[1:]]
    with landing_file(path) as file:
        rows = csv.writer(file.stream, lineterminator="\n")
        rows.writerow(HEADINGS)
        rows.writerows((who, f"{day[:4]}-{day[4:6]}-{day[6:]}", cds, dollars) for who, day, cds, dollars in purchases)
    written.add(path, len(purchases), file.is_new)
    return written


def _master() -> Path:
    try:
        return Path(str(distribution("lifetimes").locate_file("lifetimes/datasets/CDNOW_master.txt")))
    except PackageNotFoundError as error:
        raise RapportError("The package with the CDNOW data is not installed", fix="run `make realdata`") from error
