"""`make bench-activation`: a night's sending, from who is in a segment to files, beside COPY TO of the same rows.

Eligibility, allocation and lists are the production models, run by dbt as a night runs them; lists are prepared, looked
at for the last time and delivered to a folder as a night does. The floor writes the same rows by COPY TO, no more.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import psycopg
from psycopg import sql

from benchmarks.harness import NIGHT, Measured, peak_mib, scratch, show, timed
from rapport import settings
from rapport.activation.destinations import declared_destinations
from rapport.activation.list_files import write_list
from rapport.activation.lists import LIST_COLUMNS, ListOf, columns_for
from rapport.activation.preparing import prepare
from rapport.activation.segments import Segment, declared_segments
from rapport.activation.sending import deliver_all
from rapport.activation.transports import LocalDrop
from rapport.building import read_manifest
from rapport.building.project import invoke
from rapport.businesses import Business, load_business
from rapport.warehouse import connect

CLOCK = "2026-03-01T21:00:00+00:00"
# Read by the models, and made by others on a night.
GIVEN = ("contact_rules", "country_time_zones", "exclusion_reasons", "path:models/staging/send_ledger")
TIMED = (
    *("channel_rules", "sending_hours", "earlier_messages", "earlier_sends", "capped_channels", "holdouts"),
    *("customer_standing", "eligibility_now", "eligibility", "allocation", "exclusions", "trials", "lists", "receipts"),
)
# Each person fits so many of the segments; nine in ten agreed to marketing by e-mail, one in fifty bounces.
SEGMENTS_EACH = 3


def main(n_customers: int) -> None:
    with scratch() as name, tempfile.TemporaryDirectory() as folder, connect(name) as conn:
        settings.work_dir = lambda business: Path(folder) / "work" / business  # type: ignore[assignment]
        business = load_business("sample").model_copy(update={"name": name})
        segments = [one for one in declared_segments(read_manifest("sample")) if one.audience == "customer"]
        fill(conn, n_customers, segments)
        build(business, GIVEN)
        built = timed(lambda: build(business, TIMED))
        conn.execute("analyze build_activation.lists")
        conn.commit()
        (n_rows,) = conn.execute("select count(*) from build_activation.lists").fetchone() or (0,)
        in_file = columns_for(declared_destinations()["drop"])
        copied = best(lambda: copy_out(conn, segments, in_file, Path(folder) / "copied"))
        copied_whole = best(lambda: copy_out(conn, segments, LIST_COLUMNS, Path(folder) / "copied"))
        conn.execute("update ops.nights set state = 'sending'")
        conn.commit()
        written = best(lambda: write_lists(conn, segments, Path(folder) / "written"))
        memory = peak_mib()
        prepared = timed(lambda: prepare(conn, name, NIGHT, segments=segments))
        drop = LocalDrop(Path(folder) / "drop")
        delivered = timed(lambda: deliver_all(conn, name, NIGHT, "drop", drop, dry_run=False))
        title = (
            f"sending: {n_customers:,} customers on {len(segments)} segments, {SEGMENTS_EACH} each; {n_rows:,} listed"
        )
        found = [
            Measured("COPY TO of what the files have (floor)", copied),
            Measured("COPY TO of whole rows", copied_whole),
            Measured("lists written", written, memory),
            Measured("lists written, and what was decided about whom", prepared),
            Measured("looked at again, delivered, members written down", delivered, peak_mib()),
            Measured("eligibility, allocation and lists (dbt)", built),
        ]
        show(title, found, n_rows)


def best(work: Callable[[], object]) -> float:
    """Seconds of the quickest of three: what differs between them is the machine's."""
    return min(timed(work) for _ in range(3))


