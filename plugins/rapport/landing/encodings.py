"""Which encoding a file is in: decided over the whole file, refused where a guess could be wrong unseen."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from rapport.errors import LandingError

BLOCK = 1 << 22
# Western, Turkish: read alike but for six letters (Ð Ý Þ ð ý þ against Ğ İ Ş ğ ı ş)
_LOOK_ALIKES = {codecs.lookup(name).name for name in ("cp1252", "cp1254", "latin-1", "iso8859-9")}
_READ_DIFFERENTLY = re.compile(rb"[\xd0\xdd\xde\xf0\xfd\xfe]")
# æ, ø, å, ı, ş, ğ and their like as UTF-8; as single bytes this is a capital followed by a stray sign
_UTF8_LETTER = re.compile(rb"[\xc3-\xc5][\x80-\xbf]")
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def choose_encoding(path: Path, candidates: list[str], *, is_certain: bool) -> str:
    """The first of the candidates that decodes the file; a UTF-8 mark (BOM) decides at once.

    With a single candidate the file is not read through: whoever reads it finds out. `is_certain`: the
    business itself named the encodings, so that a single-byte one needs no proof.
    Raises LandingError naming the first line that cannot be read.
    """
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8"
    names = [codecs.lookup(candidate).name for candidate in candidates]
    if start.startswith(_UTF16_MARKS) and not any(name.startswith(("utf-16", "utf-32")) for name in names):
        raise _unreadable(path, candidates, "line 1: it begins like UTF-16")
    if len(candidates) == 1:
        return candidates[0]
    faults = {}
    for candidate, name in zip(candidates, names, strict=True):
        fault = first_undecodable(path, candidate)
        if fault is None:
            if name in _LOOK_ALIKES and not is_certain:
                _refuse_a_guess(path, candidate)
            return candidate
        faults[candidate] = fault
    line, offset = next(iter(faults.values()))
    raise _unreadable(
        path,
        candidates,
        f"line {line}, byte {offset} of the file is not {candidates[0]}",
    )


def undecodable(path: Path, encoding: str) -> LandingError:
    """The error for a file that turned out not to be in its only declared encoding."""
    fault = first_undecodable(path, encoding)
    where = f"line {fault[0]}, byte {fault[1]} of the file is not {encoding}" if fault else f"it is not {encoding}"
    return _unreadable(path, [encoding], where)


def first_undecodable(path: Path, encoding: str) -> tuple[int, int] | None:
    """Line (from 1) and offset (from 0) of the first byte that is not in the encoding; None if all are."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    lines = offset = 0
    for block in _blocks(path):
        held = len(decoder.getstate()[0])
        try:
            decoder.decode(block)
        except UnicodeDecodeError as error:
            at = error.start - held
            return lines + block[: max(at, 0)].count(b"\n") + 1, offset + at
        lines += block.count(b"\n")
        offset += len(block)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return lines + 1, offset
    return None


def _refuse_a_guess(path: Path, encoding: str) -> None:
    lines = 0
    for block in _blocks(path):
        for pattern, what in (
            (
                _UTF8_LETTER,
                "some letters are UTF-8 and others are not: two encodings are mixed",
            ),
            (
                _READ_DIFFERENTLY,
                "a letter reads differently in windows-1252 and windows-1254, so a guess could be wrong",
            ),
        ):
            found = pattern.search(block)
            if found:
                line = lines + block[: found.start()].count(b"\n") + 1
                raise _unreadable(path, ["utf-8", encoding], f"line {line}: {what}")
        lines += block.count(b"\n")


def _unreadable(path: Path, tried: list[str], what: str) -> LandingError:
    return LandingError(
        f"The encoding is not as declared: {what} (tried {', '.join(tried)}).",
        where=path.name,
        fix="export it again as UTF-8; or name its encoding under `encodings:` in businesses/<name>.yml"
        " (vendor: [windows-1254]) and run `rapport ingest` on the file",
    )


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block
