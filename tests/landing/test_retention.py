"""Rows of superseded loads are removed in time: never one that is needed, and never unsaid."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from landing.exports import NIGHT, declare

from rapport.businesses import Business
from rapport.errors import NightError
from rapport.landing import LoadResult, load_file
from rapport.landing.retention import Removed, remove_superseded
from rapport.nights import open_night
from rapport.nights.replay import replay

Conn = psycopg.Connection[Any]
Night = Callable[..., LoadResult]

KEPT = declare(
    {"note_id": {"not_null": True}, "total": {"check": "integer"}},
    key=["note_id"],
    mode="delta",
    keep_superseded_days=3,
    file_pattern=r"notes_(?P<date>\d{4}-\d{2}-\d{2})",
)


@pytest.fixture
def on_night(conn: Conn, business: Business, tmp_path: Path) -> Night:
    """Take the file of 1 March in on a later night, which is over then."""

    def load(nth: int, content: str) -> LoadResult:
        night = NIGHT + timedelta(days=nth)
        open_night(conn, business, night)
        path = tmp_path / f"notes_{NIGHT}.csv"
        path.write_text(content)
        result = load_file(conn, business, KEPT, path, night)
        conn.execute("update ops.nights set state = 'sent', claimed_at = clock where business_date = %s", [night])
        conn.commit()
        return result

    return load


def remove(conn: Conn, nth: int) -> list[Removed]:
    found = remove_superseded(conn, [KEPT], NIGHT + timedelta(days=nth))
    conn.execute("set constraints all immediate")
    conn.commit()
    return found


def test_rows_of_a_corrected_file_go_when_their_time_is_over(on_night: Night, conn: Conn) -> None:
    first = on_night(0, "note_id,total\n1,1\n2,2\n3,three\n")
    second = on_night(2, "note_id,total\n1,1\n2,2\n3,3\n")
    assert remove(conn, 5) == []
    assert remove(conn, 6) == [Removed("notebook notes", 1, 2, 0)]
    assert conn.execute("select distinct _load_id from raw.notebook__notes").fetchall() == [(second.load_id,)]
    told = conn.execute(
        "select status, rows_loaded, rows_quarantined, purged_at is not null from ops.loads where load_id = %s",
        [first.load_id],
    ).fetchone()
    assert told == ("loaded", 2, 1, True)
    held = conn.execute("select row_number, state, raw_row from quality.quarantine").fetchall()
    assert held == [(3, "superseded", "(removed with its load)")]
    assert remove(conn, 7) == []


def test_a_night_that_is_not_over_keeps_what_it_reads(on_night: Night, conn: Conn) -> None:
    on_night(0, "note_id,total\n1,1\n")
    conn.execute("update ops.nights set state = 'building' where business_date = %s", [NIGHT])
    on_night(2, "note_id,total\n1,2\n")
    assert remove(conn, 90) == []


def test_a_correction_that_the_gate_rejected_supersedes_nothing(on_night: Night, conn: Conn) -> None:
    first = on_night(0, "note_id,total\n1,1\n")
    second = on_night(2, "note_id,total\n1,2\n")
    conn.execute("update ops.loads set status = 'rejected' where load_id = %s", [second.load_id])
    conn.commit()
    assert remove(conn, 90) == [Removed("notebook notes", 1, 1, 0)]
    assert conn.execute("select _load_id from raw.notebook__notes").fetchall() == [(first.load_id,)]


def test_a_night_whose_rows_were_removed_says_so_instead_of_replaying(
    on_night: Night, conn: Conn, business: Business
) -> None:
    on_night(0, "note_id,total\n1,1\n")
    on_night(2, "note_id,total\n1,2\n")
    for night in (NIGHT, NIGHT + timedelta(days=2)):
        conn.execute(
            "insert into ops.publications (business_date, table_schema, table_name, n_rows, n_inserted, n_updated,"
            " n_deleted, checksum) values (%s, 'loyalty', 'advocacy', 0, 0, 0, 0, '')",
            [night],
        )
    remove(conn, 90)
    with pytest.raises(
        NightError, match="1 of the loads it read were superseded since, and their rows removed"
    ) as told:
        replay(business, NIGHT)
    assert told.value.where == f"notes_{NIGHT}.csv"
