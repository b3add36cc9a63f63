"""Files besides exports: delivered lists, lists in the making, dbt's targets, Data Docs, logs.

Encrypted lists cannot be read here. Whether the person is on one that was delivered, the send ledger knows; one that
was kept until it is out goes in any case.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from rapport import settings
from rapport.activation.encryption import ENDING
from rapport.businesses import Business
from rapport.errors import RapportError
from rapport.files import write_like
from rapport.landing.recognition import landed_files
from rapport.privacy.normal_keys import hashed, privacy_key
from rapport.privacy.person import Person
from rapport.privacy.rewriting import CannotRewrite, split_records, text_of

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Place:
    """A folder that is looked through, by the name reports give it."""

    name: str
    folder: Path


def kept_apart(business: Business) -> Path:
    """Folder of the erasures themselves: what is still to be removed, until that is done, and reports."""
    return settings.work_dir(business.name) / "erasures"


def places(business: Business) -> list[Place]:
    """Every folder of our own in which there may be something of a person, but the landing folder."""
    drops = {business.drop_folder()} | {
        Path(where.folder).expanduser()
        for where in business.destinations.values()
        if where.transport == "local" and where.folder
    }
    found = [Place("delivered lists", folder) for folder in sorted(drops)]
    found += [
        Place("work (lists, dbt's targets, Data Docs)", settings.work_dir(business.name)),
        Place("logs", settings.state_dir() / "airflow" / "logs"),
        Place("seeds (what people decided of records)", settings.SEEDS),
    ]
    return [place for place in found if place.folder.is_dir()]


def remote_drops(business: Business) -> list[str]:
    """Destinations whose files lie with the recipient."""
    return sorted(name for name, where in business.destinations.items() if where.transport != "local")


def files_in(folder: Path, without: Path | None = None) -> Iterator[Path]:
    """Every file below a folder, hidden ones too; links are not followed."""
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if Path(root) / name != without)
        for name in sorted(names):
            path = Path(root) / name
            if path.is_file() and not path.is_symlink():
                yield path


def erase_from_files(
    conn: Connection, business: Business, person: Person, landing_folders: Iterable[Path]
) -> dict[str, int]:
    """Take the person's lines out of lists, and what names them out of all other files; counts of files by place.

    Of landing folders it takes what is no export: notes, markers, what was left unfinished. The send ledger is told a
    list's new checksum. Commits.
    """
    counts: dict[str, int] = {}
    looked_at = [(place.name, path) for place in places(business) for path in _files_of(place, business)]
    for folder in landing_folders:
        exports = set(landed_files(folder))
        looked_at += [("landing, besides exports", path) for path in files_in(folder) if path not in exports]
    for name, path in looked_at:
        if not path.is_file():
            continue  # went with the encrypted list it belongs to
        erase = _erase_encrypted if path.suffix == ENDING else _erase_from
        try:
            if erase(conn, path, person):
                counts[name] = counts.get(name, 0) + 1
        except PermissionError:
            raise RapportError(
                "A file names the person and may not be written.",
                where=str(path),
                fix="take the lines out by hand, or give the right to write it, and repeat the erasure",
            ) from None
    conn.commit()
    return counts


def _files_of(place: Place, business: Business) -> Iterator[Path]:
    return files_in(place.folder, kept_apart(business))


def _erase_from(conn: Connection, path: Path, person: Person) -> bool:
    text, encoding = text_of(path)
    if not person.is_in(text):
        return False
    if path.suffix == ".csv":
        _shorten_list(conn, path, text, person)
    elif "\0" in text:
        path.unlink()  # of a program's own format; such files are made anew
    else:
        write_like(path, person.redacted(text)[0].encode(encoding), path)
    return True


def _erase_encrypted(conn: Connection, path: Path, person: Person) -> bool:
    """Remove an encrypted list the person is on, with its checksum and manifest; it cannot be shortened."""
    stem = path.name.removesuffix(f".csv{ENDING}")
    manifest = path.with_name(f"{stem}.manifest.json")
    if manifest.is_file():
        said = json.loads(manifest.read_text("utf-8"))
        # By now the ledger has keyed hashes of the person's ids.
        ids = {f"erased_{hashed('record', one, privacy_key())[:32]}" for one in person.customer_ids}
        found = conn.execute(
            "select from activation.delivery_members where business_date = %s and segment = %s and destination = %s"
            " and customer_id = any(%s) limit 1",
            [said["night"], said["segment"], said["destination"], sorted(ids | person.customer_ids)],
        ).fetchone()
        # A list of those to remove names people who are on none of that night's.
        if found is None and said["list_kind"] == "full" and not path.is_relative_to(settings.state_dir() / "work"):
            return False
    for one in (path.with_name(f"{path.name}.sha256"), manifest, path):
        one.unlink(missing_ok=True)
    return True


def _shorten_list(conn: Connection, path: Path, text: str, person: Person) -> None:
    try:
        header, *records = split_records(text.encode(), ",")
    except (CannotRewrite, ValueError):
        header, records = b"", text.encode().splitlines(keepends=True)
    kept = [record for record in records if not person.is_in(record.decode())]
    old, content = path.read_bytes(), header + b"".join(kept)
    before, after = hashlib.sha256(old).hexdigest(), hashlib.sha256(content).hexdigest()
    # The ledger first: killed in between, the list is shortened again and the ledger is right already.
    conn.execute(
        "update activation.deliveries set sha256 = %s, n_rows = %s where file_name = %s and sha256 = %s",
        [after, len(kept), path.name, before],
    )
    conn.commit()
    checksum, manifest = path.with_name(f"{path.name}.sha256"), path.with_name(f"{path.stem}.manifest.json")
    if checksum.is_file():
        write_like(checksum, checksum.read_bytes().replace(before.encode(), after.encode()), checksum)
    if manifest.is_file():
        said = json.loads(manifest.read_text("utf-8"))
        said |= {"rows": len(kept), "is_empty": not kept, "bytes": len(content), "sha256": after}
        write_like(manifest, (json.dumps(said, indent=2) + "\n").encode(), manifest)
    write_like(path, content, path)
