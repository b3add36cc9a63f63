"""Prepared lists delivered once, and written into the send ledger.

The bytes of a list follow from build_activation.lists and activation.memberships alone, so its SHA-256 tells whether
two lists are the same. A delivery puts the file under its final name, then its checksum, then its manifest, then the
ledger: a crash anywhere leaves something the next attempt recognises and completes, and never a second sending. A
receiver that cannot be asked what is there (HTTPS) gets a list at least once: the ledger says `unknown` before the
request goes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import psycopg

from rapport import settings
from rapport.activation.destinations import Destination, declared_destinations
from rapport.activation.encryption import ENDING, seal_for
from rapport.activation.https import HttpsReceiver, idempotency_key
from rapport.activation.last_look import find_barred, keep_barred
from rapport.activation.ledger import (
    Entry,
    PreparedList,
    locked_entry,
    write_failure,
    write_status,
)
from rapport.activation.list_files import files_of, put_files, remote_path, write_list
from rapport.activation.lists import ListOf
from rapport.activation.memberships import forget_contacted, keep_contacted, keep_members
from rapport.activation.transports import MayHaveArrived, PlaceUnreachable, Transport
from rapport.errors import DeliveryError
from rapport.files import write_whole

Connection = psycopg.Connection[Any]
Outcome = Literal["delivered", "already_delivered", "dry_run"]


@dataclass(frozen=True)
class Delivery:
    """What became of a prepared list, and where it is."""

    which: ListOf
    outcome: Outcome
    location: str
    n_rows: int
    sha256: str


def deliver(
    conn: Connection,
    prepared: PreparedList,
    transport: Transport | HttpsReceiver,
    *,
    dry_run: bool = False,
    destinations: dict[str, Destination] | None = None,
    barred: Mapping[str, str] | None = None,
) -> Delivery:
    """Send one prepared list over an open transport, once; the same night again sends nothing.

    `barred` is whom a last look at this list found just now; without it the look is taken here. Who withdrew since
    the list was built is left out and kept in activation.exclusions: the ledger then tells rows and SHA-256 of what
    went. What a receiver may have already is sent as it went, under the same key. A dry run writes the same files to
    work_dir/dry_run/<date>/ instead and says so in the ledger, where a later real run takes its place. Commits. Raises
    DeliveryError when the night's list was delivered with other content, when another file has its name, or when the
    place refuses; PlaceUnreachable when another attempt may help, MayHaveArrived after doubt.
    """
    which = prepared.which
    destination = (declared_destinations() if destinations is None else destinations)[which.destination]
    conn.rollback()  # whatever the caller read before: the row must be seen as it is now
    try:
        if not dry_run:
            _look_again(conn, prepared, destination, transport, barred)
        entry = locked_entry(conn, prepared)
        if entry.is_out and not dry_run:  # a doubt counts as delivered: who got it gets nothing else
            _refuse_other_content(conn, prepared, entry, destination)
        if entry.status == "delivered" and not dry_run:
            return _outcome(prepared, "already_delivered", entry.location)
        left_out = (find_barred(conn, which) if barred is None else barred) if dry_run else ()
        sent, files = _files(conn, prepared, destination, left_out)
        if not entry.is_out and sent.sha256 != prepared.sha256:
            _refuse_changed_list(conn, prepared, destination)
        if (seal := seal_for(transport)) is not None:  # the ledger tells of what is inside
            files = seal.sealed(sent, files, may_be_new=entry.status != "unknown", is_kept=not dry_run)
        if dry_run:
            location = _rehearse(prepared, files)
            if not entry.is_out:
                write_status(conn, prepared, "dry_run", location)
            conn.commit()
            return _outcome(sent, "dry_run", location)
        if isinstance(transport, HttpsReceiver):
            location = _post(conn, prepared, sent, transport, files, is_doubtful=entry.status == "unknown")
        else:
            location = put_files(transport, files)
            keep_contacted(conn, which)
        keep_members(conn, which)
        write_status(conn, sent, "delivered", location)
        conn.commit()
        if seal is not None:
            seal.forget(sent)
        return _outcome(sent, "delivered", location)
    except DeliveryError as error:
        conn.rollback()
        write_failure(conn, prepared, error)
        raise
    finally:
        conn.rollback()


def _post(
    conn: Connection,
    prepared: PreparedList,
    sent: PreparedList,
    receiver: HttpsReceiver,
    files: Mapping[str, bytes],
    *,
    is_doubtful: bool,
) -> str:
    """Post a list, the ledger having said before that it may be out, and with whom on it; where it went.

    Only where no request of this or an earlier attempt (`is_doubtful`) can have been taken, that is unsaid. Commits.
    """
    which = prepared.which
    content, *_, manifest = files.values()
    key = idempotency_key(prepared.business, which.business_date, which.segment, which.destination, which.kind)
    location = receiver.location(key)
    keep_contacted(conn, which)
    write_status(conn, sent, "unknown", location, "nobody knows yet whether the receiver took it")
    conn.commit()
    if locked_entry(conn, sent).status != "unknown":
        raise PlaceUnreachable(
            "Another attempt sent this list at the same moment.", where=location, fix="the attempt is repeated"
        )
    try:
        receiver.post(content, manifest, key=key)
    except MayHaveArrived:
        raise
    except DeliveryError:
        if not is_doubtful:
            forget_contacted(conn, which)
            write_status(conn, prepared, "prepared", "")
            conn.commit()
        raise
    return location


def _look_again(
    conn: Connection,
    prepared: PreparedList,
    destination: Destination,
    transport: Transport | HttpsReceiver,
    barred: Mapping[str, str] | None,
) -> None:
    """Keep whom the last look bars, before anything is put: an attempt that is killed then leaves out the same people.

    What a killed attempt has put, or a receiver may have, is out; nobody can be taken off it any more. Commits.
    """
    if not locked_entry(conn, prepared).is_out and not _is_put(conn, prepared, destination, transport):
        barred = find_barred(conn, prepared.which) if barred is None else barred
        keep_barred(conn, prepared.which, barred)
    conn.commit()


def _is_put(
    conn: Connection, prepared: PreparedList, destination: Destination, transport: Transport | HttpsReceiver
) -> bool:
    """Whether the list as the ledger has it lies at its place, where that can be asked."""
    if isinstance(transport, HttpsReceiver):
        return False
    seal = seal_for(transport)
    digest = transport.digest(remote_path(prepared.which, destination) + ("" if seal is None else ENDING))
    if digest is None:
        return False
    going = write_list(conn, prepared.which, "going", destination)
    if seal is None:
        return digest == going.sha256
    kept = seal.kept(prepared.with_content(going.n_rows, going.sha256))
    return kept is not None and digest == hashlib.sha256(kept).hexdigest()


def _files(
    conn: Connection, prepared: PreparedList, destination: Destination, left_out: Collection[str] = ()
) -> tuple[PreparedList, dict[str, bytes]]:
    """The list as it goes, and its files. This installation's copy becomes what goes."""
    content = write_list(conn, prepared.which, "going", destination, prepared.path, left_out=left_out)
    return prepared.with_content(content.n_rows, content.sha256), files_of(prepared, destination, content)


