"""build_marts: from raw tables to published marts, for the oldest night that is due."""

from airflow.sdk import chain, dag, task_group

from rapport.airflow.build import (
    AssignIdentity,
    CheckMarts,
    ClaimNight,
    DbtStep,
    NormaliseContacts,
    PredictValue,
    PublishMarts,
    WriteDocs,
    WriteReport,
)
from rapport.airflow.wiring import Owner, Tag, build_schedule, default_args, night_parameters


@dag(
    schedule=build_schedule(),
    catchup=False,
    max_active_runs=1,
    default_args=default_args(Owner.ANALYTICS),
    params=night_parameters(),
    tags=[Tag.NIGHTLY, Tag.BUILD],
    doc_md="""
### Build and publish the marts of one night
Woken by any source's report, by lists that went out, or by the clock; takes the oldest night that is due and skips
when there is none. Builds in `build_*` schemas, checks, and merges into the live tables in one transaction: a night
that fails leaves yesterday's marts as they are. Then the night's report and the dbt docs are written.

Runbooks: docs/runbooks/a-failed-gate.md, docs/runbooks/a-stuck-night.md
""",
)
def build_marts():
    night = ClaimNight(task_id="claim_night", stage="build").output

    @task_group(group_id="persons", tooltip="contact points and identity")
    def persons():
        """Contact points get one normal form, then source records become persons by all they have in common."""
        chain(
            DbtStep(task_id="contact_points", night=night),
            NormaliseContacts(task_id="normalise_contacts", night=night),
            DbtStep(task_id="identity_records", night=night),
            AssignIdentity(task_id="assign_identity", night=night),
        )

    @task_group(group_id="marts", tooltip="one dbt task a mart")
    def marts():
        """customer_360 first; loyalty and engagement read it; effects read both."""
        chain(
            DbtStep(task_id="customer_360", night=night),
            [DbtStep(task_id="loyalty", night=night), DbtStep(task_id="engagement", night=night)],
            DbtStep(task_id="effects", night=night),
        )

    chain(
        DbtStep(task_id="staging", night=night),
        persons(),
        DbtStep(task_id="intermediate", night=night),
        PredictValue(task_id="predict_value", night=night),
        marts(),
        CheckMarts(task_id="check_marts", night=night),
        PublishMarts(task_id="publish", night=night),
        # Beside each other: neither holds anything up, and one that fails leaves the other alone.
        [WriteReport(task_id="write_report", night=night), WriteDocs(task_id="write_docs", night=night, retries=0)],
    )


build_marts()
