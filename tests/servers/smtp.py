"""An SMTP server on 127.0.0.1 that keeps what it gets, and hangs up where it is told to (RFC 5321)."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default


@dataclass
class MailBox:
    """The server's port, what it got (envelope recipients beside each message), and how it behaves."""

    port: int
    messages: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)  # recipients it refuses
    hangs_up_after_text: bool = False  # it keeps the message, and its answer never comes
    answer_to_text: bytes = b"250 queued"


class _Session(socketserver.StreamRequestHandler):
    server: _Server

    def say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")

    def handle(self) -> None:
        box, recipients = self.server.box, []
        self.say(b"220 here")
        while line := self.rfile.readline():
            verb, _, rest = line.strip().decode().partition(" ")
            match verb.upper():
                case "RCPT":
                    address = rest.partition("<")[2].partition(">")[0]
                    if address in box.unknown:
                        self.say(b"550 nobody called " + address.encode())
                    else:
                        recipients.append(address)
                        self.say(b"250 known")
                case "DATA":
                    self.say(b"354 go on")
                    text = b""
                    while (part := self.rfile.readline()) not in (b".\r\n", b""):
                        text += part.removeprefix(b".") if part.startswith(b"..") else part
                    message = message_from_bytes(text, policy=default)
                    assert isinstance(message, EmailMessage)
                    box.messages.append((recipients, message))
                    if box.hangs_up_after_text:
                        return
                    self.say(box.answer_to_text)
                case "QUIT":
                    self.say(b"221 bye")
                    return
                case _:
                    self.say(b"250 fine")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    box: MailBox


@contextmanager
def run_smtp_server() -> Iterator[MailBox]:
    """Run the server until the block ends."""
    with _Server(("127.0.0.1", 0), _Session) as server:
        server.box = MailBox(server.server_address[1])
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server.box
        server.shutdown()