def _refuse_other_content(conn: Connection, prepared: PreparedList, entry: Entry, destination: Destination) -> None:
    # Whom a later look bars would belong on a list of those who leave too, and it is out; the next night's names them.
    if prepared.which.kind == "remove" and entry.status == "delivered":
        return
    now = write_list(conn, prepared.which, "going", destination).sha256
    if entry.sha256 != now:
        raise DeliveryError(
            f"This list was delivered already, with other content: SHA-256 {entry.sha256[:12]}… then, {now[:12]}… now.",
            where=entry.location or f"{prepared.which}",
            fix="a night sends once: find out what changed, and send corrections with the next night",
        )


def _refuse_changed_list(conn: Connection, prepared: PreparedList, destination: Destination) -> None:
    if write_list(conn, prepared.which, "built", destination).sha256 != prepared.sha256:
        raise DeliveryError(
            "The list changed between preparation and delivery: what was checked is not what would go.",
            where=f"{prepared.which}",
            fix="prepare and check the night's lists again",
        )


def _rehearse(prepared: PreparedList, files: dict[str, bytes]) -> str:
    folder = settings.work_dir(prepared.business) / "dry_run"
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(path, data)
    return str(folder / next(iter(files)))


def _outcome(prepared: PreparedList, outcome: Outcome, location: str) -> Delivery:
    return Delivery(prepared.which, outcome, location, prepared.n_rows, prepared.sha256)
