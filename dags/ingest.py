"""ingest_crm, ingest_ecommerce, ingest_survey: take a night's exports in, one kind of source each."""

from airflow.sdk import TriggerRule, dag, task_group

from rapport.airflow.arrival import AwaitExports
from rapport.airflow.ingest import (
    CheckLanding,
    ListSources,
    LoadExports,
    OpenNight,
    ReportSource,
    ShowRefusals,
)
from rapport.airflow.wiring import Owner, Tag, default_args, ingest_schedule, night_parameters
from rapport.businesses import KINDS

DOC = """
### Take in the night's {kind} exports
Opens the business date's night, waits (without holding a worker) until the declared exports have arrived or the
deadline has passed, loads each declared table's files in one transaction a file, checks them, and **reports
arrived, refused or none**. The report wakes `build_marts` up.

* A bad row goes to `quality.quarantine` with its reason; a bad file is refused whole, and this run ends red.
* The same file again changes nothing; a corrected file supersedes its predecessor.
* Backfill: choose the business dates; a date that is already being built is skipped.

Runbook: docs/runbooks/a-refused-file.md
"""


def ingest_dag(kind):
    @dag(
        dag_id=f"ingest_{kind}",
        schedule=ingest_schedule(),
        catchup=False,
        max_active_runs=1,
        default_args=default_args(Owner.DATA_ENGINEERING),
        params=night_parameters(),
        tags=[Tag.NIGHTLY, Tag.INGEST, Tag(kind)],
        doc_md=DOC.format(kind=kind),
    )
    def ingest():
        night = OpenNight(task_id="open_night").output

        @task_group(group_id="landing", tooltip="wait, load, check")
        def landing(night):
            """Wait for the exports, load each declared table as a mapped task, check what was loaded."""
            arrived = AwaitExports(task_id="await_exports", kind=kind, night=night)
            sources = ListSources(task_id="declared_tables", kind=kind, night=night)
            loaded = LoadExports.partial(
                task_id="load",
                kind=kind,
                night=night,
                map_index_template="{{ task.source['vendor'] }}.{{ task.source['table'] }}",
            ).expand(source=sources.output)
            checked = CheckLanding(task_id="check", kind=kind, night=night, trigger_rule=TriggerRule.ALL_DONE)
            arrived >> sources
            loaded >> checked
            return checked

        reported = ReportSource(task_id="report", kind=kind, night=night, trigger_rule=TriggerRule.ALL_DONE)
        landing(night) >> reported
        ShowRefusals(task_id="show_refusals", reported=reported.output)

    return ingest()


for each_kind in KINDS:
    ingest_dag(each_kind)
