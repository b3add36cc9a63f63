"""A receiver of lists by HTTPS on 127.0.0.1, with a certificate of its own authority, that behaves as it is told to.

It knows a list again by its Idempotency-Key, as the IETF's draft has it: the same once more is answered and not taken
twice, another content under that key is refused (422).
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

TOKEN = "a-token-of-the-receiver"


@dataclass
class Post:
    """A request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def key(self) -> str:
        return self.headers["Idempotency-Key"]


@dataclass
class Receiver:
    """Where it listens, whom it trusts, what it got, and what it does with the next requests."""

    url: str
    ca_file: Path
    posts: list[Post] = field(default_factory=list)
    taken: dict[str, bytes] = field(default_factory=dict)  # by Idempotency-Key
    # Of the next requests, one each; without one it takes the list (200). A status; or "hang up", which takes it and
    # never answers; "hang up unread"; "wait", which takes it and answers when nobody listens any more.
    next: list[int | str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)  # of its answers
    got_one: threading.Event = field(default_factory=threading.Event)


class _Session(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        receiver = self.server.receiver
        turn = receiver.next.pop(0) if receiver.next else 200
        self.close_connection = True
        if turn == "hang up unread":
            return
        post = Post(self.path, dict(self.headers), self.rfile.read(int(self.headers["Content-Length"])))
        receiver.posts.append(post)
        receiver.got_one.set()
        if turn in (200, "hang up", "wait"):
            there = receiver.taken.setdefault(post.key, post.body)
            turn = 422 if there != post.body else turn
        if turn == "wait":
            time.sleep(2)
        if isinstance(turn, int):
            self.send_response(turn)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"ayse@example.com is not welcome")

    def log_message(self, format: str, *args: object) -> None:
        """Not on the screen."""


class _Server(ThreadingHTTPServer):
    receiver: Receiver

    def handle_error(self, request: object, client_address: object) -> None:
        """A sender that was killed, or that does not trust us, is no error here."""


@contextmanager
def run_receiver(folder: Path) -> Iterator[Receiver]:
    """Run the receiver until the block ends; certificate and key are written to the folder."""
    ca_file, chain = _certificates(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    with _Server(("127.0.0.1", 0), _Session) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.receiver = Receiver(f"https://127.0.0.1:{server.server_address[1]}", ca_file)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server.receiver
        server.shutdown()


def _certificates(folder: Path) -> tuple[Path, Path]:
    """The authority's certificate; and the server's for 127.0.0.1 with its key."""
    authority_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority for tests")])
    now = datetime.now(UTC)

    def builder(subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(authority)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
        )

    own = (
        builder(authority, authority_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    served = (
        builder(name, server_key)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    ca_file, chain = folder / "authority.pem", folder / "server.pem"
    ca_file.write_bytes(own.public_bytes(pem))
    chain.write_bytes(
        served.public_bytes(pem)
        + server_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return ca_file, chain
