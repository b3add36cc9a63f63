"""Made-up persons of Turkish and Danish households, and the records that shops, forms and clerks keep of them.

What is hard about customers is in it: families that share surname, door, phone and mailbox; twins; a son with his
father's name; names changed by marriage, shortened, swapped, misspelt, written without their letters; people who moved;
birthdays with day and month swapped or a default in their place. Everything is drawn from one seed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Strings = npt.NDArray[np.object_]

_MEN = {
    "TR": "Mehmet Mustafa Ahmet Ali Hüseyin Hasan İbrahim İsmail Osman Yusuf Murat Ömer Ramazan Halil Süleyman Abdullah"
    " Mahmut Recep Salih Fatih Kadir Emre Hakan Kemal Yaşar Bekir Musa Cemal Orhan Burak Furkan Eren Mert Can Kaan"
    " Barış Cem Deniz Efe Emir Kerem Onur Serkan Tolga Uğur Volkan Yiğit Çağrı Şükrü Gökhan Ümit Özgür Tuncay",
    "DK": "Peter Jens Michael Lars Henrik Thomas Søren Jan Christian Martin Niels Anders Morten Jesper Hans Mads Rasmus"
    " Per Ole Kristian Jørgen Erik Frederik Kim Jakob Steen Kasper Emil Mikkel Oliver Noah Oscar William Lucas Carl"
    " Victor Magnus Malthe Alexander Åge Bjørn Troels Torben Finn Claus Bent Poul Flemming Simon Jonas",
}
_WOMEN = {
    "TR": "Fatma Ayşe Emine Hatice Zeynep Elif Meryem Şerife Zehra Sultan Hanife Merve Havva Zeliha Esra Fadime Özlem"
    " Hacer Yasemin Hülya Cemile Sevim Gülsüm Leyla Dilek Büşra Aysel Songül Kübra Halime Esma Aynur Hayriye Kadriye"
    " Tuğba Rabia Sevgi Derya Selin Ebru Pınar Gizem Ece Nazlı İrem Defne Ceren Burcu Işıl Ipek Çiğdem Gül Nur Aslı",
    "DK": "Anne Kirsten Mette Hanne Helle Anna Susanne Lene Maria Marianne Lone Camilla Pia Louise Charlotte Bente"
    " Gitte Inge Karen Tina Jette Tove Ida Sofie Freja Clara Emma Laura Isabella Lærke Mathilde Caroline Julie Cecilie"
    " Line Signe Katrine Rikke Maja Åse Gudrun Birthe Ulla Trine Sanne Heidi Nanna Malene Dorthe Sørine Elisabeth",
}
_SHORT = {
    "Mehmet": "Memo",
    "Mustafa": "Mıstık",
    "İbrahim": "İbo",
    "Fatma": "Fatoş",
    "Ayşe": "Ayşegül",
    "Hatice": "Hatçe",
    "Süleyman": "Sülo",
    "Abdullah": "Apo",
    "Zeynep": "Zeyno",
    "Emine": "Eminecik",
    "Christian": "Chris",
    "Michael": "Mike",
    "Alexander": "Alex",
    "Elisabeth": "Lise",
    "Katrine": "Trine",
    "Thomas": "Tom",
    "Frederik": "Frede",
    "Kristian": "Kris",
    "Susanne": "Sanne",
    "Charlotte": "Lotte",
    "Mathilde": "Tilde",
    "Caroline": "Line",
    "Marianne": "Nanna",
    "William": "Will",
}
_STEMS = {
    "TR": "Yıl Kaya Demir Çelik Şahin Öz Ay Kara Ak Aslan Doğan Kılıç Taş Koç Kurt Er Güneş Bulut Deniz Toprak Altın"
    " Gümüş Tunç Bay Can Sarı Boz Gök Yeşil Kır Dal Çam Tan Ulu Şen Kor Uz Bal Tur Kan Ün Duru Eski Yeni Baş Orta Ece"
    " Sön Sev Gül Işık Tek Çift Beş Pek Çok",
    "DK": "Jens Niels Hans Peder Anders Christian Lars Søren Rasmus Jørgen Mads Peter Thom Knud Poul Johan Jacob Ole"
    " Mortens Frederik Mikkel Svend Simon Bert Elias Aage Kjær Holm Møller Lund Schmidt Bak Dam Friis Krog Bjerre"
    " Bruun Nør Vester Øster Sønder Over Lind Birk Ege Bøge Skov Mose Kirke Mølle Bro Høj Aa",
}
_ENDS = {
    "TR": [
        "",
        "oğlu",
        "maz",
        "er",
        "türk",
        "soy",
        "han",
        "kaya",
        "dağ",
        "su",
        "tekin",
        "taş",
        "bay",
        "demir",
        "gül",
        "can",
        "lı",
        "can",
        "kan",
        "alp",
    ],
    "DK": [
        "sen",
        "sen",
        "sen",
        "sen",
        "gaard",
        "holm",
        "strup",
        "berg",
        "lund",
        "dal",
        "bæk",
        "toft",
        "",
        "by",
        "sø",
        "mark",
        "vad",
        "løv",
    ],
}
_ROADS = {"TR": ["Cad.", "Caddesi", "Sok.", "Sokak"], "DK": ["vej", "gade", "allé", "vænget"]}
_TOWNS = {
    "TR": [("İstanbul", 34), ("Ankara", 6), ("İzmir", 35), ("Bursa", 16), ("Antalya", 7), ("Adana", 1), ("Konya", 42),
           ("Gaziantep", 27), ("Şanlıurfa", 63), ("Kayseri", 38), ("Eskişehir", 26), ("Muğla", 48)],
    "DK": [("København", 10), ("Aarhus", 80), ("Odense", 50), ("Aalborg", 90), ("Esbjerg", 67), ("Randers", 89),
           ("Kolding", 60), ("Horsens", 87), ("Vejle", 71), ("Roskilde", 40), ("Helsingør", 30), ("Hørsholm", 29)],
}  # fmt: skip
_WORDS = ["mavi", "yildiz", "solskin", "havn", "kaptan", "lille", "bahar", "fodbold", "gece", "nord"]
_MAILS = ["gmail.com", "hotmail.com", "outlook.com", "icloud.com", "yahoo.com", "live.dk", "mail.dk", "mynet.com"]
_PLAIN = str.maketrans("ıİşŞğĞüÜöÖçÇ", "iIsSgGuUoOcC", "")
_DANISH = {"å": "aa", "Å": "Aa", "ø": "oe", "Ø": "Oe", "æ": "ae", "Æ": "Ae"}


@dataclass(frozen=True)
class MadeUp:
    """records: id and raw fields, all text, None where empty. person: of each record, the number of who it is of."""

    records: pd.DataFrame
    person: pd.Series


def make_up(n_records: int, *, repeats: float = 0.25, seed: int = 11) -> MadeUp:
    """So many records, of which a share `repeats` is of a person who has one already."""
    random = np.random.default_rng(seed)
    people = _people(random, max(round(n_records * (1 - repeats)), 1))
    extra = random.integers(0, len(people), n_records - len(people))
    who = np.concatenate([np.arange(len(people)), extra])
    random.shuffle(who)
    records = _records(random, people, who)
    return MadeUp(records, pd.Series(who, index=records["id"]))


def _skewed(random: np.random.Generator, choices: Strings, n: int, power: float = 1.8) -> Strings:
    """Draw values of which the first are much more common than the last."""
    picked: Strings = choices[(len(choices) * random.random(n) ** power).astype(int)]
    return picked


def _people(random: np.random.Generator, n: int) -> pd.DataFrame:
    """Persons, households in a row; the columns household, place, is_woman and the fields."""
    sizes = random.choice([1, 2, 3, 4, 5], n, p=[0.3, 0.3, 0.15, 0.17, 0.08])
    sizes = sizes[: int(np.searchsorted(np.cumsum(sizes), n)) + 1]
    home = np.repeat(np.arange(len(sizes)), sizes)[:n]
    place_in_home = np.arange(n) - np.searchsorted(home, home)
    country = np.where(random.random(len(sizes)) < 0.6, "TR", "DK").astype(object)[home]
    people = pd.DataFrame({"home": home, "place": place_in_home, "country": country})
    is_woman = np.where(place_in_home < 2, place_in_home == 1, random.random(n) < 0.5)
    flipped = random.random(n) < 0.3
    people["is_woman"] = np.where(place_in_home == 0, flipped, is_woman)
    given, family = np.empty(n, object), np.empty(n, object)
    street, town, code = np.empty(n, object), np.empty(n, object), np.empty(n, object)
    for land in ("TR", "DK"):
        here = country == land
        count = int(here.sum())
        men, women = (np.array(names[land].split(), object) for names in (_MEN, _WOMEN))
        given[here] = np.where(people["is_woman"][here], _skewed(random, women, count), _skewed(random, men, count))
        stems, ends = np.array(_STEMS[land].split(), object), np.array(_ENDS[land], object)
        family[here] = _skewed(random, stems, count) + _skewed(random, ends, count, 1.3)
        road = _skewed(random, stems, count, 1.0) + (" " if land == "TR" else "s")
        road = road + _skewed(random, np.array(_ROADS[land], object), count, 1.0)
        street[here] = (
            road
            + np.where(random.random(count) < 0.5, " No:" if land == "TR" else " ", " ")
            + _text(1 + (120 * random.random(count) ** 2).astype(int))
        )
        picked = (len(_TOWNS[land]) * random.random(count) ** 1.6).astype(int)
        town[here] = np.array([name for name, _ in _TOWNS[land]], object)[picked]
        prefix = np.array([number for _, number in _TOWNS[land]])[picked]
        code[here] = _text(
            prefix * 1000 + 10 * random.integers(0, 99, count)
            if land == "TR"
            else prefix * 100 + random.integers(0, 99, count)
        )
        if land == "TR":
            code[here] = pd.Series(code[here]).str.zfill(5).to_numpy()
    first = np.searchsorted(home, home)
    keeps_own = (place_in_home == 1) & (random.random(n) < np.where(country == "TR", 0.12, 0.5))
    people["surname"] = np.where(keeps_own, family, family[first])
    people["maiden_name"] = family
    is_son = (place_in_home >= 2) & ~people["is_woman"] & ~people["is_woman"].to_numpy()[first]
    people["given_name"] = np.where(is_son & (random.random(n) < 0.03), given[first], given)
    is_same_sex = (np.roll(people["is_woman"], 1) == people["is_woman"]).to_numpy()
    has_two = (random.random(n) < 0.15) & is_same_sex
    people["middle_name"] = pd.Series(np.roll(given, 1)).where(has_two)
    for column, values in (("street", street), ("city", town), ("postcode", code)):
        people[column] = values[first]
        people[f"old_{column}"] = values
    grown = 1945 + 45 * random.random(len(sizes))
    year = np.where(place_in_home < 2, grown[home] + random.normal(0, 3, n), grown[home] + 24 + 3 * place_in_home)
    born = pd.Series(
        pd.to_datetime("1900-01-01") + pd.to_timedelta((year - 1900) * 365.25 + random.integers(0, 365, n), unit="D")
    )
    is_twin = (place_in_home >= 3) & (random.random(n) < 0.04)
    people["birth_date"] = born.where(~is_twin, born.shift(1)).dt.strftime("%Y%m%d")
    mobile = _phones(random, country)
    people["phone"], people["other_phone"], people["home_phone"] = (
        mobile,
        _phones(random, country),
        _phones(random, country)[first],
    )
    people["email"], people["other_email"] = _emails(random, people), _emails(random, people)
    people["home_email"] = people["email"].to_numpy()[first]
    return people


def _text(numbers: npt.NDArray[np.int64]) -> Strings:
    return np.asarray(numbers).astype(str).astype(object)


def _phones(random: np.random.Generator, country: Strings) -> Strings:
    turkish = "05" + _text(random.integers(300_000_000, 559_999_999, len(country)))
    danish = _text(random.integers(20_000_000, 31_999_999, len(country)))
    return np.where(country == "TR", turkish, danish)


def _emails(random: np.random.Generator, people: pd.DataFrame) -> Strings:
    n = len(people)
    given = _plain(people["given_name"].to_numpy())
    family = _plain(people["surname"].to_numpy())
    number = _text(random.integers(1, 999, n))
    style = random.random(n)
    local = np.select(
        [style < 0.35, style < 0.5, style < 0.65, style < 0.85],
        [
            given + "." + family + number,
            pd.Series(given).str[:1].to_numpy() + family + number,
            given + people["birth_date"].str[:4].to_numpy() + number,
            family + given + number,
        ],
        _skewed(random, np.array(_WORDS, object), n, 1.0) + _text(random.integers(1, 99999, n)),
    )
    return pd.Series(local + "@" + _skewed(random, np.array(_MAILS, object), n)).str.lower().to_numpy(object)


def _plain(values: Strings) -> Strings:
    written = {value: _without_letters(value) for value in set(values)}
    return np.array([written[value] for value in values], object)


def _without_letters(value: str) -> str:
    for letter, others in _DANISH.items():
        value = value.replace(letter, others)
    return value.translate(_PLAIN)


def _records(random: np.random.Generator, people: pd.DataFrame, who: npt.NDArray[np.int64]) -> pd.DataFrame:
    """What was written down, each record with faults of its own."""
    n = len(who)
    of = people.iloc[who].reset_index(drop=True)

    def sometimes(share: float) -> npt.NDArray[np.bool_]:
        return random.random(n) < share

    def some(values: Strings, share: float, fault: Callable[[str], str]) -> Strings:
        values = values.copy()
        for position in np.flatnonzero(sometimes(share) & pd.notna(values)):
            values[position] = fault(values[position])
        return values

    def slip(value: str) -> str:
        if len(value) < 3:
            return value
        at, kind = int(random.integers(1, len(value) - 1)), int(random.integers(0, 4))
        if kind == 0:
            return value[:at] + value[at + 1 :]
        if kind == 1:
            return value[:at] + value[at + 1] + value[at] + value[at + 2 :]
        other = str(random.integers(0, 10)) if value[at].isdigit() else "aeiorstnlmk"[int(random.integers(0, 11))]
        return value[:at] + other + value[at + (kind == 2) :]

    given = of["given_name"].to_numpy(object)
    middle = of["middle_name"].to_numpy(object)
    given = np.where(pd.notna(middle) & sometimes(0.7), given + " " + np.where(pd.isna(middle), "", middle), given)
    given = some(given, 0.03, lambda name: _SHORT.get(name, name))
    given = some(some(given, 0.04, slip), 0.012, lambda name: name[0] + ".")
    family = of["surname"].to_numpy(object)
    is_wife = (of["is_woman"] & (of["place"] == 1)).to_numpy()
    before = is_wife & sometimes(0.08)
    family = np.where(before, of["maiden_name"], family)
    family = np.where(is_wife & sometimes(0.05) & ~before, of["maiden_name"] + " " + of["surname"], family)
    family = some(family, 0.04, slip)
    given, family = some(given, 0.12, _without_letters), some(family, 0.12, _without_letters)
    given, family = some(given, 0.06, str.upper), some(family, 0.06, str.upper)
    swapped = sometimes(0.012)
    given, family = np.where(swapped, family, given), np.where(swapped, given, family)

    moved = sometimes(0.05)
    street, city, code = (np.where(moved, of[f"old_{c}"], of[c]) for c in ("street", "city", "postcode"))
    street = some(some(street, 0.06, slip), 0.12, _without_letters)
    street = some(street, 0.05, lambda line: line.replace("Cad.", "Caddesi").replace("Sok.", "Sokak"))
    code = some(code, 0.02, slip)

    born = of["birth_date"].to_numpy(object)
    born = some(born, 0.012, lambda day: day[:4] + day[6:] + day[4:6])
    born = some(born, 0.015, lambda day: day[:7] + str((int(day[7]) + int(random.integers(1, 9))) % 10))
    born = some(born, 0.005, lambda day: str(int(day[:4]) + 1) + day[4:])
    born = np.where(sometimes(0.006), "19700101", born)

    use = random.random(n)
    email = np.select([use < 0.7, use < 0.9], [of["email"], of["other_email"]], of["home_email"])
    email = some(email, 0.01, slip)
    use = random.random(n)
    phone = np.select([use < 0.6, use < 0.75], [of["phone"], of["other_phone"]], of["home_phone"])
    phone = some(phone, 0.01, slip)
    frame = pd.DataFrame({"id": "r" + pd.Series(random.permutation(n)).astype(str).str.zfill(8)})
    for name, values, share in (
        ("given_name", given, 0.01), ("surname", family, 0.015), ("birth_date", born, 0.35), ("street", street, 0.2),
        ("city", city, 0.12), ("postcode", code, 0.12), ("email", email, 0.3), ("phone", phone, 0.35),
    ):  # fmt: skip
        frame[name] = pd.Series(values, dtype=object).mask(sometimes(share))
    frame["country"] = of["country"].to_numpy()
    return frame
