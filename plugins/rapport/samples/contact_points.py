"""E-mail addresses, phones, names and postal addresses of persons, spelled as people and systems spell them.

A record stores small codes (which point, which spelling); the strings are made when a file is written.
"""

from __future__ import annotations

import numpy as np

from rapport.samples.arrays import Column, Text, chosen, padded, text
from rapport.samples.names import (
    FAMILIES,
    FAMILIES_MAIL,
    GIVEN,
    GIVEN_MAIL,
    STREETS,
    TOWN_PROVINCES,
    TOWN_ZIPS,
    TOWNS,
    words,
)
from rapport.samples.people import People, is_danish

# Which address a record carries.
OWN, WORK, HOUSEHOLD, ROLE, PLACEHOLDER, NONE = range(6)
# How it is spelled.
PLAIN, UPPER, TURKISH_UPPER, TITLE, BLANKS, DIACRITICS, TYPO = range(7)

# Between the two names, by the form a person likes; in the third the family name comes first.
_MAIL_JOINTS = np.array([".", "", ".", "_"], dtype=object)
_DOMAINS = words("gmail.com hotmail.com yahoo.com icloud.com mynet.com outlook.com")
_DANISH_DOMAINS = words("gmail.com hotmail.dk live.dk icloud.com mail.dk outlook.dk")
_COMPANIES = words("anadolutekstil.com.tr bogazlojistik.com.tr ekinyapi.com.tr nordbyg.dk havnekontoret.dk")
_ROLES = words("info satis muhasebe kontakt")
PLACEHOLDER_MAIL = "test@test.com"
PLACEHOLDER_PHONES = words("0000000 11111111111 0000000000")

_TR_MOBILE = np.array([501, 505, 506, 507, *range(530, 540), *range(541, 547), *range(551, 556)])
# Three digits: a third digit 0 is mostly unassigned in Denmark.
_DK_MOBILE = np.array(
    [
        10 * two + third
        for two in (*range(20, 32), 40, 41, 42, 50, 51, 52, 53, 60, 61, 71, 81, 91, 92, 93)
        for third in range(1, 10)
    ]
)
_TR_LANDLINE = np.array([212, 216, 312, 232])
_DK_LANDLINE = np.array([33, 86, 66, 98])


