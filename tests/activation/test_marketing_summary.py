"""What marketing is told of a night: right figures, no personal data, one e-mail, and doubt that stays visible."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from activation_night import NIGHT, Lists
from servers.smtp import MailBox, run_smtp_server

from rapport.activation.mail import MailServer, compose, message_id, send_once
from rapport.activation.summary import keep_page, render_page, render_text, subject_of, summarise_sending
from rapport.activation.transports import PlaceUnreachable
from rapport.businesses import Business
from rapport.errors import DeliveryError

SENDER, READERS = "lists@hanehjem.example", ["marketing@hanehjem.example", "owner@hanehjem.example"]


@pytest.fixture
def mailbox() -> Iterator[MailBox]:
    with run_smtp_server() as box:
        yield box


@pytest.fixture
def sent(lists: Lists) -> Lists:
    """Tonight's two lists are out; `vip` went with five rows a week before; somebody was left out twice."""
    before = NIGHT - timedelta(days=7)
    lists.conn.execute(
        "insert into ops.nights (business_date, landing, clock, state) values (%s, '', now(), 'sent')", [before]
    )
    lists.conn.execute(
        "insert into activation.deliveries (business_date, segment, destination, status, file_name, n_rows, sha256)"
        " values (%s, 'vip', 'drop', 'delivered', 'vip.csv', 5, '')",
        [before],
    )
    for row in (("vip", "c_3", "no_consent"), ("quiet", "c_3", "no_consent"), ("vip", "c_4", "held_out")):
        lists.conn.execute(
            "insert into build_activation.exclusions values (%s, %s, 'eligibility', %s, null)", list(row)
        )
    lists.conn.commit()
    lists.send()
    return lists


def told(lists: Lists) -> dict[str, Any]:
    business = Business.model_validate(
        {
            "name": lists.business,
            "title": "Hane & Hjem",
            "vendors": ["shopify"],
            "reporting_currency": "EUR",
            "time_zone": "Europe/Istanbul",
            "default_country": "TR",
            "legal_regime": "none",
        }
    )
    return summarise_sending(lists.conn, business, NIGHT)


def mail(lists: Lists, mailbox: MailBox) -> str:
    found = told(lists)
    message = compose(
        subject=subject_of(found),
        text=render_text(found),
        page=render_page(found),
        sender=SENDER,
        recipients=READERS,
        identity=message_id(lists.business, NIGHT, SENDER),
        at=datetime(2026, 11, 22, 3, tzinfo=UTC),
    )
    return send_once(lists.conn, NIGHT, message, MailServer("127.0.0.1", mailbox.port, security="none", seconds=5))


def ledger(lists: Lists) -> tuple[Any, ...] | None:
    return lists.conn.execute("select status, n_recipients, reason from activation.summaries").fetchone()


def test_the_summary_tells_sizes_and_what_changed_since_the_last_time(sent: Lists) -> None:
    rows = [(row["segment"], row["n_rows"], row["last_rows"], row["change"]) for row in told(sent)["lists"]]
    assert rows == [("quiet", 0, None, None), ("vip", 2, 5, -3)]
    assert subject_of(told(sent)) == "Hane & Hjem, 2026-11-21: 2 lists, 2 rows"
    assert "- vip to drop: 2 rows (-3 since 2026-11-14)" in render_text(told(sent))
    assert "- quiet to drop: 0 rows (new)" in render_text(told(sent))


def test_the_summary_tells_who_was_left_out_by_reason_in_words(sent: Lists) -> None:
    found = [(row["reason_code"], row["people"], row["times"], row["lists"]) for row in told(sent)["left_out"]]
    assert found == [("no_consent", 1, 2, 2), ("held_out", 1, 1, 1)]
    assert "- no consent: 1 people, 2 times, from 2 lists: they have not agreed on this channel" in render_text(
        told(sent)
    )


def test_what_did_not_go_waits_with_its_reason_and_is_not_counted(sent: Lists) -> None:
    sent.conn.execute(
        "update activation.deliveries set status = 'failed', reason = 'The server is away.'"
        " where segment = 'vip' and business_date = %s",
        [NIGHT],
    )
    assert subject_of(told(sent)) == "Hane & Hjem, 2026-11-21: 1 list, 0 rows; 1 waiting"
    assert "- vip to drop: failed, 2 rows. The server is away." in render_text(told(sent))
    assert "The server is away." in render_page(told(sent))


def test_what_lists_achieved_is_told_where_it_is_known(sent: Lists) -> None:
    assert "earlier lists achieved" not in render_page(told(sent))
    sent.conn.execute(
        "create table activation.segment_lift (scope text, measure text, window_days int, verdict text,"
        " n_treated int, n_held_out int, n_days_until_answer bigint, difference numeric, difference_low numeric,"
        " difference_high numeric)"
    )
    sent.conn.execute(
        "insert into activation.segment_lift values"
        " ('segment:vip', 'order_rate', 30, 'higher', 900, 100, 0, 0.125, 0.0211, 0.229),"
        " ('segment:quiet', 'order_rate', 30, 'too_thin', 40, 3, 1200, 0.5, -0.1, 0.9),"
        " ('segment:vip', 'n_orders', 30, 'lower', 900, 100, 0, -1, -2, 0)"
    )
    assert "of 100 12.5 more ordered than of those held out (2.1 to 22.9); 900 were sent it, 100 held out\n" in (
        text := render_text(told(sent))
    )
    assert "- quiet: too thin; 40 were sent it, 3 held out; an answer in 1,200 days\n" in text
    assert "lower" not in text
    page = render_page(told(sent))
    assert '<td>vip<td>higher<td class="n">12.5<td class="n">2.1<td class="n">22.9' in page
    assert "<td>quiet<td>too thin<td><td><td>" in page


