"""send_segments: from published marts to delivered lists, for the night that was just published."""

from airflow.sdk import chain, dag, task_group

from rapport.airflow.build import ClaimNight, DbtStep
from rapport.airflow.send import CheckLists, DeliverLists, PrepareLists, TellMarketing
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
lists are checked, written once, and delivered by a mapped task per destination: one that is down holds up no other.
The ledger (`activation.deliveries`) makes twice once; a dry run delivers nothing. Then marketing is told, by a page
and an e-mail, what went, who was left out and what waits.

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
    delivered = DeliverLists.partial(
        task_id="deliver_lists",
        night=night,
        outlets=[NIGHT_CLOSED],
        map_index_template="{{ task.destination }}",
    ).expand(destination=prepared.output)
    # A teardown runs whatever became of the lists, and the run is red or green by them alone.
    delivered >> TellMarketing(task_id="tell_marketing", night=night).as_teardown()


send_segments()
