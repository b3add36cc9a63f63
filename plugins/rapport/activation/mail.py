"""The night's summary as one e-mail to marketing: sent at least once, told apart by its Message-ID.

Whether a server took a message is not known when the connection ends after DATA. So `unknown` is written before the
text goes and replaced by what the server says; who retries sends the same Message-ID again.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Literal

import psycopg

from rapport.activation.transports import PlaceUnreachable
from rapport.errors import DeliveryError

Connection = psycopg.Connection[Any]
Security = Literal["ssl", "starttls", "none"]


@dataclass(frozen=True)
class MailServer:
    """An SMTP server and how to log in; the password stays out of its repr."""

    host: str
    port: int
    security: Security = "ssl"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    seconds: float = 30

    @property
    def where(self) -> str:
        return f"smtp://{self.host}:{self.port}"


def message_id(business: str, business_date: date, sender: str, topic: str = "lists") -> str:
    """The same for a business, night and topic whenever it is sent, as RFC 5322 section 3.6.4 asks of one message."""
    return f"<{topic}.{business}.{business_date:%Y%m%d}@{sender.rpartition('@')[2]}>"


def compose(
    *,
    subject: str,
    text: str,
    page: str,
    sender: str,
    recipients: Sequence[str],
    identity: str,
    at: datetime,
    attached: Path | None = None,
) -> EmailMessage:
    """Text and page as alternatives of one message, with a page attached; `at` is its Date, with a time zone."""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = subject
    message["From"] = sender
    message["To"] = ", ".join(recipients)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = identity
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence note answers it
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(page, subtype="html", cte="quoted-printable")
    if attached:
        message.add_attachment(attached.read_text(encoding="utf-8"), subtype="html", filename=attached.name)
    return message


def send_once(
    conn: Connection, business_date: date, message: EmailMessage, server: MailServer, *, topic: str = "lists"
) -> str:
    """Send what is to be told about a night unless it was sent: `sent` or `already_sent`. Commits.

    topic: `lists` for the night's summary; another one is another message.

    Raises PlaceUnreachable when another attempt may help, after doubt too; DeliveryError when the server refuses.
    activation.summaries tells how it stands: sent, failed, or unknown.
    """
    conn.rollback()
    row = conn.execute(
        "select status from activation.summaries where business_date = %s and topic = %s", [business_date, topic]
    ).fetchone()
    conn.rollback()
    if row is not None and row[0] == "sent":
        return "already_sent"
    is_doubtful = row is not None and row[0] == "unknown"
    is_handed_over = False
    recipients = [address.addr_spec for address in message["To"].addresses]
    try:
        with _session(server) as client:
            accepted = _address(client, message["From"].addresses[0].addr_spec, recipients)
            _write(
                conn, (business_date, topic), message, "unknown", accepted, "nobody knows whether the server took it"
            )
            is_handed_over = True
            code, answer = client.data(message.as_bytes())
            if code != 250:
                raise smtplib.SMTPDataError(code, answer)
            left_out = len(recipients) - accepted
            told = f"the server does not know {left_out} of the recipients" if left_out else None
            _write(conn, (business_date, topic), message, "sent", accepted, told)
    except (smtplib.SMTPException, OSError) as error:
        is_doubt = is_handed_over and not isinstance(error, smtplib.SMTPResponseException)
        explained = _explained(error, server, is_doubt=is_doubt)
        # A doubt stays one, whatever a later attempt meets.
        _write(
            conn, (business_date, topic), message, "unknown" if is_doubt or is_doubtful else "failed", 0, explained.what
        )
        raise explained from None
    return "sent"


@contextmanager
def _session(server: MailServer) -> Iterator[smtplib.SMTP]:
    """A session, logged in. Leaving it never fails: the message is taken or not by then."""
    context = ssl.create_default_context()
    client: smtplib.SMTP
    if server.security == "ssl":
        client = smtplib.SMTP_SSL(server.host, server.port, timeout=server.seconds, context=context)
    else:
        client = smtplib.SMTP(server.host, server.port, timeout=server.seconds)
    try:
        if server.security == "starttls":
            client.starttls(context=context)
        client.ehlo_or_helo_if_needed()
        if server.user:
            client.login(server.user, server.password or "")
        yield client
    finally:
        client.close()


def _address(client: smtplib.SMTP, sender: str, recipients: Sequence[str]) -> int:
    """Name sender and recipients; how many of these the server takes."""
    code, answer = client.mail(sender)
    if code != 250:
        raise smtplib.SMTPSenderRefused(code, answer, sender)
    answers = [client.rcpt(recipient) for recipient in recipients]
    accepted = sum(code in (250, 251) for code, _ in answers)
    if not accepted:
        raise smtplib.SMTPResponseException(*answers[0])
    return accepted


def _explained(error: Exception, server: MailServer, *, is_doubt: bool) -> DeliveryError:
    """No text of the server's: it may repeat addresses."""
    if is_doubt:
        return PlaceUnreachable(
            "The connection ended after the summary was handed over: the server may have taken it or not.",
            where=server.where,
            fix="it is sent again under the same Message-ID; who has it twice may delete one",
        )
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return DeliveryError(
            "The mail server refused the login.", where=server.where, fix="check login and password of the connection"
        )
    if isinstance(error, smtplib.SMTPResponseException):
        kind = PlaceUnreachable if 400 <= error.smtp_code < 500 else DeliveryError
        return kind(
            f"The mail server refused the summary (SMTP {error.smtp_code}).",
            where=server.where,
            fix="check `summary` in the business's file: sender and recipients must be known to that server",
        )
    if isinstance(error, ssl.SSLError):
        return DeliveryError(
            "No encrypted connection to the mail server came about.",
            where=server.where,
            fix="check its certificate, and disable_ssl and disable_tls in the extra of the connection",
        )
    return PlaceUnreachable(
        f"The mail server cannot be reached ({type(error).__name__}).",
        where=server.where,
        fix="check host, port and network; the attempt is repeated",
    )


def _write(
    conn: Connection,
    told: tuple[date, str],
    message: EmailMessage,
    status: str,
    n_recipients: int,
    reason: str | None,
) -> None:
    conn.execute(
        "insert into activation.summaries (business_date, topic, status, message_id, n_recipients, reason, sent_at)"
        " values (%(night)s, %(topic)s, %(status)s, %(id)s, %(n)s, %(reason)s,"
        "  case when %(status)s = 'sent' then clock_timestamp() end)"
        " on conflict (business_date, topic) do update set status = excluded.status, message_id = excluded.message_id,"
        " n_recipients = excluded.n_recipients, reason = excluded.reason, sent_at = excluded.sent_at,"
        " attempted_at = clock_timestamp()",
        {
            "night": told[0],
            "topic": told[1],
            "status": status,
            "id": str(message["Message-ID"]),
            "n": n_recipients,
            "reason": reason,
        },
    )
    conn.commit()
