"""A list on its way: its bytes from the warehouse's rows, its checksum and manifest, and where they are put."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa

from rapport.activation.destinations import Destination
from rapport.activation.ledger import PreparedList
from rapport.activation.list_rows import Rows, read_rows
from rapport.activation.lists import ListOf, columns_for, render
from rapport.activation.transports import Transport, put_once
from rapport.files import write_whole

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Content:
    """What a list is, without a row of it."""

    n_rows: int
    n_bytes: int
    sha256: str


def write_list(
    conn: Connection,
    which: ListOf,
    rows: Rows,
    destination: Destination,
    path: Path | None = None,
    *,
    left_out: Collection[str] = (),
) -> Content:
    """Write a list, whole or not at all, block by block; without a path only work out what it is."""
    n_rows = n_bytes = 0
    digest = hashlib.sha256()

    def counted(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        nonlocal n_rows
        for batch in batches:
            n_rows += len(batch)
            yield batch

    def pieces() -> Iterator[bytes]:
        nonlocal n_bytes
        batches = read_rows(conn, which, rows, columns_for(destination), left_out=left_out)
        for piece in render(counted(batches), destination):
            digest.update(piece)
            n_bytes += len(piece)
            yield piece

    if path is None:
        for _ in pieces():
            pass
    else:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(path, pieces())
    return Content(n_rows, n_bytes, digest.hexdigest())


def put_files(transport: Transport, files: Mapping[str, bytes]) -> str:
    """Put a list and what goes with it, each once; where the list is."""
    listed = next(iter(files))
    transport.forget_parts(listed)
    for path, data in files.items():
        put_once(transport, path, data)
    return transport.location(listed)


def remote_path(which: ListOf, destination: Destination) -> str:
    """Where the list goes, relative to the drop: `<date>/[<folder>/]<segment>_<YYYYMMDD>_<kind>.csv`."""
    parts = [f"{which.business_date}", destination.folder, which.file_name]
    return "/".join(part for part in parts if part)


def files_of(prepared: PreparedList, destination: Destination, content: Content) -> dict[str, bytes]:
    """A written list, its checksum, its manifest, in the order they are put: the manifest says that all is there."""
    which = prepared.which
    path = remote_path(which, destination)
    manifest = {
        "file": which.file_name,
        "business": prepared.business,
        "night": f"{which.business_date}",
        "segment": which.segment,
        "destination": which.destination,
        "list_kind": which.kind,
        "rows": content.n_rows,
        "is_empty": content.n_rows == 0,
        "columns": destination.headers,
        "schema_version": destination.schema_version,
        "bytes": content.n_bytes,
        "sha256": content.sha256,
    }
    return {
        path: prepared.path.read_bytes(),
        f"{path}.sha256": f"{content.sha256}  {which.file_name}\n".encode(),
        f"{path.removesuffix('.csv')}.manifest.json": (json.dumps(manifest, indent=2) + "\n").encode(),
    }
