"""Everything one person is known by, and the text patterns that find it anywhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Self

from rapport.privacy.normal_keys import Kind, hashed, national_keys

# Written in place of what was erased amid something that stays.
ERASED = "(erased)"
# A number this short without its country may as well be an amount or an order's.
_SURELY_A_PHONE = 10
# Of very many texts at once no engine makes one regular expression.
_AT_ONCE = 500


@dataclass
class Person:
    """Whom a request is about. Points (`emails`, `phones` in normal form, `mailboxes` that addresses lead to) are those
    that nobody else has.

    records: source_record_id of theirs and of what hangs on them. ids: by column name, such as order_id.
    values: contact points, names and addresses as written that nobody else has. shared: how many points are left out,
    as others have them too. numbers: order numbers and vendors' own ids, by which people ask.
    """

    customer_ids: set[str] = field(default_factory=set)
    records: set[str] = field(default_factory=set)
    ids: dict[str, set[str]] = field(default_factory=dict)
    emails: set[str] = field(default_factory=set)
    mailboxes: set[str] = field(default_factory=set)
    phones: set[str] = field(default_factory=set)
    values: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    n_shared: int = 0

    def as_text(self) -> str:
        """JSON that `read` understands."""
        return json.dumps({name: _listed(value) for name, value in asdict(self).items()}, ensure_ascii=False)

    @classmethod
    def read(cls, text: str) -> Self:
        said = json.loads(text)
        ids = {column: set(found) for column, found in said.pop("ids").items()}
        n_shared = said.pop("n_shared")
        return cls(ids=ids, n_shared=n_shared, **{name: set(found) for name, found in said.items()})

    @property
    def keys(self) -> dict[Kind, set[str]]:
        """What tombstones are erected of."""
        numbers = self.phones | {key for number in self.phones for key in national_keys(number)}
        return {"email": self.emails, "mailbox": self.mailboxes, "phone": numbers, "record": self.record_keys}

    @property
    def addresses(self) -> set[str]:
        """E-mails that only the person has, and the plainest spelling of each mailbox."""
        return self.emails | self.mailboxes

    @property
    def record_keys(self) -> set[str]:
        """Records, and what they hang on: the line `shop:orders:7:2` is of `shop:orders:7`."""
        found = set()
        for record in self.records:
            parts = record.split(":")
            found |= {":".join(parts[:n]) for n in range(3, len(parts) + 1)}
        return found

    def key_hashes(self, secret: bytes) -> list[str]:
        """HMACs of every key a request may name."""
        found = {hashed(kind, key, secret) for kind, keys in self.keys.items() for key in keys}
        others = self.customer_ids | self.numbers | {value for values in self.ids.values() for value in values}
        return sorted(found | {hashed("record", key, secret) for key in others})

    @property
    def pattern(self) -> str:
        """A regular expression for what identifies the person amid text, the same to Python and to Postgres.

        Names are not in it: others have them.
        """
        return "|".join([*self._literals.values(), *self._phone_patterns])

    @property
    def hints(self) -> list[str]:
        """Regular expressions that find more, and faster: one of them is in every text that `pattern` fits."""
        every = [*map(re.escape, self._literals), *map(_spaced, self.national_numbers)]
        return ["|".join(every[n : n + _AT_ONCE]) for n in range(0, len(every), _AT_ONCE)]

    def is_in(self, text: str) -> bool:
        """Whether a text names the person."""
        return any(pattern.search(text) for pattern in self._patterns_for(text))

    def redacted(self, text: str) -> tuple[str, int]:
        """The text without what names the person, and in how many places that was."""
        n_places = 0
        for pattern in self._patterns_for(text):
            text, n_more = pattern.subn(ERASED, text)
            n_places += n_more
        return text, n_places

    @property
    def literals(self) -> list[str]:
        """In lower case: what is in every text that names the person, but by phone."""
        return list(self._literals)

    @cached_property
    def national_numbers(self) -> list[str]:
        """The digits that every spelling of a phone has."""
        return sorted(key.removeprefix("national:") for number in self.phones for key in national_keys(number))

    @property
    def _literals(self) -> dict[str, str]:
        """Patterns of addresses and ids, by what has to be in a text that they fit; made anew when more are known."""
        n_known = len(self.customer_ids), len(self.records), sum(map(len, self.ids.values())), len(self.addresses)
        made = vars(self).get("_made")
        if made is None or made[0] != n_known:
            made = vars(self)["_made"] = n_known, self._patterns_of_literals()
        found: dict[str, str] = made[1]
        return found

    def _patterns_of_literals(self) -> dict[str, str]:
        ids = self.customer_ids | self.records
        for values in self.ids.values():
            ids |= {value for value in values if ":" in value}
        # The line shopify:orders:7:2 is found by its order.
        ids = {value for value in ids if not any(whole in ids for whole in _wholes(value))}
        found = {value.lower(): rf"(?<![[:alnum:]]){re.escape(value)}(?![[:alnum:]])" for value in sorted(ids)}
        for address in sorted(self.addresses):
            found[address] = rf"(?<![[:alnum:]._%+-]){re.escape(address)}(?![[:alnum:]-]|\.[[:alnum:]])"
        return found

    @cached_property
    def _phone_patterns(self) -> list[str]:
        return [_phone_pattern(number) for number in sorted(self.phones)]

    def _patterns_for(self, text: str) -> Iterator[re.Pattern[str]]:
        """Of the patterns those that may fit: a search for all of them at once takes Python minutes in a large file."""
        lowered = text.lower()
        patterns = [pattern for literal, pattern in self._literals.items() if literal in lowered]
        if any(re.search(_spaced(digits), text) for digits in self.national_numbers):
            patterns += self._phone_patterns
        for pattern in patterns:
            yield re.compile(pattern.replace("[:alnum:]", "0-9A-Za-z"), re.IGNORECASE)


def _wholes(record: str) -> Iterator[str]:
    parts = record.split(":")
    return (":".join(parts[:n]) for n in range(1, len(parts)))


def _spaced(digits: str) -> str:
    return r"[ ().\-/]*".join(digits)


def _phone_pattern(number: str) -> str:
    (national,) = (key.removeprefix("national:") for key in national_keys(number))
    country = number.removeprefix("+").removesuffix(national)
    digits = _spaced(national)
    prefix = rf"(?:\+|00){country}[ ().\-/]*(?:0[ ().\-/]*)?"
    if len(national) >= _SURELY_A_PHONE:
        return rf"(?<![0-9])(?:{prefix}|{country}|[(]?0[ ().\-/]*)?{digits}(?![0-9])"
    return rf"(?<![0-9]){prefix}{digits}(?![0-9])"


def _listed(value: object) -> object:
    if isinstance(value, set):
        return sorted(value)
    if isinstance(value, dict):
        return {key: _listed(found) for key, found in value.items()}
    return value
