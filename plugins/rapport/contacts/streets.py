"""Street addresses: street and house number in one order, floor, door and neighbourhood apart from them.

`Atatürk Mah. Cumhuriyet Cad. No:12 D:5`, `Cumhuriyet Caddesi 12/5` and `12 Cumhuriyet cd. daire 5` are one door.
What words mean is in address_words.csv; rows for another language are all it takes.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pyarrow as pa

from rapport.contacts import folding, forms
from rapport.contacts.forms import NormalForm
from rapport.contacts.known_values import verdict

SEED = Path(__file__).with_name("address_words.csv")

_INITIALS = re.compile(r"\b(?:[A-Z]\.){2,}")  # P.O. is one word
_TOKEN = re.compile(
    r"(?P<ordinal>\d+(?:\.|(?:ST|ND|RD|TH)\b)(?!\d))"
    r"|(?P<number>\d+[A-Z]?(?:-\d+[A-Z]?)?(?![A-Z0-9]))"
    r"|(?P<digits>\d+)"
    r"|(?P<word>[A-Z]+\.?)"
    r"|(?P<door>/|#)"
    r"|(?P<pause>[,;])"
)
_WORD_OR_NUMBER = re.compile(r"[A-Z0-9]+")
_NUMBER = re.compile(r"(\d+)")
_STAND_INS = "123456789"  # for the numbers of an address while it is read
_STAND_IN_CODES = tuple(map(ord, _STAND_INS))
# where the house number is written first, if there are two numbers and nothing else tells which is the house's
_NUMBER_FIRST = frozenset({"AU", "CA", "FR", "GB", "IE", "NZ", "US"})
_UNIT_ORDER = {"BLOK": 0, "FL": 1, "APT": 2}


@dataclass(frozen=True)
class _Words:
    role: dict[str, str]  # of a word in its one spelling
    one_spelling: dict[str, str]
    endings: dict[str, str]
    sides: dict[str, str]  # words that only behind a house number say where a door is: st. is a street elsewhere


@cache
def _words() -> _Words:
    words = _Words({}, {}, {}, {})
    with SEED.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["role"] == "ending":
                words.endings[row["written"]] = row["word"]
            elif row["role"] == "side":
                words.sides[row["written"]] = row["word"]
            else:
                words.one_spelling[row["written"]] = row["word"]
                words.role.setdefault(row["word"], row["role"])
    return words


def _one_spelling(written: str) -> str:
    word = written.rstrip(".")
    known = _words().one_spelling.get(word)
    if known is not None:
        return known
    if written.endswith("."):
        for ending, whole in _words().endings.items():
            if word.endswith(ending) and len(word) > len(ending) + 2:
                return word[: -len(ending)] + whole
    return word


@dataclass
class _Parts:
    """What has been read of an address so far."""

    street: list[str] = field(default_factory=list)
    house: str | None = None
    leading: list[str] = field(default_factory=list)  # numbers before any word
    units: list[tuple[str, str]] = field(default_factory=list)
    area: list[str] = field(default_factory=list)  # neighbourhood, and what follows the house number
    is_house_first: bool = False

    def add_word(self, word: str) -> None:
        if self.house is not None and self.street and not self.is_house_first:
            self.area.append(word)
        else:
            self.street.append(word)

    def set_house(self, number: str) -> None:
        if self.house is None:
            self.house, self.is_house_first = number, not self.street
        else:
            self.units.append(("APT", number))


def normal_forms(values: pa.Array, default_country: str) -> pa.Table:
    """Forms of street addresses as written.

    normalised is `STREET HOUSE, NEIGHBOURHOOD UNITS`, such as `CUMHURIYET CAD 12, ATATURK MAH APT 5`; the match key
    is what stands before the comma, of a range of house numbers the first.
    """
    # What an address means does not depend on which numbers stand in it: each pattern is read once.
    patterns: dict[str, NormalForm] = {}
    found = []
    for text in folding.fold_column(folding.spelling_column(values)).to_pylist():
        pieces = _NUMBER.split(text)
        numbers = pieces[1::2]
        if len(numbers) > len(_STAND_INS):
            found.append(street(text, default_country))
            continue
        pieces[1::2] = _STAND_INS[: len(numbers)]
        pattern = "".join(pieces)
        form = patterns.get(pattern)
        if form is None:
            form = patterns[pattern] = street(pattern, default_country)
        found.append(_with_numbers(form, numbers) if form.is_valid else form)
    return forms.from_rows(found)


def _with_numbers(form: NormalForm, numbers: list[str]) -> NormalForm:
    filled = dict(zip(_STAND_IN_CODES, numbers, strict=False))
    return NormalForm(str(form.normalised).translate(filled), True, match_key=str(form.match_key).translate(filled))


def street(folded: str, default_country: str) -> NormalForm:
    """The form of a folded address."""
    known = verdict("address", " ".join(_WORD_OR_NUMBER.findall(folded)))
    if known is not None:
        return forms.unusable(known.reason)
    parts = _read(_tokens(folded), default_country)
    road = " ".join(parts.street)
    if not any(character.isalpha() for character in road):
        return forms.unusable("no_street" if folded.strip() else "empty")
    units = sorted(parts.units, key=lambda unit: _UNIT_ORDER.get(unit[0], len(_UNIT_ORDER)))
    apart = " ".join([*parts.area, *(" ".join(filter(None, unit)) for unit in units)])
    first_house = (parts.house or "").partition("-")[0]
    return NormalForm(
        " ".join(filter(None, (road, parts.house))) + (f", {apart}" if apart else ""),
        True,
        match_key=f"{folding.match_key(road.replace('.', ''))} {first_house}".strip(),
    )


def _tokens(folded: str) -> list[tuple[str, str]]:
    joined = _INITIALS.sub(lambda match: match[0].replace(".", ""), folded)
    return [(str(match.lastgroup), match[0]) for match in _TOKEN.finditer(joined)]


def _read(tokens: list[tuple[str, str]], default_country: str) -> _Parts:
    parts, position = _Parts(), 0
    while position < len(tokens):
        following = tokens[position + 1] if position + 1 < len(tokens) else ("", "")
        kind, text = tokens[position]
        if kind == "word":
            position += _read_word(parts, text, following)
        elif kind in ("number", "digits", "ordinal"):
            position += _read_number(parts, kind, text, following, tokens[position - 1][0] if position else "")
        elif kind == "door" and text == "#" and following[0] in ("number", "digits"):
            parts.units.append(("APT", following[1]))
            position += 2
        else:
            parts.is_house_first = parts.is_house_first and not parts.street
            position += 1
    return _with_house(parts, default_country)


def _read_word(parts: _Parts, written: str, following: tuple[str, str]) -> int:
    """Take the word, and what belongs to it of the token that follows; returns how many tokens that was."""
    kind, text = following
    word = _one_spelling(written)
    role = _words().role.get(word)
    value = text.rstrip(".")
    is_numbered = kind in ("number", "digits", "ordinal")
    if role == "number" and is_numbered:
        parts.set_house(value)
        return 2
    if role == "unit" and (is_numbered or (kind == "word" and len(value) == 1)):
        parts.units.append((word, value))
        return 2
    if len(word) == 1 and kind == "word" and _words().role.get(_one_spelling(text)) == "unit":
        parts.units.append((_one_spelling(text), word))
        return 2
    side = _words().sides.get(written.rstrip("."))
    if role == "noise":
        return 1
    # Before MAH it is a neighbourhood's name.
    is_name = kind == "word" and _words().role.get(_one_spelling(text)) == "neighbourhood"
    if side is not None and parts.house is not None and not is_name:
        parts.units.append((side, ""))
    elif role == "neighbourhood" and parts.street and parts.house is None:
        parts.area += [*parts.street, word]
        parts.street.clear()
    elif len(word) == 1 and parts.house is not None and parts.house.isdigit() and not parts.units and not parts.area:
        parts.house += word  # 12 B
    else:
        parts.add_word(word)
    return 1


def _read_number(parts: _Parts, kind: str, text: str, following: tuple[str, str], before: str) -> int:
    """Take the number, and the word that says what it counts; returns how many tokens that was."""
    value = re.sub(r"\D+$", "", text) if kind == "ordinal" else text
    word = _one_spelling(following[1]) if following[0] == "word" else ""
    role = _words().role.get(word)
    is_before_side = following[1].rstrip(".") in _words().sides
    if kind == "ordinal" and word == "APT":
        parts.units.append(("FL", value))  # 4. dør 2
        return 1
    if role == "unit" and not (parts.house is None and kind != "ordinal" and parts.street):
        parts.units.append((word, value))
        return 2
    if parts.house is not None:
        is_floor = (kind == "ordinal" or is_before_side) and before != "door"
        parts.units.append(("FL" if is_floor else "APT", value))
    elif kind == "ordinal" or (role == "type" and not (parts.street and is_before_side)):
        parts.street.append(f"{value}.")
    elif parts.street:
        parts.set_house(value)
    else:
        parts.leading.append(value)
    return 1


def _with_house(parts: _Parts, default_country: str) -> _Parts:
    if parts.leading and parts.house is None:
        parts.house = parts.leading.pop()
        parts.units += [("APT", number) for number in parts.leading]
    elif parts.leading and default_country in _NUMBER_FIRST:
        parts.units.append(("APT", str(parts.house)))
        parts.house = parts.leading[-1]
    elif parts.leading:
        parts.street[:0] = [f"{number}." for number in parts.leading]
    if not parts.street:
        parts.street, parts.area = parts.area, []
    return parts
