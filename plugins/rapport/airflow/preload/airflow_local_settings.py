"""Imported by every Airflow process at its start (this folder is on the stack's PYTHONPATH).

Whatever Airflow's parts fork ends with them: no worker, task or dbt outlives a killed scheduler.

The LocalExecutor forks its workers from the scheduler and each task from a worker: what the scheduler has
imported, every task starts with, instead of spending seconds on it anew. The DAG processor forks for each file of
DAGs. Nothing here opens a connection or starts a thread, so forking stays safe.
"""

import importlib
import sys

from rapport.processes import let_forks_die_with_parent

_DAGS = (
    "rapport.airflow.approve",
    "rapport.airflow.arrival",
    "rapport.airflow.build",
    "rapport.airflow.erase",
    "rapport.airflow.ingest",
    "rapport.airflow.recall",
    "rapport.airflow.send",
)
_TASKS = (
    "dbt.cli.main",
    "dbt.adapters.postgres",
    "great_expectations",
    "pandas",
    "phonenumbers",
    "pyarrow.compute",
    "pyarrow.csv",
    "scipy.sparse.csgraph",
    "rapport.landing.night",
)
_PRELOADED = {"scheduler": (*_TASKS, *_DAGS), "dag-processor": _DAGS}

let_forks_die_with_parent()
for part in sys.argv[1:2]:
    for name in _PRELOADED.get(part, ()):
        importlib.import_module(name)
