"""Given names, family names, towns and streets of the invented retailer's customers.

Lists are object arrays: `LIST[indices] + " " + OTHER[indices]` makes a million strings in one expression.
Index 0 of every pair is Turkey, 1 is Denmark.
"""

from __future__ import annotations

import numpy as np
from anyascii import anyascii
from numpy.typing import NDArray

TURKEY, DENMARK = 0, 1
COUNTRY_CODES = ("TR", "DK")


def words(text: str) -> NDArray[np.object_]:
    """Split at commas (or at blanks where there is no comma) into an object array of strings."""
    parts = text.split(",") if "," in text else text.split()
    return np.array([part.strip() for part in parts], dtype=object)


_TR_WOMEN = (
    "Ayşe Fatma Emine Hatice Zeynep Elif Meryem Şerife Zehra Sultan Hanife Merve Havva Zeliha Esra "
    "Özlem Büşra Çiğdem Gülşah Işıl İrem İpek Nurcan Tuğba Şeyma Sıla Ümran Yağmur Aslı Begüm Ceren "
    "Defne Ebru Gizem Hülya Kübra Melike Nilüfer Öykü Pınar"
)
_TR_MEN = (
    "Mehmet Mustafa Ahmet Ali Hüseyin Hasan İbrahim İsmail Osman Yusuf Murat Ömer Ramazan Halil "
    "Süleyman Abdullah Mahmut Recep Salih Fatih Kadir Emre Gökhan Hakan Kerem Çağrı Oğuz Uğur Şükrü "
    "Tolga Volkan Yiğit Barış Cem Doğan Engin Ferhat Ilgın İlker Onur"
)
_DK_WOMEN = (
    "Anne Mette Kirsten Hanne Anna Helle Susanne Lene Maria Marianne Inge Karen Lone Camilla Bente Pia "
    "Louise Charlotte Jette Tina Ida Emma Sofie Freja Clara Josefine Mathilde Signe Åse Birgitte Dorthe "
    "Grethe Gitte Rikke Søs Sørine Trine Ulla Vibeke Zenia"
)
_DK_MEN = (
    "Peter Jens Lars Michael Henrik Thomas Søren Jan Christian Martin Niels Anders Morten Jesper Hans "
    "Jørgen Mads Per Ole Rasmus Åge Bjørn Erik Frederik Gorm Henning Kåre Kasper Kjeld Lasse Magnus "
    "Mikkel Nikolaj Oskar Poul Preben Steen Torben Troels Øyvind"
)
_GROUPS = [words(group) for group in (_TR_WOMEN, _TR_MEN, _DK_WOMEN, _DK_MEN)]
GIVEN = np.concatenate(_GROUPS)
# GIVEN_FROM[2 * country + is_man] is where that group begins in GIVEN, GIVEN_SIZE how long it is.
GIVEN_SIZE = np.array([len(group) for group in _GROUPS])
GIVEN_FROM = np.concatenate([[0], np.cumsum(GIVEN_SIZE)[:-1]])

_TR_FAMILIES = words(
    "Yılmaz Kaya Demir Çelik Şahin Yıldız Yıldırım Öztürk Aydın Özdemir Arslan Doğan Kılıç Aslan Çetin "
    "Kara Koç Kurt Özkan Şimşek Polat Korkmaz Çakır Erdoğan Yavuz Can Acar Güler Aktaş Güneş Bozkurt "
    "Tekin Işık Avcı Sarı Turan Ünal Bulut Keskin Gül Taş Ateş İnan Uçar Yalçın Özer Kaplan Ağaoğlu "
    "Karagöz Uysal"
)
_DK_FAMILIES = words(
    "Nielsen Jensen Hansen Andersen Pedersen Christensen Larsen Sørensen Rasmussen Jørgensen Petersen "
    "Madsen Kristensen Olsen Thomsen Christiansen Poulsen Johansen Møller Mortensen Knudsen Jakobsen "
    "Mikkelsen Olesen Frederiksen Laursen Henriksen Lund Schmidt Eriksen Holm Kristiansen Clausen "
    "Simonsen Svendsen Andreasen Iversen Jeppesen Mogensen Jespersen Nygaard Østergaard Kjær Bæk "
    "Bjerregaard Toft Ågård Søgaard Næsby Damgaard"
)
FAMILIES = np.concatenate([_TR_FAMILIES, _DK_FAMILIES])
FAMILY_SIZE = np.array([len(_TR_FAMILIES), len(_DK_FAMILIES)])
FAMILY_FROM = np.array([0, len(_TR_FAMILIES)])

_TR_TOWNS = words("İstanbul, Ankara, İzmir, Bursa, Antalya, Adana, Konya, Gaziantep, Eskişehir, Muğla, Kadıköy, Şişli")
_TR_ZIPS = (34110, 6420, 35220, 16010, 7100, 1060, 42040, 27010, 26130, 48000, 34710, 34360)
_TR_PROVINCES = words("TR-34 TR-06 TR-35 TR-16 TR-07 TR-01 TR-42 TR-27 TR-26 TR-48 TR-34 TR-34")
_DK_TOWNS = words("København K, Aarhus C, Odense C, Aalborg, Esbjerg, Randers C, Kolding, Horsens, Vejle, Roskilde")
_DK_TOWNS = np.concatenate([_DK_TOWNS, words("Helsingør, København Ø, Frederiksberg, Ærøskøbing, Næstved")])
_DK_ZIPS = (1050, 8000, 5000, 9000, 6700, 8900, 6000, 8700, 7100, 4000, 3000, 2100, 2000, 5970, 4700)
TOWNS = np.concatenate([_TR_TOWNS, _DK_TOWNS])
TOWN_ZIPS = np.array(_TR_ZIPS + _DK_ZIPS)
TOWN_PROVINCES = np.concatenate([_TR_PROVINCES, np.full(len(_DK_TOWNS), "", dtype=object)])
TOWN_SIZE = np.array([len(_TR_TOWNS), len(_DK_TOWNS)])
TOWN_FROM = np.array([0, len(_TR_TOWNS)])

_TR_STREETS = words(
    "Bağdat Caddesi, İstiklal Caddesi, Atatürk Bulvarı, Cumhuriyet Caddesi, Gül Sokak, Çiçek Sokağı, "
    "Şehit Ömer Sokak, Yıldız Sokak, Fevzi Çakmak Caddesi, İnönü Caddesi, Papatya Sokak, Dağ Yolu Caddesi"
)
_DK_STREETS = words(
    "Nørrebrogade, Vesterbrogade, Østergade, Strandvejen, Søndergade, Kirkevej, Skovvej, Algade, Møllevej, "
    "Åboulevarden, Rådhuspladsen, Birkevej, Ærtevej, Havnegade"
)
STREETS = np.concatenate([_TR_STREETS, _DK_STREETS])
STREET_SIZE = np.array([len(_TR_STREETS), len(_DK_STREETS)])
STREET_FROM = np.array([0, len(_TR_STREETS)])


def _mail_form(name: str) -> str:
    """How people spell their name in an address: Danish æ, ø, å as two letters, the rest without marks."""
    for letter, two in (("æ", "ae"), ("ø", "oe"), ("å", "aa"), ("Æ", "Ae"), ("Ø", "Oe"), ("Å", "Aa")):
        name = name.replace(letter, two)
    return str(anyascii(name)).lower()


GIVEN_MAIL = np.array([_mail_form(name) for name in GIVEN], dtype=object)
FAMILIES_MAIL = np.array([_mail_form(name) for name in FAMILIES], dtype=object)
