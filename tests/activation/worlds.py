"""Random worlds of a few customers, lists, decisions and earlier messages each; all of them one night's input.

Every id, address and segment bears its world's number, so that what happens in one has no part in another.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql

NIGHT = date(2026, 10, 24)  # the clocks of Denmark go back in the morning after it
CLOCK = datetime(2026, 10, 24, 22, tzinfo=UTC)
TIME_ZONE = "Europe/Copenhagen"
GLOBAL_SHARE = 0.1
ADULT_AGE = 18

_KINDS = [("email", "email", "marketing")] * 5 + [
    ("sms", "phone", "marketing"),
    ("sms", "phone", "marketing"),
    ("email", "email", "survey"),
    ("email", "email", "service"),
    ("email", "email", "advertising"),
]
_UNTIL = [timedelta(days=10)] * 20 + [timedelta(hours=hours) for hours in (-1, 0, 1, 9.5, 12, 20)]
_BIRTH_DATES = [None] * 12 + [
    date(1980, 2, 29),
    date(2008, 2, 29),
    date(2008, 10, 24),
    date(2008, 10, 25),
    date(2015, 1, 1),
]
_DECISION = (
    "source_record_id, customer_id, contact_type, contact, channel, purpose, status, is_shared, is_lapsed, changed_at"
)
_COUNTRIES = ["DK", "DK", "DK", "TR", "US", "NZ", "XX", None]


@dataclass
class Member:
    """A row of segment_members."""

    segment: str
    priority: int
    channel: str
    contact_type: str
    audience: str
    consent_purpose: str
    cap_days: int
    holdout_share: float
    is_pausing_promotion: bool
    destinations: str
    customer_id: str
    reason: str
    offer: None
    valid_until: datetime

    @property
    def is_marketing(self) -> bool:
        return self.audience == "customer" and self.consent_purpose == "marketing"

    @property
    def is_promotion(self) -> bool:
        return self.audience == "customer" and self.consent_purpose in ("marketing", "advertising")


@dataclass
class Decision:
    """A row of int_consents_resolved."""

    source_record_id: str
    customer_id: str
    contact_type: str
    contact: str
    channel: str
    purpose: str
    status: str
    is_shared: bool
    is_lapsed: bool
    changed_at: datetime


@dataclass
class Worlds:
    """What is in all of them, as rows."""

    customers: dict[str, dict[str, Any]] = field(default_factory=dict)
    members: list[Member] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    suppressions: list[tuple[str, str | None, str, str | None, str, str]] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)
    sends: dict[tuple[date, str, str], tuple[str, bool]] = field(default_factory=dict)
    draws: dict[tuple[str, str], bool] = field(default_factory=dict)
    open_cases: set[str] = field(default_factory=set)


def make_worlds(n: int, seed: int) -> Worlds:
    """So many worlds; the same seed gives the same."""
    chance, found = random.Random(seed), Worlds()
    for number in range(n):
        _make_world(chance, found, f"{number}")
    return found


def _make_world(chance: random.Random, found: Worlds, world: str) -> None:
    points = {
        "email": [f"e{k}_{world}@x.dk" for k in range(4)],
        "phone": [f"+45{int(world):06d}{k}" for k in range(3)],
    }
    shared = {point for kind in points.values() for point in kind if chance.random() < 0.04}
    people = [f"c_{world}_{k}" for k in range(chance.randint(2, 4))]
    for person in people:
        found.customers[person] = {
            "email": chance.choice([*points["email"], None]),
            "phone": chance.choice([*points["phone"], None]),
            "country_code": chance.choice(_COUNTRIES),
            "birth_date": chance.choice(_BIRTH_DATES),
            "closed_on": NIGHT if chance.random() < 0.04 else None,
        }
        if chance.random() < 0.06:
            found.open_cases.add(person)
        for k in range(chance.randint(3, 9)):
            channel, contact_type, purpose = chance.choice(_KINDS)
            status = "granted" if chance.random() < 0.85 else "refused"
            contact = chance.choice(points[contact_type])
            if status == "refused" and chance.random() < 0.1:
                contact = person
            found.decisions.append(
                Decision(
                    f"{person}:{k}",
                    person,
                    contact_type,
                    contact,
                    channel,
                    purpose,
                    status,
                    contact in shared,
                    status == "granted" and chance.random() < 0.08,
                    CLOCK - timedelta(days=chance.randint(1, 6)),
                )
            )
    ids = list(people)
    for k in range(chance.choice([0, 0, 1, 2])):
        found.aliases[alias := f"a_{world}_{k}"] = chance.choice(people)
        ids.append(alias)
    _make_lists(chance, found, world, people, ids)
    for k in range(chance.choice([0, 0, 1, 2])):
        contact_type = chance.choice(["email", "phone"])
        channel = "email" if contact_type == "email" else "sms"
        reason = chance.choice(["bounced", "complained", "suppressed", "register"])
        point = chance.choice(points[contact_type])
        found.suppressions.append((f"{world}:{k}", None, contact_type, point, channel, reason))
    if chance.random() < 0.05:
        who, channel = chance.choice(people), chance.choice(["email", "sms"])
        found.suppressions.append((f"{world}:r", who, "name", None, channel, "register"))


def _make_lists(chance: random.Random, found: Worlds, world: str, people: Sequence[str], ids: Sequence[str]) -> None:
    for k in range(chance.randint(2, 5)):
        segment, is_desk = f"s{k}_{world}", chance.random() < 0.06
        channel, contact_type, purpose = ("email", "email", "service") if is_desk else chance.choice(_KINDS)
        share = chance.choice([0, 0, 0.2, 0.4])
        cap_days, priority = chance.choice([0, 0, 7, 30]), chance.randint(1, 4)
        for person in people:
            if chance.random() < 0.7:
                found.members.append(
                    Member(
                        segment,
                        priority,
                        channel,
                        contact_type,
                        "service_staff" if is_desk else "customer",
                        purpose,
                        cap_days,
                        share,
                        is_desk,
                        chance.choice(["drop", "drop", "drop,desk"]),
                        person,
                        "because",
                        None,
                        CLOCK + chance.choice(_UNTIL),
                    )
                )
        is_marketing = not is_desk and purpose == "marketing"
        for person in ids:
            for _ in range(chance.choice([0, 0, 0, 0, 1, 1, 2])):
                night = NIGHT - timedelta(days=chance.randint(1, 9))
                found.sends[night, segment, person] = (channel, is_marketing)
            if chance.random() < 0.2:
                found.draws[f"segment:{segment}", person] = chance.random() < 0.3
    for person in ids:
        if chance.random() < 0.2:
            found.draws["global", person] = chance.random() < 0.2


def load(conn: psycopg.Connection[Any], worlds: Worlds) -> None:
    """Put the rows where the models find them, in the place of other worlds'. Commits."""
    conn.execute("truncate ops.nights, activation.delivery_members, activation.holdouts cascade")
    for table, columns in _COLUMNS.items():
        conn.execute(f"create schema if not exists {table.partition('.')[0]}")
        conn.execute(f"create table if not exists {table} ({columns})")
        conn.execute(f"truncate {table}")
    nights = sorted({night for night, _, _ in worlds.sends})
    _copy(conn, "ops.nights (business_date, landing, clock)", ((night, "", CLOCK) for night in nights))
    _copy(
        conn,
        "build_customer_360.customers (customer_id, email, phone, country_code, birth_date, closed_on)",
        ((person, *row.values()) for person, row in worlds.customers.items()),
    )
    _copy(conn, "build_activation.segment_members", (tuple(vars(row).values()) for row in worlds.members))
    _copy(
        conn,
        f"build_intermediate.int_consents_resolved ({_DECISION})",
        (tuple(vars(row).values()) for row in worlds.decisions),
    )
    _copy(conn, "build_customer_360.contact_suppressions", worlds.suppressions)
    _copy(conn, "build_customer_360.customer_aliases", worlds.aliases.items())
    _copy(conn, "build_customer_360.service_contacts", ((person, True) for person in worlds.open_cases))
    lists = {(night, segment): is_marketing for (night, segment, _), (_, is_marketing) in worlds.sends.items()}
    _copy(
        conn,
        "activation.deliveries (business_date, segment, destination, status, file_name, n_rows, sha256, is_marketing)",
        ((*key, "drop", "delivered", "", 0, "", is_marketing) for key, is_marketing in lists.items()),
    )
    _copy(
        conn,
        "activation.delivery_members (business_date, segment, customer_id, destination, channel, contact_hash)",
        ((*key, "drop", channel, "") for key, (channel, _) in worlds.sends.items()),
    )
    _copy(
        conn,
        "activation.holdouts (scope, customer_id, share, is_held_out, assigned_on)",
        ((*key, 0.2, is_held_out, NIGHT - timedelta(days=1)) for key, is_held_out in worlds.draws.items()),
    )
    conn.execute("analyze")
    conn.commit()


