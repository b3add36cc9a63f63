"""A night's lists prepared: written down before anything of them is sent, with what the night decided about people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import psycopg

from rapport.activation.brake import hold_unusual
from rapport.activation.decisions import keep_draws, keep_exclusions, keep_receipts, keep_trials
from rapport.activation.destinations import Destination, check_destinations, declared_destinations
from rapport.activation.ledger import PreparedList, enter_prepared, forget_undeclared
from rapport.activation.list_files import Content, write_list
from rapport.activation.lists import ListOf
from rapport.activation.segments import Segment
from rapport.businesses import ChangeBrake
from rapport.errors import DeliveryError

Connection = psycopg.Connection[Any]


def prepare(
    conn: Connection,
    business: str,
    business_date: date,
    *,
    segments: Sequence[Segment],
    destinations: dict[str, Destination] | None = None,
    exclusions_kept_days: int = 400,
    brake: ChangeBrake | None = None,
) -> list[PreparedList]:
    """Write each segment's lists for each of its destinations to work_dir/lists/<date>/ and into the ledger.

    With them goes what the night decided about people (exclusions, draws, whose turn came), and what receivers told of
    earlier lists. A segment nobody is on gives a file with only its header. What has been delivered already stays so in
    the ledger; what is unusual by the `brake` waits there for approval. Commits. Raises DeliveryError when
    build_activation.lists is missing or another night's.
    """
    destinations = declared_destinations() if destinations is None else destinations
    check_destinations(segments, destinations)
    wanted = [
        ListOf(business_date, segment.name, name, kind)
        for segment in segments
        for name in segment.destinations
        for kind in destinations[name].list_kinds
    ]
    marketing = {segment.name for segment in segments if segment.is_marketing}
    _check_lists(conn, business_date, {(which.segment, which.destination) for which in wanted})
    n_members = _count_members(conn)
    prepared = []
    for which in wanted:
        destination = destinations[which.destination]
        item = PreparedList(business, which, 0, "")
        content = write_list(conn, which, "built", destination, item.path)
        _refuse_too_large(content, destination, which.segment)
        item = item.with_content(content.n_rows, content.sha256)
        people = n_members.get((which.segment, which.destination), 0)
        enter_prepared(conn, item, n_members=people, is_marketing=which.segment in marketing)
        prepared.append(item)
    forget_undeclared(conn, business_date, wanted)
    if brake is not None:
        hold_unusual(conn, business_date, segments, brake)
    keep_exclusions(conn, business_date, kept_days=exclusions_kept_days)
    keep_draws(conn, business_date)
    keep_trials(conn, business_date)
    keep_receipts(conn)
    conn.commit()
    return prepared


def _refuse_too_large(content: Content, destination: Destination, segment: str) -> None:
    if destination.max_bytes is not None and content.n_bytes > destination.max_bytes:
        raise DeliveryError(
            f"The list of {segment} has {content.n_bytes:,} bytes;"
            f" {destination.title} takes {destination.max_bytes:,}.",
            where=f"destinations/{destination.name}.yml: max_bytes",
            fix="divide the segment in two, or give it another destination",
        )


def _count_members(conn: Connection) -> dict[tuple[str, str], int]:
    """How many people are on each list as built, by segment and destination."""
    rows = conn.execute("select segment, destination, count(*) from build_activation.lists group by 1, 2")
    return {(segment, destination): n for segment, destination, n in rows.fetchall()}


def _check_lists(conn: Connection, business_date: date, declared: set[tuple[str, str]]) -> None:
    found = conn.execute("select to_regclass('build_activation.lists')").fetchone()
    if found is None or found[0] is None:
        raise DeliveryError(
            "The lists have not been built.",
            where="build_activation.lists",
            fix="build them first: `rapport dbt -- build --select activation`",
        )
    for night, segment, destination in conn.execute(
        "select distinct business_date, segment, destination from build_activation.lists"
    ):
        if night != business_date:
            raise DeliveryError(
                f"The lists that are built belong to the night of {night}, not to {business_date}.",
                where="build_activation.lists",
                fix="build the lists of this night again",
            )
        if (segment, destination) not in declared:
            raise DeliveryError(
                f"There are rows for segment {segment!r} to {destination!r}, which nobody declares.",
                where="build_activation.lists",
                fix="build the lists again after a change of segments",
            )
