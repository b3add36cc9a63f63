"""E-mail addresses: lower case, Turkish i folded on purpose, syntax checked without asking the network."""

from __future__ import annotations

import unicodedata

from email_validator import EmailNotValidError, validate_email

from rapport.contacts.known_values import verdict

# str.lower() turns İ into i and a combining dot; in an address both are a plain i that a Turkish keyboard
# or a spreadsheet changed.
_TURKISH_I = str.maketrans({"İ": "i", "ı": "i"})
_COMBINING_DOT = "i\u0307"  # what an earlier system's lower() left of an İ
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))


def spelling(raw: str) -> str:
    """The value without the blanks, invisible characters and wrapping that mail programs add."""
    text = unicodedata.normalize("NFKC", raw).translate(_INVISIBLE).strip().strip("'\"<>;,").strip()
    return text[7:] if text[:7].lower() == "mailto:" else text


def normal_form(text: str, default_country: str) -> tuple[str | None, bool, bool, str | None, str | None, str | None]:
    """normalised, is_valid, is_shared, reason, display, match_key of an address as `spelling` gives it."""
    lowered = text.translate(_TURKISH_I).lower().replace(_COMBINING_DOT, "i")
    repaired = "turkish_i" if "İ" in text or "ı" in text or _COMBINING_DOT in text.lower() else None
    try:
        # without SMTPUTF8: no shop or mail service in use here delivers to a local part outside ASCII
        address = validate_email(lowered, check_deliverability=False, allow_smtputf8=False).ascii_email
    except EmailNotValidError:
        return None, False, False, "not_an_address" if lowered else "empty", None, None
    if address is None:
        return None, False, False, "not_an_address", None, None
    address = address.lower()
    known = verdict("email", address.partition("@")[0].partition("+")[0])
    if known is not None:
        return address, not known.is_invalid, known.is_shared, known.reason, None, address
    return address, True, False, repaired, None, address
