"""Who was on a list, without their address: contact points as keyed hashes.

A plain hash of an e-mail or phone is found out by trying them all; with a key that never leaves this
installation it is not. The key is made once and kept outside git and outside the warehouse.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from rapport import settings
from rapport.errors import DeliveryError


def contact_key(folder: Path | None = None) -> bytes:
    """The installation's secret key (32 bytes), made on first use; readable by its owner only."""
    folder = folder or settings.state_dir() / "secrets"
    path = folder / "contact_hash.key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = folder / f".contact_hash.{os.getpid()}.part"
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(32))
            with contextlib.suppress(FileExistsError):  # another process was first: its key counts
                os.link(part, path)
        finally:
            part.unlink()
    key = path.read_bytes()
    if len(key) != 32:
        raise DeliveryError(
            "The key for contact hashes is damaged.",
            where=str(path),
            fix="restore it from a backup; a new key cannot be matched with earlier deliveries",
        )
    return key


def contact_hash(contact: str, key: bytes) -> str:
    """HMAC-SHA256 (hex) of a normalised contact point."""
    return hmac.new(key, contact.encode("utf-8"), hashlib.sha256).hexdigest()
