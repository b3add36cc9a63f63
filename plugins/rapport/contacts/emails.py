"""E-mail addresses: lower case, Turkish i folded on purpose, syntax checked without asking the network.

The address is what is written to. Its match key is the mailbox it leads to: without a +tag, and as mailbox_rules.csv
says of providers that ignore dots or have one mailbox under several domains.
"""

from __future__ import annotations

import csv
import unicodedata
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from disposable_email_domains import blocklist
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from rapport.contacts import forms
from rapport.contacts.forms import NormalForm
from rapport.contacts.known_values import verdicts

RULES = Path(__file__).with_name("mailbox_rules.csv")

# str.lower() turns İ into i and a combining dot; in an address both are a plain i that a Turkish keyboard
# or a spreadsheet changed.
_TURKISH_I = str.maketrans({"İ": "i", "ı": "i"})
_COMBINING_DOT = "i\u0307"  # what an earlier system's lower() left of an İ
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))

# Addresses that email-validator takes as they are: too short for its limits, without the dashes it looks at twice.
_PLAIN = r"^[A-Za-z0-9_-][A-Za-z0-9_+-]*(\.[A-Za-z0-9_+-]+)*@([A-Za-z0-9]+(-[A-Za-z0-9]+)*\.)+[A-Za-z]{2,}$"
_PLAIN_LENGTH = 64
_SPECIAL = rf"(?i)[.@]({'|'.join(name.replace('.', '[.]') for name in SPECIAL_USE_DOMAIN_NAMES)})$"


def normal_forms(values: pa.Array, default_country: str) -> pa.Table:
    """Forms of addresses as written; the country does not matter."""
    addresses = forms.with_quick_way(values, is_plain(values), _plain_addresses, _checked_addresses)
    return _judged(addresses)


def is_plain(values: pa.Array) -> pa.BooleanArray:
    """Which values are addresses already, but for their casing, without asking email-validator."""
    plain = pc.match_substring_regex(values, _PLAIN)
    plain = pc.and_(plain, pc.less_equal(pc.binary_length(values), _PLAIN_LENGTH))
    return pc.and_not(plain, pc.match_substring_regex(values, _SPECIAL))


def _plain_addresses(values: pa.Array) -> pa.Table:
    return forms.table(
        len(values), {"normalised": pc.ascii_lower(values), "is_valid": pa.repeat(pa.scalar(True), len(values))}
    )


def _checked_addresses(values: pa.Array) -> pa.Table:
    return forms.one_by_one(values, spelling, checked)


def spelling(raw: str) -> str:
    """The value without the blanks, invisible characters and wrapping that mail programs add."""
    text = unicodedata.normalize("NFKC", raw).translate(_INVISIBLE).strip().strip("'\"<>;,").strip()
    return text[7:] if text[:7].lower() == "mailto:" else text


def checked(text: str) -> NormalForm:
    """The address that email-validator makes of a value as `spelling` gives it."""
    lowered = text.translate(_TURKISH_I).lower().replace(_COMBINING_DOT, "i")
    repaired = "turkish_i" if "İ" in text or "ı" in text or _COMBINING_DOT in text.lower() else None
    try:
        # without SMTPUTF8: no shop or mail service in use here delivers to a local part outside ASCII
        address = validate_email(lowered, check_deliverability=False, allow_smtputf8=False).ascii_email
    except EmailNotValidError:
        return forms.unusable("not_an_address" if lowered else "empty")
    if address is None:
        return forms.unusable("not_an_address")
    return NormalForm(address.lower(), True, False, repaired)


def _judged(addresses: pa.Table) -> pa.Table:
    """What the seeds say of addresses: whether they are anybody's own, and which mailbox they lead to."""
    address = addresses["normalised"].combine_chunks()
    local = pc.replace_substring_regex(address, "@[^@]*$", "")
    domain = pc.replace_substring_regex(address, "^.*@", "")
    name = pc.replace_substring_regex(local, r"^(.[^+]*)\+.*$", r"\1")
    known, throw_away = verdicts("email"), pc.is_in(domain, _disposable_domains())
    row = pc.coalesce(
        pc.index_in(name, known.values),
        pc.if_else(throw_away, pa.scalar(known.disposable, pa.int32()), pa.scalar(None, pa.int32())),
    )
    has_verdict = pc.is_valid(row)
    rules = _mailbox_rules()
    rule = pc.index_in(domain, rules["domain"].combine_chunks())
    mailbox = pc.if_else(
        pc.fill_null(rules["ignores_dots"].combine_chunks().take(rule), False),
        pc.replace_substring(name, ".", ""),
        name,
    )
    provider = pc.coalesce(rules["provider"].combine_chunks().take(rule), domain)
    columns = {name: addresses[name].combine_chunks() for name in ("normalised", "is_valid", "reason")}
    columns["is_valid"] = pc.and_not(columns["is_valid"], pc.fill_null(known.is_invalid.take(row), False))
    columns["is_shared"] = pc.fill_null(known.is_shared.take(row), False)
    columns["reason"] = pc.if_else(has_verdict, known.reason.take(row), columns["reason"])
    columns["match_key"] = pc.binary_join_element_wise(mailbox, provider, "@")
    return forms.table(addresses.num_rows, columns)


@cache
def _disposable_domains() -> pa.Array:
    return pa.array(sorted(blocklist), pa.string())


@cache
def _mailbox_rules() -> pa.Table:
    with RULES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return pa.table(
        {
            "domain": pa.array([row["domain"] for row in rows], pa.string()),
            "provider": pa.array([row["provider"] for row in rows], pa.string()),
            "ignores_dots": pa.array([row["ignores_dots"] == "yes" for row in rows], pa.bool_()),
        }
    )
