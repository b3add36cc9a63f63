"""Lists encrypted for their recipient (OpenPGP): only who has the private key reads them, wherever they lie.

To encrypt twice gives other bytes. So the first ciphertext of a list is kept beside the list until it is out, and every
attempt puts these very bytes: a file that is there is recognised, and twice is once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pysequoia import Cert, encrypt
from pysequoia.packet import Packet, PacketPile, SignatureType, Tag

from rapport.activation.https import HttpsReceiver
from rapport.activation.ledger import PreparedList
from rapport.activation.transports import Transport
from rapport.errors import DeliveryError
from rapport.files import write_whole

ENDING = ".pgp"


@dataclass(frozen=True)
class Seal:
    """The recipient's key, fit to be encrypted to."""

    key: Cert

    @property
    def fingerprint(self) -> str:
        return self.key.fingerprint

    def sealed(
        self, sent: PreparedList, files: Mapping[str, bytes], *, may_be_new: bool = True, is_kept: bool = True
    ) -> dict[str, bytes]:
        """List, checksum and manifest as they go: the list encrypted, the checksum of that, the manifest of both.

        `may_be_new` is false where a receiver may have the list: then only what was sent will do, and DeliveryError is
        raised if it is gone.
        """
        (path, content), _, (manifest_path, manifest) = files.items()
        ciphertext = self.kept(sent)
        if ciphertext is None:
            if not may_be_new:
                raise DeliveryError(
                    "The receiver may have this list, and the encrypted file that was sent is not kept any more.",
                    where=f"{self._path(sent)}",
                    fix="put it back, or give the night up; encrypted anew it would be another file",
                )
            ciphertext = encrypt(bytes=content, recipients=[self.key], armor=False)
            if is_kept:
                write_whole(self._path(sent), ciphertext)
        digest = hashlib.sha256(ciphertext).hexdigest()
        name = f"{sent.which.file_name}{ENDING}"
        said = json.loads(manifest) | {
            "encrypted": {"file": name, "to": self.fingerprint, "bytes": len(ciphertext), "sha256": digest}
        }
        return {
            f"{path}{ENDING}": ciphertext,
            f"{path}{ENDING}.sha256": f"{digest}  {name}\n".encode(),
            manifest_path: (json.dumps(said, indent=2) + "\n").encode(),
        }

    def kept(self, sent: PreparedList) -> bytes | None:
        """The ciphertext of an earlier attempt at the same content, to the same key."""
        try:
            return self._path(sent).read_bytes()
        except FileNotFoundError:
            return None

    def forget(self, sent: PreparedList) -> None:
        """Remove what was kept of a list that is out: nothing of it is ever put again."""
        for path in sent.path.parent.glob(f"{sent.path.name}.*{ENDING}"):
            path.unlink(missing_ok=True)

    def _path(self, sent: PreparedList) -> Path:
        return sent.path.with_name(f"{sent.path.name}.{sent.sha256[:16]}.{self.fingerprint[-16:]}{ENDING}")


def seal_for(place: Transport | HttpsReceiver) -> Seal | None:
    """With what lists for a place are encrypted; None where they go as they are. Raises DeliveryError as read_seal."""
    return None if place.encrypt_to is None else read_seal(place.encrypt_to)


def read_seal(path: Path) -> Seal:
    """The recipient's public key from a file, armoured or binary.

    Raises DeliveryError for what is no public key, is expired or revoked, or has no key of its own to encrypt to that
    is not.
    """
    now = datetime.now(UTC)
    try:
        content = path.read_bytes()
        (found,) = Cert.split_bytes(content)
        is_private = any(packet.tag in (Tag.SecretKey, Tag.SecretSubkey) for packet in PacketPile.from_bytes(content))
    except OSError as error:
        raise _refused(path, f"cannot be read ({error.strerror})") from None
    except (RuntimeError, ValueError):  # the library's texts hold parts of what it read
        raise _refused(path, "is not one OpenPGP certificate") from None
    if is_private:
        raise _refused(path, "is a private key, which should be with nobody but the recipient")
    if found.is_revoked:
        raise _refused(path, "was revoked by its owner")
    if found.expiration is not None and found.expiration <= now:
        raise _refused(path, f"expired on {found.expiration:%Y-%m-%d}")
    try:
        # With no subkey that is good, the library takes one that is not.
        key = Cert.from_packets(list(_without_unfit_subkeys(found, now)))
        encrypt(bytes=b"", recipients=[key], armor=False)
    except RuntimeError:
        raise _refused(path, "has no key to encrypt to that is neither expired nor revoked") from None
    return Seal(key)


def _without_unfit_subkeys(key: Cert, now: datetime) -> Iterator[Packet]:
    """The certificate's packets, less each subkey that is expired or revoked, with its signatures."""
    group: list[Packet] = []
    for packet in PacketPile.from_bytes(bytes(key)):
        if packet.tag != Tag.Signature:
            yield from group if _is_fit(group, now) else ()
            group = []
        group.append(packet)
    yield from group if _is_fit(group, now) else ()


def _is_fit(group: list[Packet], now: datetime) -> bool:
    """group: a key or name and the signatures over it. Whether they hold is the library's to check."""
    if not group or group[0].tag != Tag.PublicSubkey:
        return True
    subkey, *signatures = group
    if any(one.signature_type == SignatureType.SubkeyRevocation for one in signatures):
        return False
    bindings = [one for one in signatures if one.signature_type == SignatureType.SubkeyBinding]
    newest = max(bindings, key=lambda one: one.signature_created or datetime.min.replace(tzinfo=UTC), default=None)
    if newest is None or subkey.key_created is None:
        return False
    return newest.key_validity_period is None or subkey.key_created + newest.key_validity_period > now


def _refused(path: Path, what: str) -> DeliveryError:
    return DeliveryError(
        f"The recipient's key {what}. Nothing was sent.",
        where=f"{path}, named by `encrypt_to` in the business's file",
        fix="ask the recipient for a public key that is valid, and put it there",
    )
