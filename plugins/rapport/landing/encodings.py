"""Which encoding a file is in: decided over the whole file, refused where a guess could be wrong unseen."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from rapport.errors import LandingError
from rapport.landing.packing import ExportFile

_BLOCK = 1 << 22
# Western, Turkish: read alike but for six letters (Ð Ý Þ ð ý þ against Ğ İ Ş ğ ı ş)
_LOOK_ALIKES = {codecs.lookup(name).name for name in ("cp1252", "cp1254", "latin-1", "iso8859-9")}
_READ_DIFFERENTLY = re.compile(rb"[\xd0\xdd\xde\xf0\xfd\xfe]")
# æ, ø, å, ı, ş, ğ and their like as UTF-8; as single bytes this is a capital followed by a stray sign
_UTF8_LETTER = re.compile(rb"[\xc3-\xc5][\x80-\xbf]")
# A mark (BOM) decides at once. That of UTF-32 begins like that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LETTERS_AND_NEIGHBOURS = re.compile(rb"[^\r\n]{0,100}[\x80-\xff][^\r\n]{0,100}")
_SAMPLE_BYTES = 1 << 15
# A few words tell a library nothing: then these letters do, as long as words have plain ones too.
_WESTERN = re.compile(
    "[ÆØÅæøå]|[“”‘’–—…€£§°©®«»·½´\xa0]|(?=.*[A-Za-z])[A-Za-zÆØÅæøåÄÖÜäöüßÇçÉéÈèÊêËëÀàÂâÎîÔôÛûÁáÍíÓóÚú]+"
)


class Undecodable(LandingError):
    """The file is in none of the encodings it was read in."""


Failure = TypeVar("Failure", bound=LandingError)


def choose_encoding(file: ExportFile, candidates: list[str], *, is_certain: bool) -> str:
    """The first of UTF-8 and the candidates that decodes the file; a mark (BOM) decides at once, UTF-16 shows itself.

    Where there is nothing but UTF-8 the file is not read through: whoever reads it finds out. `is_certain`: the
    business itself named the encodings, so that a single-byte one needs no proof; nor does a vendor's first.
    Raises Undecodable, naming the first line that cannot be read.
    """
    if encoding := _shown_at_start(file):
        return encoding
    names = [codecs.lookup(candidate).name for candidate in candidates]
    if not any(name.startswith(("utf-16", "utf-32")) for name in names):
        candidates = candidates if "utf-8" in names else ["utf-8", *candidates]
        candidates = sorted(candidates, key=lambda name: codecs.lookup(name).name != "utf-8")
    if len(candidates) == 1:
        return candidates[0]
    faults = {}
    for candidate in candidates:
        fault = first_undecodable(file, candidate)
        if fault is None:
            name = codecs.lookup(candidate).name
            if name in _LOOK_ALIKES and not is_certain and name != names[0]:
                _refuse_a_guess(file)
            return candidate
        faults[candidate] = fault
    first = faults[candidates[0]]
    what = f"line {first.line}, byte {first.offset} of the file is not {candidates[0]} (tried {', '.join(candidates)})"
    raise _unreadable(file, what, Undecodable)


def detect_encoding(file: ExportFile) -> str:
    """The encoding of a file that is not in UTF-8 and has none declared: windows-1252, or none.

    It is told by the text itself (charset-normalizer), and only where windows-1254 would read the same. Raises
    LandingError otherwise.
    """
    from charset_normalizer import from_bytes

    fault = first_undecodable(file, "utf-8")
    if fault is not None and fault.is_at_end:
        raise _unreadable(file, f"line {fault.line}: its last letter is cut off", LandingError)
    _refuse_a_guess(file)
    sample = bytearray()
    for block in _blocks(file):
        for found in _LETTERS_AND_NEIGHBOURS.finditer(block):
            sample += found[0] + b"\n"
        if len(sample) > _SAMPLE_BYTES:
            break
    fault = first_undecodable(file, "windows-1252")
    if fault is not None:
        raise _unreadable(
            file, f"line {fault.line}, byte {fault.offset} of the file is neither UTF-8 nor windows-1252", LandingError
        )
    text = sample[:_SAMPLE_BYTES].decode("windows-1252")
    likely = from_bytes(bytes(sample[:_SAMPLE_BYTES]))
    best = likely.best()
    if best is None:
        raise _unreadable(file, "it is not utf-8, nor any other text", LandingError)
    as_good = [found for found in likely if (found.chaos, found.coherence) == (best.chaos, best.coherence)]
    is_western = all(_WESTERN.fullmatch(word) for word in re.findall(r"[^\W\d_]*[^\x00-\x7f][^\W\d_]*", text))
    if str(best) != text and not (is_western and any(str(found) == text for found in as_good)):
        what = f"it is not utf-8; its letters look like {best.encoding}, and a guess could be wrong"
        raise _unreadable(file, what, LandingError)
    return "windows-1252"


def encoding_of_start(file: ExportFile) -> str:
    """What a file's first bytes show of its encoding; UTF-8 if nothing."""
    return _shown_at_start(file) or "utf-8"


