"""Imported by every Airflow process at its start (this folder is on the stack's PYTHONPATH).

The LocalExecutor forks its workers from the scheduler and each task from a worker: what the scheduler has
imported, every task starts with, instead of spending seconds on it anew. Nothing here opens a connection or
starts a thread, so forking stays safe.
"""

import sys

if "scheduler" in sys.argv[1:2]:
    import scipy.sparse.csgraph  # noqa: F401
