"""Replaying a night: built again from the loads it had pinned, and compared; nothing is published or sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from rapport.businesses import Business
from rapport.errors import NightError
from rapport.nights.ledger import find_night
from rapport.nights.steps import step
from rapport.warehouse import connect

# Of a night that is at work, a replay would overwrite the tables it builds.
_AT_WORK = ("building", "built", "published", "sending")


@dataclass(frozen=True)
class Replay:
    """How the night came out this time: one entry a table (`schema.table`) and a list (`segment → destination`)."""

    business_date: date
    tables: dict[str, bool]
    lists: dict[str, bool]

    @property
    def is_equal(self) -> bool:
        return all(self.tables.values()) and all(self.lists.values())


def replay(business: Business, business_date: date, say: Callable[[str], None] = lambda _: None) -> Replay:
    """Build the night again in the build_* schemas and compare it with what was published and sent then.

    Raises NightError when the night was never published, or another night is at work.
    """
    with connect(business.name, application_name="rapport replay", autocommit=True) as guard:
        # No night is claimed while this holds it: both would build the same tables.
        guard.execute("select pg_advisory_lock(hashtext('rapport replay'))")
        return _replay(business, business_date, say)


def _replay(business: Business, business_date: date, say: Callable[[str], None]) -> Replay:
    from rapport.activation.sending import compare_lists
    from rapport.building import DBT_STEPS, read_manifest, run_step
    from rapport.contacts import refresh
    from rapport.identity import assign
    from rapport.publishing import compare, tables_from_manifest

    with connect(business.name) as conn:
        night = find_night(conn, business_date)
        busy = conn.execute("select business_date from ops.nights where state = any(%s)", [list(_AT_WORK)]).fetchone()
        was_published = conn.execute(
            "select exists (select from ops.publications where business_date = %s)", [business_date]
        ).fetchone()
    if night is None or not was_published or not was_published[0]:
        raise NightError(f"The night of {business_date} was never published: nothing to compare with.")
    if busy is not None:
        raise NightError(f"The night of {busy[0]} is at work.", where="ops.nights", fix="wait until it is sent")
    python_steps: dict[str, tuple[str, Callable[[Any], Any]]] = {
        "contact_points": ("normalise_contacts", refresh),
        "identity_keys": ("assign_identity", lambda conn: assign(conn, business_date, keeps_history=False)),
    }
    for name in DBT_STEPS:
        say(name)
        with step(business.name, business_date, name, is_replay=True) as current:
            # Lists read what this replay built: the live tables may be a later night's.
            run_step(business, night, name, current, is_replay=True)
        if name in python_steps:
            after, work = python_steps[name]
            with (
                step(business.name, business_date, after, is_replay=True) as current,
                connect(business.name, application_name=current.application_name) as conn,
            ):
                work(conn)
    with connect(business.name) as conn:
        found = compare(conn, business_date, tables_from_manifest(read_manifest(business.name)))
        lists = compare_lists(conn, business_date)
    return Replay(business_date, {each.table: each.is_equal for each in found}, lists)
