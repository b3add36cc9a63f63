"""What a night did, read back from the warehouse: for people as one screen, for programs as JSON."""

from __future__ import annotations

from datetime import date
from typing import Any

from psycopg.rows import dict_row

from rapport import settings
from rapport.businesses import Business
from rapport.landing.drift import describe
from rapport.nights.ledger import Connection

_QUERIES = {
    "sources": """
        select sources.kind, sources.state, sources.n_files, sources.n_refused, sources.reason,
            arrived.last_arrived_date
        from ops.night_sources as sources
        left join lateral (
            select max(business_date) as last_arrived_date from ops.night_sources as earlier
            where earlier.kind = sources.kind and earlier.state = 'arrived' and earlier.business_date <= %(date)s
        ) as arrived on true
        where sources.business_date = %(date)s
        order by sources.kind""",
    "files": """
        select file_name as file, vendor, table_name as table, status, rows_read as read, rows_loaded as loaded,
            rows_quarantined as quarantined, rows_skipped as skipped, encoding, reason, fix
        from ops.latest_loads where business_date = %(date)s order by kind, vendor, table_name, file_name""",
    "quarantine": """
        select loads.vendor, loads.table_name as table, quarantine.rule, quarantine.column_name as column,
            quarantine.reason, count(*) as rows
        from quality.quarantine join ops.loads using (load_id)
        where loads.business_date = %(date)s
        group by 1, 2, 3, 4, 5 order by rows desc, 1, 2 limit 12""",
    "drift": """
        select vendor, table_name as table, export_date, measure, column_name as column, observed, expected_low,
            expected_high, cardinality(compared_with) as n_days, seen
        from quality.drift where business_date = %(date)s
        order by kind, vendor, table_name, export_date, measure, column_name, seen""",
    "tables": """
        select table_schema || '.' || table_name as table, n_rows as rows, n_inserted as inserted,
            n_updated as updated, n_deleted as deleted
        from ops.publications where business_date = %(date)s order by 1""",
    "left_behind": """
        select table_schema || '.' || table_name as table, max(business_date) as last_published_date
        from ops.publications
        where business_date <= %(date)s and to_regclass(format('%%I.%%I', table_schema, table_name)) is not null
        group by table_schema, table_name
        having max(business_date) < (select max(business_date) from ops.publications where business_date = %(date)s)
        order by 1""",
    "checks": """
        select stage, count(*) filter (where outcome = 'passed') as passed,
            count(*) filter (where outcome <> 'passed' and severity = 'stop') as stopped,
            count(*) filter (where outcome <> 'passed' and severity = 'warn') as warned
        from quality.results where business_date = %(date)s group by stage
        order by array_position('{landing,marts,lists}', stage)""",
    "failed_checks": """
        select stage, suite, expectation, column_name as column, severity, observed, unexpected_count as unexpected
        from quality.results where business_date = %(date)s and outcome <> 'passed'
        order by severity, stage limit 12""",
    "dbt": """
        select count(*) filter (where resource_type = 'model') as models,
            count(*) filter (where resource_type = 'test') as tests,
            count(*) filter (where status = 'warn') as warnings,
            count(*) filter (where status in ('error', 'fail', 'runtime error')) as failed
        from quality.dbt_results where business_date = %(date)s""",
    "lists": """
        select segment || case list_kind when 'full' then '' else ' (' || list_kind || ')' end as segment,
            destination, status, n_rows as rows, coalesce(location, file_name) as path, reason
        from activation.deliveries where business_date = %(date)s order by segment, destination, list_kind""",
    "summary": """
        select status, n_recipients as recipients, coalesce(sent_at, attempted_at) as at, reason
        from activation.summaries where business_date = %(date)s and topic = 'lists'""",
    "exclusions": """
        select segment, stage, reason_code as reason, count(*) as people
        from activation.exclusions where business_date = %(date)s group by 1, 2, 3 order by 1, 4 desc, 3""",
    "steps": """
        select distinct on (step) step, status, started_at, detail,
            round(extract(epoch from coalesce(finished_at, clock_timestamp()) - started_at), 1)::float as seconds
        from ops.steps where business_date = %(date)s order by step, started_at desc""",
}

