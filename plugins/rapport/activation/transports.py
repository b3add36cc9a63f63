"""How a file gets to its place: whole under its final name, or not at all, and never over another file."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import uuid
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from rapport.errors import DeliveryError


class PlaceUnreachable(DeliveryError):
    """The place did not answer; the same attempt may succeed later, so it is worth repeating."""

    may_pass = True


class MayHaveArrived(PlaceUnreachable):
    """It was handed over and nobody knows whether it was taken: only the very same may be sent there from now on."""


class Transport(Protocol):
    """A place files can be put; paths are relative to it, with `/` between folders.

    encrypt_to: file of the public key of who reads what is put there; all lists go there encrypted (encryption.py).
    """

    encrypt_to: Path | None

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def digest(self, path: str) -> str | None:
        """SHA-256 (hex) of the file that is there, or None if there is none."""

    def put(self, path: str, content: bytes) -> None:
        """Write under a temporary name and rename when whole. DeliveryError if the final name is taken."""

    def forget_parts(self, path: str) -> None:
        """Remove what killed attempts left under temporary names of this list, its checksum and its manifest."""

    def location(self, path: str) -> str:
        """Where the file is, for people; no password in it."""


def put_once(transport: Transport, path: str, content: bytes) -> bool:
    """Put the file unless it is there already; True if it was put now.

    Raises DeliveryError when something else has its name: what was delivered is never overwritten.
    """
    there = transport.digest(path)
    wanted = hashlib.sha256(content).hexdigest()
    if there == wanted:
        return False
    if there is not None:
        raise DeliveryError(
            f"Another file has this list's name: its SHA-256 is {there[:12]}…, the list's {wanted[:12]}….",
            where=transport.location(path),
            fix="find out who wrote or changed that file, move it away, then send the night again",
        )
    transport.put(path, content)
    return True


def temporary_name(path: str) -> str:
    """A name beside the final one that no receiver's pattern matches (a leading dot, no .csv at the end)."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/.{name}.{uuid.uuid4().hex}.part".lstrip("/")


def is_part_of(name: str, path: str) -> bool:
    """Whether a name in the folder of a list is a temporary one of the list or of what goes with it."""
    stem = path.rpartition("/")[2].removesuffix(".pgp").removesuffix(".csv")
    return name.startswith(f".{stem}.") and name.endswith(".part")


class LocalDrop:
    """A folder of this machine."""

    encrypt_to: Path | None = None

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def digest(self, path: str) -> str | None:
        try:
            with (self.folder / path).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._failed(path, error) from None

    def put(self, path: str, content: bytes) -> None:
        final, part = self.folder / path, self.folder / temporary_name(path)
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
            try:
                with part.open("xb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                _rename_without_overwriting(part, final)
            finally:
                part.unlink(missing_ok=True)
            _sync_folder(final.parent)
        except FileExistsError:
            raise DeliveryError(
                "Another process wrote this list at the same moment.",
                where=self.location(path),
                fix="send the night again; what is there will be compared",
            ) from None
        except OSError as error:
            raise self._failed(path, error) from None

    def forget_parts(self, path: str) -> None:
        folder = (self.folder / path).parent
        try:
            for found in folder.iterdir() if folder.is_dir() else ():
                if is_part_of(found.name, path):
                    found.unlink(missing_ok=True)
        except OSError as error:
            raise self._failed(path, error) from None

    def location(self, path: str) -> str:
        return str(self.folder / path)

    def _failed(self, path: str, error: OSError) -> DeliveryError:
        return DeliveryError(
            f"The drop folder cannot be used: {error.strerror or type(error).__name__}.",
            where=self.location(path),
            fix="check that the folder is writable and has room; the business's file names it (`drop`)",
        )


def _rename_without_overwriting(part: Path, final: Path) -> None:
    try:
        os.link(part, final)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS):
            raise
        # a file system without hard links (some network shares)
        if final.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
        part.rename(final)


def _sync_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):  # not every file system can
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
