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
    as strangers do, so that their probabilities are not learned but follow those of strangers. is_shared_at_home:
    whether it is a point that a household may share altogether, so that it does not speak for one person where
    what tells apart disagrees.
    """

    name: str
    columns: tuple[str, ...]
    missing: str
    levels: tuple[Level, ...]
    frequency: str | None = None
    tells_apart: bool = False
    is_shared_at_home: bool = False

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


def _if(cheap: str, costly: str) -> str:
    """Both hold; the costly one is looked at only where the cheap one does. (AND promises no order.)"""
    return f"(case when {cheap} then {costly} else false end)"


def _likeness(column: str) -> str:
    return f"jaro_winkler_similarity({column}_l, {column}_r)"


def _slip_apart(column: str) -> str:
    # Jaro-Winkler first: it is several times as fast and rules most pairs out
    edit = f"damerau_levenshtein({column}_l, {column}_r) <= 1"
    return f"({_likeness(column)} >= 0.92 or {_if(f'{_likeness(column)} >= 0.8', edit)})"


def _missing(*columns: str) -> str:
    return " or ".join(f"{column}_{side} is null" for column in columns for side in "lr")


def _part_of(column: str) -> str:
    """All words of the one among those of the other: `ANNE MARIE` and `ANNE`."""
    left, right = f"{column}_l", f"{column}_r"
    words = "contains(' ' || {} || ' ', ' ' || {} || ' ')"
    return (
        f"({_if(f'contains({left}, {right})', words.format(left, right))}"
        f" or {_if(f'contains({right}, {left})', words.format(right, left))})"
    )


def _digits_apart(column: str, length: int) -> str:
    """In how many places two texts differ; hamming() refuses texts of different lengths."""
    return f"hamming(rpad({column}_l, {length}, '_'), rpad({column}_r, {length}, '_'))"


def _digit_apart(column: str, length: int) -> str:
    """One digit differs, or two neighbours changed places."""
    apart = _digits_apart(column, length)
    return f"({apart} = 1 or {_if(f'{apart} = 2', f'damerau_levenshtein({column}_l, {column}_r) = 1')})"


# Given name and surname in each other's place. The surname then says nothing of its own.
_SWAPPED = _if(
    "given_initial_l = surname_initial_r and surname_initial_l = given_initial_r and given_name_l <> given_name_r",
    "(jaro_winkler_similarity(given_name_l, surname_r) >= 0.9"
    " and jaro_winkler_similarity(surname_l, given_name_r) >= 0.9"
    f" and {_likeness('given_name')} < 0.8)",
)

_SHORT = (
    "(coalesce(list_contains(formal_names_l, first_word_r), false)"
    " or coalesce(list_contains(formal_names_r, first_word_l), false)"
    " or coalesce(list_has_any(formal_names_l, formal_names_r), false))"
)

_YEARS, _MONTHS, _DAYS = (f"birth_{part}_l = birth_{part}_r" for part in ("year", "month", "day"))
_ANY_PART = f"({_YEARS} or {_MONTHS} or {_DAYS})"  # else at least three digits differ

# What several levels ask is worked out once.
SHARED: dict[str, str] = {
    "is_swapped": _SWAPPED,
    **{f"{column}_likeness": _likeness(column) for column in ("given_name", "surname", "city", "street_name", "email")},
    "birth_digits_apart": f"case when {_ANY_PART} then {_digits_apart('birth_date', 8)} else 8 end",
}


_TWO_DIGITS_APART = f"{SHARED['birth_digits_apart']} = 2"


@cache
def comparisons() -> tuple[Comparison, ...]:
    """All comparisons, in the order in which they are shown."""
    return (
        Comparison(
            "given_name",
            ("given_name", "surname", "given_initial", "surname_initial", "first_word", "formal_names"),
            _missing("given_name"),
            (
                Level("the same", "given_name_l = given_name_r", 0.82, 0.02),
                Level("in the surname's place", _SWAPPED, 0.01, 0.001),
                Level("short for the other, or among its words", f"({_SHORT} or {_part_of('given_name')})", 0.04, 0.01),
                Level("a slip apart", _slip_apart("given_name"), 0.08, 0.01),
                Level(
                    "an initial of the other",
                    "given_initial_l = given_initial_r and (length(given_name_l) = 1 or length(given_name_r) = 1)",
                    0.01,
                    0.02,
                ),
                Level("alike", f"{_likeness('given_name')} >= 0.8", 0.02, 0.03),
                Level("different", "", 0.015, 0.92),
            ),
            frequency="given_name",
            tells_apart=True,
        ),
        Comparison(
            "surname",
            ("surname", "given_name", "given_initial", "surname_initial"),
            f"{_missing('surname')} or {_SWAPPED}",
            (
                Level("the same", "surname_l = surname_r", 0.85, 0.68),
                Level("one among the other's", _part_of("surname"), 0.03, 0.04),
                Level("a slip apart", _slip_apart("surname"), 0.07, 0.06),
                Level("alike", f"{_likeness('surname')} >= 0.8", 0.015, 0.02),
                Level("different", "", 0.035, 0.2),
            ),
            frequency="surname",
        ),
        Comparison(
            "birth_date",
            ("birth_date", "birth_year", "birth_month", "birth_day"),
            _missing("birth_date"),
            (
                Level("the same", "birth_date_l = birth_date_r", 0.88, 0.01),
                Level(
                    "day and month swapped",
                    f"{_YEARS} and birth_month_l = birth_day_r and birth_day_l = birth_month_r",
                    0.015,
                    0.001,
                ),
                Level(
                    "a slip apart",
                    f"({SHARED['birth_digits_apart']} = 1"
                    f" or {_if(_TWO_DIGITS_APART, 'damerau_levenshtein(birth_date_l, birth_date_r) = 1')})",
                    0.06,
                    0.005,
                ),
                Level(
                    "one part apart",
                    f"(({_YEARS} and ({_MONTHS} or {_DAYS})) or ({_MONTHS} and {_DAYS}))",
                    0.02,
                    0.01,
                ),
                Level("two digits apart", _TWO_DIGITS_APART, 0.01, 0.02),
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
                    "house_number_l = house_number_r"
                    f" and ({_likeness('street_name')} >= 0.88 or {_part_of('street_name')})",
                    0.1,
                    0.1,
                ),
                Level(
                    "the same street",
                    f"{_likeness('street_name')} >= 0.94",
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
                    f" or {_likeness('city')} >= 0.9)",
                    0.78,
                    0.86,
                ),
                Level("the same code", "postal_code_l = postal_code_r", 0.04, 0.04),
                Level(
                    "the same town, the code a slip apart",
                    _if(f"{_likeness('city')} >= 0.9", _digit_apart("postal_code", 10)),
                    0.05,
                    0.03,
                ),
                Level("the same town", f"{_likeness('city')} >= 0.9", 0.05, 0.04),
                Level("different", "", 0.08, 0.03),
            ),
            frequency="postal_code",
        ),
        Comparison(
            "email",
            ("emails", "email", "email_digits", "mailbox"),
            "emails_l is null or emails_r is null",
            (
                Level("the same", "(email_l = email_r or list_has_any(emails_l, emails_r))", 0.65, 0.05),
                Level("the same before the @, and no name", "mailbox_l = mailbox_r", 0.05, 0.002),
                Level(
                    "a slip apart",
                    # a digit makes another address, a letter hardly does
                    _if(
                        f"email_digits_l = email_digits_r and {_likeness('email')} >= 0.9",
                        "damerau_levenshtein(email_l, email_r) <= 2",
                    ),
                    0.05,
                    0.002,
                ),
                Level("different", "", 0.25, 0.946),
            ),
            is_shared_at_home=True,
        ),
        Comparison(
            "phone",
            ("phones", "phone"),
            "phones_l is null or phones_r is null",
            (
                Level("the same", "(phone_l = phone_r or list_has_any(phones_l, phones_r))", 0.65, 0.2),
                Level(
                    "a slip apart",
                    _digit_apart("phone", 16),
                    0.05,
                    0.005,
                ),
                Level("different", "", 0.3, 0.795),
            ),
            is_shared_at_home=True,
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
