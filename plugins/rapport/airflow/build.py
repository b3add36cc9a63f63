"""Tasks of build_marts: claim the night, dbt steps, contacts, identity, gate, publication, docs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowSkipException

from rapport.airflow.night_operator import NightOperator
from rapport.airflow.wiring import LISTS_SENT, MARTS_PUBLISHED
from rapport.businesses import Business, load_business
from rapport.nights import Night, advance, claim_next
from rapport.nights.order import Stage
from rapport.nights.steps import Step
from rapport.warehouse import connect

if TYPE_CHECKING:
    from airflow.sdk import Context


class ClaimNight(BaseOperator):
    """Take the oldest unfinished night that is due, or skip: a wake-up says that it may be time, not which night.

    Businesses named by the asset events that woke the run come first, then the run's own parameter.
    """

    def __init__(self, *, stage: Stage, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stage = stage

    def execute(self, context: Context) -> dict[str, str]:
        for name in self._businesses(context):
            with connect(name) as conn:
                night = claim_next(conn, load_business(name), self.stage)
            if night is not None:
                self.log.info("night %s of %s", night.business_date, name)
                return {"business": name, "date": night.business_date.isoformat()}
        raise AirflowSkipException("No night is waiting for this: nothing to do.")

    def _businesses(self, context: Context) -> list[str]:
        woken_by = [
            event.extra["business"]
            for events in (context.get("triggering_asset_events") or {}).values()
            for event in events
            if "business" in event.extra
        ]
        return list(dict.fromkeys([*woken_by, context["params"]["business"]]))


class DbtStep(NightOperator):
    """`dbt build` of a layer or a mart; each model's and test's result goes to quality.dbt_results and this log."""

    def work(self, business: Business, night: Night, current: Step, context: Context) -> None:
        from rapport.building import run_step

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
            current.detail |= assign(conn, night.business_date)


class CheckMarts(NightOperator):
    """Great Expectations over the marts as built; one that stops leaves yesterday's marts in place."""

    def work(self, business: Business, night: Night, current: Step, context: Context) -> None:
        from rapport.quality.stages import check_marts

        report = check_marts(business, night.business_date)
        current.detail |= report.counts()
        for line in report.lines():
            self.log.info(line)
        report.raise_if_stopped()
        with connect(business.name) as conn:
            if night.state == "building":
                advance(conn, night.business_date, "built")


class PublishMarts(NightOperator):
    """Merge what was built into the live tables, in one transaction with the night's row."""

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


class WriteDocs(NightOperator):
    """dbt docs as one page; a failure here is red but does not hold the night up."""

    fails_the_night = False

    def work(self, business: Business, night: Night, current: Step, context: Context) -> None:
        from rapport.building import build_docs

        build_docs(business, night, application_name=current.application_name)


class CheckLists(NightOperator):
    """Great Expectations over the lists as built; one that stops means that nothing is sent."""

    def work(self, business: Business, night: Night, current: Step, context: Context) -> None:
        from rapport.quality.stages import check_lists

        report = check_lists(business, night.business_date)
        current.detail |= report.counts()
        for line in report.lines():
            self.log.info(line)
        report.raise_if_stopped()


class PrepareLists(NightOperator):
    """Write each list's bytes once; what is delivered later is exactly what was checked."""

    def work(self, business: Business, night: Night, current: Step, context: Context) -> list[dict[str, Any]]:
        from rapport.activation.delivery import prepare
        from rapport.activation.segments import declared_segments
        from rapport.activation.sending import finish_sending
        from rapport.building import read_manifest

        with connect(business.name, application_name=current.application_name) as conn:
            if night.state == "published":
                advance(conn, night.business_date, "sending")
                conn.commit()
            prepared = prepare(
                conn, business.name, night.business_date, segments=declared_segments(read_manifest(business.name))
            )
            if not prepared:
                finish_sending(conn, night.business_date)  # nothing to deliver: no later task would close the night
        current.detail |= {"lists": len(prepared), "rows": sum(found.n_rows for found in prepared)}
        return [{"segment": found.segment, "destination": found.destination} for found in prepared]


class DeliverLists(NightOperator):
    """Deliver one list to one destination, once; the last one closes the night."""

    template_fields = ("night", "list_key")

    def __init__(self, *, list_key: Any, **kwargs: Any) -> None:
        # A mapped task is made anew from its arguments, outlets among them.
        kwargs.setdefault("outlets", [LISTS_SENT])
        super().__init__(**kwargs)
        self.list_key = list_key

    def step_name(self) -> str:
        return f"deliver_{self.list_key['segment']}_{self.list_key['destination']}"

    def work(self, business: Business, night: Night, current: Step, context: Context) -> str:
        from rapport.activation.sending import deliver_one, finish_sending
        from rapport.airflow.connections import transport_for

        segment, destination = self.list_key["segment"], self.list_key["destination"]
        with connect(business.name, application_name=current.application_name) as conn:
            with transport_for(business, destination) as transport:
                delivery = deliver_one(
                    conn,
                    business.name,
                    night.business_date,
                    segment,
                    destination,
                    transport,
                    dry_run=night.is_dry_run,
                )
            is_last = finish_sending(conn, night.business_date)
        current.detail |= {"outcome": delivery.outcome, "rows": delivery.n_rows, "to": delivery.location}
        if is_last:
            self.log.info("all lists of the night are out")
        context["outlet_events"][LISTS_SENT].extra = {
            "business": business.name,
            "date": night.business_date.isoformat(),
            "is_last": is_last,
        }
        return delivery.outcome
