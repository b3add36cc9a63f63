"""The operator all steps of a night derive from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, BaseOperatorLink
from airflow.sdk.exceptions import AirflowSkipException

from rapport.airflow.failures import failing_for_good
from rapport.airflow.links import NightLink
from rapport.businesses import Business, load_business
from rapport.errors import NightError
from rapport.nights import Night, find_night, resume, step
from rapport.nights.steps import Step
from rapport.warehouse import connect

if TYPE_CHECKING:
    from airflow.sdk import Context


class NightOperator(BaseOperator):
    """One step of one night: the only writer of that step, timed in ops.steps, a link to the night's page.

    `night` is `{"business": …, "date": "YYYY-MM-DD"}` as the claiming task returns it. Subclasses do the work in
    `work`, which gets the business, the night and the running step; what it puts into `step.detail` is kept.
    """

    template_fields: Sequence[str] = ("night",)
    operator_extra_links: Sequence[BaseOperatorLink] = (NightLink(),)
    ui_color = "#e8f1ee"
    # Where on the night's page the link leads.
    page_part = "steps"
    # Whether an error that stays ends the night; the landing steps concern one kind of source only.
    fails_the_night = True

    def __init__(self, *, night: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.night = night

    def step_name(self) -> str:
        """Name under which the step is timed; one writer at a time per name."""
        return str(self.task_id).split(".")[-1]

    def execute(self, context: Context) -> Any:
        if not self.night:
            raise AirflowSkipException("No night was opened for this run.")
        business = load_business(self.night["business"])
        business_date = date.fromisoformat(self.night["date"])
        name = self.step_name()
        with (
            failing_for_good(
                business.name,
                business_date,
                name,
                fails_the_night=self.fails_the_night,
                is_last_try=context["ti"].try_number > (self.retries or 0),
            ),
            step(business.name, business_date, name) as current,
        ):
            with connect(business.name) as conn:
                night = find_night(conn, business_date)
                if night is None:
                    raise NightError(f"The night of {business_date} was never opened.", where="ops.nights")
                if night.state == "failed":
                    night = resume(conn, business_date, self._steps_from_here()) or night
            returned = self.work(business, night, current, context)
        if current.detail:
            self.log.info("%s: %s", name, ", ".join(f"{key} {value}" for key, value in current.detail.items()))
        return returned

    def _steps_from_here(self) -> set[str]:
        after = self.get_flat_relatives(upstream=False)
        return {self.step_name(), *(str(task.task_id).split(".")[-1] for task in after)}

    def work(self, business: Business, night: Night, current: Step, context: Context) -> Any:
        """Do the step; what is returned goes to XCom, so never anything personal."""
        raise NotImplementedError
