"""Imported by every Airflow process at its start (this folder is on the stack's PYTHONPATH).

Whatever Airflow's parts fork ends with them: no worker, task or dbt outlives a killed scheduler.

The LocalExecutor forks its workers from the scheduler and each task from a worker: what the scheduler has
imported, every task starts with, instead of spending seconds on it anew. Nothing here opens a connection or
starts a thread, so forking stays safe.
"""

import importlib
import sys

from rapport.processes import let_forks_die_with_parent

PRELOADED = (
    "dbt.cli.main",
    "dbt.adapters.postgres",
    "great_expectations",
    "pandas",
    "phonenumbers",
    "pyarrow.compute",
    "pyarrow.csv",
    "scipy.sparse.csgraph",
    "rapport.airflow.build",
    "rapport.airflow.ingest",
    "rapport.landing.night",
)

let_forks_die_with_parent()
if "scheduler" in sys.argv[1:2]:
    for name in PRELOADED:
        importlib.import_module(name)