def _copy(conn: psycopg.Connection[Any], table: str, rows: Iterable[Iterable[Any]]) -> None:
    with conn.cursor().copy(sql.SQL("copy ") + sql.SQL(table) + sql.SQL(" from stdin")) as copy:  # type: ignore[arg-type]
        for row in rows:
            copy.write_row(tuple(row))


_COLUMNS = {
    "build_activation.segment_members": "segment text, priority integer, channel text, contact_type text,"
    " audience text, consent_purpose text, cap_days integer, holdout_share numeric(6, 5), is_pausing_promotion boolean,"
    " destinations text, customer_id text, reason text, offer text, valid_until timestamptz",
    "build_intermediate.int_consents_resolved": "source_record_id text, customer_id text, contact_type text,"
    " contact text, channel text, purpose text, status text, is_shared boolean, is_lapsed boolean,"
    " changed_at timestamptz, source text default 'world'",
    "build_customer_360.customers": "customer_id text, email text, phone text, country_code text, birth_date date,"
    " closed_on date, language text, first_name text, last_name text, city text, postal_code text",
    "build_customer_360.contact_suppressions": "suppression_id text, customer_id text, contact_type text, contact text,"
    " channel text, reason text",
    "build_customer_360.customer_aliases": "alias_id text, customer_id text",
    "build_customer_360.service_contacts": "customer_id text, is_open boolean",
}
