"""Tasks of send_segments after dbt's: the gate of the lists, their preparation, delivery, and the word to marketing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rapport.airflow.links import report_page
from rapport.airflow.night_operator import NightOperator
from rapport.airflow.wiring import LISTS_HELD, LISTS_SENT, NIGHT_CLOSED, SOME_LISTS_HELD
from rapport.businesses import Business
from rapport.nights import Night, advance
from rapport.nights.steps import Step
from rapport.warehouse import connect

if TYPE_CHECKING:
    from airflow.sdk import Context


class CheckLists(NightOperator):
    """Great Expectations over the lists as built; one that stops means that nothing is sent."""

    page_part = "checked"

    def work(self, business: Business, night: Night, current: Step, context: Context) -> None:
        from rapport.quality.stages import check_lists

        report = check_lists(business, night.business_date, application_name=current.application_name)
        current.detail |= report.counts()
        for line in report.lines():
            self.log.info(line)
        report.raise_if_stopped()


class PrepareLists(NightOperator):
    """Write each list's bytes once; what is delivered later is exactly what was checked. Returns the destinations."""

    page_part = "sent"

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("outlets", [NIGHT_CLOSED, SOME_LISTS_HELD])
        super().__init__(**kwargs)

    def work(self, business: Business, night: Night, current: Step, context: Context) -> list[str]:
        from rapport.activation.brake import held_lists
        from rapport.activation.preparing import prepare
        from rapport.activation.segments import declared_segments
        from rapport.activation.sending import finish_sending
        from rapport.building import read_manifest

        with connect(business.name, application_name=current.application_name) as conn:
            advance(conn, night.business_date, "sending")
            conn.commit()
            prepared = prepare(
                conn,
                business.name,
                night.business_date,
                segments=declared_segments(read_manifest(business.name)),
                exclusions_kept_days=business.exclusions_kept_days,
                brake=None if night.is_dry_run else business.brake,
            )
            held = held_lists(conn, night.business_date)
            # With nothing to deliver no later task would close the night.
            if not prepared and finish_sending(conn, night.business_date):
                tell_that_lists_are_out(context, business, night)
        for segment, destination, reason in held:
            self.log.warning("%s to %s waits for approval: %s", segment, destination, reason)
        if held:
            extra = {"business": business.name, "date": night.business_date.isoformat()}
            context["outlet_events"][SOME_LISTS_HELD].add(LISTS_HELD, extra=extra)
        current.detail |= {
            "lists": len(prepared),
            "rows": sum(found.n_rows for found in prepared),
            "waiting": len(held),
        }
        return sorted({found.which.destination for found in prepared})


class DeliverLists(NightOperator):
    """Deliver the night's lists to one destination, each once; the last destination closes the night.

    Mapped: NIGHT_CLOSED has to be given to `partial`, where Airflow looks for a mapped task's outlets.
    """

    template_fields = ("night", "destination")
    page_part = "sent"

    def __init__(self, *, destination: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.destination = destination

    def step_name(self) -> str:
        return f"deliver_{self.destination}"

    def work(self, business: Business, night: Night, current: Step, context: Context) -> dict[str, str]:
        from rapport.activation.sending import deliver_all, finish_sending
        from rapport.airflow.connections import transport_for

        with connect(business.name, application_name=current.application_name) as conn:
            found = deliver_all(
                conn,
                business.name,
                night.business_date,
                self.destination,
                transport_for(business, self.destination),
                dry_run=night.is_dry_run,
            )
            is_last = finish_sending(conn, night.business_date)
        current.detail |= {"lists": len(found.outcomes), "rows": found.n_rows}
        if is_last:
            self.log.info("all lists of the night are out")
            tell_that_lists_are_out(context, business, night)
        return dict(found.outcomes)


class TellMarketing(NightOperator):
    """Keep the page of what was sent, and e-mail it to those the business's file names.

    Runs whatever became of the lists, and holds nothing up. A rehearsal keeps the page only, as does a night that was
    stopped before it had lists: it is told when they are there.
    """

    page_part = "sent"
    fails_the_night = False

    def work(self, business: Business, night: Night, current: Step, context: Context) -> str:
        from rapport.activation.mail import compose, message_id, send_once
        from rapport.activation.summary import keep_page, render_page, render_text, subject_of, summarise_sending
        from rapport.airflow.connections import mail_server_for
        from rapport.reporting import report_path

        report = report_path(business.name, night.business_date)
        url = _report_url(business, night) if report.is_file() else None
        with connect(business.name, application_name=current.application_name) as conn:
            found = summarise_sending(conn, business, night.business_date, report_url=url)
            path = keep_page(business.name, night.business_date, found)
            has_lists = found["lists"] or found["waiting"]
            if night.is_dry_run or not has_lists or not business.summary.recipients:
                return str(path)
            server, sender = mail_server_for(business)
            message = compose(
                subject=subject_of(found),
                text=render_text(found),
                page=render_page(found),
                sender=sender,
                recipients=business.summary.recipients,
                identity=message_id(business.name, night.business_date, sender),
                at=datetime.now(UTC),
                attached=report if business.summary.attach_report and report.is_file() else None,
            )
            current.detail["mail"] = send_once(conn, night.business_date, message, server)
        return str(path)


def _report_url(business: Business, night: Night) -> str | None:
    """Where the report is read by who can sign in; None where the API server's address is not known."""
    from airflow.configuration import conf

    base = conf.get("api", "base_url", fallback="")
    return base.rstrip("/") + report_page(business.name, night.business_date.isoformat()) if base else None


def tell_that_lists_are_out(context: Context, business: Business, night: Night) -> None:
    extra = {"business": business.name, "date": night.business_date.isoformat()}
    context["outlet_events"][NIGHT_CLOSED].add(LISTS_SENT, extra=extra)
