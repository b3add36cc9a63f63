"""Who was on a list, without their address: contact points as keyed hashes.

A plain hash of an e-mail or phone is found out by trying them all; with a key that never leaves this
installation it is not. The key is made once and kept outside git and outside the warehouse.
"""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

from rapport.keys import installation_key


def contact_key(folder: Path | None = None) -> bytes:
    """The installation's secret key (32 bytes), made on first use; readable by its owner only."""
    return installation_key("contact_hash", folder)


def contact_hash(contact: str, key: bytes) -> str:
    """HMAC-SHA256 (hex) of a normalised contact point."""
    return hmac.new(key, contact.encode("utf-8"), hashlib.sha256).hexdigest()


def hmac_pads(key: bytes) -> tuple[bytes, bytes]:
    """The key as HMAC-SHA256 puts it before the inner and the outer text (RFC 2104): for where rows are, in Postgres.

    `sha256(outer || sha256(inner || text))` is what contact_hash gives of the text.
    """
    block = (key if len(key) <= 64 else hashlib.sha256(key).digest()).ljust(64, b"\0")
    return bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)
