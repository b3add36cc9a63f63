"""A checkout's state of its own, and the `rapport` command in it: real Postgres, real Airflow, nothing shared."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from e2e.airflow_api import AirflowApi

REPOSITORY = Path(__file__).parents[2]
RAPPORT = Path(sys.executable).with_name("rapport")


def age(path: Path) -> None:
    """Make a file look settled, so that nobody has to wait for it."""
    long_ago = time.time() - 3600
    os.utime(path, (long_ago, long_ago))


@dataclass
class Checkout:
    """A state folder; commands run in it see nothing of the developer's own."""

    home: Path
    more: dict[str, str] = field(default_factory=dict)
    _urls: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("AIRFLOW", "RAPPORT_"))}
        return inherited | {"RAPPORT_HOME": str(self.home), "HOME": str(self.home)} | self.more

    def __call__(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [str(RAPPORT), *arguments], env=self.environment, capture_output=True, text=True, check=False, timeout=1200
        )
        if check and done.returncode != 0:
            raise AssertionError(f"rapport {' '.join(arguments)} → {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def run(self, *arguments: str, exit_code: int = 0) -> dict[str, Any]:
        """`rapport run … --json`, which must end with that exit code."""
        done = self("run", *arguments, "--json", check=False)
        assert done.returncode == exit_code, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def own_project(self, segments: Collection[str] | None = None, *, data_tests: bool = True) -> Path:
        """A copy of the project for this checkout alone, so that a test can edit businesses, models, expectations.

        With these `segments` only, where a test is not about lists; without dbt's tests of data, where it has many
        nights of data that are tested elsewhere.
        """
        project = self.home / "project"
        for folder in ("businesses", "dags", "dbt_project", "expectations", "plugins"):
            shutil.copytree(REPOSITORY / folder, project / folder, ignore=shutil.ignore_patterns("__pycache__"))
        for path in (project / "dbt_project/models/activation/segments").iterdir():
            if segments is not None and path.stem.removeprefix("seg_") not in segments:
                path.unlink()
        if not data_tests:
            declared = project / "dbt_project/dbt_project.yml"
            text = declared.read_text(encoding="utf-8")
            wanted = text.replace("data_tests:\n  rapport:\n", "data_tests:\n  rapport:\n    +enabled: false\n")
            assert wanted != text
            declared.write_text(wanted, encoding="utf-8")
        self.more["RAPPORT_PROJECT"] = str(project)
        return project

    @property
    def airflow(self) -> AirflowApi:
        """The REST API of the stack that is up: what the UI shows and does."""
        return AirflowApi(self.home / "airflow")

    def samples(self, out: Path, nights: int, customers: int = 250, start: date = date(2026, 3, 1)) -> Path:
        """Write sample exports; files get an age, so that nobody has to wait for them to settle."""
        size = ("--customers", str(customers), "--nights", str(nights), "--start", f"{start}")
        self("samples", "generate", *size, "--out", str(out))
        for path in out.rglob("*"):
            age(path)
        return out

    def connect(self, business: str = "sample") -> psycopg.Connection[Any]:
        try:
            return psycopg.connect(self._urls[business], autocommit=True)
        except (KeyError, psycopg.OperationalError):  # this command starts the server if need be
            self._urls[business] = self("warehouse", "url", "--business", business).stdout.strip()
            return psycopg.connect(self._urls[business], autocommit=True)

    def query(self, sql: str, business: str = "sample") -> list[tuple[Any, ...]]:
        with self.connect(business) as conn:
            return conn.execute(sql).fetchall()  # type: ignore[arg-type]

    def salt_holdouts(self) -> None:
        """Give the new warehouse a known salt before anybody is drawn: with its own, each checkout holds out others."""
        with self.connect() as conn:
            conn.execute("update activation.holdout_salt set salt = 'golden night'")

    def outcome(self) -> dict[str, Any]:
        """What a night is judged by: every published table's checksum, and every list's bytes."""
        tables = self.query(
            "select business_date, table_schema || '.' || table_name, n_rows, checksum"
            " from ops.publications order by 1, 2"
        )
        drop = self.home / "drop"
        lists = {str(path.relative_to(drop)): path.read_bytes() for path in sorted(drop.rglob("*")) if path.is_file()}
        return {"tables": tables, "lists": lists}


@pytest.fixture
def new_checkout(tmp_path: Path) -> Iterator[Callable[..., Checkout]]:
    """Makes checkouts, and stops all of them at the end."""
    made: list[Checkout] = []

    def make(name: str = "state", **more: str) -> Checkout:
        made.append(Checkout(tmp_path / name, more))
        return made[-1]

    yield make
    for checkout in made:
        checkout("down", check=False)
