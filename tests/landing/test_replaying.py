"""Rows in quarantine come into raw once their declaration is corrected, exactly once, and never silently."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from landing.exports import NIGHT, assert_books_balance, declare

from rapport.businesses import Business
from rapport.landing import Declaration, LoadResult
from rapport.landing.replaying import Replayed, replay_loads, waiting_loads
from rapport.nights import open_night

Conn = psycopg.Connection[Any]
TakeInAs = Callable[..., LoadResult]
Replay = Callable[..., list[Replayed]]

NEXT_NIGHT = NIGHT + timedelta(days=1)
NOTES = {"note_id": {"not_null": True}, "written_at": {"check": "timestamp"}, "text": {}}
KEYED: dict[str, Any] = {"key": ["note_id"], "mode": "delta"}
STRICT = declare(NOTES, **KEYED)
# The vendor writes times in a form of its own.
CORRECTED = declare(NOTES, **KEYED, formats={"timestamp": ["%Y at %m; %d"]})
FILE = "note_id,written_at,text\n1,2026-02-01 10:00,a\n2,2026 at 02; 02,b\n3,never,c\n4,2026 at 02; 03,d\n"


@pytest.fixture
def replay(conn: Conn, business: Business) -> Replay:
    """Replay loads (all that wait) as declared now, and check that the ledger balances."""

    def call(declaration: Declaration, *load_ids: int | None, on: date = NEXT_NIGHT) -> list[Replayed]:
        open_night(conn, business, on)
        wanted = [load_id for load_id in load_ids if load_id is not None]
        results = replay_loads(conn, business, [declaration], wanted or waiting_loads(conn), on)
        assert_books_balance(conn)
        return results

    return call


def notes(conn: Conn, *columns: str) -> list[tuple[Any, ...]]:
    return conn.execute(f"select {', '.join(columns)} from raw.notebook__notes order by _row_number").fetchall()


def held(conn: Conn) -> list[tuple[Any, ...]]:
    """Number, state, the load that changed it and rule of every row that ever was in quarantine."""
    return conn.execute(
        "select row_number, state, state_by, rule from quality.quarantine order by load_id, row_number"
    ).fetchall()


def test_rows_that_pass_now_are_loaded_and_the_others_stay(take_in_as: TakeInAs, replay: Replay, conn: Conn) -> None:
    original = take_in_as(STRICT, FILE)
    (result,) = replay(CORRECTED)
    assert (result.status, result.replays, result.tried, result.loaded, result.held) == (
        "replayed",
        original.load_id,
        3,
        2,
        1,
    )
    assert result.reason == "1 x written_at: not a time as expected"
    assert notes(conn, "_row_number", "note_id", "written_at", "_load_id") == [
        (1, "1", "2026-02-01 10:00", original.load_id),
        (2, "2", "2026-02-02", result.load_id),
        (4, "4", "2026-02-03", result.load_id),
    ]
    assert held(conn) == [
        (2, "replayed", result.load_id, "timestamp"),
        (3, "open", None, "timestamp"),
        (4, "replayed", result.load_id, "timestamp"),
    ]


def test_the_ledger_says_where_the_rows_of_a_replay_are_from(take_in_as: TakeInAs, replay: Replay, conn: Conn) -> None:
    original = take_in_as(STRICT, FILE, "notes_a.csv")
    (result,) = replay(CORRECTED)
    row = conn.execute(
        "select business_date, file_name, export_date, replays, rows_read, rows_loaded, rows_quarantined, rows_skipped,"
        " reason from ops.loads where load_id = %s",
        [result.load_id],
    ).fetchone()
    told = f"from the quarantine of load {original.load_id}"
    assert row == (NEXT_NIGHT, "notes_a.csv", NIGHT, original.load_id, 2, 2, 0, 0, told)
    history = conn.execute("select distinct state, load_id from quality.quarantine_history").fetchall()
    assert history == [("replayed", result.load_id)]


def test_a_second_replay_changes_nothing(take_in_as: TakeInAs, replay: Replay, conn: Conn) -> None:
    original = take_in_as(STRICT, FILE)
    replay(CORRECTED)
    before = notes(conn, "*"), held(conn), conn.execute("select count(*) from ops.loads").fetchone()
    (again,) = replay(CORRECTED)
    assert (again.status, again.tried, again.load_id) == ("held", 1, None)
    (nothing,) = replay(declare({**NOTES, "written_at": {}}, **KEYED))
    assert (nothing.status, nothing.loaded) == ("replayed", 1)
    (done,) = replay(CORRECTED, original.load_id)
    assert (done.status, done.tried) == ("nothing", 0)
    assert before[0] == notes(conn, "*")[:2] + notes(conn, "*")[3:]


def test_rows_that_still_cannot_be_read_tell_their_new_reason(take_in_as: TakeInAs, replay: Replay, conn: Conn) -> None:
    take_in_as(STRICT, FILE)
    (result,) = replay(declare({**NOTES, "written_at": {}, "text": {"check": "integer"}}, **KEYED))
    assert (result.status, result.held) == ("held", 3)
    reasons = conn.execute("select distinct state, rule, column_name, reason from quality.quarantine").fetchall()
    assert reasons == [("open", "integer", "text", "text: not a whole number")]
    assert conn.execute("select count(*) from ops.loads").fetchone() == (1,)


def test_a_column_found_by_a_new_alias_is_read_from_quarantined_rows(
    take_in_as: TakeInAs, replay: Replay, conn: Conn
) -> None:
    table = {"note_id": {"not_null": True}, "amount": {"check": "decimal", "header": "Amount"}}
    take_in_as(
        declare({**table, "extra": {"check": "integer"}}, **KEYED), "note_id,Betrag,extra\n1,12.50,x\n2,9.00,3\n"
    )
    replay(declare({**table, "amount": {"check": "decimal", "aliases": ["Betrag"]}, "extra": {}}, **KEYED))
    found = notes(conn, "note_id", "amount", "_extra ->> 'Betrag'")
    assert found == [("1", "12.50", None), ("2", None, "9.00")]


def test_amounts_are_read_as_the_rest_of_their_file_was(take_in_as: TakeInAs, replay: Replay, conn: Conn) -> None:
    table = {"note_id": {}, "amount": {"check": "decimal"}, "day": {"check": "integer"}}
    take_in_as(declare(table, **KEYED), 'note_id,amount,day\n1,"12,50",1\n2,"1.234",x\n')
    replay(declare({**table, "day": {}}, **KEYED))
    assert notes(conn, "amount") == [("12.50",), ("1234",)]


def test_a_corrected_file_closes_what_waits_of_the_old_one_and_what_was_replayed(
    take_in_as: TakeInAs, replay: Replay, conn: Conn
) -> None:
    table = declare(NOTES, **KEYED, file_pattern=r"notes_(?P<date>\d{4}-\d{2}-\d{2})")
    original = take_in_as(table, FILE, "notes_2026-03-01.csv")
    corrected = CORRECTED.model_copy(update={"export": CORRECTED.export.model_copy(update={"file_pattern": "notes.*"})})
    (replayed,) = replay(corrected)
    fixed = take_in_as(table, FILE.replace("never", "2026-02-05 10:00"), "notes_2026-03-01.csv")
    assert fixed.supersedes == original.load_id
    assert [row[:3] for row in held(conn) if row[1] != "open"] == [
        (2, "replayed", replayed.load_id),
        (3, "superseded", fixed.load_id),
        (4, "replayed", replayed.load_id),
    ]
    counting = conn.execute("select ops.loads_as_of(%s)", [NEXT_NIGHT]).fetchall()
    assert counting == [(fixed.load_id,)]
    (nothing,) = replay(corrected, original.load_id)
    assert (nothing.status, nothing.tried) == ("nothing", 0)
    assert nothing.reason == f"2 rows: replayed by load {replayed.load_id}; 1 rows: superseded by load {fixed.load_id}"


def test_a_replay_the_gate_rejects_leaves_its_rows_waiting(take_in_as: TakeInAs, replay: Replay, conn: Conn) -> None:
    take_in_as(STRICT, FILE)
    (first,) = replay(CORRECTED)
    conn.execute("update ops.loads set status = 'rejected' where load_id = %s", [first.load_id])
    conn.commit()
    assert {row[1] for row in held(conn)} == {"open"}
    (second,) = replay(CORRECTED)
    assert (second.status, second.loaded) == ("replayed", 2)


def test_what_was_replayed_goes_with_a_file_the_gate_rejects(take_in_as: TakeInAs, replay: Replay, conn: Conn) -> None:
    original = take_in_as(STRICT, FILE)
    (replayed,) = replay(CORRECTED)
    conn.execute("update ops.loads set status = 'rejected' where load_id = %s", [original.load_id])
    conn.commit()
    assert conn.execute("select status from ops.loads where load_id = %s", [replayed.load_id]).fetchone() == (
        "rejected",
    )
    assert {row[1] for row in held(conn)} == {"rejected"}


def test_ragged_lines_are_footers_once_that_is_declared(take_in_as: TakeInAs, replay: Replay, conn: Conn) -> None:
    take_in_as(STRICT, "note_id,written_at,text\n1,,a\nTotal: 5\n2,,b\nTotal: 7\nCopyright A\n")
    (result,) = replay(declare(NOTES, **KEYED, footer="Total.*"))
    # One is above a row.
    assert (result.tried, result.skipped, result.held) == (3, 2, 1)
    assert [row[:2] for row in held(conn)] == [(2, "open"), (4, "replayed"), (5, "replayed")]


def test_a_line_too_long_for_its_columns_is_cut_once_they_are_declared(
    take_in_as: TakeInAs, replay: Replay, conn: Conn
) -> None:
    fields = [{"header": "note_id", "start": 1, "length": 3}, {"header": "text", "start": 4, "length": 4}]
    columns: dict[str, dict[str, Any]] = {"note_id": {}, "text": {}}
    take_in_as(declare(columns, **KEYED, fixed_width=fields), "001abcd\n002abcdefg\n")
    fields.append({"header": "more", "start": 8, "length": 3})
    (result,) = replay(declare({**columns, "more": {}}, **KEYED, fixed_width=fields))
    assert result.loaded == 1
    assert notes(conn, "note_id", "text", "more") == [("001", "abcd", None), ("002", "abcd", "efg")]


def test_lines_that_were_not_kept_are_told_and_wait_for_their_file(
    take_in_as: TakeInAs, replay: Replay, conn: Conn
) -> None:
    table = declare({**NOTES, "password_hash": {"drop": True}}, **KEYED)
    original = take_in_as(table, "note_id,written_at,text,password_hash\n1,,a,x\n2,secret\n")
    (result,) = replay(table, original.load_id)
    assert (result.status, result.tried, result.lost) == ("nothing", 0, 1)
    assert result.reason == "1 rows: only their file can bring them"
    assert [row[:2] for row in held(conn)] == [(2, "open")]


def test_a_night_before_the_load_takes_no_replay_of_it(
    take_in_as: TakeInAs, replay: Replay, conn: Conn, business: Business
) -> None:
    original = take_in_as(STRICT, FILE)
    conn.execute("update ops.loads set business_date = %s where load_id = %s", [NIGHT, original.load_id])
    (result,) = replay(CORRECTED, on=NIGHT - timedelta(days=1))
    assert (result.status, result.fix) == ("refused", "choose a later --date")


def test_the_same_file_again_is_known_after_a_replay(
    take_in_as: TakeInAs, replay: Replay, conn: Conn, tmp_path: Path
) -> None:
    take_in_as(STRICT, FILE, "notes_a.csv")
    replay(CORRECTED)
    assert take_in_as(STRICT, FILE, "notes_a.csv").status == "unchanged"


def test_a_night_counts_its_files_not_its_replays(take_in_as: TakeInAs, replay: Replay, conn: Conn) -> None:
    take_in_as(STRICT, FILE)
    replay(CORRECTED, on=NIGHT)
    found = conn.execute("select replays is null, rows_loaded from ops.latest_loads order by load_id").fetchall()
    assert found == [(True, 1), (False, 2)]
