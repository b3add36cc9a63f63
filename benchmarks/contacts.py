"""`make bench-contacts`: contact points made normal as whole columns beside the libraries called value by value."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial

import numpy as np
import pyarrow as pa
from anyascii import anyascii
from numpy.typing import NDArray

from benchmarks.harness import Measured, in_its_own_process, peak_mib, report, scratch, show, timed
from rapport.contacts import emails, folding, names, normal_forms, phones, refresh, streets, whole_names
from rapport.contacts.normalised import CHUNK
from rapport.samples.names import FAMILIES, GIVEN
from rapport.warehouse import connect

Text = NDArray[np.object_]
COUNTRY = "TR"
VALUE_BY_VALUE = 20_000  # rows enough to tell what a million would take
KINDS = ("email", "phone", "name", "full_name", "street")
TARGET = ("email", "phone", "name")  # what a first night has a million of, in one run


def main(n_rows: int) -> None:
    """Measure each kind on `n_rows` distinct values, then a first night's refresh of the warehouse."""
    for kind in KINDS:
        show(
            f"normalising {n_rows:,} distinct values: {kind}",
            [
                _measured("Rapport", n_rows, kind, "rapport"),
                _measured("value by value", VALUE_BY_VALUE, kind, "libraries"),
            ],
            n_rows,
        )
    with scratch() as warehouse:
        in_its_own_process("benchmarks.contacts", "observe", warehouse, str(n_rows))
        found = in_its_own_process("benchmarks.contacts", "refresh", warehouse)
    title = f"a first night: {n_rows:,} each of {', '.join(TARGET)}, stored in the warehouse"
    show(title, [Measured("Rapport", found["seconds"], found["peak_mib"])], n_rows * len(TARGET))


def _measured(name: str, n_rows: int, kind: str, contender: str) -> Measured:
    found = in_its_own_process("benchmarks.contacts", contender, kind, str(n_rows))
    return Measured(name, found["seconds"], found["peak_mib"], n_rows if contender == "libraries" else None)


def contend(contender: str, kind_or_warehouse: str, n_rows: int = 0) -> None:
    """One contender in a process of its own; the values themselves are not counted, neither time nor memory."""
    if contender == "observe":
        report(timed(lambda: _observe(kind_or_warehouse, n_rows)))
    elif contender == "refresh":
        with connect(kind_or_warehouse) as conn:
            report(timed(lambda: refresh(conn)))
    else:
        _normalise(contender, kind_or_warehouse, n_rows)


def _normalise(contender: str, kind: str, n_rows: int) -> None:
    values = column_of(kind, n_rows)
    normal_forms(kind, values[:100], COUNTRY)  # seeds and libraries are read once
    before = peak_mib()
    work = partial(_by_columns, kind, values) if contender == "rapport" else partial(_by_value, kind, values)
    report(timed(work), peak_mib=peak_mib() - before)


def _by_columns(kind: str, values: pa.Array) -> None:
    for start in range(0, len(values), CHUNK):
        normal_forms(kind, values[start : start + CHUNK], COUNTRY)


def _by_value(kind: str, values: pa.Array) -> None:
    one = _ONE[kind]
    for value in values.to_pylist():
        one(value)


_ONE: dict[str, Callable[[str], object]] = {
    "email": lambda value: emails.checked(emails.spelling(value)),
    "phone": lambda value: phones.parsed(phones.spelling(value), COUNTRY),
    "name": lambda value: names.name(folding.spelling(value), COUNTRY),
    "full_name": lambda value: whole_names.whole_name(folding.spelling(value), COUNTRY),
    "street": lambda value: streets.street(folding.fold(folding.spelling(value)), COUNTRY),
}


def _observe(warehouse: str, n_rows: int) -> None:
    observed = "build_intermediate.int_contact_points_observed"
    with connect(warehouse) as conn:
        conn.execute("create schema if not exists build_intermediate")
        conn.execute(f"create table {observed} (kind text, raw_value text, default_country text)")
        for kind in TARGET:
            with conn.cursor().copy(f"copy {observed} from stdin") as copy:
                for value in column_of(kind, n_rows).to_pylist():
                    copy.write_row((kind, value, COUNTRY))
        conn.execute(f"analyze {observed}")


def column_of(kind: str, n_rows: int) -> pa.Array:
    """Distinct values as exports have them: mostly plain, a few per cent in capitals, foreign, dirty or no value."""
    random = np.random.default_rng(2026)
    number = np.arange(n_rows).astype(str).astype(object)
    given, second = (GIVEN[random.integers(0, len(GIVEN), n_rows)] for _ in range(2))
    family = FAMILIES[random.integers(0, len(FAMILIES), n_rows)]
    share = random.random(n_rows)
    values: Text
    if kind == "email":
        domains = np.array(["gmail.com", "hotmail.com", "firma.dk", "sirket.com.tr", "mailinator.com"], dtype=object)
        values = _latin(given) + "." + _latin(family) + number + "@" + domains[random.integers(0, 5, n_rows)]
        values = _where(share < 0.02, values, lambda value: value.upper().replace("I", "İ"))
        values = _where(share > 0.99, values, lambda value: value.replace("@", " "))
    elif kind == "phone":
        before = np.array(["", "0", "90", "+90 ", "0090", "+90 (0)"], dtype=object)[random.integers(0, 6, n_rows)]
        turkish = before + (5_320_000_000 + random.permutation(10_000_000)[:n_rows]).astype(str).astype(object)
        danish = "+45 " + (20_100_000 + np.cumsum(share < 0.2)).astype(str).astype(object)
        values = np.where(share < 0.2, danish, turkish)
        values = _where(share > 0.98, values, lambda value: f"{value} dahili 12")
    elif kind == "street":
        values = family + " Cad. No:" + number + " D:" + random.integers(1, 30, n_rows).astype(str).astype(object)
    else:
        values = given + " " + family + "-" + _syllables(n_rows)  # no two alike
        values = second + " " + values if kind == "full_name" else values
        values = _where(share < 0.05, values, lambda value: value.replace("i", "İ").upper())
        values = _where(share > 0.98, values, lambda value: f"Dr. {value}")
    return pa.array(values, pa.string())


def _syllables(n_rows: int) -> Text:
    """A word of letters for each number."""
    letters = str.maketrans("0123456789", "aeioukmnrt")
    return np.array([str(number).translate(letters).capitalize() for number in range(n_rows)], dtype=object)


def _latin(values: Text) -> Text:
    return np.array([anyascii(value).lower() for value in values], dtype=object)


def _where(chosen: NDArray[np.bool_], values: Text, change: Callable[[str], str]) -> Text:
    changed = values.copy()
    changed[chosen] = [change(value) for value in values[chosen]]
    return changed


if __name__ == "__main__":
    if len(sys.argv) > 2:
        contend(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
