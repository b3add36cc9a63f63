"""What of two records is compared, in which levels of agreement, and what each level is expected to mean.

A level's probabilities are what is believed before any data are seen: `same` among pairs of one person, `home` among
two persons of one household, the highest level first. How often strangers agree is always counted, never believed.
Estimation (estimation.py) moves them to what a set of records shows; where it shows little, these stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

NULL_LEVEL = -1


@dataclass(frozen=True)
class Level:
    """One level of agreement: its SQL over `<column>_l` and `<column>_r`, and the prior probabilities."""

    label: str
    condition: str
    same: float
    home: float


@dataclass(frozen=True)
class Comparison:
    """Levels from the highest agreement (number n - 1) to none (0); the last has no condition of its own.

    columns: those of the records that the conditions read. frequency: the column whose value's frequency
    replaces the average one where level n - 1 holds. tells_apart: whether two of a household differ in it
    as strangers do, so that their probabilities are not learned but follow those of strangers.
    """

    name: str
    columns: tuple[str, ...]
    missing: str
    levels: tuple[Level, ...]
    frequency: str | None = None
    tells_apart: bool = False

    def number(self, position: int) -> int:
        """The level's number, of the one at this position."""
        return len(self.levels) - 1 - position

    @property
    def top(self) -> int:
        """Number of the highest level."""
        return len(self.levels) - 1

    def sql(self) -> str:
        """CASE expression that gives the level's number, -1 where either record lacks what is compared."""
        whens = " ".join(
            f"when {level.condition} then {self.number(position)}" for position, level in enumerate(self.levels[:-1])
        )
        return f"case when {self.missing} then {NULL_LEVEL} {whens} else 0 end"


def _similar(column: str, threshold: float) -> str:
    return f"jaro_winkler_similarity({column}_l, {column}_r) >= {threshold}"


def _one_edit(column: str, floor: float) -> str:
    # Jaro-Winkler first: it is several times as fast and rules most pairs out
    return (
        f"(jaro_winkler_similarity({column}_l, {column}_r) >= {floor}"
        f" and damerau_levenshtein({column}_l, {column}_r) <= 1)"
    )


def _missing(*columns: str) -> str:
    return " or ".join(f"{column}_{side} is null" for column in columns for side in "lr")


def _part_of(column: str) -> str:
    """All words of the one among those of the other: `ANNE MARIE` and `ANNE`."""
    left, right = f"' ' || {column}_l || ' '", f"' ' || {column}_r || ' '"
    return f"(contains({left}, {right}) or contains({right}, {left}))"


# Given name and surname in each other's place. The surname then says nothing of its own.
_SWAPPED = (
    "(given_name_l is not null and surname_l is not null and given_name_r is not null and surname_r is not null"
    " and given_name_l[1] = surname_r[1] and surname_l[1] = given_name_r[1]"
    " and given_name_l <> given_name_r"
    " and jaro_winkler_similarity(given_name_l, surname_r) >= 0.9"
    " and jaro_winkler_similarity(surname_l, given_name_r) >= 0.9"
    " and jaro_winkler_similarity(given_name_l, given_name_r) < 0.8)"
)

def _digits_apart(left: str, right: str, length: int) -> str:
    """In how many places two texts differ; hamming() refuses texts of different lengths."""
    return f"hamming(rpad({left}, {length}, '_'), rpad({right}, {length}, '_'))"


def _one_digit_edit(left: str, right: str, length: int) -> str:
    apart = _digits_apart(left, right, length)
    return f"({apart} = 1 or ({apart} = 2 and damerau_levenshtein({left}, {right}) = 1))"


_DATES = "length(birth_date_l) = 8 and length(birth_date_r) = 8"
_YEARS = "birth_date_l[1:4] = birth_date_r[1:4]"
_MONTHS = "birth_date_l[5:6] = birth_date_r[5:6]"
_DAYS = "birth_date_l[7:8] = birth_date_r[7:8]"


