"""Delivery by HTTPS: a list is one POST, which the receiver knows again by its Idempotency-Key.

Nobody can be asked afterwards what is there. Whoever sends a request and gets no answer is in doubt, and stays so until
the same bytes were sent under the same key and taken.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import ssl
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from tenacity import RetryCallState, Retrying, retry_if_result, stop_after_attempt, wait_exponential_jitter

from rapport.activation.contact_hash import contact_key
from rapport.activation.transports import MayHaveArrived, PlaceUnreachable
from rapport.errors import DeliveryError

MANIFEST_HEADER = "Rapport-Manifest"
# By which a receiver says that it did not take the request: RFC 9110 (408, 503), RFC 8470 (425), RFC 6585 (429).
_NOT_TAKEN = (408, 425, 429, 503)
_BEING_TAKEN = 409  # of a request whose first sending is still at work, as the draft of Idempotency-Key has it
_NOTHING_WAS_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)

logging.getLogger("httpx").setLevel(logging.WARNING)  # it writes whole URLs down, and some have a secret in them


@dataclass(frozen=True)
class HttpsTarget:
    """A URL lists are posted to, and how to log in; what is secret stays out of its repr."""

    url: str = field(repr=False)  # paths and queries of webhooks are often their secret
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)  # sent as bearer token
    ca_file: str | None = None  # trusted in place of the system's certificates
    seconds: float = 60  # until a receiver that does not answer is given up
    attempts: int = 4  # requests in a row
    pause: float = 1  # seconds before the second of them; doubled each time
    longest_pause: float = 120  # a receiver that asks for a longer one is left alone until the task's next attempt


@dataclass(frozen=True)
class _Answer:
    """What came of one request: `error` is None where the list was taken."""

    error: DeliveryError | None = None
    is_worth_repeating: bool = False
    retry_after: float = 0


class HttpsReceiver:
    """A receiver of lists, over a client that is opened on entering and closed on leaving."""

    encrypt_to: Path | None = None

    def __init__(self, target: HttpsTarget) -> None:
        self.target = target
        self._url = httpx.URL(target.url)
        self._client: httpx.Client | None = None
        if self._url.scheme != "https" or not self._url.host:
            raise DeliveryError(
                "Lists are posted to https:// addresses only.",
                where=self._where,
                fix="expected https://host/path of the connection's host and the destination's `folder`",
            )

    def __enter__(self) -> Self:
        target = self.target
        self._client = httpx.Client(
            verify=_trusted(target.ca_file, self._where),
            auth=httpx.BasicAuth(target.user, target.password or "") if target.user else None,
            headers={"User-Agent": "rapport"} | ({"Authorization": f"Bearer {target.token}"} if target.token else {}),
            timeout=target.seconds,
            # Each list on a connection of its own: one that was closed meanwhile would look like doubt.
            limits=httpx.Limits(max_keepalive_connections=0),
            follow_redirects=False,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client is not None:
            self._client.close()
        self._client = None

    def post(self, content: bytes, manifest: bytes, *, key: str) -> None:
        """Send one list until the receiver takes it; the manifest (JSON) goes along as a header.

        Raises MayHaveArrived when any of the requests may have been taken, else PlaceUnreachable when another attempt
        may help, else DeliveryError. No text of the receiver's: it may repeat what was sent.
        """
        doubts: list[DeliveryError] = []
        headers = _headers(content, json.loads(manifest), key)

        def ask() -> _Answer:
            answer = self._ask(content, headers)
            if isinstance(answer.error, MayHaveArrived):
                doubts.append(answer.error)
            return answer

        requests = Retrying(
            stop=stop_after_attempt(self.target.attempts),
            wait=self._pause,
            retry=retry_if_result(self._is_worth_repeating),
            retry_error_callback=_last_answer,
        )
        error = requests(ask).error
        if error is not None:
            raise doubts[-1] if doubts else error

    def location(self, key: str) -> str:
        """Where it went, for people: host and key, by which the receiver finds it. No path, no query, no login."""
        return f"{self._where}, Idempotency-Key {key}"

    @property
    def _where(self) -> str:
        return f"{self._url.scheme}://{self._url.netloc.decode('ascii').rpartition('@')[2]}"

    def _is_worth_repeating(self, answer: _Answer) -> bool:
        return answer.is_worth_repeating and answer.retry_after <= self.target.longest_pause

    def _pause(self, state: RetryCallState) -> float:
        pause = self.target.pause
        own = wait_exponential_jitter(multiplier=pause, max=self.target.longest_pause, jitter=pause)(state)
        return max(own, _last_answer(state).retry_after)

    def _ask(self, content: bytes, headers: dict[str, str]) -> _Answer:
        if self._client is None:
            raise RuntimeError("HttpsReceiver is used outside its `with` block")
        try:
            # As a stream, so that nothing of the answer's body is read.
            with self._client.stream("POST", self._url, content=content, headers=headers) as response:
                return self._answer(response)
        except httpx.TransportError as error:
            return self._no_answer(error)

    def _answer(self, response: httpx.Response) -> _Answer:
        status = response.status_code
        if response.is_success:
            return _Answer()
        if status in _NOT_TAKEN:
            error: DeliveryError = PlaceUnreachable(
                f"The receiver does not take lists at present (HTTP {status}).",
                where=self._where,
                fix="ask its owner if it goes on; the attempt is repeated",
            )
            return _Answer(error, is_worth_repeating=True, retry_after=_retry_after(response.headers))
        if status == _BEING_TAKEN or response.is_server_error:
            error = self._doubt(f"it answered HTTP {status}")
            return _Answer(error, is_worth_repeating=True, retry_after=_retry_after(response.headers))
        return _Answer(
            DeliveryError(f"The receiver refused the list (HTTP {status}).", where=self._where, fix=_fix(status))
        )

    def _no_answer(self, error: httpx.TransportError) -> _Answer:
        if not isinstance(error, _NOTHING_WAS_SENT):
            # A receiver that hangs is not asked again at once; one that hung up is.
            doubt = self._doubt(f"no answer came ({type(error).__name__})")
            return _Answer(doubt, is_worth_repeating=not isinstance(error, httpx.TimeoutException))
        if _is_untrusted(error):
            refusal = DeliveryError(
                "The receiver's certificate is not one we trust: it may not be that receiver. Nothing was sent.",
                where=self._where,
                fix="ask its owner; an authority of its own is named by `ca_file` in the extra of the connection",
            )
            return _Answer(refusal)
        away = PlaceUnreachable(
            f"The receiver cannot be reached ({type(error).__name__}).",
            where=self._where,
            fix="check host, port and network; the attempt is repeated",
        )
        return _Answer(away, is_worth_repeating=True)

    def _doubt(self, what: str) -> MayHaveArrived:
        return MayHaveArrived(
            f"The receiver may have taken the list or not: {what}.",
            where=self._where,
            fix="the same list is sent again under the same Idempotency-Key; docs/runbooks/a-doubtful-delivery.md",
        )


def idempotency_key(
    business: str, business_date: date, segment: str, destination: str, list_kind: str, key: bytes | None = None
) -> str:
    """32 hex digits that follow from which list it is, whatever stands on it: HMAC-SHA256 under the installation's key.

    Another installation's list of that name, such as a rehearsal's, has another.
    """
    name = "/".join(("list", business, f"{business_date}", segment, destination, list_kind))
    return hmac.new(contact_key() if key is None else key, name.encode(), hashlib.sha256).hexdigest()[:32]


def _headers(content: bytes, manifest: dict[str, Any], key: str) -> dict[str, str]:
    encrypted = manifest.get("encrypted")
    name = (encrypted or manifest)["file"]
    return {
        "Content-Type": "application/octet-stream" if encrypted else "text/csv; charset=utf-8; header=present",
        "Content-Disposition": f'attachment; filename="{name}"',
        # RFC 9530; the value of Idempotency-Key is a string in quotes (draft-ietf-httpapi-idempotency-key-header)
        "Content-Digest": f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:",
        "Idempotency-Key": f'"{key}"',
        MANIFEST_HEADER: json.dumps(manifest, separators=(",", ":")),  # ASCII: other letters are escaped
    }


def _retry_after(headers: httpx.Headers) -> float:
    """Seconds a receiver asks to be left alone; 0 where it does not say so in a form of RFC 9110, section 10.2.3."""
    said = headers.get("Retry-After", "").strip()
    if said.isdecimal():
        return float(said)
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return 0
    seconds: float = (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return max(0, seconds)


def _last_answer(state: RetryCallState) -> _Answer:
    assert state.outcome is not None
    answer: _Answer = state.outcome.result()
    return answer


def _trusted(ca_file: str | None, where: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError:  # ssl.SSLError is one
        raise DeliveryError(
            "`ca_file` of the connection cannot be read as certificates.", where=where, fix="expected a PEM file"
        ) from None


def _is_untrusted(error: BaseException) -> bool:
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, ssl.SSLCertVerificationError):
            return True
        found = found.__cause__ or found.__context__
    return False


def _fix(status: int) -> str:
    if status in (401, 403):
        return "check login or token of the connection, and what it may do there"
    if status == 413:
        return "it is too large for that receiver: divide the segment, and set `max_bytes` in the destination's mapping"
    if 300 <= status < 400:
        return "it wants another address; lists are not sent on: ask its owner, and set it in the connection"
    return "check address and `folder`; ask its owner what that status means there"
