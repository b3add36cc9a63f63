"""Replaying a night: built again from the loads it had pinned, and compared; nothing is published or sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from rapport.businesses import Business
from rapport.errors import NightError
from rapport.nights.ledger import find_night
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

    Raises NightError when the night was never published, another night is at work, or rows it read are gone.
    """
    with connect(business.name, application_name="rapport replay", autocommit=True) as guard:
        # No night is claimed while this holds it: both would build the same tables.
        guard.execute("select pg_advisory_lock(hashtext('rapport replay'))")
        return _replay(business, business_date, say)


def _replay(business: Business, business_date: date, say: Callable[[str], None]) -> Replay:
    from rapport.activation.sending import compare_lists
    from rapport.building import build_night, read_manifest
    from rapport.publishing import compare, tables_from_manifest

    with connect(business.name) as conn:
        night = find_night(conn, business_date)
        busy = conn.execute("select business_date from ops.nights where state = any(%s)", [list(_AT_WORK)]).fetchone()
        was_published = conn.execute(
            "select exists (select from ops.publications where business_date = %s)", [business_date]
        ).fetchone()
        removed = conn.execute(
            "select file_name, purged_at from ops.loads where load_id in (select ops.loads_as_of(%s))"
            " and purged_at is not null order by purged_at, file_name",
            [business_date],
        ).fetchall()
    if night is None or not was_published or not was_published[0]:
        raise NightError(f"The night of {business_date} was never published: nothing to compare with.")
    if busy is not None:
        raise NightError(f"The night of {busy[0]} is at work.", where="ops.nights", fix="wait until it is sent")
    if removed:
        raise NightError(
            f"The night of {business_date} cannot be built again: {len(removed)} of the loads it read were superseded"
            f" since, and their rows removed from raw on {removed[0][1]:%Y-%m-%d} (retention).",
            where=", ".join(name for name, _ in removed[:5]),
            fix="restore a backup from before that day beside it (docs/runbooks/restoring.md); how long rows stay is"
            " keep_superseded_days in the export's declaration",
        )
    build_night(business, night, is_replay=True, say=say)
    with connect(business.name) as conn:
        found = compare(conn, business_date, tables_from_manifest(read_manifest(business.name)))
        lists = compare_lists(conn, business_date)
    return Replay(business_date, {each.table: each.is_equal for each in found}, lists)
