"""The send ledger, activation.deliveries: one row per list, destination and night; twice is once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Self

import psycopg

from rapport import settings
from rapport.activation.lists import ListOf
from rapport.errors import DeliveryError

Connection = psycopg.Connection[Any]

THIS_LIST = "business_date = %s and segment = %s and destination = %s and list_kind = %s"
# What is out before others of the same destination: nobody may be written to who has just left the list.
_IN_ORDER = "segment, array_position(array['remove', 'full', 'add'], list_kind)"


@dataclass(frozen=True)
class PreparedList:
    """A list made and written down, not sent yet. Holds no personal data: fit for logs and task results."""

    business: str
    which: ListOf
    n_rows: int
    sha256: str

    @property
    def path(self) -> Path:
        """Where this installation keeps its copy."""
        folder = settings.work_dir(self.business) / "lists" / f"{self.which.business_date}"
        return folder / self.which.destination / self.which.file_name

    def with_content(self, n_rows: int, sha256: str) -> Self:
        """The same list as it goes: less whom a last look left out."""
        return replace(self, n_rows=n_rows, sha256=sha256)


@dataclass(frozen=True)
class Entry:
    """How a list stands in the ledger."""

    status: str
    sha256: str
    location: str

    @property
    def is_out(self) -> bool:
        """Delivered, or maybe so: nobody can be taken off it any more."""
        return self.status in ("delivered", "unknown")


def enter_prepared(conn: Connection, prepared: PreparedList, *, n_members: int, is_marketing: bool) -> None:
    """Write a list down as prepared; what has been delivered stays so. Does not commit.

    n_members: people on tonight's full list, also where only changes go.
    """
    conn.execute(
        "insert into activation.deliveries"
        " (business_date, segment, destination, list_kind, status, file_name, n_rows, sha256, n_members,"
        "  is_marketing) values (%s, %s, %s, %s, 'prepared', %s, %s, %s, %s, %s)"
        " on conflict (business_date, segment, destination, list_kind) do update set"
        " status = excluded.status, file_name = excluded.file_name, n_rows = excluded.n_rows,"
        " sha256 = excluded.sha256, n_members = excluded.n_members, is_marketing = excluded.is_marketing,"
        " location = null, reason = null, prepared_at = clock_timestamp()"
        " where deliveries.status not in ('delivered', 'unknown')",
        [*key_of(prepared.which), prepared.which.file_name, prepared.n_rows, prepared.sha256, n_members, is_marketing],
    )


def locked_entry(conn: Connection, prepared: PreparedList) -> Entry:
    """How the list stands; nobody else can change it before the transaction ends."""
    row = conn.execute(
        f"select status, sha256, coalesce(location, '') from activation.deliveries where {THIS_LIST} for update",
        key_of(prepared.which),
    ).fetchone()
    if row is None:
        raise DeliveryError(
            "This list is not in the send ledger.",
            where=f"{prepared.which}",
            fix="prepare the night's lists first",
        )
    return Entry(*row)


def lists_of(conn: Connection, business: str, business_date: date, destination: str) -> list[tuple[PreparedList, str]]:
    """The destination's lists of the night that may go, each with its status, in the order in which they do.

    Last what a receiver may have already: a list on which it hangs up each time then keeps no other from going.
    """
    return [
        (PreparedList(business, ListOf(business_date, segment, destination, kind), n_rows, sha256), status)
        for segment, kind, n_rows, sha256, status in conn.execute(
            "select segment, list_kind, n_rows, sha256, status from activation.deliveries"
            " where business_date = %s and destination = %s and list_kind <> 'recall'"
            " and status not in ('waiting_approval', 'held_back')"
            f" order by status = 'unknown', {_IN_ORDER}",
            [business_date, destination],
        ).fetchall()
    ]


def write_status(
    conn: Connection, prepared: PreparedList, status: str, location: str, reason: str | None = None
) -> None:
    """Write what became of a list: rows and content as they went. Does not commit."""
    delivered_at = "clock_timestamp()" if status == "delivered" else "null"
    conn.execute(
        "update activation.deliveries set status = %s, location = %s, reason = %s, file_name = %s,"
        f" n_rows = %s, sha256 = %s, delivered_at = {delivered_at} where {THIS_LIST}",
        [status, location, reason, prepared.which.file_name, prepared.n_rows, prepared.sha256, *key_of(prepared.which)],
    )


def write_failure(conn: Connection, prepared: PreparedList, error: DeliveryError) -> None:
    """Write why a list did not go; a delivered one stays delivered, and a doubt a doubt. Commits."""
    conn.execute(
        "update activation.deliveries set reason = %s,"
        " status = case status when 'unknown' then status else 'failed' end"
        f" where {THIS_LIST} and status <> 'delivered'",
        [error.what, *key_of(prepared.which)],
    )
    conn.commit()


def forget_undeclared(conn: Connection, business_date: date, declared: Sequence[ListOf]) -> None:
    """An earlier attempt may have prepared a list that nobody declares any more: nobody would ever send it."""
    conn.execute(
        "delete from activation.deliveries where business_date = %s and status not in ('delivered', 'unknown')"
        " and (segment, destination, list_kind) not in (select * from unnest(%s::text[], %s::text[], %s::text[]))",
        [
            business_date,
            [which.segment for which in declared],
            [which.destination for which in declared],
            [which.kind for which in declared],
        ],
    )


def key_of(which: ListOf) -> list[Any]:
    """Parameters of THIS_LIST."""
    return [which.business_date, which.segment, which.destination, which.kind]
