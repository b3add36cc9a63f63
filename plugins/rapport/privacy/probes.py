"""A few keyed bits of every value of a column at once: what they rule out needs no HMAC.

A million e-mails take an HMAC of a second each core; their probes take some hundredths. A probe is made of the length,
the first and the last eight bytes (of phones, the last six digits; of mailboxes, what is before the @ without dots and
+tag), multiplied by secret numbers, so that the 24 bits that are stored with a tombstone say nothing to who lacks the
key.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rapport.privacy.normal_keys import AROUND_EMAILS, AROUND_IDS, Kind

BITS = 24
_PHONE_DIGITS = 6
_WORD = 8
_MASKS = np.array([(1 << (8 * n)) - 1 for n in range(_WORD)] + [0xFFFF_FFFF_FFFF_FFFF], dtype=np.uint64)
# Upper and lower case of ASCII letters become one.
_FOLD = np.uint64(0x2020_2020_2020_2020)

Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Prober:
    """Computes probes with the numbers that a secret gives."""

    secret: bytes

    def of_keys(self, kind: Kind, keys: list[str]) -> Codes:
        """The probes of keys in their one form: what any spelling of theirs that is not `odd` has too."""
        return self.of_values(kind, pa.array(keys, pa.string()))[0]

    def of_values(self, kind: Kind, values: pa.Array) -> tuple[Codes, Bools]:
        """The probes of values as written, -1 for empty ones; and which are odd: those a probe cannot rule out."""
        is_address = kind in ("email", "mailbox")
        around = AROUND_EMAILS if is_address else AROUND_IDS
        values = pc.ascii_trim(values.cast(pa.string()), characters=around)
        if isinstance(values, pa.ChunkedArray):
            values = values.combine_chunks()
        text, starts, ends = _bytes_of(values)
        odd = np.zeros(len(values), dtype=bool)
        if text.size and int(text.max()) > 0x7F:
            odd |= ~pc.fill_null(pc.string_is_ascii(values), True).to_numpy(zero_copy_only=False)
        if kind == "phone":
            letters = ((text | 0x20) - np.uint8(97)) < 26
            if letters.any():
                odd |= _counted(letters, starts, ends) > 0
            is_digit = (text - np.uint8(48)) < 10
            before = np.concatenate([[0], np.cumsum(is_digit, dtype=np.int64)])
            text, starts, ends = text[is_digit], before[starts], before[ends]
            starts = np.maximum(starts, ends - _PHONE_DIGITS)
        if kind == "mailbox":
            text, starts, ends = _names(text, starts, ends)
        codes = self._codes(kind, text, starts, ends)
        if is_address:
            odd |= pc.fill_null(pc.starts_with(values, "mailto:", ignore_case=True), False).to_numpy(
                zero_copy_only=False
            )
        codes[ends == starts] = -1
        return codes, odd

    def _codes(self, kind: Kind, text: npt.NDArray[np.uint8], starts: Codes, ends: Codes) -> Codes:
        numbers = hmac.digest(self.secret, f"probe {kind}".encode(), hashlib.sha256)
        first, last, length = (np.uint64(int.from_bytes(numbers[8 * i : 8 * i + 8], "little") | 1) for i in range(3))
        padded = np.concatenate([text, np.zeros(_WORD, dtype=np.uint8)])
        words = np.ndarray((len(padded) - _WORD + 1,), dtype="<u8", buffer=padded, strides=(1,))
        sizes = ends - starts
        masks = _MASKS[np.minimum(sizes, _WORD)]
        head = (words[starts] & masks) | _FOLD
        tail = (words[np.maximum(ends - _WORD, starts)] & masks) | _FOLD
        mixed = head * first ^ tail * last ^ sizes.astype(np.uint64) * length
        mixed ^= mixed >> np.uint64(29)
        mixed *= first
        found: Codes = (mixed >> np.uint64(64 - BITS)).astype(np.int64)
        return found


def _bytes_of(values: pa.Array) -> tuple[npt.NDArray[np.uint8], Codes, Codes]:
    """All bytes of the values, and where each begins and ends among them."""
    _, offsets, data = values.buffers()
    if data is None or not len(values):
        return np.empty(0, dtype=np.uint8), np.zeros(len(values), np.int64), np.zeros(len(values), np.int64)
    ends = np.frombuffer(offsets, dtype=np.int32)[values.offset : values.offset + len(values) + 1].astype(np.int64)
    text = np.frombuffer(data, dtype=np.uint8)[ends[0] : ends[-1]]
    ends = ends - ends[0]
    return text, ends[:-1], ends[1:]


def _names(text: npt.NDArray[np.uint8], starts: Codes, ends: Codes) -> tuple[npt.NDArray[np.uint8], Codes, Codes]:
    """Of addresses what all spellings of a mailbox share, whoever provides it; nothing of what is no address."""
    is_dot = text == ord(".")
    bounds = np.append(starts, ends[-1:])  # one value begins where another ends
    bounds = bounds - np.searchsorted(np.flatnonzero(is_dot), bounds)
    text, starts, ends = text[~is_dot], bounds[:-1], bounds[1:]
    at = _next(text, ord("@"), starts, ends)
    tag = _next(text, ord("+"), starts + 1, at)
    return text, starts, np.where(at < ends, tag, starts)


def _next(text: npt.NDArray[np.uint8], sign: int, starts: Codes, ends: Codes) -> Codes:
    """Where the sign is first between these places; the end where it is not."""
    places = np.append(np.flatnonzero(text == sign), len(text) + 1)
    found: Codes = np.minimum(places[np.searchsorted(places, starts)], ends)
    return found


def _counted(marks: Bools, starts: Codes, ends: Codes) -> Codes:
    before = np.concatenate([[0], np.cumsum(marks, dtype=np.int64)])
    found: Codes = before[ends] - before[starts]
    return found