_OVERVIEW = """
    select nights.business_date, nights.state, nights.failed_step, nights.is_dry_run,
        nights.published_at, nights.sent_at, sources.sources,
        loads.rows_loaded, loads.files_left_out, loads.rows_quarantined,
        publications.rows_changed, deliveries.lists, deliveries.people_listed
    from ops.nights as nights
    left join lateral (
        select json_object_agg(kind, state order by kind) as sources
        from ops.night_sources where business_date = nights.business_date
    ) as sources on true
    left join lateral (
        select sum(rows_loaded)::bigint as rows_loaded, sum(rows_quarantined)::bigint as rows_quarantined,
            count(*) filter (where status <> 'loaded') as files_left_out
        from ops.latest_loads where business_date = nights.business_date
    ) as loads on true
    left join lateral (
        select sum(n_inserted + n_updated + n_deleted)::bigint as rows_changed
        from ops.publications where business_date = nights.business_date
    ) as publications on true
    left join lateral (
        select count(*) as lists, (sum(n_rows) filter (where list_kind in ('full', 'add')))::bigint as people_listed
        from activation.deliveries where business_date = nights.business_date and status = 'delivered'
    ) as deliveries on true
    order by nights.business_date desc limit 30"""

_DBT_NODES = """
    select step, split_part(node_id, '.', 3) as name, resource_type, status, rows_affected, failures, message,
        round(execution_seconds::numeric, 2)::float as seconds
    from quality.dbt_results where business_date = %s
    order by min(finished_at) over (partition by step), status in ('pass', 'success'), name"""


def overview(conn: Connection) -> list[dict[str, Any]]:
    """The latest nights in a line each, newest first."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_OVERVIEW).fetchall()


def dbt_steps(conn: Connection, business_date: date) -> list[dict[str, Any]]:
    """What dbt did in a night, step by step as they ran: models (seeds too) and tests, those that failed first."""
    with conn.cursor(row_factory=dict_row) as cursor:
        nodes = cursor.execute(_DBT_NODES, [business_date]).fetchall()
    steps: dict[str, dict[str, Any]] = {}
    for node in nodes:
        step = steps.setdefault(node["step"], {"name": node["step"], "models": [], "tests": [], "failed": 0})
        step["tests" if node["resource_type"] == "test" else "models"].append(node)
        step["failed"] += node["status"] in ("error", "fail", "runtime error")
    return list(steps.values())


def summarise(conn: Connection, business: Business, business_date: date) -> dict[str, Any]:
    """Everything about one night as plain values; holds no personal data."""
    found: dict[str, Any] = {"business": business.name, "date": business_date.isoformat()}
    with conn.cursor(row_factory=dict_row) as cursor:
        night = cursor.execute(
            "select state, failed_step, failure, is_dry_run, landing, code_version, opened_at, sent_at"
            " from ops.nights where business_date = %s",
            [business_date],
        ).fetchone()
        found |= night or {"state": "never opened", "failure": None, "is_dry_run": False, "landing": None}
        for name, query in _QUERIES.items():
            rows = cursor.execute(query, {"date": business_date}).fetchall()
            found[name] = rows[0] if name == "dbt" else rows
        for row in found["drift"]:
            figures = (row["observed"], row["expected_low"], row["expected_high"])
            row["told"] = describe(row["measure"], row["column"], *figures, row["n_days"], row["seen"])
        found["steps"].sort(key=lambda row: row["started_at"])
        published = cursor.execute("select to_regclass('customer_360.customers') is not null as is_there").fetchone()
        found["customers"], found["overdue"] = None, []
        if published and published["is_there"]:
            row = cursor.execute("select count(*) as n from customer_360.customers").fetchone()
            found["customers"] = row["n"] if row else None
            found["overdue"] = cursor.execute(
                "select kind, vendor, stalest_table as table, freshness_status as status, stalest_file_date"
                " from customer_360.source_freshness where business_date = %s and freshness_status <> 'pass'"
                " order by freshness_status, kind, vendor",
                [business_date],
            ).fetchall()
    found["rows"] = {
        key: sum(row[key] for row in found["files"]) for key in ("read", "loaded", "quarantined", "skipped")
    }
    work = settings.work_dir(business.name)
    found["look"] = {
        "lists": str(business.drop_folder()),
        "report": str(work / "reports" / f"{business_date}.html"),
        "summary": str(work / "summaries" / f"{business_date}.html"),
        "dbt_docs": str(work / "dbt" / "docs" / "static_index.html"),
        "data_docs": str(work / "data_docs" / "index.html"),
    }
    return found
