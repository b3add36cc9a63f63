"""Waiting for exports without holding a worker: a trigger looks at the landing folder until all is there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.triggers.base import BaseTrigger, TriggerEvent

from rapport.airflow.links import NightLink
from rapport.businesses import Kind, load_business
from rapport.nights.ledger import deadline_of

if TYPE_CHECKING:
    from airflow.sdk import Context

# Without waiting for a deadline, a file somebody is still writing gets this long.
GRACE = timedelta(minutes=2)


class ExportsArrived(BaseTrigger):
    """Fires when a kind's declared exports have arrived whole, or at the deadline."""

    def __init__(self, business: str, kind: Kind, business_date: str, landing: str, deadline: str, wait: bool) -> None:
        super().__init__()
        self.business, self.kind, self.business_date = business, kind, business_date
        self.landing, self.deadline, self.wait = landing, deadline, wait

    def serialize(self) -> tuple[str, dict[str, Any]]:
        names = ("business", "kind", "business_date", "landing", "deadline", "wait")
        return f"{type(self).__module__}.{type(self).__qualname__}", {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        deadline = datetime.fromisoformat(self.deadline)
        while True:
            seen = await asyncio.to_thread(
                look, self.business, self.kind, date.fromisoformat(self.business_date), self.landing
            )
            is_ready = seen["unsettled"] == 0 and (not self.wait or not seen["missing"])
            if is_ready or datetime.now(UTC) >= deadline:
                yield TriggerEvent(seen | {"by": "arrival" if is_ready else "deadline"})
                return
            await asyncio.sleep(2 if seen["unsettled"] or not self.wait else 30)


def look(business: str, kind: Kind, business_date: date, landing: str) -> dict[str, Any]:
    """What lies in the landing folder for a night: settled files, files still being written, tables without a file."""
    from rapport.landing.night import arriving_files, missing_tables

    found = load_business(business)
    return {
        "unsettled": len(arriving_files(found, kind, business_date, Path(landing))),
        "missing": missing_tables(found, kind, business_date, Path(landing)),
    }


class AwaitExports(BaseOperator):
    """Wait, deferred, until the night's exports of a kind are there or their deadline has passed."""

    template_fields: Sequence[str] = ("night",)
    operator_extra_links = (NightLink(),)

    def __init__(self, *, kind: Kind, night: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind, self.night = kind, night

    def execute(self, context: Context) -> Any:
        business = load_business(self.night["business"])
        business_date = date.fromisoformat(self.night["date"])
        seen = look(business.name, self.kind, business_date, self.night["landing"])
        if seen["unsettled"] == 0 and (not self.night["wait"] or not seen["missing"]):
            return self.resume(context, seen)
        deadline = deadline_of(business, self.kind, business_date) if self.night["wait"] else datetime.now(UTC) + GRACE
        self.log.info("waiting until %s: %s", deadline.isoformat(timespec="minutes"), seen)
        self.defer(
            trigger=ExportsArrived(
                business.name,
                self.kind,
                self.night["date"],
                self.night["landing"],
                deadline.isoformat(),
                self.night["wait"],
            ),
            method_name="resume",
        )
        return None  # never reached: deferring leaves by an exception

    def resume(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """Log what is there; the night goes on with whoever has arrived."""
        if event["missing"]:
            self.log.warning("no file yet for %s", ", ".join(event["missing"]))
        if event["unsettled"]:
            self.log.warning("%s file(s) still being written are left to the next night", event["unsettled"])
        return event
