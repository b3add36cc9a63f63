"""Fetching exports from where vendors put them (SFTP, an object store) into the landing folder, each file whole."""

from __future__ import annotations

import os
import posixpath
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rapport.businesses import Arrival
from rapport.errors import LandingError
from rapport.landing.fetched_sizes import fetched_version, forget_fetched_size
from rapport.landing.file_names import MARKER, is_temporary

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_PART = ".part"


@dataclass(frozen=True)
class RemoteFile:
    """A file as a listing shows it; `name` is its path below the folder that is fetched from."""

    path: str
    name: str
    size: int
    modified_at: float  # seconds since 1970, whole: some servers tell no more

    def is_here(self, into: Path) -> bool:
        """Whether this very version lies in the landing folder already."""
        return fetched_version(into / self.name) == (self.size, int(self.modified_at))


def new_files(remote: AbstractFileSystem, folder: str, into: Path, arrival: Arrival) -> list[RemoteFile]:
    """Files of a remote folder that are not in the landing folder yet; with markers, only those marked whole.

    Names that programs use while they write are passed over, and so are markers. Raises LandingError when the
    folder is not there, and what the connection raises: that may pass.
    """
    listed = _listing(remote, folder)
    markers = {found.name for found in listed if found.name.endswith(MARKER)}
    return [
        found
        for found in listed
        if found.name not in markers
        and not is_temporary(posixpath.basename(found.name))
        and (arrival.complete != "marker" or found.name + MARKER in markers)
        and not found.is_here(into)
    ]


def fetch(
    remote: AbstractFileSystem,
    folder: str,
    into: Path,
    arrival: Arrival,
    settle_seconds: float,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Path]:
    """Bring what is new and whole into the landing folder; returns where it lies.

    A file appears there under its name only when it is complete: it is written beside it first. Where nothing
    else says that the sender is done, a file counts as whole if it is still the same `settle_seconds` after it was
    listed; what is still growing is left for the next look. Raises like `new_files`.
    """
    started = time.monotonic()
    found = new_files(remote, folder, into, arrival)
    parts = {file: _download(remote, file, into) for file in found}
    if found and arrival.complete == "settled":
        sleep(max(0.0, settle_seconds - (time.monotonic() - started)))
        remote.invalidate_cache()
    still = set(_listing(remote, folder)) if found else set()
    landed = []
    for file, part in parts.items():
        if file not in still or part.stat().st_size != file.size:
            part.unlink()
            continue
        os.utime(part, (file.modified_at, file.modified_at))
        part.replace(into / file.name)
        forget_fetched_size(into / file.name)
        landed.append(into / file.name)
    return landed


def _download(remote: AbstractFileSystem, file: RemoteFile, into: Path) -> Path:
    target = into / file.name
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}{_PART}")
    try:
        remote.get_file(file.path, str(part))
    except BaseException:
        part.unlink(missing_ok=True)  # on a full disk its bytes are in the way
        raise
    return part


def _listing(remote: AbstractFileSystem, folder: str) -> list[RemoteFile]:
    remote.invalidate_cache()
    try:
        entries = remote.find(folder, detail=True)
    except FileNotFoundError:
        entries = {}
    if not entries and not remote.exists(folder):
        raise LandingError(
            "There is no such folder on the remote side.",
            where=folder,
            fix="check the path under `arrivals` in the business's file, and what the connection may read",
        )
    files = [_remote_file(path, entry, folder) for path, entry in sorted(entries.items())]
    return [file for file in files if _stays_inside(file.name)]


def _remote_file(path: str, entry: dict[str, Any], folder: str) -> RemoteFile:
    root = folder.rstrip("/") + "/"
    name = path[len(root) :] if path.startswith(root) else posixpath.basename(path)
    return RemoteFile(path, name, int(entry["size"] or 0), _seconds(entry))


def _seconds(entry: dict[str, Any]) -> float:
    moment = entry.get("mtime") or entry.get("LastModified") or entry.get("modified")
    if isinstance(moment, datetime):
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return float(int(moment or 0))


def _stays_inside(name: str) -> bool:
    """Whether a name the other side chose stays below the landing folder."""
    parts: Iterable[str] = name.split("/")
    return bool(name) and not name.startswith("/") and not any(part in ("", ".", "..") for part in parts)
