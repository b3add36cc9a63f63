"""Packing: what lies in landing as it is, by gzip, or as a member of a zip archive; unpacked while it is read."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO, Literal

from rapport.errors import LandingError
from rapport.landing.file_names import is_temporary

Packing = Literal["plain", "gzip", "zip"]

# Exports shrink to a fifth or a twentieth of their size. What unpacks to more than this is made to fill a disk.
LARGEST_RATIO = 100
# Up to here any ratio will do.
ALWAYS_ALLOWED_BYTES = 16 << 20
# What has to be read at random, such as a workbook in an archive, is held in memory.
LARGEST_HELD_BYTES = 64 << 20
MOST_MEMBERS = 1_000
# An archive's list of members is read at once.
_LARGEST_READ = 4 << 20
_PIECE = 1 << 20

_GZIP, _ZIP = b"\x1f\x8b", (b"PK\x03\x04", b"PK\x05\x06")
_ARCHIVES = (".zip", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".7z", ".rar", ".zst")


class _OutsideOfTheFile(OSError):
    """An archive says that something of it lies before its beginning."""


_DAMAGE = (
    _OutsideOfTheFile,
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True)
class ExportFile:
    """One export: a file in landing, or a member of an archive there; `fault` says why it is not even opened.

    `name` is the ledger's: `archive.zip/member.csv` for a member. `size` is in bytes, of what `digest` is of: a member
    unpacked, else the file as it lies there.
    """

    path: Path
    name: str
    size: int
    modified_ns: int
    packing: Packing = "plain"
    is_only_member: bool = False
    fault: LandingError | None = None

    @classmethod
    def whole(cls, path: Path) -> ExportFile:
        """A file that is no archive."""
        status = path.stat()
        with path.open("rb") as file:
            packing: Packing = "gzip" if file.read(2) == _GZIP else "plain"
        return cls(path, path.name, status.st_size, status.st_mtime_ns, packing)

    @property
    def names(self) -> list[str]:
        """Names that may say what it is: its own; then that of an archive which holds nothing else."""
        own = PurePosixPath(self.name).name
        return [own, self.path.name] if self.is_only_member else [own]

    def open(self) -> ExportBytes:
        """Its bytes, unpacked."""
        return ExportBytes(self)

    def open_held(self) -> IO[bytes]:
        """Its bytes for reading at random, in memory if they are packed. Raises LandingError if they are too many."""
        if self.packing == "plain":
            return self.path.open("rb")
        held = io.BytesIO()
        with self.open() as content:
            while block := content.read(_PIECE):
                held.write(block)
                if held.tell() > LARGEST_HELD_BYTES:
                    raise LandingError(
                        f"What is packed in it has to be read at random and exceeds {LARGEST_HELD_BYTES >> 20} MiB.",
                        where=self.name,
                        fix="drop it in unpacked",
                    )
        held.seek(0)
        return held

    def digest(self) -> str:
        """BLAKE2b (RFC 7693) in hex, as by `b2sum`; of the archive as a whole where the member cannot be unpacked."""
        if self.fault is None:
            try:
                with self.open() as content:
                    while content.read(_PIECE):
                        pass
                    return content.digest
            except LandingError:
                pass
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, hashlib.blake2b).hexdigest()

    def is_as_it_was(self) -> bool:
        """Whether nobody has written to it since it was looked at."""
        status = self.path.stat()
        return status.st_mtime_ns == self.modified_ns and (self.packing == "zip" or status.st_size == self.size)


class ExportBytes:
    """The bytes of an export, read once; `digest` and `n_bytes` are of what `ExportFile.size` is the size of."""

    def __init__(self, file: ExportFile) -> None:
        self.n_bytes = 0
        self._file, self._digest, self._n_given = file, hashlib.blake2b(), 0
        self._allowed = float("inf")
        self._archive: zipfile.ZipFile | None = None
        self._raw: IO[bytes] | None = None
        self._source: IO[bytes] | None = None
        if file.packing == "zip":
            try:
                self._raw = _ShortReads(file.path)
                self._archive = zipfile.ZipFile(self._raw)
                member = self._archive.getinfo(file.name.removeprefix(f"{file.path.name}/"))
                self._source = self._archive.open(member)
            except (*_DAMAGE, KeyError):
                self.close()
                raise damaged(file.name) from None
            self._allow(min(member.compress_size, file.path.stat().st_size))
        elif file.packing == "gzip":
            self._raw = file.path.open("rb")
            self._source = gzip.GzipFile(fileobj=_Noted(self._raw, self._note), mode="rb")  # type: ignore[call-overload]
            self._allow(file.size)
        else:
            self._source = file.path.open("rb", buffering=0)

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()

    def read(self, size: int) -> bytes:
        """The next piece, of at most that many bytes; nothing at the end.

        Raises LandingError for an archive that is damaged, or that unpacks to a suspicious multiple of its size.
        """
        assert self._source is not None
        if self._file.packing == "plain":
            block = self._source.read(size)
            self._note(block)
            return block
        try:
            block = self._source.read(size)
        except _DAMAGE:
            raise damaged(self._file.name) from None
        if self._file.packing == "zip":
            self._note(block)
            if not block and self.n_bytes != self._file.size:
                raise damaged(self._file.name)
        self._n_given += len(block)
        if self._n_given > self._allowed:
            raise LandingError(
                f"It unpacks to more than {LARGEST_RATIO} times its size: no export does.",
                where=self._file.name,
                fix="find out who made it; if it is right, drop it in unpacked",
            )
        return block

    def close(self) -> None:
        if self._archive is not None:
            self._archive.close()
        if self._raw is not None:
            self._raw.close()
        if self._source is not None:
            self._source.close()

    def __enter__(self) -> ExportBytes:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _allow(self, n_packed: int) -> None:
        self._allowed = max(ALWAYS_ALLOWED_BYTES, LARGEST_RATIO * n_packed)

    def _note(self, block: bytes) -> None:
        self._digest.update(block)
        self.n_bytes += len(block)


def exports_in(path: Path) -> list[ExportFile]:
    """What a landed file holds: itself, or an archive's members that are not temporary, in the archive's order.

    A member that must not be unpacked has a `fault`, and so has an archive that cannot be opened or holds nothing.
    """
    whole = ExportFile.whole(path)
    with path.open("rb") as file:
        if not file.read(4).startswith(_ZIP):
            return [whole]
    try:
        with _ShortReads(path) as raw, zipfile.ZipFile(raw) as archive:
            members = archive.infolist()
    except _DAMAGE:
        return [replace(whole, fault=damaged(path.name))]
    if any(member.filename in ("[Content_Types].xml", "mimetype") for member in members):
        return [whole]  # a workbook is an archive too
    if len(members) > MOST_MEMBERS:
        what = f"It holds {len(members):,} files; {MOST_MEMBERS:,} are taken from one archive at most."
        return [replace(whole, fault=LandingError(what, where=path.name, fix="drop them in in several archives"))]
    times = Counter(_plain(member.filename) for member in members)
    found = {
        _plain(member.filename): replace(
            whole,
            name=f"{path.name}/{member.filename}",
            size=member.file_size,
            packing="zip",
            fault=_fault(member, path, is_repeated=times[_plain(member.filename)] > 1),
        )
        for member in members
        if not _is_passed_over(member)
    }
    if not found:
        what = "The archive holds no file."
        return [replace(whole, fault=LandingError(what, where=path.name, fix="pack the exports again"))]
    return [replace(file, is_only_member=len(found) == 1) for file in found.values()]


def damaged(name: str) -> LandingError:
    """The error for an archive that is cut off, or whose bytes are not as its checksums say."""
    return LandingError(
        "It cannot be unpacked: it is cut off or damaged.", where=name, fix="export it again and drop it in anew"
    )


def _plain(name: str) -> str:
    return name.replace("\\", "/").casefold()


def _is_passed_over(member: zipfile.ZipInfo) -> bool:
    """Folders, and what would be passed over in a landing folder too; names that lead elsewhere are not."""
    parts = _parts(member)
    is_hidden = ".." not in parts and any(map(is_temporary, parts))
    return is_hidden or (member.is_dir() and member.file_size == 0)


def _parts(member: zipfile.ZipInfo) -> list[str]:
    return member.filename.replace("\\", "/").split("/")


def _fault(member: zipfile.ZipInfo, path: Path, *, is_repeated: bool) -> LandingError | None:
    parts = _parts(member)
    mode = stat.S_IFMT(member.external_attr >> 16)
    what, fix = None, "pack the exports again, and nothing else"
    if ".." in parts or parts[0] == "" or ":" in parts[0] or not member.filename.isprintable():
        what = "Its name leads out of the archive, or cannot be shown."
    elif member.is_dir() or mode not in (0, stat.S_IFREG):
        what = "It is no file but a link, a folder or a device."
    elif is_repeated:
        what = "The archive holds two files of this name: which one counts cannot be told."
    elif member.flag_bits & 0x1:
        what, fix = "It is encrypted.", "pack the exports again without a password"
    elif member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        what, fix = "It is packed by another method than Deflate.", "pack it again as an ordinary zip, or with gzip"
    elif member.filename.lower().endswith(_ARCHIVES):
        what, fix = "It is an archive in an archive.", "drop the inner archive in by itself"
    return LandingError(what, where=f"{path.name}/{member.filename}", fix=fix) if what else None


class _ShortReads(io.FileIO):
    """A file that is read in short pieces only, so that an archive's list of members cannot fill memory."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "r")

    def read(self, size: int | None = -1) -> bytes:
        if size is not None and size > _LARGEST_READ:
            raise zipfile.BadZipFile("a list of members of that size is not read")
        return super().read(-1 if size is None else size) or b""

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        try:
            return super().seek(offset, whence)
        except OSError:
            raise _OutsideOfTheFile from None


class _Noted:
    """A file whose bytes are noted as they are read."""

    def __init__(self, file: IO[bytes], note: Callable[[bytes], None]) -> None:
        self._file, self._note = file, note

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self._note(block)
        return block

    def close(self) -> None:
        self._file.close()
