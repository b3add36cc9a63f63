"""Tasks of the ingest DAGs: open the night, load each declared table's files, check them, report."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from rapport.airflow.links import NightLink
from rapport.airflow.night_operator import NightOperator
from rapport.airflow.wiring import landed
from rapport.businesses import Business, Kind, load_business
from rapport.errors import LandingError, RapportError
from rapport.nights import Night, SourceState, open_night, report_source
from rapport.nights.steps import Step, ends_of_steps
from rapport.warehouse import connect

if TYPE_CHECKING:
    from airflow.sdk import Context


def business_date_of(context: Context, business: Business) -> date:
    """The date asked for, else the run's own: the day its data interval begins in the store's time zone."""
    asked = context["params"].get("date")
    if asked:
        return date.fromisoformat(str(asked))
    logical = context["dag_run"].logical_date
    if isinstance(logical, datetime):
        return logical.astimezone(business.zone).date()
    return datetime.now(business.zone).date() - timedelta(days=1)


class OpenNight(BaseOperator):
    """Open the night this run takes files in for; skip when its inputs are pinned already."""

    def execute(self, context: Context) -> dict[str, Any]:
        parameters = context["params"]
        business = load_business(parameters["business"])
        landing = Path(parameters["landing"]).absolute() if parameters["landing"] else None
        with connect(business.name) as conn:
            try:
                night = open_night(
                    conn,
                    business,
                    business_date_of(context, business),
                    landing=landing,
                    dry_run=bool(parameters["dry_run"]),
                )
            except RapportError as error:
                raise AirflowFailException(str(error)) from None
            conn.commit()
        if night.claimed_at is not None:
            raise AirflowSkipException(
                f"The night of {night.business_date} is {night.state}: files landing now belong to the next one."
            )
        return {
            "business": business.name,
            "date": night.business_date.isoformat(),
            "landing": night.landing,
            "wait": bool(parameters["wait"]),
        }


class _IngestOperator(NightOperator):
    """A landing step: its failure concerns one kind of source, the night goes on with the others."""

    fails_the_night = False
    page_part = "arrived"

    def __init__(self, *, kind: Kind, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind = kind


class ListSources(_IngestOperator):
    """The declared tables of this kind for the business's vendors; each becomes a mapped task."""

    def step_name(self) -> str:
        return f"list_{self.kind}"

    def work(self, business: Business, night: Night, current: Step, context: Context) -> list[dict[str, str]]:
        from rapport.landing.declarations import load_declarations

        declared = [found for found in load_declarations(business) if found.kind == self.kind]
        return [{"vendor": found.vendor, "table": found.table} for found in declared]


