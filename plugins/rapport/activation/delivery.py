"""Lists prepared, delivered once, and written into the send ledger.

The bytes of a list follow from build_activation.lists alone, so its SHA-256 tells whether two lists are the
same. A delivery puts the file under its final name, then its checksum, then its manifest, then the ledger: a
crash anywhere leaves something the next attempt recognises and completes, and never a second sending. A receiver that
cannot be asked what is there (HTTPS) gets a list at least once: the ledger says `unknown` before the request goes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import psycopg

from rapport import settings
from rapport.activation.contact_hash import contact_hash, contact_key
from rapport.activation.decisions import keep_draws, keep_exclusions, keep_trials
from rapport.activation.destinations import Destination, check_destinations, declared_destinations
from rapport.activation.https import HttpsReceiver, idempotency_key
from rapport.activation.last_look import find_barred, keep_barred, without_barred
from rapport.activation.lists import LIST_COLUMNS, file_stem, frame_of, render
from rapport.activation.memberships import keep_members
from rapport.activation.segments import Segment
from rapport.activation.transports import MayHaveArrived, PlaceUnreachable, Transport, put_once
from rapport.errors import DeliveryError
from rapport.files import write_whole

Connection = psycopg.Connection[Any]
Outcome = Literal["delivered", "already_delivered", "dry_run"]
LIST_KIND = "full"


@dataclass(frozen=True)
class PreparedList:
    """A list made and written down, not sent yet. Holds no personal data: fit for logs and task results."""

    business: str
    business_date: date
    segment: str
    destination: str
    file_name: str
    path: Path
    n_rows: int
    sha256: str


@dataclass(frozen=True)
class Delivery:
    """What became of a prepared list, and where it is."""

    segment: str
    destination: str
    outcome: Outcome
    location: str
    n_rows: int
    sha256: str


def prepare(
    conn: Connection,
    business: str,
    business_date: date,
    *,
    segments: Sequence[Segment],
    destinations: dict[str, Destination] | None = None,
    exclusions_kept_days: int = 400,
) -> list[PreparedList]:
    """Write each segment's list for each of its destinations to work_dir/lists/<date>/ and into the ledger.

    With them goes what the night decided about people: exclusions, draws, whose turn came. A segment nobody is on
    gives a file with only its header. What has been delivered already stays so in the ledger. Commits. Raises
    DeliveryError when build_activation.lists is missing or another night's.
    """
    destinations = declared_destinations() if destinations is None else destinations
    check_destinations(segments, destinations)
    pairs = [(segment.name, destination) for segment in segments for destination in segment.destinations]
    marketing = {segment.name for segment in segments if segment.is_marketing}
    _check_lists(conn, business_date, pairs)
    folder = settings.work_dir(business) / "lists" / f"{business_date}"
    prepared = []
    for segment, destination in pairs:
        rows = rows_of_list(conn, business_date, segment, destination)
        content = render(rows, destinations[destination])
        _refuse_too_large(content, destinations[destination], segment)
        file_name = f"{file_stem(segment, business_date)}.csv"
        path = folder / destination / file_name
        _keep(path, content)
        item = PreparedList(business, business_date, segment, destination, file_name, path, len(rows), _sha256(content))
        conn.execute(
            "insert into activation.deliveries"
            " (business_date, segment, destination, list_kind, status, file_name, n_rows, sha256, is_marketing)"
            " values (%s, %s, %s, %s, 'prepared', %s, %s, %s, %s)"
            " on conflict (business_date, segment, destination, list_kind) do update set"
            " status = excluded.status, file_name = excluded.file_name, n_rows = excluded.n_rows,"
            " sha256 = excluded.sha256, is_marketing = excluded.is_marketing,"
            " location = null, reason = null, prepared_at = clock_timestamp()"
            " where deliveries.status not in ('delivered', 'unknown')",
            [*_key(item), file_name, item.n_rows, item.sha256, segment in marketing],
        )
        prepared.append(item)
    _forget_lists_no_longer_declared(conn, business_date, pairs)
    keep_exclusions(conn, business_date, kept_days=exclusions_kept_days)
    keep_draws(conn, business_date)
    keep_trials(conn, business_date)
    conn.commit()
    return prepared


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
    destinations = declared_destinations() if destinations is None else destinations
    destination = destinations[prepared.destination]
    conn.rollback()  # whatever the caller read before: the row must be seen as it is now
    try:
        if not dry_run:
            _look_again(conn, prepared, destination, transport, barred)
        status, sha256, location = _locked_ledger_row(conn, prepared)
        built = rows_of_list(conn, *_list_of(prepared))
        rows = without_barred(conn, *_list_of(prepared), built)
        content = render(rows, destination)
        is_out = status in ("delivered", "unknown")
        if is_out and not dry_run:  # a doubt counts as delivered: who got it gets nothing else
            _refuse_other_content(prepared, sha256, _sha256(content), location)
        if status == "delivered" and not dry_run:
            return _outcome(prepared, "already_delivered", location)
        if status != "unknown":  # of what may be out, the ledger knows the content
            is_as_built = is_out or len(rows) == len(built)
            _refuse_changed_list(prepared, content if is_as_built else render(built, destination))
        if dry_run:
            barred = find_barred(conn, *_list_of(prepared)) if barred is None else barred
            rows = rows[~rows["customer_id"].isin(list(barred))]
            content = render(rows, destination)
        sent = replace(prepared, n_rows=len(rows), sha256=_sha256(content))
        files = _files_of(sent, destination, content)
        if dry_run:
            location = _rehearse(prepared, files)
            if not is_out:
                _write_ledger(conn, prepared, "dry_run", location)
            conn.commit()
            return _outcome(sent, "dry_run", location)
        if isinstance(transport, HttpsReceiver):
            location = _post(conn, prepared, sent, rows, transport, files, is_doubtful=status == "unknown")
        else:
            listed = next(iter(files))
            transport.forget_parts(listed)
            for path, data in files.items():
                put_once(transport, path, data)
            location = transport.location(listed)
        _write_members(conn, sent, rows)
        keep_members(conn, *_list_of(sent), rows)
        _write_ledger(conn, sent, "delivered", location)
        conn.commit()
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
    rows: pd.DataFrame,
    receiver: HttpsReceiver,
    files: Mapping[str, bytes],
    *,
    is_doubtful: bool,
) -> str:
    """Post a list, the ledger having said before that it may be out, and with whom on it; where it went.

    Only where no request of this or an earlier attempt (`is_doubtful`) can have been taken, that is unsaid. Commits.
    """
    content, *_, manifest = files.values()
    key = idempotency_key(prepared.business, *_key(prepared))
    location = receiver.location(key)
    _write_members(conn, sent, rows)
    _write_ledger(conn, sent, "unknown", location, "nobody knows yet whether the receiver took it")
    conn.commit()
    if _locked_ledger_row(conn, sent)[0] != "unknown":
        raise PlaceUnreachable(
            "Another attempt sent this list at the same moment.", where=location, fix="the attempt is repeated"
        )
    try:
        receiver.post(content, manifest, key=key)
    except MayHaveArrived:
        raise
    except DeliveryError:
        if not is_doubtful:
            _write_members(conn, sent, rows[:0])
            _write_ledger(conn, prepared, "prepared", "")
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
    status, _, _ = _locked_ledger_row(conn, prepared)
    if status not in ("delivered", "unknown") and not _is_put(conn, prepared, destination, transport):
        barred = find_barred(conn, *_list_of(prepared)) if barred is None else barred
        keep_barred(conn, prepared.business_date, prepared.segment, barred)
    conn.commit()


def _is_put(
    conn: Connection, prepared: PreparedList, destination: Destination, transport: Transport | HttpsReceiver
) -> bool:
    """Whether the list as the ledger has it lies at its place, where that can be asked."""
    if isinstance(transport, HttpsReceiver):
        return False
    digest = transport.digest(remote_path(prepared, destination))
    if digest is None:
        return False
    built = rows_of_list(conn, *_list_of(prepared))
    return digest == _sha256(render(without_barred(conn, *_list_of(prepared), built), destination))


def remote_path(prepared: PreparedList, destination: Destination) -> str:
    """Where the list goes, relative to the drop: `<date>/[<folder>/]<segment>_<YYYYMMDD>_full.csv`."""
    parts = [f"{prepared.business_date}", destination.folder, prepared.file_name]
    return "/".join(part for part in parts if part)


def _files_of(prepared: PreparedList, destination: Destination, content: bytes) -> dict[str, bytes]:
    """The list, its checksum, its manifest, in the order they are put: the manifest says all is there."""
    path = remote_path(prepared, destination)
    manifest = {
        "file": prepared.file_name,
        "business": prepared.business,
        "night": f"{prepared.business_date}",
        "segment": prepared.segment,
        "destination": prepared.destination,
        "list_kind": LIST_KIND,
        "rows": prepared.n_rows,
        "is_empty": prepared.n_rows == 0,
        "columns": destination.headers,
        "schema_version": destination.schema_version,
        "bytes": len(content),
        "sha256": prepared.sha256,
    }
    return {
        path: content,
        f"{path}.sha256": f"{prepared.sha256}  {prepared.file_name}\n".encode(),
        f"{path.removesuffix('.csv')}.manifest.json": (json.dumps(manifest, indent=2) + "\n").encode(),
    }


def _list_of(prepared: PreparedList) -> tuple[date, str, str]:
    return prepared.business_date, prepared.segment, prepared.destination


def _key(prepared: PreparedList) -> list[Any]:
    return [prepared.business_date, prepared.segment, prepared.destination, LIST_KIND]


_THIS_LIST = "business_date = %s and segment = %s and destination = %s and list_kind = %s"


def _locked_ledger_row(conn: Connection, prepared: PreparedList) -> tuple[str, str, str]:
    row = conn.execute(
        f"select status, sha256, coalesce(location, '') from activation.deliveries where {_THIS_LIST} for update",
        _key(prepared),
    ).fetchone()
    if row is None:
        raise DeliveryError(
            "This list is not in the send ledger.",
            where=_where(prepared),
            fix="prepare the night's lists first",
        )
    return row[0], row[1], row[2]


def _refuse_other_content(prepared: PreparedList, delivered: str, now: str, location: str) -> None:
    if delivered != now:
        raise DeliveryError(
            f"This list was delivered already, with other content: SHA-256 {delivered[:12]}… then, {now[:12]}… now.",
            where=location or _where(prepared),
            fix="a night sends once: find out what changed, and send corrections with the next night",
        )


def _refuse_changed_list(prepared: PreparedList, content: bytes) -> None:
    if _sha256(content) != prepared.sha256:
        raise DeliveryError(
            "The list changed between preparation and delivery: what was checked is not what would go.",
            where=_where(prepared),
            fix="prepare and check the night's lists again",
        )


def _refuse_too_large(content: bytes, destination: Destination, segment: str) -> None:
    if destination.max_bytes is not None and len(content) > destination.max_bytes:
        raise DeliveryError(
            f"The list of {segment} has {len(content):,} bytes; {destination.title} takes {destination.max_bytes:,}.",
            where=f"destinations/{destination.name}.yml: max_bytes",
            fix="divide the segment in two, or give it another destination",
        )


def _write_ledger(
    conn: Connection, prepared: PreparedList, status: str, location: str, reason: str | None = None
) -> None:
    delivered_at = "clock_timestamp()" if status == "delivered" else "null"
    conn.execute(
        "update activation.deliveries set status = %s, location = %s, reason = %s, file_name = %s,"
        f" n_rows = %s, sha256 = %s, delivered_at = {delivered_at} where {_THIS_LIST}",
        [status, location, reason, prepared.file_name, prepared.n_rows, prepared.sha256, *_key(prepared)],
    )


def write_failure(conn: Connection, prepared: PreparedList, error: DeliveryError) -> None:
    """Write into the ledger why a list did not go; a delivered one stays delivered, and a doubt a doubt. Commits."""
    conn.execute(
        "update activation.deliveries set reason = %s,"
        " status = case status when 'unknown' then status else 'failed' end"
        f" where {_THIS_LIST} and status <> 'delivered'",
        [error.what, *_key(prepared)],
    )
    conn.commit()


def _write_members(conn: Connection, prepared: PreparedList, rows: pd.DataFrame) -> None:
    key = contact_key()
    night = [prepared.business_date, prepared.segment, prepared.destination]
    with conn.cursor() as cursor:
        cursor.execute(
            "delete from activation.delivery_members where business_date = %s and segment = %s and destination = %s",
            night,
        )
        with cursor.copy(
            "copy activation.delivery_members"
            " (business_date, segment, destination, customer_id, channel, contact_hash) from stdin"
        ) as copy:
            for row in rows.itertuples(index=False):
                copy.write_row([*night, row.customer_id, row.channel, contact_hash(str(row.contact), key)])


def _forget_lists_no_longer_declared(conn: Connection, business_date: date, pairs: Sequence[tuple[str, str]]) -> None:
    """An earlier attempt may have prepared a list whose segment is gone since: nobody would ever send it."""
    conn.execute(
        "delete from activation.deliveries where business_date = %s and status not in ('delivered', 'unknown')"
        " and (segment, destination) not in (select * from unnest(%s::text[], %s::text[]))",
        [business_date, [segment for segment, _ in pairs], [destination for _, destination in pairs]],
    )


def _check_lists(conn: Connection, business_date: date, pairs: Iterable[tuple[str, str]]) -> None:
    found = conn.execute("select to_regclass('build_activation.lists')").fetchone()
    if found is None or found[0] is None:
        raise DeliveryError(
            "The lists have not been built.",
            where="build_activation.lists",
            fix="build them first: `rapport dbt -- build --select activation`",
        )
    declared = set(pairs)
    for night, segment, destination in conn.execute(
        "select distinct business_date, segment, destination from build_activation.lists"
    ):
        if night != business_date:
            raise DeliveryError(
                f"The lists that are built belong to the night of {night}, not to {business_date}.",
                where="build_activation.lists",
                fix="build the lists of this night again",
            )
        if (segment, destination) not in declared:
            raise DeliveryError(
                f"There are rows for segment {segment!r} to {destination!r}, which nobody declares.",
                where="build_activation.lists",
                fix="build the lists again after a change of segments",
            )


def rows_of_list(conn: Connection, business_date: date, segment: str, destination: str) -> pd.DataFrame:
    """Rows of one list as built for a night, columns as in LIST_COLUMNS."""
    rows = conn.execute(
        f"select {', '.join(LIST_COLUMNS)} from build_activation.lists"  # column names of our own
        " where business_date = %s and segment = %s and destination = %s",
        [business_date, segment, destination],
    ).fetchall()
    return frame_of(rows)


def _rehearse(prepared: PreparedList, files: dict[str, bytes]) -> str:
    folder = settings.work_dir(prepared.business) / "dry_run"
    for path, data in files.items():
        _keep(folder / path, data)
    return str(folder / next(iter(files)))


def _keep(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_whole(path, content)


def _outcome(prepared: PreparedList, outcome: Outcome, location: str) -> Delivery:
    return Delivery(prepared.segment, prepared.destination, outcome, location, prepared.n_rows, prepared.sha256)


def _where(prepared: PreparedList) -> str:
    return f"night {prepared.business_date}, segment {prepared.segment}, destination {prepared.destination}"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