def emails(people: People, which: Column, spelling: Column) -> Text:
    """Addresses of persons; `which` of OWN … NONE, `spelling` of PLAIN … TYPO. None where there is none.

    No two persons share an OWN or WORK address: the person's number is part of it.
    """
    given, family, number = (GIVEN_MAIL[people.given], FAMILIES_MAIL[people.family], text(people.person))
    first = chosen(people.mail_form == 2, family, given)
    last = chosen(people.mail_form == 2, given, family)
    local = first + _MAIL_JOINTS[people.mail_form] + last + number
    danish = is_danish(people.country)
    domain = chosen(danish, _DANISH_DOMAINS[people.mail_domain], _DOMAINS[people.mail_domain])
    company = _COMPANIES[np.where(danish, 3 + people.person % 2, people.person % 3)]
    household = chosen(danish, "familien.", "ailesi.") + family + text(people.household)
    role = np.where(danish, 3 * (people.person % 2), people.person // 3 % 3)
    shared_domain = chosen(danish, _DANISH_DOMAINS[people.household % 6], _DOMAINS[people.household % 6])
    made = local + "@" + domain
    made = chosen(which == WORK, given + "." + family + number + "@" + company, made)
    made = chosen(which == HOUSEHOLD, household + "@" + shared_domain, made)
    made = chosen(which == ROLE, _ROLES[role] + "@" + company, made)
    made = _spelled(made, people, spelling)
    made = chosen(which == PLACEHOLDER, PLACEHOLDER_MAIL, made)
    return chosen(which == NONE, None, made)


def _spelled(addresses: Text, people: People, spelling: Column) -> Text:
    """Spell the addresses that are not PLAIN; few, so a loop in Python reads best."""
    addresses = addresses.copy()
    for at in np.flatnonzero(spelling != PLAIN):
        address = addresses[at]
        local, domain = address.split("@")
        if spelling[at] == UPPER:
            address = address.upper()
        elif spelling[at] == TURKISH_UPPER:  # a Turkish keyboard's capital of i is İ
            address = address.replace("i", "İ").upper()
        elif spelling[at] == TITLE:
            address = local.title() + "@" + domain
        elif spelling[at] == BLANKS:
            address = f" {address}  "
        elif spelling[at] == DIACRITICS and GIVEN_MAIL[people.given[at]] in local:
            # Written as the name is written (ayşe…), or all in capitals with the letters kept (AYŞE…).
            name = GIVEN[people.given[at]].replace("İ", "i").replace("I", "ı").lower()
            address = local.replace(GIVEN_MAIL[people.given[at]], name) + "@" + domain
            address = address.upper() if people.person[at] % 2 else address
        elif spelling[at] == TYPO:
            address = local + "@" + domain[0] + domain[2] + domain[1] + domain[3:]
        addresses[at] = address
    return addresses


def mobiles(people: People, form: Column) -> Text:
    """Mobile phones, one of eight local and international spellings each; unique to a person."""
    danish = is_danish(people.country)
    # An affine map of the person's number: unlike numbers for neighbours, never the same one twice.
    scattered = (people.person * 7_654_321 + 1_234_567) % (len(_DK_MOBILE) * 100_000)
    danish_number = text(_DK_MOBILE[scattered // 100_000] * 100_000 + scattered % 100_000)
    scattered = (people.person * 7_654_321 + 1_234_567) % (len(_TR_MOBILE) * 10_000_000)
    turkish_number = text(_TR_MOBILE[scattered // 10_000_000] * 10_000_000 + scattered % 10_000_000)
    return chosen(danish, _danish_phone(danish_number, form), _turkish_phone(turkish_number, form))


def landlines(people: People, form: Column) -> Text:
    """The household's landline: its members share it."""
    danish = is_danish(people.country)
    subscriber = (people.household * 3_571 + 214_748) % 800_000 + 100_000
    danish_number = text(_DK_LANDLINE[people.household % 4] * 1_000_000 + subscriber)
    turkish_number = text(_TR_LANDLINE[people.household % 4] * 10_000_000 + 2_000_000 + subscriber * 3)
    return chosen(danish, _danish_phone(danish_number, form), _turkish_phone(turkish_number, form))


def _turkish_phone(number: Text, form: Column) -> Text:
    spellings = (
        lambda a, b, c, d: "0" + a + " " + b + " " + c + " " + d,
        lambda a, b, c, d: "+90" + a + b + c + d,
        lambda a, b, c, d: "+90 " + a + " " + b + " " + c + " " + d,
        lambda a, b, c, d: "0" + a + b + c + d,
        lambda a, b, c, d: "0(" + a + ") " + b + " " + c + d,
        lambda a, b, c, d: a + " " + b + " " + c + d,
        lambda a, b, c, d: "0090" + a + b + c + d,
        lambda a, b, c, d: "+90-" + a + "-" + b + "-" + c + d,
    )
    return _phones(number, form, (3, 6, 8), spellings)


def _danish_phone(number: Text, form: Column) -> Text:
    spellings = (
        lambda a, b, c, d: a + " " + b + " " + c + " " + d,
        lambda a, b, c, d: "+45" + a + b + c + d,
        lambda a, b, c, d: "+45 " + a + " " + b + " " + c + " " + d,
        lambda a, b, c, d: a + b + c + d,
        lambda a, b, c, d: "0045 " + a + b + c + d,
        lambda a, b, c, d: a + b + " " + c + d,
        lambda a, b, c, d: "0045" + a + b + c + d,
        lambda a, b, c, d: "(+45) " + a + "-" + b + "-" + c + "-" + d,
    )
    return _phones(number, form, (2, 4, 6), spellings)


def _phones(number: Text, form: Column, cuts: tuple[int, int, int], spellings: tuple) -> Text:  # type: ignore[type-arg]
    phones = np.empty(len(number), dtype=object)
    for i, spelling in enumerate(spellings):
        of_form = np.flatnonzero(form == i)
        groups = [
            np.array([digits[start:stop] for digits in number[of_form]], dtype=object)
            for start, stop in zip((0, *cuts), (*cuts, None), strict=True)
        ]
        phones[of_form] = spelling(*groups)
    return phones


def given_names(people: People, has_typo: Column) -> Text:
    """Given names; a typo drops a letter or swaps two."""
    return _with_typos(GIVEN[people.given], has_typo)


def family_names(people: People, is_upper: Column) -> Text:
    """Family names, some in capitals as Turkish forms ask for them."""
    names = FAMILIES[people.family].copy()
    for at in np.flatnonzero(is_upper):
        names[at] = names[at].replace("i", "İ").upper()
    return names


def _with_typos(names: Text, has_typo: Column) -> Text:
    names = names.copy()
    for at in np.flatnonzero(has_typo):
        name = names[at]
        names[at] = name[:2] + name[3:] if at % 2 and len(name) > 4 else name[0] + name[2:3] + name[1] + name[3:]
    return names


def address_lines(people: People) -> tuple[Text, Text]:
    """First and second line of the postal address; Danes put the floor on the second."""
    street, number = STREETS[people.street], text(people.house_number)
    danish = is_danish(people.country)
    first = street + chosen(danish, " ", " No: ") + number
    floor = text(people.household % 5 + 1)
    second = chosen(danish, floor + ". tv", "Daire " + floor)
    return first, chosen(people.household % 3 == 0, None, second)


def streets(people: People) -> Text:
    """Both lines of the postal address in one."""
    first, second = address_lines(people)
    has_second = people.household % 3 != 0
    return np.asarray(first + chosen(has_second, ", " + chosen(has_second, second, ""), ""))


def towns(people: People) -> Text:
    """Town of the postal address."""
    return TOWNS[people.town]


def zips(people: People) -> Text:
    """Post code: five digits in Turkey, four in Denmark."""
    code = TOWN_ZIPS[people.town]
    return chosen(is_danish(people.country), padded(code, 4), padded(code, 5))


def provinces(people: People) -> Text:
    """Province code, Turkey only."""
    return TOWN_PROVINCES[people.town]
