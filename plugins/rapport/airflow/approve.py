"""Tasks of approve_lists: find the lists that wait, ask a person about each, send it or leave it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import BaseOperator

from rapport.activation.approval import questions, settle
from rapport.airflow.links import NightLink
from rapport.airflow.night_operator import NightOperator
from rapport.airflow.send import tell_that_lists_are_out
from rapport.airflow.wiring import LISTS_HELD, NIGHT_CLOSED
from rapport.businesses import Business, load_business
from rapport.nights import Night, latest_night
from rapport.nights.steps import Step
from rapport.warehouse import connect

if TYPE_CHECKING:
    from airflow.sdk import Context

SEND, LEAVE = "Send it", "Do not send it"


class FindHeldLists(BaseOperator):
    """The lists that wait, of the nights that woke the run, or of the one a person names; each becomes a question."""

    def execute(self, context: Context) -> list[dict[str, Any]]:
        found = []
        for name, business_date in sorted(_nights(context)):
            with connect(name) as conn:
                for asked in questions(conn, name, load_business(name).title, date.fromisoformat(business_date)):
                    held = {"segment": asked.segment, "destination": asked.destination}
                    night = {"business": name, "date": business_date}
                    found.append({"night": night, "held": held, "subject": asked.subject, "body": asked.body})
        self.log.info("%d lists wait for approval", len(found))
        return found


def _nights(context: Context) -> set[tuple[str, str]]:
    events = (context.get("triggering_asset_events") or {}).get(LISTS_HELD, [])
    if events:
        return {(event.extra["business"], event.extra["date"]) for event in events}
    asked = context["params"]
    business_date = asked["date"]
    if business_date is None:
        with connect(asked["business"]) as conn:
            newest = latest_night(conn)
        business_date = f"{newest.business_date}" if newest else None
    return {(asked["business"], business_date)} if business_date else set()


class AskAboutList(HITLOperator):
    """The question, with its figures, under Required Actions in the UI; the business says how long it stands.

    Waiting takes no worker. No answer in time is a no.
    """

    template_fields = ("subject", "body", "night")
    operator_extra_links = (NightLink(),)
    page_part = "sent"

    def __init__(self, *, night: Any, **kwargs: Any) -> None:
        # The time it may wait is not time it may work.
        super().__init__(options=[SEND, LEAVE], defaults=[LEAVE], **kwargs | {"execution_timeout": None})
        self.night = night

    def execute(self, context: Context) -> Any:
        self.response_timeout = timedelta(hours=load_business(self.night["business"]).brake.hours)
        return super().execute(context)


class SettleList(NightOperator):
    """Send a list that was approved, by the same steps as any other; write down that another is held back."""

    template_fields = ("night", "held", "answer")
    page_part = "sent"
    fails_the_night = False

    def __init__(self, *, held: Any, answer: Any, **kwargs: Any) -> None:
        kwargs.setdefault("outlets", [NIGHT_CLOSED])
        super().__init__(**kwargs)
        self.held = held
        self.answer = answer

    def step_name(self) -> str:
        return f"settle_{self.held['segment']}_{self.held['destination']}"

    def work(self, business: Business, night: Night, current: Step, context: Context) -> str:
        from rapport.activation.sending import deliver_all, finish_sending
        from rapport.activation.summary import keep_page, summarise_sending
        from rapport.airflow.connections import transport_for

        segment, destination = self.held["segment"], self.held["destination"]
        is_approved = self.answer["chosen_options"] == [SEND]
        told = self._told(business, is_approved=is_approved)
        with connect(business.name, application_name=current.application_name) as conn:
            settle(conn, night.business_date, segment, destination, is_approved=is_approved, told=told)
            if is_approved:
                place = transport_for(business, destination)
                found = deliver_all(
                    conn, business.name, night.business_date, destination, place, dry_run=False, only=segment
                )
                current.detail |= {"lists": len(found.outcomes), "rows": found.n_rows}
                if not found.outcomes:
                    told = "It did not wait any more: another night's lists took its place."
                if night.state != "sent" and finish_sending(conn, night.business_date):
                    tell_that_lists_are_out(context, business, night)
            keep_page(business.name, night.business_date, summarise_sending(conn, business, night.business_date))
        self.log.info("%s to %s: %s", segment, destination, told)
        return told

    def _told(self, business: Business, *, is_approved: bool) -> str:
        who = (self.answer.get("responded_by_user") or {}).get("name")
        if who is None:
            return f"Nobody approved it within {business.brake.hours:g} hours."
        return f"{'Approved' if is_approved else 'Held back'} by {who}."
