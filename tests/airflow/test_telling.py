"""The task that tells marketing, by the business's file and an Airflow connection, of nights that have lists."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from servers.smtp import MailBox, run_smtp_server

from rapport import settings
from rapport.activation.mail import MailServer
from rapport.airflow.connections import mail_server_for
from rapport.airflow.send import TellMarketing
from rapport.businesses import Business
from rapport.errors import DeliveryError
from rapport.nights.ledger import Night
from rapport.nights.steps import Step
from rapport.reporting import report_path
from rapport.warehouse import connect

DAY = date(2026, 11, 21)
NIGHT = Night(DAY, "sent", None, None, False, "", datetime(2026, 11, 21, 21, tzinfo=UTC), None, None)


def business(name: str = "kaffe", **summary: Any) -> Business:
    return Business.model_validate(
        {
            "name": name,
            "title": "Kaffe",
            "vendors": ["shopify"],
            "reporting_currency": "EUR",
            "time_zone": "Europe/Copenhagen",
            "default_country": "DK",
            "legal_regime": "gdpr",
            "summary": summary,
        }
    )


def connection(monkeypatch: pytest.MonkeyPatch, **fields: Any) -> None:
    found = {"conn_type": "smtp", "host": "127.0.0.1", **fields}
    monkeypatch.setenv("AIRFLOW_CONN_RAPPORT_SMTP", json.dumps(found))


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailBox]:
    with run_smtp_server() as box:
        extra = {"disable_ssl": True, "disable_tls": True, "from_email": "lists@kaffe.example"}
        connection(monkeypatch, port=box.port, extra=extra)
        yield box


@pytest.fixture
def shop(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Business:
    """A business whose night has sent one list, and two readers of its summary."""
    monkeypatch.setattr(settings, "work_dir", lambda name: tmp_path / name)
    with connect(warehouse) as conn:
        conn.execute(
            "insert into ops.nights (business_date, landing, clock, state) values (%s, '', now(), 'sent')", [DAY]
        )
        conn.execute(
            "insert into activation.deliveries (business_date, segment, destination, status, file_name, n_rows, sha256)"
            " values (%s, 'vip', 'drop', 'delivered', 'vip.csv', 5, '')",
            [DAY],
        )
        conn.commit()
    return business(warehouse, recipients=["marketing@kaffe.example", "owner@kaffe.example"])


def tell(shop: Business, night: Night = NIGHT) -> tuple[str, dict[str, Any]]:
    """The page's text, and what the step keeps."""
    task = TellMarketing(task_id="tell_marketing", night={"business": shop.name, "date": f"{DAY}"})
    current = Step("tell_marketing", DAY, "a", "rapport:tell_marketing:a")
    return Path(task.work(shop, night, current, {})).read_text(), current.detail


def test_marketing_gets_the_page_by_mail(shop: Business, mailbox: MailBox) -> None:
    page, detail = tell(shop)
    ((recipients, message),) = mailbox.messages
    assert recipients == shop.summary.recipients
    assert message["From"] == "lists@kaffe.example"
    assert message["Subject"] == "Kaffe, 2026-11-21: 1 list, 5 rows"
    assert "<td>vip" in page
    assert detail == {"mail": "sent"}


@pytest.fixture
def report(shop: Business) -> Path:
    """The night's report, written before the lists went."""
    path = report_path(shop.name, DAY)
    path.parent.mkdir(parents=True)
    path.write_text("<!doctype html><p>Blåbær, in pictures", encoding="utf-8")
    return path


def test_the_report_is_linked_where_the_ui_is_known_and_attached_where_the_business_says_so(
    shop: Business, mailbox: MailBox, report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.kaffe.example/")
    summary = shop.summary.model_copy(update={"attach_report": True})
    page, _ = tell(shop.model_copy(update={"summary": summary}))
    url = f"https://airflow.kaffe.example/rapport/reports/{shop.name}/{DAY}"
    assert f'<a href="{url}">' in page
    ((_, message),) = mailbox.messages
    text = message.get_body(("plain",))
    assert text is not None
    assert url in text.get_content()
    (attached,) = message.iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == (f"{DAY}.html", "text/html")
    assert attached.get_content().strip() == report.read_text(encoding="utf-8")


def test_without_being_asked_for_the_report_stays_where_it_is(
    shop: Business, mailbox: MailBox, report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW__API__BASE_URL", raising=False)
    page, _ = tell(shop)
    assert "report" not in page
    ((_, message),) = mailbox.messages
    assert list(message.iter_attachments()) == []


def test_a_report_that_failed_keeps_nobody_from_being_told(shop: Business, mailbox: MailBox) -> None:
    _, detail = tell(shop.model_copy(update={"summary": shop.summary.model_copy(update={"attach_report": True})}))
    assert detail == {"mail": "sent"}
    ((_, message),) = mailbox.messages
    assert list(message.iter_attachments()) == []


def test_a_rehearsal_keeps_the_page_only(shop: Business, mailbox: MailBox) -> None:
    page, detail = tell(shop, replace(NIGHT, is_dry_run=True))
    assert "Kaffe: lists of 2026-11-21" in page
    assert (mailbox.messages, detail) == ([], {})


def test_a_night_stopped_before_its_lists_is_told_when_they_are_there(shop: Business, mailbox: MailBox) -> None:
    with connect(shop.name) as conn:
        conn.execute("create temporary table kept as select * from activation.deliveries")
        conn.execute("delete from activation.deliveries")
        conn.commit()
        tell(shop)
        assert mailbox.messages == []
        conn.execute("insert into activation.deliveries select * from kept")
        conn.commit()
    tell(shop)
    assert len(mailbox.messages) == 1


def test_a_business_without_readers_needs_no_mail_server(shop: Business) -> None:
    page, _ = tell(shop.model_copy(update={"summary": business().summary}))
    assert "<td>vip" in page


@pytest.mark.parametrize(
    ("extra", "security", "port"),
    [
        ({}, "ssl", 465),
        ({"disable_ssl": True}, "starttls", 587),
        ({"disable_ssl": "true", "disable_tls": "true"}, "none", 587),
    ],
    ids=["ssl", "starttls", "none"],
)
def test_a_connection_is_encrypted_unless_it_says_otherwise(
    extra: dict[str, Any], security: str, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection(monkeypatch, login="ada", password="hunter2", extra=extra)
    server, sender = mail_server_for(business(sender="ada@kaffe.example"))
    assert server == MailServer("127.0.0.1", port, security, "ada", "hunter2")  # type: ignore[arg-type]
    assert sender == "ada@kaffe.example"
    assert "hunter2" not in repr(server)


def test_a_connection_that_is_not_there_is_asked_for() -> None:
    with pytest.raises(DeliveryError, match="no Airflow connection nowhere_smtp"):
        mail_server_for(business(connection="nowhere_smtp"))


def test_a_summary_that_comes_from_nobody_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    connection(monkeypatch)
    with pytest.raises(DeliveryError, match="which address"):
        mail_server_for(business())


@pytest.mark.parametrize("address", ["marketing", "a@b", "a@b.example, c@d.example", "a@b.example\nBcc: x@y.example"])
def test_readers_are_mailboxes_one_each(address: str) -> None:
    with pytest.raises(ValueError, match="recipients"):
        business(recipients=[address])
