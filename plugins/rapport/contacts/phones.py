"""Phone numbers: E.164 by libphonenumber, with the default country of whoever wrote the number down.

The number is what is called. Its match key keeps the extension, as RFC 3966 writes it: +902121234567;ext=12.
"""

from __future__ import annotations

import re
import unicodedata
from functools import partial

import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc
from phonenumbers import NumberParseException, PhoneNumberFormat

from rapport.contacts import forms, numbering_plans
from rapport.contacts.forms import NormalForm
from rapport.contacts.known_values import verdict, verdicts

_DECORATION = re.compile(r"[\s\-./()'\"\u200b-\u200f\u202a-\u202e\u2060\ufeff]+")
_PLAIN_DECORATION = r"[ \-./()'\"]+"
_SCIENTIFIC = re.compile(r"\d[.,]\d+[eE]\+?\d+")  # a spreadsheet took the number for a quantity: digits are lost
# What Turks and Danes write before an extension; libphonenumber knows the English words.
_EXTENSION = re.compile(r"(?:dahili|dah|lokalnummer|lokalnr|lokal|lok)[:#]?(?=\d{1,7}$)", re.IGNORECASE)
_ONE_DIGIT = "^(0+|1+|2+|3+|4+|5+|6+|7+|8+|9+)$"


def normal_forms(values: pa.Array, default_country: str) -> pa.Table:
    """Forms of numbers as written by somebody in the default country (ISO 3166, may be empty)."""
    told = told_by_plans(values, default_country.upper())
    found = pc.is_valid(told)
    return forms.with_quick_way(
        values, found, lambda _: _valid(told.filter(found)), partial(_parsed, default_country=default_country)
    )


def told_by_plans(values: pa.Array, default_country: str, *, worth_a_pass: int = 1_000) -> pa.Array:
    """E.164 of the numbers that numbering plans tell without libphonenumber's help, null for the others.

    So many numbers from abroad, of one country, are `worth_a_pass` of its plan over all of them.
    """
    digits = pc.replace_substring_regex(values, _PLAIN_DECORATION, "")
    digits = pc.if_else(pc.match_substring_regex(digits, r"^\+?[0-9]{5,17}$"), digits, pa.scalar(None, pa.string()))
    told = pa.nulls(len(values), pa.string())
    own = numbering_plans.plan_of(default_country)
    if own is not None:
        told = _as_e164(own, own.of_inhabitants(digits))
    abroad = digits.filter(pc.and_(pc.starts_with(digits, "+"), pc.is_null(told)))
    for plan in numbering_plans.plans_in(abroad, least=worth_a_pass):
        told = pc.coalesce(told, _as_e164(plan, plan.of_international(digits)))
    return told


def _as_e164(plan: numbering_plans.Plan, national: pa.Array) -> pa.Array:
    is_placeholder = pc.or_(
        pc.is_in(national, verdicts("phone").values), pc.match_substring_regex(national, _ONE_DIGIT)
    )
    national = pc.if_else(is_placeholder, pa.scalar(None, pa.string()), national)
    return pc.binary_join_element_wise(f"+{plan.calling_code}", national, "")


def _valid(numbers: pa.Array) -> pa.Table:
    is_valid = pa.repeat(pa.scalar(True), len(numbers))
    return forms.table(len(numbers), {"normalised": numbers, "is_valid": is_valid, "match_key": numbers})


def _parsed(values: pa.Array, default_country: str) -> pa.Table:
    return forms.one_by_one(values, spelling, partial(parsed, default_country=default_country))


def spelling(raw: str) -> str:
    """The value without blanks, brackets and dashes; letters stay (they may announce an extension)."""
    text = unicodedata.normalize("NFKC", raw).strip()
    return text if _SCIENTIFIC.search(text) else _DECORATION.sub("", text)


def parsed(text: str, default_country: str) -> NormalForm:
    """What libphonenumber makes of a number as `spelling` gives it."""
    if not text:
        return forms.unusable("empty")
    if _SCIENTIFIC.search(text):
        return forms.unusable("digits_lost_in_a_spreadsheet")
    try:
        number = phonenumbers.parse(_EXTENSION.sub(";ext=", text), default_country.upper() or None)
    except NumberParseException as error:
        is_abroad = error.error_type == NumberParseException.INVALID_COUNTRY_CODE
        return forms.unusable("no_country_code" if is_abroad else "not_a_number")
    national = str(number.national_number)
    known = verdict("phone", national)
    if known is not None or len(set(national)) == 1:
        return forms.unusable(known.reason if known else "placeholder")
    if not phonenumbers.is_valid_number(number):
        return forms.unusable("not_in_use_in_that_country")
    found = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    key = f"{found};ext={number.extension}" if number.extension else found
    return NormalForm(found, True, match_key=key)
