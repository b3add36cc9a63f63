"""Columns as numpy arrays: tables of them, and their text form as the vendors print it."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Column = NDArray[Any]
Text = NDArray[np.object_]

NEVER = np.int64(2**62)
DAY = 86_400

T = TypeVar("T", bound="DataclassInstance")


def appended(table: T, more: T) -> T:
    """A table (a dataclass of arrays) with the rows of `more` below its own."""
    columns = {f.name: np.concatenate([getattr(table, f.name), getattr(more, f.name)]) for f in fields(table)}
    return type(table)(**columns)


def rows(table: T, where: Column) -> T:
    """The rows of a table that a mask or an index selects."""
    return type(table)(**{f.name: getattr(table, f.name)[where] for f in fields(table)})


def size(table: DataclassInstance) -> int:
    """Number of rows."""
    return len(getattr(table, fields(table)[0].name))


def text(numbers: Column) -> Text:
    """Whole numbers as text."""
    return _objects(pa.array(numbers).cast(pa.string()))


def padded(numbers: Column, width: int) -> Text:
    """Whole numbers as text with leading zeros."""
    return _objects(pc.utf8_lpad(pa.array(numbers).cast(pa.string()), width, "0"))


def money(cents: Column) -> Text:
    """Hundredths (not negative) as `123.40`."""
    whole = pa.array(cents // 100).cast(pa.string())
    hundredths = pc.utf8_lpad(pa.array(cents % 100).cast(pa.string()), 2, "0")
    return _objects(pc.binary_join_element_wise(whole, hundredths, "."))


def local_times(seconds: Column, zone: str) -> Text:
    """UTC seconds as `YYYY-MM-DD HH:MM:SS` on the clocks of `zone`."""
    local = seconds + utc_offset(seconds, zone)
    return _objects(pa.array(local.astype("datetime64[s]")).cast(pa.string()))


def local_dates(seconds: Column, zone: str) -> Text:
    """UTC seconds as `YYYY-MM-DD` on the calendar of `zone`."""
    return _objects(pc.utf8_slice_codeunits(pa.array(local_times(seconds, zone), pa.string()), 0, 10))


def utc_offset(seconds: Column, zone: str) -> Column:
    """Seconds that `zone` is ahead of UTC at each instant."""
    import pandas as pd

    instants = pd.DatetimeIndex(seconds.astype("datetime64[s]"), tz="UTC")
    local = instants.tz_convert(ZoneInfo(zone)).tz_localize(None)
    return np.asarray(local.values.astype("datetime64[s]").astype(np.int64) - seconds)


def chosen(condition: Column, yes: object, no: object) -> Text:
    """`np.where` for text: always an object array."""
    return np.where(condition, np.asarray(yes, dtype=object), np.asarray(no, dtype=object))


def shown(condition: Column, values: object) -> Text:
    """Values where the condition holds, an empty cell elsewhere."""
    return chosen(condition, values, None)


def _objects(array: Any) -> Text:
    return np.asarray(array.to_numpy(zero_copy_only=False), dtype=object)
