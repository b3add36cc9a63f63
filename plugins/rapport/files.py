"""Files that are there whole or not at all, whatever is killed while they are written."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


def write_whole(path: Path, content: str | bytes | Iterable[bytes]) -> None:
    """Write a file only its owner may read, over an earlier one; whoever reads it sees the old or the new.

    Content that comes in pieces is never held as a whole.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        if isinstance(content, str):
            content = content.encode()
        for piece in [content] if isinstance(content, bytes) else content:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def write_like(path: Path, content: bytes, original: Path) -> None:
    """Write a file, whole or not at all, with the rights and the time of another: of the one it takes the place of."""
    status = original.stat()
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.chmod(status.st_mode & 0o777)
    os.utime(part, ns=(status.st_atime_ns, status.st_mtime_ns))
    part.replace(path)
