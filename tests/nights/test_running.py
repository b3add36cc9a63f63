"""What a command wakes up when nothing runs and the night has not ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from rapport.businesses import KINDS
from rapport.nights.ledger import Night
from rapport.nights.running import INGEST, wake_ups

OPEN = Night(date(2026, 3, 1), "open", None, None, False, "", datetime(2026, 3, 1, tzinfo=UTC), None, None)
CLAIMED = replace(OPEN, claimed_at=datetime(2026, 3, 2, tzinfo=UTC))


def test_an_open_night_takes_its_files_in_and_is_built_though_no_report_was_heard() -> None:
    assert list(wake_ups(OPEN, [])) == [INGEST]
    assert list(wake_ups(OPEN, ["crm", "survey"])) == [INGEST]
    assert list(wake_ups(OPEN, KINDS)) == [INGEST, ["build_marts"]]


def test_a_night_whose_inputs_are_pinned_takes_no_more_files() -> None:
    for state in ("building", "built"):
        assert list(wake_ups(replace(CLAIMED, state=state), KINDS)) == [["build_marts"]]


def test_a_published_night_is_sent_and_not_built_again() -> None:
    for state in ("published", "sending"):
        assert list(wake_ups(replace(CLAIMED, state=state), KINDS)) == [["send_segments"]]
