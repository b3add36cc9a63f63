"""Where things are: the project's own files, and the state that stays outside git."""

from __future__ import annotations

import os
from pathlib import Path

PROJECT_ROOT = Path(os.environ.get("RAPPORT_PROJECT") or Path(__file__).resolve().parents[2])
DBT_PROJECT = PROJECT_ROOT / "dbt_project"
SEEDS = DBT_PROJECT / "seeds"
EXPECTATIONS = PROJECT_ROOT / "expectations"
BUSINESSES = PROJECT_ROOT / "businesses"
DEFAULT_BUSINESS = "sample"


def state_dir() -> Path:
    """Folder of everything generated (cluster, Airflow's home, landing, drop, work); RAPPORT_HOME moves it."""
    # Resolved: two names of one folder must not become two clusters.
    return Path(os.environ.get("RAPPORT_HOME") or PROJECT_ROOT / ".rapport").resolve()


def landing_dir(business: str) -> Path:
    """Where a business's exports are dropped unless its file or the command says otherwise."""
    return state_dir() / "landing" / business


def drop_dir(business: str) -> Path:
    """Where lists are delivered unless a destination says otherwise."""
    return state_dir() / "drop" / business


def work_dir(business: str) -> Path:
    """dbt's targets, Data Docs and other by-products of a business's nights."""
    return state_dir() / "work" / business
