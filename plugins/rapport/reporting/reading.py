"""The published marts as the report reads them: as an analyst, so that no personal data can be in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

import psycopg
import yaml
from psycopg.rows import dict_row
from psycopg.types.numeric import FloatLoader

from rapport import settings
from rapport.businesses import Business
from rapport.errors import NightError, WarehouseError

Connection = psycopg.Connection[Any]
Row = dict[str, Any]
MONTHS_SHOWN = 24


@dataclass(frozen=True)
class Marts:
    """The live tables of one night. All that is read belongs to one moment."""

    business: Business
    business_date: date
    cursor: psycopg.Cursor[Row]

    @property
    def currency(self) -> str:
        return self.business.reporting_currency

    @property
    def last_month(self) -> date:
        """First day of the newest month that was over by the night."""
        return month_before((self.business_date + timedelta(days=1)).replace(day=1))

    @property
    def first_month(self) -> date:
        """First day of the oldest month that is shown."""
        last = self.last_month.year * 12 + self.last_month.month - 1
        return date((last - MONTHS_SHOWN + 1) // 12, (last - MONTHS_SHOWN + 1) % 12 + 1, 1)

    def rows(self, query: str, **more: Any) -> list[Row]:
        """What a query finds; it may name first_month, last_month and zone, and whatever is given."""
        given = {"first_month": self.first_month, "last_month": self.last_month, "zone": self.business.time_zone}
        return self.cursor.execute(query, given | more).fetchall()  # type: ignore[arg-type]


def live_night(conn: Connection) -> date | None:
    """The night whose marts are live; None before the first."""
    row = conn.execute("select max(business_date) from ops.publications").fetchone()
    found: date | None = row[0] if row else None
    return found


@contextmanager
def reading(conn: Connection, business: Business, business_date: date) -> Iterator[Marts]:
    """Open the marts of a night for an analyst's eyes.

    Raises NightError when another night is live: the marts of an earlier one are gone.
    """
    live = live_night(conn)
    if live != business_date:
        what = f"those of {live} are live" if live else "nothing is published yet"
        raise NightError(
            f"The marts of {business_date} cannot be read: {what}.",
            where=f"business {business.name}, ops.publications",
            fix="reports of earlier nights are kept in work/<business>/reports",
        )
    conn.rollback()
    with conn.transaction(), conn.cursor(row_factory=dict_row) as cursor:
        conn.execute("set transaction isolation level repeatable read, read only")
        _become_an_analyst(conn)
        cursor.adapters.register_loader("numeric", FloatLoader)  # figures to look at, not to sum money by
        yield Marts(business, business_date, cursor)


def _become_an_analyst(conn: Connection) -> None:
    try:
        conn.execute("set local role rapport_analyst")
    except psycopg.errors.InsufficientPrivilege:
        raise WarehouseError(
            f"The user {conn.info.user} of the warehouse cannot read as an analyst.",
            where="role rapport_analyst",
            fix=f"as the server's administrator: grant rapport_analyst to {conn.info.user} with set true",
        ) from None


def month_before(month: date) -> date:
    """First day of the month before."""
    return (month - timedelta(days=1)).replace(day=1)


@cache
def least_for_a_share() -> int:
    """From how many on a share is no longer too thin, as the marts say it (min_customers_for_a_share)."""
    project = yaml.safe_load((settings.DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    return int(project["vars"]["min_customers_for_a_share"])
