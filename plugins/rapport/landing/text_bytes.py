"""The bytes of a text file as UTF-8, hashed on the way."""

from __future__ import annotations

import codecs

from rapport.landing.packing import ExportFile


class NotInEncoding(Exception):
    """The bytes are not in the encoding they are read in."""


class TextBytes:
    """A text file, read once as UTF-8 without a mark (BOM); `digest` and `n_bytes` are the file's."""

    def __init__(self, file: ExportFile, encoding: str) -> None:
        self.saw_nul = False
        self.ends_with_newline = True
        self._content = file.open()
        is_utf8 = codecs.lookup(encoding).name in ("utf-8", "utf-8-sig", "ascii")
        self._decoder = None if is_utf8 else codecs.getincrementaldecoder(encoding)("strict")
        self._is_at_start = True
        self.is_at_end = False

    @property
    def digest(self) -> str:
        return self._content.digest

    @property
    def n_bytes(self) -> int:
        return self._content.n_bytes

    def read(self, size: int) -> bytes:
        """The next piece, of about that many bytes; nothing may come before the end. UTF-8 is not checked.

        Raises NotInEncoding, and LandingError where it cannot be unpacked.
        """
        raw = self._content.read(size)
        self.is_at_end = not raw
        if self._decoder is not None:
            try:
                raw = self._decoder.decode(raw, final=not raw).encode()
            except UnicodeError:
                raise NotInEncoding from None
        if self._is_at_start and raw:
            self._is_at_start = False
            raw = raw.removeprefix(codecs.BOM_UTF8)
        if raw:
            self.saw_nul = self.saw_nul or b"\0" in raw
            self.ends_with_newline = raw.endswith((b"\n", b"\r"))
        return raw

    def close(self) -> None:
        self._content.close()
