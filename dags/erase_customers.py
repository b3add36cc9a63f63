"""erase_customers: forget the persons that files of requests name."""

from airflow.sdk import dag, task_group

from rapport.airflow.erase import AnswerRequests, ListRequests
from rapport.airflow.wiring import Owner, Tag, business_parameter, default_args, requests_schedule


@dag(
    schedule=requests_schedule(),
    catchup=False,
    max_active_runs=1,
    default_args=default_args(Owner.DATA_ENGINEERING),
    params=business_parameter(),
    tags=[Tag.PRIVACY],
    doc_md="""
### Forget the persons that files of requests name
Takes CSV files with a column `key` from the folder `erasures/<business>` of the state folder, erases one person after
the other, and puts an answer without keys in the file's place. While a night is at work the task fails and is tried
again.

How it works, and what an erasure proves: docs/how-to/erase-a-customer.md
""",
)
def erase_customers():
    @task_group(group_id="requests", tooltip="one mapped task a file")
    def requests():
        """Find the files that wait, and answer each."""
        files = ListRequests(task_id="list_requests").output
        AnswerRequests.partial(
            task_id="answer",
            max_active_tis_per_dagrun=1,
            map_index_template="{{ task.file }}",
        ).expand(file=files)

    requests()


erase_customers()
