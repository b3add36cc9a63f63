"""Phone numbers: E.164 by libphonenumber, with the default country of whoever wrote the number down."""

from __future__ import annotations

import re
import unicodedata

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from rapport.contacts.known_values import verdict

_DECORATION = re.compile(r"[\s\-./()'\"\u200b-\u200f\u202a-\u202e\u2060\ufeff]+")
_SCIENTIFIC = re.compile(r"\d[.,]\d+[eE]\+?\d+")  # a spreadsheet took the number for a quantity: digits are lost


def spelling(raw: str) -> str:
    """The value without blanks, brackets and dashes; letters stay (they may announce an extension)."""
    text = unicodedata.normalize("NFKC", raw).strip()
    return text if _SCIENTIFIC.search(text) else _DECORATION.sub("", text)


def normal_form(text: str, default_country: str) -> tuple[str | None, bool, bool, str | None, str | None, str | None]:
    """normalised, is_valid, is_shared, reason, display, match_key of a number as `spelling` gives it."""
    if not text:
        return None, False, False, "empty", None, None
    if _SCIENTIFIC.search(text):
        return None, False, False, "digits_lost_in_a_spreadsheet", None, None
    try:
        number = phonenumbers.parse(text, default_country.upper() or None)
    except NumberParseException as error:
        if error.error_type == NumberParseException.INVALID_COUNTRY_CODE:
            return None, False, False, "no_country_code", None, None
        return None, False, False, "not_a_number", None, None
    national = str(number.national_number)
    known = verdict("phone", national)
    if known is not None or len(set(national)) == 1:
        return None, False, False, known.reason if known else "placeholder", None, None
    if not phonenumbers.is_valid_number(number):
        return None, False, False, "not_in_use_in_that_country", None, None
    found = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return found, True, False, None, None, found
