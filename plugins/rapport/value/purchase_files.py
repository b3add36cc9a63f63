"""A file of purchases, from anywhere: customer, day and amount."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from rapport.errors import PredictionError
from rapport.value.histories import Purchases

# field -> headings it is looked for under, where none is named
KNOWN = {
    "customer": ("customer", "customer_id", "customerid", "id"),
    "date": ("date", "order_date", "ordered_at", "purchase_date", "day"),
    "amount": ("amount", "total_amount", "value", "price", "dollars"),
}

_DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class PurchaseFile:
    """Customers' names in the file (element i is customer i of the purchases), and what they bought."""

    customers: Sequence[str]
    purchases: Purchases


def read_purchases(path: Path, named: dict[str, str | None]) -> PurchaseFile:
    """Purchases of a delimited file with a header; days as YYYY-MM-DD or YYYYMMDD, a time after them is left out.

    `named` has the headings of customer, date and amount, None where they are to be found.
    Raises PredictionError when the file cannot be read so, naming the column and the first line.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            delimiter = max(_DELIMITERS, key=file.readline().count)
        rows = pd.read_csv(path, dtype="str", keep_default_na=False, sep=delimiter, encoding="utf-8-sig")
    except FileNotFoundError:
        raise PredictionError("There is no such file.", where=str(path), fix="name the file") from None
    except (OSError, UnicodeError, ValueError, pd.errors.ParserError) as error:
        raise PredictionError(
            f"The file cannot be read ({type(error).__name__}).", where=str(path), fix="give a UTF-8 CSV with a header"
        ) from None
    headings = {field: _heading(path, list(rows.columns), field, named.get(field)) for field in KNOWN}
    customers = rows[headings["customer"]].str.strip()
    digits = rows[headings["date"]].str.strip().str.replace("-", "").str.slice(0, 8)
    days = pd.to_datetime(digits, format="%Y%m%d", errors="coerce")
    amounts = pd.to_numeric(rows[headings["amount"]].str.strip(), errors="coerce")
    _check(path, headings["customer"], customers == "", "no customer")
    _check(path, headings["date"], days.isna(), "no date such as 1997-09-30")
    _check(path, headings["amount"], ~np.isfinite(amounts), "no amount such as 29.33")
    names, codes = np.unique(customers.to_numpy(dtype=str), return_inverse=True)
    day_numbers = days.to_numpy().astype("datetime64[D]").astype(np.int64)
    purchases = Purchases.of(codes.astype(np.int64), day_numbers, amounts.to_numpy(dtype=np.float64))
    return PurchaseFile(names.tolist(), purchases)


def _heading(path: Path, columns: list[str], field: str, named: str | None) -> str:
    wanted = (named,) if named else KNOWN[field]
    for name in wanted:
        for column in columns:
            if column.strip().lower() == name.lower():
                return column
    raise PredictionError(
        f"No column is called {' or '.join(wanted)}.",
        where=f"{path}, columns {', '.join(columns)}",
        fix=f"name the column: --{field} HEADING",
    )


def _check(path: Path, heading: str, is_wrong: pd.Series[bool], what: str) -> None:
    if is_wrong.any():
        first = int(np.flatnonzero(is_wrong.to_numpy())[0]) + 2
        raise PredictionError(
            f"{int(is_wrong.sum())} rows have {what}.",
            where=f"{path}, column {heading}, first in line {first}",
            fix="correct the file",
        )
