"""One form for everything a person is known by, so that two spellings are one key."""

from __future__ import annotations

import hashlib
import hmac
from typing import Literal

from rapport.contacts import normalise
from rapport.keys import installation_key

Kind = Literal["email", "mailbox", "phone", "record"]

# What programs and people leave around ids and addresses: blanks, and guards against spreadsheets.
AROUND_IDS = " \t\r\n'\"="
AROUND_EMAILS = " \t\r\n'\"<>;,"
# Salesforce exports an id with 15 characters, or with three more that only repeat its casing.
ID_LENGTHS = {"salesforce": 15}


def record_key(vendor: str, of: str, value: str) -> str:
    """A vendor's id as source_record_id writes it: `vendor:of:id`; `of` is what the id is of, such as contacts."""
    return f"{vendor}:{of}:{value.strip(AROUND_IDS)[: ID_LENGTHS.get(vendor)]}"


def point_keys(kind: str, raw: str, default_country: str) -> set[str]:
    """The keys of an e-mail, mailbox or phone as written; none where it is not one.

    A mailbox is where an address leads to, whatever dots and +tags it is written with.
    A phone that is written without its country has its digits as a second key: it may be of any country. One that says
    its country is of no other, though somebody there has the same digits.
    """
    (form,) = normalise("email" if kind == "mailbox" else kind, [raw], default_country)
    key = form.match_key if kind == "mailbox" else form.normalised
    found = set() if key is None else {key}
    return found | written_nationally(raw) if kind == "phone" else found


def national_keys(number: str) -> set[str]:
    """The key of an E.164 number as it is written without its country: its significant digits."""
    import phonenumbers

    return {f"national:{phonenumbers.national_significant_number(phonenumbers.parse(number))}"}


def written_nationally(raw: str) -> set[str]:
    """The key of a phone that is written without its country; none where it says one."""
    digits = "".join(filter(str.isdigit, raw))
    if raw.strip(AROUND_IDS).startswith(("+", "00")) or not digits:
        return set()
    return {f"national:{digits.lstrip('0')}"}


def privacy_key() -> bytes:
    """The secret that erased persons' keys are hashed with: RAPPORT_PRIVACY_KEY, or a file of the installation."""
    return installation_key("privacy")


def hashed(kind: Kind, key: str, secret: bytes) -> str:
    """HMAC-SHA256 (hex) of a key in its one form."""
    return hmac.digest(secret, f"{kind}\0{key}".encode(), hashlib.sha256).hex()