@cache
def comparisons() -> tuple[Comparison, ...]:
    """All comparisons, in the order in which they are shown."""
    return (
        Comparison(
            "given_name",
            ("given_name", "surname"),
            _missing("given_name"),
            (
                Level("the same", "given_name_l = given_name_r", 0.82, 0.02),
                Level("in the surname's place", _SWAPPED, 0.01, 0.001),
                Level("one among the other's", _part_of("given_name"), 0.04, 0.01),
                Level("a slip apart", f"({_similar('given_name', 0.92)} or {_one_edit('given_name', 0.8)})", 0.08, 0.01),
                Level(
                    "an initial of the other",
                    "given_name_l[1] = given_name_r[1] and (length(given_name_l) = 1 or length(given_name_r) = 1)",
                    0.01,
                    0.02,
                ),
                Level("alike", _similar("given_name", 0.8), 0.02, 0.03),
                Level("different", "", 0.015, 0.92),
            ),
            frequency="given_name",
            tells_apart=True,
        ),
        Comparison(
            "surname",
            ("surname", "given_name"),
            f"{_missing('surname')} or {_SWAPPED}",
            (
                Level("the same", "surname_l = surname_r", 0.85, 0.68),
                Level("one among the other's", _part_of("surname"), 0.03, 0.04),
                Level("a slip apart", f"({_similar('surname', 0.92)} or {_one_edit('surname', 0.8)})", 0.07, 0.06),
                Level("alike", _similar("surname", 0.8), 0.015, 0.02),
                Level("different", "", 0.035, 0.2),
            ),
            frequency="surname",
        ),
        Comparison(
            "birth_date",
            ("birth_date",),
            _missing("birth_date"),
            (
                Level("the same", "birth_date_l = birth_date_r", 0.88, 0.01),
                Level(
                    "day and month swapped",
                    f"{_DATES} and {_YEARS} and birth_date_l[5:6] = birth_date_r[7:8]"
                    " and birth_date_l[7:8] = birth_date_r[5:6]",
                    0.015,
                    0.001,
                ),
                Level(
                    "a slip apart",
                    f"{_DATES} and {_one_digit_edit('birth_date_l', 'birth_date_r', 8)}",
                    0.06,
                    0.005,
                ),
                Level(
                    "one part apart",
                    f"{_DATES} and (({_YEARS} and ({_MONTHS} or {_DAYS})) or ({_MONTHS} and {_DAYS}))",
                    0.02,
                    0.01,
                ),
                Level("two digits apart", f"{_DATES} and {_digits_apart('birth_date_l', 'birth_date_r', 8)} = 2", 0.01, 0.02),
                Level("different", "", 0.015, 0.95),
            ),
            frequency="birth_date",
            tells_apart=True,
        ),
        Comparison(
            "street",
            ("street", "street_name", "house_number"),
            _missing("street"),
            (
                Level("the same door", "street_l = street_r", 0.7, 0.78),
                Level(
                    "the same number, the street a slip apart",
                    "house_number_l = house_number_r and (jaro_winkler_similarity(street_name_l, street_name_r) >= 0.88"
                    f" or {_part_of('street_name')})",
                    0.1,
                    0.1,
                ),
                Level(
                    "the same street",
                    "(street_name_l = street_name_r or jaro_winkler_similarity(street_name_l, street_name_r) >= 0.94)",
                    0.05,
                    0.04,
                ),
                Level("different", "", 0.15, 0.08),
            ),
            frequency="street",
        ),
        Comparison(
            "place",
            ("postal_code", "city"),
            "(postal_code_l is null or postal_code_r is null) and (city_l is null or city_r is null)",
            (
                Level(
                    "the same",
                    "postal_code_l = postal_code_r and (city_l is null or city_r is null or city_l = city_r"
                    f" or {_similar('city', 0.9)})",
                    0.78,
                    0.86,
                ),
                Level("the same code", "postal_code_l = postal_code_r", 0.04, 0.04),
                Level(
                    "the same town, the code a slip apart",
                    f"{_similar('city', 0.9)} and {_one_digit_edit('postal_code_l', 'postal_code_r', 10)}",
                    0.05,
                    0.03,
                ),
                Level("the same town", _similar("city", 0.9), 0.05, 0.04),
                Level("different", "", 0.08, 0.03),
            ),
            frequency="postal_code",
        ),
        Comparison(
            "email",
            ("emails", "mailbox"),
            "emails_l is null or emails_r is null",
            (
                Level("the same", "list_has_any(emails_l, emails_r)", 0.65, 0.05),
                Level("the same before the @, and no name", "mailbox_l = mailbox_r", 0.05, 0.002),
                Level(
                    "a slip apart",
                    "regexp_replace(emails_l[1], '[^0-9]', '', 'g') = regexp_replace(emails_r[1], '[^0-9]', '', 'g')"
                    " and jaro_winkler_similarity(emails_l[1], emails_r[1]) >= 0.9"
                    " and damerau_levenshtein(emails_l[1], emails_r[1]) <= 2",
                    0.05,
                    0.002,
                ),
                Level("different", "", 0.25, 0.946),
            ),
        ),
        Comparison(
            "phone",
            ("phones",),
            "phones_l is null or phones_r is null",
            (
                Level("the same", "list_has_any(phones_l, phones_r)", 0.65, 0.2),
                Level(
                    "a slip apart",
                    _one_digit_edit("phones_l[1]", "phones_r[1]", 16),
                    0.05,
                    0.005,
                ),
                Level("different", "", 0.3, 0.795),
            ),
        ),
        Comparison(
            "external_id",
            ("external_ids",),
            "external_ids_l is null or external_ids_r is null",
            (
                Level("the same", "list_has_any(external_ids_l, external_ids_r)", 0.5, 0.005),
                Level("different", "", 0.5, 0.995),
            ),
        ),
    )
