"""Secret keys of an installation: made once and kept outside git and warehouse, or given by the environment."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from rapport import settings
from rapport.errors import RapportError

LENGTH = 32


def installation_key(name: str, folder: Path | None = None) -> bytes:
    """The key of that name (32 bytes): from RAPPORT_<NAME>_KEY in hex, else a file only its owner may read.

    The file is made on first use. Raises RapportError for a key of another length.
    """
    variable = f"RAPPORT_{name.upper()}_KEY"
    if given := os.environ.get(variable):
        return _checked(_from_hex(given), f"the environment, {variable}")
    folder = folder or settings.state_dir() / "secrets"
    path = folder / f"{name}.key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = folder / f".{name}.{os.getpid()}.part"
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(LENGTH))
            with contextlib.suppress(FileExistsError):  # another process was first: its key counts
                os.link(part, path)
        finally:
            part.unlink()
    return _checked(path.read_bytes(), str(path))


def _from_hex(text: str) -> bytes:
    with contextlib.suppress(ValueError):
        return bytes.fromhex(text)
    return b""


def _checked(key: bytes, where: str) -> bytes:
    if len(key) != LENGTH:
        raise RapportError(
            f"A secret key is damaged: it has {len(key)} bytes instead of {LENGTH}.",
            where=where,
            fix="restore it from a backup; with a new key nothing that was hashed before is recognised",
        )
    return key
