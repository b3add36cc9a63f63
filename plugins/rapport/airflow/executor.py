"""Airflow's LocalExecutor, made to survive the death of a worker by not surviving it."""

from __future__ import annotations

import os
import signal

from airflow.executors.local_executor import LocalExecutor


class RestartingExecutor(LocalExecutor):
    """Ends the scheduler, and with it all workers and tasks, when a worker was killed.

    A worker killed while it waits for a task takes the queue's lock with it, and no other would ever get one
    again; one killed at work leaves a task that is found out by a heartbeat much later. Whoever started the
    scheduler starts it again, and the new one hands the interrupted tasks out at once.
    """

    def sync(self) -> None:
        """Read results and look after the workers; called several times a second."""
        killed = [pid for pid, worker in self.workers.items() if not worker.is_alive()]
        if killed:
            self.log.error("Worker %s was killed: the scheduler starts over.", killed[0])
            # Not an exception: the loop's way out waits for the other workers, for ever if the lock is gone.
            os.kill(os.getpid(), signal.SIGKILL)
        super().sync()
