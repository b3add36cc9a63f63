"""One night's lists in a warehouse of their own, and what tests do with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa

from rapport.activation.delivery import Delivery, deliver
from rapport.activation.ledger import PreparedList
from rapport.activation.lists import LIST_COLUMNS
from rapport.activation.preparing import prepare
from rapport.activation.segments import Segment
from rapport.activation.transports import LocalDrop, Transport
from rapport.businesses import Business

NIGHT = date(2026, 11, 21)


def business(**drop: Any) -> Business:
    """A business whose destination `drop` is configured so."""
    return Business.model_validate(
        {
            "name": "kaffe",
            "title": "Kaffe",
            "vendors": ["shopify"],
            "reporting_currency": "EUR",
            "time_zone": "Europe/Copenhagen",
            "default_country": "DK",
            "legal_regime": "gdpr",
            "destinations": {"drop": drop},
        }
    )


def segment(name: str, **changes: Any) -> Segment:
    """A declared segment, valid unless the changes say otherwise."""
    return Segment.model_validate(
        {
            "name": name,
            "owner": "marketing",
            "description": "A segment for tests.",
            "path": f"models/activation/segments/seg_{name}.sql",
            "purpose": "Only for tests of delivery.",
            "channel": "email",
            "contact_type": "email",
            "audience": "customer",
            "consent_purpose": "marketing",
            "priority": 10,
            "cap_days": 0,
            "holdout_share": 0.0,
            "destinations": ["drop"],
            **changes,
        }
    )


def batch_of(rows: list[dict[str, Any]]) -> pa.RecordBatch:
    """Rows of a list as they come from the warehouse; what a row does not name is null."""
    schema = pa.schema([(name, pa.string()) for name in LIST_COLUMNS])
    return pa.RecordBatch.from_pylist([dict.fromkeys(LIST_COLUMNS) | row for row in rows], schema=schema)


@dataclass
class Lists:
    """The lists of one night in a warehouse of their own."""

    business: str
    conn: psycopg.Connection[Any]
    drop: Path
    segments: list[Segment]

    def add(self, segment: str, customer_id: str, contact: str, first_name: str | None = "Ada") -> None:
        self.conn.execute(
            "insert into build_activation.lists (business_date, segment, destination, customer_id, channel, contact,"
            " locale, first_name, reason, offer, valid_until) values"
            " (%s, %s, 'drop', %s, 'email', %s, 'tr', %s, 'because', null, %s)",
            [NIGHT, segment, customer_id, contact, first_name, datetime(2026, 12, 1, 21, tzinfo=UTC)],
        )
        self.conn.execute(
            "insert into build_activation.eligibility_now values (%s, %s, %s, true)", [segment, customer_id, contact]
        )
        self.conn.commit()

    def withdraw(self, customer_id: str, reason: str = "refused") -> None:
        """As the view says it when the live tables know of it."""
        self.conn.execute(
            "update build_activation.eligibility_now set is_eligible = false, exclusion_reason = %s, contact = null"
            " where customer_id = %s",
            [reason, customer_id],
        )
        self.conn.commit()

    def prepare(self) -> list[PreparedList]:
        return prepare(self.conn, self.business, NIGHT, segments=self.segments)

    def send(self, transport: Transport | None = None, *, dry_run: bool = False) -> list[Delivery]:
        """One attempt at the night's sending, from the built rows on."""
        with transport or LocalDrop(self.drop) as place:
            return [deliver(self.conn, item, place, dry_run=dry_run) for item in self.prepare()]

    def ledger(self) -> list[tuple[str, str, int]]:
        return self.conn.execute(
            "select segment, status, n_rows from activation.deliveries order by segment"
        ).fetchall()

    def members(self) -> list[tuple[str, str]]:
        return self.conn.execute(
            "select segment, customer_id from activation.delivery_members order by segment, customer_id"
        ).fetchall()
