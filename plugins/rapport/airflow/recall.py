"""The task of recall_list: call a list back that was sent wrongly, and say so."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from rapport.activation.lists import ListOf
from rapport.businesses import Business, load_business
from rapport.errors import DeliveryError
from rapport.warehouse import connect

if TYPE_CHECKING:
    from airflow.sdk import Context

    from rapport.activation.recall import Recall


class RecallList(BaseOperator):
    """Send the list's receiver everybody on it, to be removed; then keep the night's page anew and tell marketing."""

    def execute(self, context: Context) -> dict[str, Any]:
        from rapport.activation.recall import recall
        from rapport.airflow.connections import transport_for

        asked = context["params"]
        business = load_business(asked["business"])
        which = ListOf(date.fromisoformat(asked["date"]), asked["segment"], asked["destination"])
        try:
            with connect(business.name) as conn:
                place = transport_for(business, which.destination)
                found = recall(conn, business.name, which, place, reason=asked["reason"])
            told = self._tell(business, found, asked["reason"])
        except DeliveryError as error:
            if error.may_pass:
                raise
            raise AirflowFailException(str(error)) from None
        self.log.warning("%s: %d people to be removed, %s; %s", found.which, found.n_rows, found.location, told)
        return {"rows": found.n_rows, "location": found.location, "mail": told}

    def _tell(self, business: Business, found: Recall, reason: str) -> str:
        from rapport.activation.mail import compose, message_id, send_once
        from rapport.activation.summary import keep_page, render_page, summarise_sending
        from rapport.airflow.connections import mail_server_for

        which = found.which
        with connect(business.name) as conn:
            summary = summarise_sending(conn, business, which.business_date)
            keep_page(business.name, which.business_date, summary)
            if not business.summary.recipients:
                return "nobody to tell: `summary.recipients` of the business's file is empty"
            server, sender = mail_server_for(business)
            topic = f"recall.{which.segment}.{which.destination}"
            subject = f"{business.title}: the list {which.segment} of {which.business_date} was called back"
            text = (
                f"{subject}.\n\nWhy: {reason}\n{found.n_rows:,} people are to be removed at {which.destination}:"
                f" {found.location}\nWhoever has written to them by now cannot take that back.\n"
            )
            message = compose(
                subject=subject,
                text=text,
                page=render_page(summary),
                sender=sender,
                recipients=business.summary.recipients,
                identity=message_id(business.name, which.business_date, sender, topic),
                at=datetime.now(UTC),
            )
            return send_once(conn, which.business_date, message, server, topic=topic)
