"""Undeclared columns that must not be kept: passwords and their hashes, tokens, network addresses, card numbers.

A column nobody declared is kept as it comes (`_extra`), unless its header reads like one of these. A declared one is
what its declaration says.
"""

from __future__ import annotations

import re

from rapport.landing.declarations import snake_case

# Over a header's snake_case: whole words, so that `vip` is no address and `salt_g` no secret.
_SECRET = re.compile(
    r"(?:^|_)(?:"
    r"password|passwd|passphrase|pwd|passwort|kennwort|kodeord|adgangskode|parola|[sş]ifre"
    r"|(?:reset|rp|access|refresh|auth|api|session|login|remember|security|customer|cart|checkout)_?token"
    r"|token_(?:hash|secret)|api_?key|(?:client|api|shared|otp|totp)_secret|secret_key|otp_(?:code|seed)"
    r"|ip_?(?:address|addresse|adresse|adresi|addr)|(?:remote|client|browser|customer|login|last|user|signup|optin)_ip"
    r"|(?:credit|debit)_?card_(?:number|no)|cc_number|cvv2?|cvc2?"
    r")(?:_|$)|^(?:ip|token)$"
)


def reads_like_a_secret(header: str) -> bool:
    """Whether an undeclared column of that header must not be kept."""
    return _SECRET.search(snake_case(header)) is not None