def fill(conn: psycopg.Connection, n_customers: int, segments: list[Segment]) -> None:  # type: ignore[type-arg]
    """Customers, their permissions and suppressions, and who is in which segment; commits."""
    for schema in ("build_customer_360", "build_activation", "customer_360"):
        conn.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(schema)))
    conn.execute(
        f"""
        create table build_customer_360.customers as select
            'c' || n as customer_id, 'person' || n || '@example.com' as email, cast(null as text) as phone,
            (array['TR', 'DK', 'DE'])[1 + n % 3] as country_code, date '1960-01-01' + n % 16000 as birth_date,
            case when n % 200 = 0 then date '2026-01-01' end as closed_on, 'tr' as language,
            'Name' || n % 1000 as first_name, 'Surname' || n % 5000 as last_name, 'Aarhus' as city,
            '8000' as postal_code
        from generate_series(1, {n_customers}) as people (n)
        """
    )
    conn.execute(
        """
        create table build_customer_360.contact_permissions as select
            'email' as contact_type, email as contact, 'email' as channel, purpose, customer_id,
            case when n % 10 = 0 then 'denied' else 'granted' end as status, n % 10 <> 0 as is_permitted,
            case when n % 10 = 0 then 'refused' end as denial_reason, 'shop' as source,
            timestamptz '2025-01-01' as changed_at
        from (select *, cast(substr(customer_id, 2) as int) as n from build_customer_360.customers) as people
        cross join unnest(array['marketing', 'survey', 'service']) as purposes (purpose)
        """
    )
    conn.execute(
        """
        create table build_customer_360.contact_suppressions as select
            's' || customer_id as suppression_id, customer_id, 'email' as contact_type, email as contact,
            'email' as channel, 'bounced' as reason, 'shop' as source, timestamptz '2025-06-01' as suppressed_at
        from build_customer_360.customers where hashtext(customer_id) % 50 = 0
        """
    )
    for schema in ("build_customer_360", "customer_360"):
        conn.execute(f"create table {schema}.customer_aliases (alias_id text, customer_id text)")
    conn.execute("create table build_customer_360.service_contacts (customer_id text, is_open boolean)")
    conn.execute(
        "create table build_activation.segment_members (segment text, priority integer, channel text,"
        " contact_type text, audience text, consent_purpose text, cap_days integer, holdout_share numeric(6, 5),"
        " is_pausing_promotion boolean, destinations text, customer_id text, reason text, offer text,"
        " valid_until timestamptz)"
    )
    for position, one in enumerate(segments):
        conn.execute(
            "insert into build_activation.segment_members select %s, %s, %s, %s, 'customer', %s, %s, %s, %s, 'drop',"
            " customer_id, 'Because of what they did on 2026-02-01', null, timestamptz '2026-03-20'"
            " from build_customer_360.customers where abs(hashtext(customer_id || %s)) %% %s < %s",
            [
                *(one.name, one.priority, one.channel, one.contact_type, one.consent_purpose, one.cap_days),
                *(one.holdout_share, one.pauses_promotion, str(position), len(segments), SEGMENTS_EACH),
            ],
        )
    conn.execute("analyze")
    conn.commit()


def build(business: Business, selected: tuple[str, ...]) -> None:
    variables = {"business_date": f"{NIGHT}", "clock": CLOCK, "activation_reads_live": False}
    kinds = ("--exclude-resource-type=test", "--exclude-resource-type=unit_test")
    done = invoke(business, ["build", "--quiet", *kinds, "--select", *selected], more_variables=variables)
    assert done.success, done.exception


def copy_out(
    conn: psycopg.Connection,  # type: ignore[type-arg]
    segments: list[Segment],
    names: Sequence[str],
    folder: Path,
) -> None:
    """These columns of each list as CSV by Postgres itself."""
    folder.mkdir(exist_ok=True)
    for one in segments:
        query = sql.SQL(
            "copy (select {} from build_activation.lists where segment = {} order by customer_id) to stdout"
        )
        columns = sql.SQL(", ").join(map(sql.Identifier, names))
        statement = query.format(columns, sql.Literal(one.name)) + sql.SQL(" (format csv)")
        with conn.cursor().copy(statement) as copy, (folder / f"{one.name}.csv").open("wb") as file:
            for block in copy:
                file.write(block)


def write_lists(conn: psycopg.Connection, segments: list[Segment], folder: Path) -> None:  # type: ignore[type-arg]
    """The same as each list goes to the house's own drop: shaped, neutralised, hashed."""
    for one in segments:
        which = ListOf(NIGHT, one.name, "drop")
        write_list(conn, which, "built", declared_destinations()["drop"], folder / which.file_name)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 1_000_000)
