"""Tasks of build_marts: claim the night, dbt steps, contacts, identity, value, gate, publication, report, docs."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowSkipException

from rapport.airflow.links import NightLink, ReportLink
from rapport.airflow.night_operator import NightOperator
from rapport.airflow.wiring import MARTS_PUBLISHED
from rapport.businesses import Business, load_business
from rapport.nights import Night, advance, claim_next, latest_night
from rapport.nights.order import Stage
from rapport.nights.steps import Step
from rapport.warehouse import connect

if TYPE_CHECKING:
    from airflow.sdk import Context


class ClaimNight(BaseOperator):
    """Take the oldest unfinished night that is due, or skip: a wake-up says that it may be time, not which night.

    Businesses named by the asset events that woke the run come first, then the run's own parameter.
    """

    operator_extra_links = (NightLink(),)

    def __init__(self, *, stage: Stage, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stage = stage

    def execute(self, context: Context) -> dict[str, str]:
        for name in self._businesses(context):
            with connect(name) as conn:
                night = claim_next(conn, load_business(name), self.stage)
                newest = latest_night(conn)
            if night is not None:
                self.log.info("night %s of %s", night.business_date, name)
                self.night = {"business": name, "date": night.business_date.isoformat()}
                return self.night
            if newest is not None:
                self.log.info("%s: the night of %s is %s%s", name, newest.business_date, newest.state, _way_on(newest))
        raise AirflowSkipException("No night is waiting for this: nothing to do.")

    def _businesses(self, context: Context) -> list[str]:
        woken_by = [
            event.extra["business"]
            for events in (context.get("triggering_asset_events") or {}).values()
            for event in events
            if "business" in event.extra
        ]
        return list(dict.fromkeys([*woken_by, context["params"]["business"]]))


def _way_on(night: Night) -> str:
    if night.state != "failed":
        return ""
    return f" at {night.failed_step}: clear that task, or `rapport run --date {night.business_date}`"


class DbtStep(NightOperator):
    """`dbt build` of a layer or a mart; each model's and test's result goes to quality.dbt_results and this log."""

    @property
    def page_part(self) -> str:  # type: ignore[override]
        return self.step_name()

    def work(self, business: Business, night: Night, current: Step, context: Context) -> None:
        from rapport.building import run_step

        gc.disable()  # garbage ends with the process; to look for it among all that dbt holds takes a fifth of the step
        result = run_step(business, night, self.step_name(), current)
        current.detail |= {"models": result.n_models, "tests": result.n_tests, "warnings": result.n_warnings}


class NormaliseContacts(NightOperator):
    """Give each contact point not seen before its one normal form."""

    def work(self, business: Business, night: Night, current: Step, context: Context) -> None:
        from rapport.contacts import refresh

        with connect(business.name, application_name=current.application_name) as conn:
            current.detail |= refresh(conn)


class AssignIdentity(NightOperator):
    """Give each source record its person; ids once published survive."""

    def work(self, business: Business, night: Night, current: Step, context: Context) -> None:
        from rapport.identity import assign

        with connect(business.name, application_name=current.application_name) as conn:
            current.detail |= assign(conn, business, night.business_date)


class PredictValue(NightOperator):
    """Learn from all purchases what each customer will still buy, and how well that would have been known before."""

    def work(self, business: Business, night: Night, current: Step, context: Context) -> None:
        from rapport.value import predict

        with connect(business.name, application_name=current.application_name) as conn:
            current.detail |= predict(conn, business, night.business_date)


class CheckMarts(NightOperator):
    """Great Expectations over the marts as built; one that stops leaves yesterday's marts in place."""

    page_part = "checked"

    def work(self, business: Business, night: Night, current: Step, context: Context) -> None:
        from rapport.quality.stages import check_marts

        report = check_marts(business, night.business_date, application_name=current.application_name)
        current.detail |= report.counts()
        for line in report.lines():
            self.log.info(line)
        report.raise_if_stopped()
        with connect(business.name, application_name=current.application_name) as conn:
            if night.state == "building":
                advance(conn, night.business_date, "built")


class PublishMarts(NightOperator):
    """Merge what was built into the live tables, in one transaction with the night's row."""

    page_part = "published"

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("outlets", [MARTS_PUBLISHED])
        super().__init__(**kwargs)

    def work(self, business: Business, night: Night, current: Step, context: Context) -> None:
        from rapport.building import read_manifest
        from rapport.publishing import publish, tables_from_manifest

        with connect(business.name, application_name=current.application_name) as conn:
            published = publish(
                conn, business.name, night.business_date, tables_from_manifest(read_manifest(business.name))
            )
        for found in published:
            self.log.info(
                "%s.%s: %s rows, %s new, %s changed, %s gone",
                found.table_schema, found.table_name, found.n_rows, found.n_inserted, found.n_updated, found.n_deleted,
            )  # fmt: skip
        current.detail |= {"tables": len(published), "changed": sum(found.n_updated for found in published)}
        context["outlet_events"][MARTS_PUBLISHED].extra = {
            "business": business.name,
            "date": night.business_date.isoformat(),
        }


class WriteReport(NightOperator):
    """The night's report as one page, for its owner; a failure here is red but does not hold the night up."""

    operator_extra_links = (NightLink(), ReportLink())
    page_part = "published"
    fails_the_night = False

    def work(self, business: Business, night: Night, current: Step, context: Context) -> str:
        from rapport.reporting import keep_report

        with connect(business.name, application_name=current.application_name) as conn:
            path = keep_report(conn, business, night.business_date)
        current.detail["bytes"] = path.stat().st_size
        return str(path)


class WriteDocs(NightOperator):
    """dbt docs as one page; a failure here is red but does not hold the night up."""

    fails_the_night = False

    def work(self, business: Business, night: Night, current: Step, context: Context) -> None:
        from rapport.building import build_docs

        build_docs(business, night, application_name=current.application_name)