class LoadExports(_IngestOperator):
    """Load every file of one declared table that has arrived for the night, each in a transaction of its own."""

    def __init__(self, *, source: dict[str, str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.source = source

    template_fields = ("night", "source")

    def step_name(self) -> str:
        return f"load_{self.source['vendor']}_{self.source['table']}"

    def work(self, business: Business, night: Night, current: Step, context: Context) -> None:
        from rapport.landing.declarations import load_declarations
        from rapport.landing.night import landing_for_night

        declaration = next(
            found
            for found in load_declarations(business)
            if (found.vendor, found.table) == (self.source["vendor"], self.source["table"])
        )
        with connect(business.name, application_name=current.application_name) as conn:
            results = landing_for_night(
                conn, business, self.kind, night.business_date, Path(night.landing), declaration=declaration
            )
        for found in results:
            self.log.info(
                "%s %s: read %s, loaded %s, quarantined %s, skipped %s%s",
                found.file, found.status, found.read, found.loaded, found.quarantined, found.skipped,
                f"; {found.reason}" if found.reason else "",
            )  # fmt: skip
        current.detail |= {
            "files": sum(found.status == "loaded" for found in results),
            "rows": sum(found.loaded for found in results),
            "quarantined": sum(found.quarantined for found in results),
            "refused": sum(found.status == "refused" for found in results),
        }


class CheckLanding(_IngestOperator):
    """Great Expectations over the rows just loaded; a suite that stops takes its loads out of the night.

    What is unlike the nights before is told, and rows of loads superseded long ago are removed.
    Then the step is done and the task is red: the night goes on with the rest, and somebody has to look.
    """

    page_part = "left_out"

    def execute(self, context: Context) -> None:
        stopped = super().execute(context)
        if stopped:
            raise AirflowFailException(stopped)

    def step_name(self) -> str:
        return f"check_{self.kind}"

    def work(self, business: Business, night: Night, current: Step, context: Context) -> str | None:
        from rapport.landing.declarations import load_declarations
        from rapport.landing.drift import note_drift
        from rapport.landing.night import landing_for_night
        from rapport.landing.retention import remove_superseded
        from rapport.quality.stages import check_landing

        with connect(business.name, application_name=current.application_name) as conn:
            # What no declaration recognises belongs to no mapped task: it is refused here, with what came nearest.
            landing_for_night(conn, business, self.kind, night.business_date, Path(night.landing))
        report = check_landing(business, night.business_date, self.kind, application_name=current.application_name)
        with connect(business.name, application_name=current.application_name) as conn:
            tables = [table for table in load_declarations(business) if table.kind == self.kind]
            unusual = note_drift(conn, business, tables, night.business_date, self.kind)
            removed = remove_superseded(conn, tables, night.business_date)
        for table, drift in unusual:
            self.log.warning("unlike the nights before: %s, %s", table, drift)
        for each in removed:
            self.log.info("past retention: %s rows of %s superseded loads of %s", each.n_rows, each.n_loads, each.table)
        current.detail |= report.counts() | {"drifts": len(unusual)}
        for line in report.lines():
            self.log.info(line)
        return None if report.error is None else str(report.error)


class ReportSource(BaseOperator):
    """Report what the kind delivered (arrived, refused, none); the asset event wakes the building DAG up."""

    template_fields = ("night",)
    operator_extra_links = (NightLink(),)
    page_part = "arrived"

    def __init__(self, *, kind: Kind, night: Any, **kwargs: Any) -> None:
        super().__init__(outlets=[landed(kind)], **kwargs)
        self.kind, self.night = kind, night

    def execute(self, context: Context) -> dict[str, Any]:
        if not self.night:
            raise AirflowSkipException("No night was opened for this run.")
        from rapport.landing.ledger import arrivals

        business_date = date.fromisoformat(self.night["date"])
        with connect(self.night["business"]) as conn:
            n_loaded, left_out = arrivals(conn, business_date, self.kind)
            n_refused = len(left_out)
            reason = "; ".join(f"{refused.file}: {refused.reason}" for refused in left_out) or None
            ends = ends_of_steps(conn, business_date, self._steps(context))
            interrupted = [name for name, end in ends.items() if end == "running"]
            if interrupted:
                # Nothing is wrong with the files: the kind stays unreported, so that it can be loaded again.
                raise AirflowFailException(
                    f"Killed in every attempt: {', '.join(interrupted)}. Trigger this DAG again."
                )
            broken = [name for name, end in ends.items() if end != "done"]
            if broken:
                reason = "; ".join(filter(None, [reason, f"not completed: {', '.join(broken)}"]))
            state: SourceState = "arrived" if n_loaded else "refused" if n_refused or broken else "none"
            report_source(
                conn,
                business_date,
                self.kind,
                state,
                n_files=n_loaded,
                n_refused=n_refused,
                reason=reason,
            )
            conn.commit()
        context["outlet_events"][landed(self.kind)].extra = {
            "business": self.night["business"],
            "date": self.night["date"],
            "state": state,
        }
        self.log.info("%s %s: %s file(s) loaded, %s refused. %s", self.kind, state, n_loaded, n_refused, reason or "")
        shown = [LandingError(refused.reason or "", where=refused.file, fix=refused.fix or "") for refused in left_out]
        return {"state": state, "loaded": n_loaded, "refused": n_refused, "reason": "\n".join(map(str, shown))}

    def _steps(self, context: Context) -> list[str]:
        from rapport.landing.declarations import load_declarations

        business = load_business(self.night["business"])
        declared = [found for found in load_declarations(business) if found.kind == self.kind]
        return [f"load_{found.vendor}_{found.table}" for found in declared] + [f"check_{self.kind}"]


class ShowRefusals(BaseOperator):
    """Turn the run red when a file was refused, after the night was told: somebody has to look."""

    template_fields = ("reported",)

    def __init__(self, *, reported: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.reported = reported

    def execute(self, context: Context) -> None:
        if self.reported["refused"]:
            raise AirflowFailException(f"{self.reported['refused']} file(s) left out.\n{self.reported['reason']}")
