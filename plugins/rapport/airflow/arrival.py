"""Waiting for exports without holding a worker: a trigger looks at the landing folder until all is there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.triggers.base import BaseTrigger, TriggerEvent

from rapport.airflow.fetching import fetch_arrivals, n_waiting
from rapport.airflow.links import NightLink
from rapport.businesses import Business, Kind, load_business
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
            if is_ready(seen, self.wait) or seen["remote"] or datetime.now(UTC) >= deadline:
                yield TriggerEvent(seen)
                return
            await asyncio.sleep(2 if seen["unsettled"] or not self.wait else 30)


def is_ready(seen: dict[str, Any], wait: bool) -> bool:
    """Whether there is nothing to wait for."""
    return seen["unsettled"] == 0 and not (wait and seen["missing"])


def look(business: str, kind: Kind, business_date: date, landing: str) -> dict[str, Any]:
    """What lies there for a night: files to fetch, files still being written, tables without a file."""
    from rapport.landing.night import arriving_files, missing_tables

    found = load_business(business)
    return {
        "remote": n_waiting(found, Path(landing)),
        "unsettled": len(arriving_files(found, kind, business_date, Path(landing))),
        "missing": missing_tables(found, kind, business_date, Path(landing)),
    }


class AwaitExports(BaseOperator):
    """Wait, deferred, until the night's exports of a kind are there or their deadline has passed."""

    template_fields: Sequence[str] = ("night",)
    operator_extra_links = (NightLink(),)
    page_part = "arrived"

    def __init__(self, *, kind: Kind, night: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind, self.night = kind, night

    def execute(self, context: Context) -> Any:
        business = load_business(self.night["business"])
        business_date = date.fromisoformat(self.night["date"])
        wait = self.night["wait"]
        self._fetch(business)
        seen = look(business.name, self.kind, business_date, self.night["landing"])
        deadline = deadline_of(business, self.kind, business_date) if wait else datetime.now(UTC) + GRACE
        if is_ready(seen, wait) or datetime.now(UTC) >= deadline:
            return self._report(seen)
        self.log.info("waiting until %s: %s", deadline.isoformat(timespec="minutes"), seen)
        trigger = ExportsArrived(
            business.name, self.kind, self.night["date"], self.night["landing"], deadline.isoformat(), wait
        )
        self.defer(trigger=trigger, method_name="resume")
        return None  # never reached: deferring leaves by an exception

    def resume(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """Fetch what has come on the remote side, and go back to waiting if that was not all."""
        if event["remote"]:
            answer: dict[str, Any] = self.execute(context)
            return answer
        return self._report(event)

    def _fetch(self, business: Business) -> None:
        for path in fetch_arrivals(business, Path(self.night["landing"])):
            self.log.info("fetched %s", path.name)

    def _report(self, seen: dict[str, Any]) -> dict[str, Any]:
        """Log what is there; the night goes on with whoever has arrived."""
        if seen["missing"]:
            self.log.warning("no file yet for %s", ", ".join(seen["missing"]))
        if seen["unsettled"]:
            self.log.warning("%s file(s) still being written are left to the next night", seen["unsettled"])
        return seen