def test_neither_page_nor_text_holds_personal_data_or_needs_anything_from_elsewhere(sent: Lists) -> None:
    page = keep_page(sent.business, NIGHT, told(sent)).read_text()
    for text in (page, render_text(told(sent))):
        assert not re.search(r"@|c_\d|Ayşe|Søren", text)
    assert not re.search(r"https?:|src=|href=|@import|url\(", page)
    assert "Hane &amp; Hjem" in page


def test_the_mail_reaches_all_recipients_as_text_and_page_with_the_nights_identity(
    sent: Lists, mailbox: MailBox
) -> None:
    assert mail(sent, mailbox) == "sent"
    ((recipients, message),) = mailbox.messages
    assert recipients == READERS
    assert message["Message-ID"] == f"<lists.{sent.business}.20261121@hanehjem.example>"
    assert message["Subject"] == "Hane & Hjem, 2026-11-21: 2 lists, 2 rows"
    text, page = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert page is not None
    assert text.get_content().replace("\r\n", "\n") == render_text(told(sent))
    assert page.get_content().replace("\r\n", "\n") == render_page(told(sent)) + "\n"
    assert ledger(sent) == ("sent", 2, None)


def test_the_same_night_twice_is_told_once(sent: Lists, mailbox: MailBox) -> None:
    assert [mail(sent, mailbox), mail(sent, mailbox)] == ["sent", "already_sent"]
    assert len(mailbox.messages) == 1


def test_a_connection_that_ends_after_the_text_is_doubt_and_the_resend_is_recognisable(
    sent: Lists, mailbox: MailBox
) -> None:
    mailbox.hangs_up_after_text = True
    with pytest.raises(PlaceUnreachable, match="may have taken it or not"):
        mail(sent, mailbox)
    status, _, reason = ledger(sent) or ("", 0, "")
    assert (status, "taken it or not" in reason) == ("unknown", True)
    mailbox.hangs_up_after_text = False
    assert mail(sent, mailbox) == "sent"
    (_, first), (_, second) = mailbox.messages
    assert first["Message-ID"] == second["Message-ID"]
    assert ledger(sent) == ("sent", 2, None)


def test_a_doubt_stays_one_when_the_next_attempt_fails_otherwise(sent: Lists, mailbox: MailBox) -> None:
    mailbox.hangs_up_after_text = True
    with pytest.raises(PlaceUnreachable):
        mail(sent, mailbox)
    mailbox.unknown = set(READERS)
    with pytest.raises(DeliveryError, match="SMTP 550"):
        mail(sent, mailbox)
    assert (ledger(sent) or ("",))[0] == "unknown"


class Killed(BaseException):
    """Stands for kill -9."""


def test_an_attempt_killed_while_the_text_goes_leaves_doubt_behind(
    sent: Lists, mailbox: MailBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise Killed

    monkeypatch.setattr("smtplib.SMTP.data", die)
    with pytest.raises(Killed):
        mail(sent, mailbox)
    sent.conn.rollback()
    assert (ledger(sent) or ("",))[0] == "unknown"


def test_a_server_that_takes_the_text_and_says_no_has_not_got_it(sent: Lists, mailbox: MailBox) -> None:
    mailbox.answer_to_text = b"554 not this"
    with pytest.raises(DeliveryError, match="SMTP 554") as failure:
        mail(sent, mailbox)
    assert not failure.value.may_pass
    assert (ledger(sent) or ("",))[0] == "failed"


def test_a_server_that_is_busy_is_asked_again(sent: Lists, mailbox: MailBox) -> None:
    mailbox.answer_to_text = b"451 later"
    with pytest.raises(PlaceUnreachable, match="SMTP 451"):
        mail(sent, mailbox)


def test_a_recipient_nobody_knows_does_not_keep_the_others_from_reading(sent: Lists, mailbox: MailBox) -> None:
    mailbox.unknown = {READERS[1]}
    assert mail(sent, mailbox) == "sent"
    assert mailbox.messages[0][0] == READERS[:1]
    assert ledger(sent) == ("sent", 1, "the server does not know 1 of the recipients")


def test_a_server_that_does_not_answer_is_worth_repeating_and_no_doubt(sent: Lists, mailbox: MailBox) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        away = MailBox(free.getsockname()[1])
    with pytest.raises(PlaceUnreachable, match="cannot be reached"):
        mail(sent, away)
    assert (ledger(sent) or ("",))[0] == "failed"


def test_no_error_repeats_an_address(sent: Lists, mailbox: MailBox) -> None:
    mailbox.unknown = set(READERS)
    with pytest.raises(DeliveryError) as failure:
        mail(sent, mailbox)
    assert "@" not in str(failure.value) + str(ledger(sent))
