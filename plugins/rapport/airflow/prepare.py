"""Before the scheduler starts: metadata tables in place, and runs that died with an earlier stack closed.

Run as `python -m rapport.airflow.prepare` in the stack's environment. Runs left `running` by a killed stack have
no process any more; left alone they would hold `max_active_runs` and wait minutes for a heartbeat.
"""

from __future__ import annotations


def main() -> None:
    """Migrate the metadata database; fail every unfinished run with its tasks, and the dead scheduler's job."""
    from airflow.jobs.job import Job, JobState
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.db import upgradedb
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState, TaskInstanceState
    from sqlalchemy import func, or_, update

    upgradedb()
    unfinished = [DagRunState.RUNNING, DagRunState.QUEUED]
    over = [TaskInstanceState.SUCCESS, TaskInstanceState.FAILED, TaskInstanceState.SKIPPED]
    over += [TaskInstanceState.UPSTREAM_FAILED, TaskInstanceState.REMOVED]
    with create_session() as session:
        runs = session.query(DagRun.dag_id, DagRun.run_id).filter(DagRun.state.in_(unfinished)).all()
        for dag_id, run_id in runs:
            session.execute(
                update(TaskInstance)
                .where(TaskInstance.dag_id == dag_id, TaskInstance.run_id == run_id)
                .where(or_(TaskInstance.state.is_(None), TaskInstance.state.not_in(over)))
                .values(state=TaskInstanceState.FAILED, end_date=func.now(), trigger_id=None)
                .execution_options(synchronize_session=False)
            )
        session.execute(
            update(DagRun)
            .where(DagRun.state.in_(unfinished))
            .values(state=DagRunState.FAILED, end_date=func.now())
            .execution_options(synchronize_session=False)
        )
        # Else the dead scheduler's last heartbeat would count as the new one's health.
        session.execute(
            update(Job)
            .where(Job.job_type == "SchedulerJob", Job.state == JobState.RUNNING)
            .values(state=JobState.FAILED, end_date=func.now())
            .execution_options(synchronize_session=False)
        )


if __name__ == "__main__":
    main()
