"""Nights run once, in order, whichever wake-up comes first, and their inputs are pinned."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest

from rapport.businesses import KINDS, Business, parse_business
from rapport.errors import NightError
from rapport.nights import advance, claim_next, fail, find_night, open_night, report_source, resume
from rapport.nights.ledger import LATE_OPENING, Connection, clock_of, deadline_of
from rapport.nights.order import GRACE, waits_for
from rapport.warehouse import connect

FIRST, SECOND, THIRD = date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)
LONG_AGO = datetime(2026, 3, 1, 12, tzinfo=UTC)  # before any deadline of these nights


@pytest.fixture
def business(warehouse: str) -> Business:
    text = (
        "title: T\nvendors: [shopify]\nreporting_currency: EUR\ntime_zone: Europe/Istanbul\n"
        "default_country: TR\nlegal_regime: none\ndeadlines: {survey: '03:00'}\n"
    )
    return parse_business(text, warehouse, "businesses/test.yml")


@pytest.fixture
def conn(business: Business):
    with connect(business.name) as opened:
        yield opened


def report_all(conn: Connection, night: date) -> None:
    for kind in KINDS:
        report_source(conn, night, kind, "arrived")


def send(conn: Connection, night: date) -> None:
    for state in ("built", "published", "sending", "sent"):
        advance(conn, night, state)
    conn.commit()


def test_the_clock_is_the_end_of_the_business_date_in_the_stores_time_zone(business: Business) -> None:
    assert clock_of(business, FIRST) == datetime(2026, 3, 1, 21, tzinfo=UTC)
    assert deadline_of(business, "survey", FIRST) == datetime(2026, 3, 2, 0, tzinfo=UTC)


def test_a_night_is_not_built_before_every_kind_has_reported(conn: Connection, business: Business) -> None:
    open_night(conn, business, FIRST)
    report_source(conn, FIRST, "crm", "arrived")
    report_source(conn, FIRST, "ecommerce", "refused")
    assert claim_next(conn, business, "build", now=LONG_AGO) is None
    report_source(conn, FIRST, "survey", "none")
    night = claim_next(conn, business, "build", now=LONG_AGO)
    assert night is not None
    assert (night.business_date, night.state) == (FIRST, "building")


def test_after_the_deadline_a_silent_kind_is_none_and_the_night_goes_on(conn: Connection, business: Business) -> None:
    night = date(2099, 3, 1)
    open_night(conn, business, night)
    report_source(conn, night, "crm", "arrived")
    late = deadline_of(business, "survey", night) + GRACE
    assert claim_next(conn, business, "build", now=late - timedelta(seconds=1)) is None
    assert claim_next(conn, business, "build", now=late) is not None
    rows = conn.execute("select kind, state from ops.night_sources order by kind").fetchall()
    assert rows == [("crm", "arrived"), ("ecommerce", "none"), ("survey", "none")]


def test_a_night_opened_long_after_its_deadline_still_waits_for_its_sources(
    conn: Connection, business: Business
) -> None:
    open_night(conn, business, FIRST)
    report_source(conn, FIRST, "crm", "arrived")
    assert claim_next(conn, business, "build") is None, "the deadline was years ago, the night was opened just now"
    assert claim_next(conn, business, "build", now=datetime.now(UTC) + LATE_OPENING + GRACE) is not None


def test_a_night_waits_for_an_earlier_one_that_is_open_and_not_due(conn: Connection, business: Business) -> None:
    open_night(conn, business, SECOND)
    assert waits_for(conn, SECOND) is None
    open_night(conn, business, FIRST)
    assert waits_for(conn, FIRST) is None
    assert waits_for(conn, SECOND) == FIRST
    assert waits_for(conn, SECOND, now=datetime.now(UTC) + LATE_OPENING + GRACE) is None, "it goes on without them"
    report_all(conn, FIRST)
    assert waits_for(conn, SECOND) is None, "it is taken first, and this one after it"


@pytest.mark.parametrize("order", list(itertools.permutations([FIRST, SECOND, THIRD])))
def test_nights_are_built_oldest_first_in_whatever_order_they_report(
    conn: Connection, business: Business, order: tuple[date, ...]
) -> None:
    for night in order:
        open_night(conn, business, night)
        report_all(conn, night)
    built = []
    while (night := claim_next(conn, business, "build", now=LONG_AGO)) is not None:
        built.append(night.business_date)
        send(conn, night.business_date)
    assert built == [FIRST, SECOND, THIRD]


def test_the_next_night_waits_until_the_lists_of_this_one_are_out(conn: Connection, business: Business) -> None:
    for day in (FIRST, SECOND):
        open_night(conn, business, day)
        report_all(conn, day)
    claim_next(conn, business, "build", now=LONG_AGO)
    assert claim_next(conn, business, "send") is None, "nothing is published yet"
    advance(conn, FIRST, "built")
    advance(conn, FIRST, "published")
    assert claim_next(conn, business, "build", now=LONG_AGO) is None
    night = claim_next(conn, business, "send")
    assert night is not None
    assert night.business_date == FIRST
    advance(conn, FIRST, "sending")
    advance(conn, FIRST, "sent")
    night = claim_next(conn, business, "build", now=LONG_AGO)
    assert night is not None
    assert night.business_date == SECOND


def test_an_interrupted_night_is_handed_out_again(conn: Connection, business: Business) -> None:
    open_night(conn, business, FIRST)
    report_all(conn, FIRST)
    assert claim_next(conn, business, "build", now=LONG_AGO) == claim_next(conn, business, "build", now=LONG_AGO)


def test_a_failed_night_does_not_hold_up_the_next_and_opens_again_while_it_is_the_newest(
    conn: Connection, business: Business
) -> None:
    open_night(conn, business, FIRST)
    report_all(conn, FIRST)
    claim_next(conn, business, "build", now=LONG_AGO)
    fail(conn, FIRST, "check_marts", "too many nulls")
    assert claim_next(conn, business, "build", now=LONG_AGO) is None
    again = open_night(conn, business, FIRST)
    assert (again.state, again.claimed_at, again.failure) == ("open", None, None)
    claim_next(conn, business, "build", now=LONG_AGO)
    fail(conn, FIRST, "check_marts", "too many nulls")
    open_night(conn, business, SECOND)
    report_all(conn, SECOND)
    night = claim_next(conn, business, "build", now=LONG_AGO)
    assert night is not None
    assert night.business_date == SECOND
    with pytest.raises(NightError, match="is past"):
        open_night(conn, business, FIRST)


@pytest.mark.parametrize(
    ("step", "reached"), [("check_marts", "building"), ("check_lists", "published"), ("deliver_drop", "sending")]
)
def test_a_failed_night_goes_on_at_the_step_that_failed_and_nowhere_else(
    conn: Connection, business: Business, step: str, reached: str
) -> None:
    open_night(conn, business, FIRST)
    report_all(conn, FIRST)
    claim_next(conn, business, "build", now=LONG_AGO)
    for state in ("built", "published", "sending"):
        if reached in ("published", "sending"):
            advance(conn, FIRST, state)
        if state == reached:
            break
    conn.commit()
    fail(conn, FIRST, step, "it did not hold")
    assert resume(conn, FIRST, {"staging", "write_docs"}) is None
    with pytest.raises(NightError, match=f"clear the task {step}"):
        advance(conn, FIRST, "published")
    night = resume(conn, FIRST, {"an_earlier_step", step})
    assert night is not None
    assert (night.state, night.failed_step, night.failure) == (reached, None, None)
    assert night.claimed_at is not None, "what it reads stays pinned"


def test_a_failed_night_that_is_past_is_not_resumed(conn: Connection, business: Business) -> None:
    open_night(conn, business, FIRST)
    report_all(conn, FIRST)
    claim_next(conn, business, "build", now=LONG_AGO)
    fail(conn, FIRST, "check_marts", "it did not hold")
    open_night(conn, business, SECOND)
    report_all(conn, SECOND)
    claim_next(conn, business, "build", now=LONG_AGO)
    with pytest.raises(NightError, match="is past"):
        resume(conn, FIRST, {"check_marts"})


def test_reports_after_the_claim_change_nothing(conn: Connection, business: Business) -> None:
    open_night(conn, business, FIRST)
    report_all(conn, FIRST)
    claim_next(conn, business, "build", now=LONG_AGO)
    report_source(conn, FIRST, "survey", "refused", reason="too late")
    row = conn.execute("select state from ops.night_sources where kind = 'survey'").fetchone()
    assert row == ("arrived",)


def test_a_night_cannot_skip_a_step(conn: Connection, business: Business) -> None:
    open_night(conn, business, FIRST)
    with pytest.raises(NightError, match="cannot become sent"):
        advance(conn, FIRST, "sent")


def test_a_rehearsed_night_can_be_sent_for_real_and_a_sent_one_cannot_again(
    conn: Connection, business: Business
) -> None:
    open_night(conn, business, FIRST, dry_run=True)
    report_all(conn, FIRST)
    claim_next(conn, business, "build", now=LONG_AGO)
    send(conn, FIRST)
    assert open_night(conn, business, FIRST, dry_run=True).state == "sent"
    assert open_night(conn, business, FIRST).state == "published"
    advance(conn, FIRST, "sending")
    advance(conn, FIRST, "sent")
    assert open_night(conn, business, FIRST).state == "sent"


def test_loads_as_of_a_night_are_those_it_read(conn: Connection, business: Business) -> None:
    for day in (FIRST, SECOND):
        open_night(conn, business, day)
    load = (
        "insert into ops.loads (business_date, kind, vendor, table_name, file_name, file_size, digest, status,"
        " supersedes, started_at) values (%s, 'crm', 'v', 't', 'f', 1, %s, %s, %s, now()) returning load_id"
    )
    first = conn.execute(load, [FIRST, "a", "loaded", None]).fetchone()[0]
    conn.execute(load, [FIRST, "b", "refused", None])
    second = conn.execute(load, [SECOND, "c", "loaded", first]).fetchone()[0]

    def as_of(day: date) -> list[int]:
        return [row[0] for row in conn.execute("select ops.loads_as_of(%s)", [day]).fetchall()]

    assert as_of(FIRST) == [first]
    assert as_of(SECOND) == [second]
    assert find_night(conn, THIRD) is None


def test_nights_before_a_business_goes_live_are_rehearsals(conn: Connection, business: Business) -> None:
    shadowed = business.model_copy(update={"live_from": SECOND})
    assert open_night(conn, shadowed, FIRST).is_dry_run
    assert open_night(conn, shadowed, SECOND).is_dry_run is False
    assert open_night(conn, shadowed, THIRD, dry_run=True).is_dry_run
