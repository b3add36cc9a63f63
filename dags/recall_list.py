"""recall_list: call back a list that was sent wrongly."""

from airflow.sdk import Param, dag, task_group

from rapport.airflow.recall import RecallList
from rapport.airflow.wiring import Owner, Tag, business_parameter, default_args


@dag(
    schedule=None,
    catchup=False,
    max_active_runs=1,
    default_args=default_args(Owner.MARKETING),
    params={
        **business_parameter(),
        "date": Param(type="string", format="date", title="Business date", description="night of the list"),
        "segment": Param(type="string", title="Segment", description="as `rapport segments list` shows it"),
        "destination": Param("drop", type="string", title="Destination"),
        "reason": Param(type="string", minLength=5, title="Why", description="marketing is told; no personal data"),
    },
    tags=[Tag.SEND],
    doc_md="""
### Call back a list that was sent wrongly
Its receiver gets everybody on it as one more list of whom to remove (`…_recall_remove.csv`), marketing an e-mail. Who
was on it still counts as written to. Only the latest list of a segment and destination can be called back. Twice is
once.

Runbook: docs/runbooks/a-list-sent-wrongly.md
""",
)
def recall_list():
    @task_group(group_id="recall", tooltip="to its receiver, and to marketing")
    def recall():
        """Put the list of whom to remove, then say so."""
        RecallList(task_id="call_back")

    recall()


recall_list()
