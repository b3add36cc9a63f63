"""approve_lists: lists that changed unusually wait here for a person."""

from airflow.sdk import Param, dag, task_group

from rapport.airflow.approve import AskAboutList, FindHeldLists, SettleList
from rapport.airflow.wiring import LISTS_HELD, Owner, Tag, business_parameter, default_args


@dag(
    schedule=[LISTS_HELD],
    catchup=False,
    # A question may stand for hours; the next night's are asked beside it.
    max_active_runs=16,
    default_args=default_args(Owner.MARKETING),
    params={
        **business_parameter(),
        "date": Param(
            None, type=["null", "string"], format="date", title="Business date", description="empty: the latest"
        ),
    },
    tags=[Tag.NIGHTLY, Tag.SEND],
    doc_md="""
### Ask about lists that are unlike those before them
A list that grew or shrank unusually, or whose exports are stale, waits for somebody's approval: under Required Actions,
with its figures. Approved, it goes like any other; without an answer in time it is not sent. The night itself is not
held up.

Runbook: docs/runbooks/a-list-that-waits.md
""",
)
def approve_lists():
    @task_group(group_id="lists", tooltip="one question a list")
    def ask(night, held, subject, body):
        """Ask, then send or leave."""
        asked = AskAboutList(task_id="approve", night=night, subject=subject, body=body)
        SettleList(task_id="settle", night=night, held=held, answer=asked.output)

    ask.expand_kwargs(FindHeldLists(task_id="find_held_lists").output)


approve_lists()