def _shown_at_start(file: ExportFile) -> str | None:
    with file.open() as content:
        start = content.read(1 << 12)
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return encoding
    # UTF-16 without a mark: every other byte is zero, as far as letters are plain.
    n_pairs = len(start) // 2
    first, second = start[0 : 2 * n_pairs : 2].count(0), start[1 : 2 * n_pairs : 2].count(0)
    for zeros, others, encoding in ((second, first, "utf-16-le"), (first, second, "utf-16-be")):
        if n_pairs > 1 and zeros >= 0.6 * n_pairs and others == 0:
            return encoding
    return None


def undecodable(file: ExportFile, encoding: str) -> Undecodable:
    """The error for a file that turned out not to be in the encoding it was read in."""
    fault = first_undecodable(file, encoding)
    place = f"line {fault.line}, byte {fault.offset} of the file" if fault else "it"
    return _unreadable(file, f"{place} is not {encoding}", Undecodable)


@dataclass(frozen=True)
class NoLetter:
    """The first byte that is not in an encoding: line from 1, offset from 0; or the end, which cuts a letter off."""

    line: int
    offset: int
    is_at_end: bool


def first_undecodable(file: ExportFile, encoding: str) -> NoLetter | None:
    """The first byte that is not in the encoding; None if all are."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    lines = offset = 0
    for block in _blocks(file):
        held = len(decoder.getstate()[0])
        try:
            decoder.decode(block)
        except UnicodeError as error:
            at = getattr(error, "start", 0) - held
            return NoLetter(lines + block[: max(at, 0)].count(b"\n") + 1, offset + at, is_at_end=False)
        lines += block.count(b"\n")
        offset += len(block)
    try:
        decoder.decode(b"", final=True)
    except UnicodeError:
        return NoLetter(lines + 1, offset, is_at_end=True)
    return None


def _refuse_a_guess(file: ExportFile) -> None:
    lines = 0
    for block in _blocks(file):
        for pattern, what in (
            (_UTF8_LETTER, "some letters are UTF-8 and others are not: two encodings are mixed"),
            (
                _READ_DIFFERENTLY,
                "it is not utf-8, and a letter reads differently in windows-1252 and windows-1254, so a guess could be"
                " wrong",
            ),
        ):
            found = pattern.search(block)
            if found:
                line = lines + block[: found.start()].count(b"\n") + 1
                raise _unreadable(file, f"line {line}: {what}", LandingError)
        lines += block.count(b"\n")


def _unreadable(file: ExportFile, what: str, kind: type[Failure]) -> Failure:
    return kind(
        f"The encoding is not as declared: {what}.",
        where=file.name,
        fix="export it again as UTF-8; or name its encoding under `dialects:` in businesses/<name>.yml"
        " (vendor: {encodings: [windows-1254]}) and run `rapport ingest` on the file",
    )


def _blocks(file: ExportFile) -> Iterator[bytes]:
    with file.open() as content:
        while block := content.read(_BLOCK):
            yield block
