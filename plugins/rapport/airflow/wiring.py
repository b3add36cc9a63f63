"""What all DAGs share: owners and tags as closed sets, retries, parameters, assets, schedules."""

from __future__ import annotations

import os
from datetime import timedelta
from enum import StrEnum
from typing import Any

from airflow.sdk import (
    Asset,
    AssetAlias,
    AssetAny,
    AssetOrTimeSchedule,
    CronDataIntervalTimetable,
    CronTriggerTimetable,
    Param,
)

from rapport import settings
from rapport.businesses import KINDS, Business, business_names, load_business
from rapport.nights.order import GRACE


class Owner(StrEnum):
    """Teams a task may belong to."""

    DATA_ENGINEERING = "data-engineering"
    ANALYTICS = "analytics"
    MARKETING = "marketing"


class Tag(StrEnum):
    """The only tags a DAG may carry."""

    INGEST = "ingest"
    BUILD = "build"
    SEND = "send"
    CRM = "crm"
    ECOMMERCE = "ecommerce"
    SURVEY = "survey"
    NIGHTLY = "nightly"
    PRIVACY = "privacy"


def default_business() -> Business:
    """The business this deployment serves on the clock (RAPPORT_BUSINESS); others run when triggered."""
    return load_business(os.environ.get("RAPPORT_BUSINESS", settings.DEFAULT_BUSINESS))


def default_args(owner: Owner) -> dict[str, Any]:
    """Retries for what may pass, soon for a killed task and later for a server that is away.

    What will not pass is failed at once by the operators.
    """
    return {
        "owner": owner.value,
        "retries": 3,
        "retry_delay": timedelta(seconds=2),
        "retry_exponential_backoff": 4.0,
        "max_retry_delay": timedelta(minutes=5),
        "execution_timeout": timedelta(hours=3),
    }


def business_parameter() -> dict[str, Any]:
    """Which business a run is for."""
    return {"business": Param(default_business().name, type="string", enum=business_names(), title="Business")}


def night_parameters() -> dict[str, Any]:
    """The form a data engineer fills in when triggering by hand; the clock uses the defaults."""
    return {
        **business_parameter(),
        "date": Param(
            None, type=["null", "string"], format="date", title="Business date", description="empty: the run's own"
        ),
        "landing": Param(None, type=["null", "string"], title="Landing folder", description="empty: the business's"),
        "dry_run": Param(False, type="boolean", title="Dry run", description="build lists, deliver nothing"),
        "wait": Param(True, type="boolean", title="Wait for exports until the deadline"),
    }


def landed(kind: str) -> Asset:
    """Asset that changes when a kind of source has reported for a night."""
    return Asset(name=f"{kind}_landed", uri=f"rapport://landing/{kind}", group="rapport")


MARTS_PUBLISHED = Asset(name="marts_published", uri="rapport://marts/published", group="rapport")
LISTS_SENT = Asset(name="lists_sent", uri="rapport://lists/sent", group="rapport")
# An asset among a task's outlets changes whenever the task succeeds; through an alias, only when the task says so:
# the task that closes the night wakes the next one up, whichever task that is.
NIGHT_CLOSED = AssetAlias("night_closed", group="rapport")


LISTS_HELD = Asset(name="lists_held", uri="rapport://lists/held", group="rapport")
SOME_LISTS_HELD = AssetAlias("some_lists_held", group="rapport")


def _is_on_clock() -> bool:
    return default_business().is_scheduled and os.environ.get("RAPPORT_CLOCK", "on") == "on"


def ingest_schedule() -> Any:
    """A run per business date, started when that date is over in the store's time zone."""
    return CronDataIntervalTimetable("0 0 * * *", timezone=default_business().time_zone) if _is_on_clock() else None


def requests_schedule() -> Any:
    """In the afternoon, when no night is at work."""
    return CronTriggerTimetable("0 15 * * *", timezone=default_business().time_zone) if _is_on_clock() else None


def build_schedule() -> Any:
    """Woken by any source's report, by lists that went out, and by the last deadline, whichever comes first."""
    wake_ups = AssetAny(*(landed(kind) for kind in KINDS), LISTS_SENT)
    if not _is_on_clock():
        return wake_ups
    business = default_business()
    hour, minute = map(int, max(business.deadline_of(kind) for kind in KINDS).split(":"))
    due = timedelta(hours=hour, minutes=minute) + GRACE
    clock = CronTriggerTimetable(f"{due.seconds // 60 % 60} {due.seconds // 3600} * * *", timezone=business.time_zone)
    return AssetOrTimeSchedule(timetable=clock, assets=wake_ups)
