"""What the values of checked columns look like, as regular expressions (RE2) for the whole value.

Days are checked against the calendar, so 30 February does not pass.
"""

from __future__ import annotations

_BLANKS = "[ \\t]*"
_DIGIT = "[0-9]"

INTEGER = f"[+-]?{_DIGIT}{{1,18}}"
BOOLEAN = f"{_BLANKS}(?i:true|false|yes|no|0|1){_BLANKS}"
_NOT_BLANK_NOR_AT = "[^@\\s\\x00\\x{a0}]"
# Deliberately mild: real dirt such as casing is for the contact room to judge.
EMAIL = f"{_BLANKS}{_NOT_BLANK_NOR_AT}+@{_NOT_BLANK_NOR_AT}+\\.{_NOT_BLANK_NOR_AT}+{_BLANKS}"

_LEAP_ENDING = "(?:0[48]|[2468][048]|[13579][26])"
_LEAP_YEAR = f"(?:[1-9]{_DIGIT}{_LEAP_ENDING}|(?:[2468][048]|[13579][26])00)"
DATE = (
    f"(?:[1-9]{_DIGIT}{{3}}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]{_DIGIT}|3[01])"
    f"|(?:0[469]|11)-(?:0[1-9]|[12]{_DIGIT}|30)"
    f"|02-(?:0[1-9]|1{_DIGIT}|2[0-8]))"
    f"|{_LEAP_YEAR}-02-29)"
)
CLOCK = f"(?:[01]{_DIGIT}|2[0-3]):[0-5]{_DIGIT}(?::[0-5]{_DIGIT}(?:\\.{_DIGIT}{{1,6}})?)?"
# Postgres takes offsets of less than 16 hours
OFFSET = f" ?(?:[+-](?:0{_DIGIT}|1[0-5])(?::?[0-5]{_DIGIT})?|Z)"
TIMESTAMP = f"{DATE} {CLOCK}(?:{OFFSET})?"
TIMESTAMP_WITH_OFFSET = f"{DATE} {CLOCK}{OFFSET}"

# At most 15 digits before the point. An exponent may follow: programs write what rounding left over as 1.776357e-15.
DECIMAL = (
    f"[+-]?(?:(?:{_DIGIT}{{1,15}}(?:\\.{_DIGIT}*)?|\\.{_DIGIT}+)(?:[eE]-{_DIGIT}{{1,3}})?"
    f"|{_DIGIT}(?:\\.{_DIGIT}*)?[eE][+]?(?:0?{_DIGIT}|1[0-4]))"
)

# Stored as it is, whatever the sign before decimals.
WHOLE_AMOUNT = f"[+-]?{_DIGIT}{{1,15}}"

# What spreadsheets make of long numbers: 905321234567 becomes 9,05E+11, and cannot be told any more.
ROUNDED = f"[+-]?{_DIGIT}(?:[.,]{_DIGIT}+)?E\\+{_DIGIT}{{2,3}}"
