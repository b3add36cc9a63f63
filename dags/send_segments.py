"""send_segments: from published marts to delivered lists, for the night that was just published."""

from airflow.sdk import chain, dag, task_group

from rapport.airflow.build import ClaimNight, DbtStep
from rapport.airflow.send import CheckLists, DeliverLists, PrepareLists
from rapport.airflow.wiring import MARTS_PUBLISHED, NIGHT_CLOSED, Owner, Tag, default_args, night_parameters


@dag(
    schedule=[MARTS_PUBLISHED],
    catchup=False,
    max_active_runs=1,
    default_args=default_args(Owner.MARKETING),
    params=night_parameters(),
    tags=[Tag.NIGHTLY, Tag.SEND],
    doc_md="""
### Send the segment lists of one night
Woken by published marts. Who is in a segment, who may be contacted (default deny), one message per person; the
lists are checked, written once, and delivered by the last task, a mapped one per destination: one that is down holds
up no other. The ledger (`activation.deliveries`) makes twice once; a dry run delivers nothing.

Runbooks: docs/runbooks/a-failed-gate.md, docs/runbooks/replaying-a-night.md
""",
)
def send_segments():
    night = ClaimNight(task_id="claim_night", stage="send").output

    @task_group(group_id="selection", tooltip="segments, eligibility, allocation")
    def selection():
        """Segments read the live marts; eligibility and allocation decide who is really on a list."""
        DbtStep(task_id="segments", night=night) >> DbtStep(task_id="lists", night=night)

    prepared = PrepareLists(task_id="prepare_lists", night=night)
    chain(selection(), CheckLists(task_id="check_lists", night=night), prepared)
    DeliverLists.partial(
        task_id="deliver_lists",
        night=night,
        outlets=[NIGHT_CLOSED],
        map_index_template="{{ task.destination }}",
    ).expand(destination=prepared.output)


send_segments()
