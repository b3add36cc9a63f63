"""The three gates of a night: over what was loaded, what was built, and what is about to be sent."""

from __future__ import annotations

from datetime import date

from rapport.businesses import Business, Kind
from rapport.quality.gates import rejected_loads, run_gate
from rapport.quality.report import GateReport
from rapport.quality.suites import Target
from rapport.warehouse import connect, warehouse_url


def check_landing(business: Business, business_date: date, kind: Kind) -> GateReport:
    """Check the rows that tonight's files of one kind brought; loads of a suite that stops are `rejected`."""
    with connect(business.name) as conn:
        loads = conn.execute(
            "select vendor || '__' || table_name, array_agg(load_id order by load_id) from ops.loads"
            " where business_date = %s and kind = %s and status = 'loaded' group by 1 order by 1",
            [business_date, kind],
        ).fetchall()
    targets = [Target(table, tuple(load_ids)) for table, load_ids in loads]
    report = run_gate(warehouse_url(business.name), business.name, business_date, "landing", targets)
    rejected = rejected_loads(report)
    with connect(business.name) as conn:
        for target in targets:
            if target.table in rejected:
                failed = [check for check in report.failed if check.suite == f"landing.{target.table}"]
                conn.execute(
                    "update ops.loads set status = 'rejected', reason = %s, fix = %s where load_id = any(%s)",
                    [
                        "; ".join(map(str, failed)),
                        "correct the export and drop it again (docs/runbooks/a-failed-gate.md)",
                        list(target.load_ids),
                    ],
                )
    return report


def check_marts(business: Business, business_date: date) -> GateReport:
    """Check every mart that has a suite, as built and before it is published."""
    return run_gate(warehouse_url(business.name), business.name, business_date, "marts")


def check_lists(business: Business, business_date: date) -> GateReport:
    """Check the lists as built and before anything is sent."""
    return run_gate(warehouse_url(business.name), business.name, business_date, "lists")
