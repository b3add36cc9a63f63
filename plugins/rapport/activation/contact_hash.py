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
