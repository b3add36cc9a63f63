"""The three gates of a night: over what was loaded, what was built, and what is about to be sent.

`application_name` is what their connections are known by: a new attempt at a task disconnects those of the last.
"""

from __future__ import annotations

from datetime import date

from rapport.businesses import Business, Kind
from rapport.quality.gates import rejected_loads, run_gate
from rapport.quality.report import GateReport
from rapport.quality.suites import Target
from rapport.warehouse import connect, warehouse_url


def check_landing(
    business: Business, business_date: date, kind: Kind, *, application_name: str = "rapport"
) -> GateReport:
    """Check what tonight's files of one kind brought; loads of a suite that stops are `rejected`.

    So are those of later nights that build on them: a full export stores what differs from the one before.
    """
    with connect(business.name, application_name=application_name) as conn:
        loads = conn.execute(
            "select vendor || '__' || table_name, array_agg(load_id order by load_id), bool_or(scope <> 'delta')"
            " and to_regproc(format('raw.%%I', vendor || '__' || table_name || '__records')) is not null"
            " from ops.loads where business_date = %s and kind = %s and status = 'loaded'"
            # An export without any row was taken in because its declaration says that it may be empty.
            " group by vendor, table_name having sum(rows_read) > 0 order by 1",
            [business_date, kind],
        ).fetchall()
    targets = [Target(table, tuple(load_ids), business_date if is_full else None) for table, load_ids, is_full in loads]
    url = warehouse_url(business.name, application_name=application_name)
    report = run_gate(url, business.name, business_date, "landing", targets)
    rejected = rejected_loads(report)
    with connect(business.name, application_name=application_name) as conn:
        for target in targets:
            if target.table in rejected:
                failed = [check for check in report.failed if check.suite == f"landing.{target.table}"]
                conn.execute(
                    "update ops.loads set status = 'rejected', reason = %s, fix = %s where status = 'loaded'"
                    " and (load_id = any(%s) or (%s and vendor || '__' || table_name = %s and business_date > %s))",
                    [
                        "; ".join(map(str, failed)),
                        "correct the export and drop it again (docs/runbooks/a-failed-gate.md)",
                        list(target.load_ids),
                        target.records_as_of is not None,
                        target.table,
                        business_date,
                    ],
                )
    return report


def check_marts(business: Business, business_date: date, *, application_name: str = "rapport") -> GateReport:
    """Check every mart that has a suite, as built and before it is published."""
    url = warehouse_url(business.name, application_name=application_name)
    return run_gate(url, business.name, business_date, "marts")


def check_lists(business: Business, business_date: date, *, application_name: str = "rapport") -> GateReport:
    """Check the lists as built and before anything is sent."""
    url = warehouse_url(business.name, application_name=application_name)
    return run_gate(url, business.name, business_date, "lists")
