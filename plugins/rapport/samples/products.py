"""What the invented retailer sells, its sales periods and its coupons."""

from __future__ import annotations

import numpy as np

from rapport.samples.arrays import DAY, Column
from rapport.samples.names import words

_CATEGORIES = ("Mutfak", "Banyo", "Tekstil", "Aydınlatma", "Mobilya", "Bahçe")
# name, brand, price in TRY at the start of the history; DKK prices follow from it. Six a category.
_ITEMS: tuple[tuple[str, str, int], ...] = (
    ("Çaydanlık Takımı", "Anadolu Ev", 899), ("Kahve Fincanı 6'lı", "Anadolu Ev", 449),
    ("Smørrebrød Bræt", "Nordlys", 299),
    ("Döküm Tava 28 cm", "Demirhan", 1199), ("Ekmek Kutusu", "Nordlys", 549),
    ("Cam Sürahi", "Şişli Cam", 259),
    ("Havlu Seti 4'lü", "Denizli", 599), ("Banyo Paspası", "Denizli", 229), ("Sabunluk", "Nordlys", 129),
    ("Duş Perdesi", "Denizli", 349), ("Çamaşır Sepeti", "Hasır", 479), ("Bademåtte Skagen", "Skagen", 389),
    ("Nevresim Takımı", "Denizli", 1399), ("Kırlent 45x45", "Hasır", 199), ("Uldplaid Møn", "Skagen", 899),
    ("Kilim 80x150", "Uşak", 1799), ("Masa Örtüsü", "Denizli", 429), ("Perde Işıl", "Uşak", 759),
    ("Lambader", "Işık Evi", 1899), ("Masa Lambası", "Işık Evi", 699), ("Pendel Ærø", "Nordlys", 1299),
    ("Mum Seti", "Nordlys", 179), ("LED Şerit 5 m", "Işık Evi", 329), ("Fener, büyük", "Hasır", 589),
    ("Sehpa Meşe", "Nordlys", 2499), ("Kitaplık", "Demirhan", 3299), ("Sallanan Sandalye", "Hasır", 3999),
    ('Ayna 24"', "Şişli Cam", 1099), ("Puf", "Uşak", 899), ("Reol Østerbro", "Skagen", 2799),
    ("Saksı, seramik", "Anadolu Ev", 249), ("Bahçe Koltuğu", "Hasır", 2199), ("Mangal", "Demirhan", 1599),
    ("Havekande 5 L", "Skagen", 279), ("Hamak", "Hasır", 999), ("Güneş Şemsiyesi", "Hasır", 1299),
)  # fmt: skip
CATEGORIES = np.array(_CATEGORIES, dtype=object)
PRODUCT_NAMES = np.array([name for name, _, _ in _ITEMS], dtype=object)
PRODUCT_BRANDS = np.array([brand for _, brand, _ in _ITEMS], dtype=object)
PRODUCT_CATEGORY = np.repeat(np.arange(6), 6)
PRODUCT_SKUS = np.array([f"{'MBTAMH'[i // 6]}-{1000 + 7 * i}" for i in range(len(_ITEMS))], dtype=object)
_PRICE_TRY = np.array([price for _, _, price in _ITEMS])
_PRICE_DKK = np.array([max(29, round(price / 5)) for price in _PRICE_TRY])
MONTHLY_INFLATION_TRY = 0.022

# Month and day of each sale's first day, and its length in days: where bargain hunters wait.
SALES = ((1, 2, 14), (4, 1, 8), (7, 1, 14), (9, 1, 7), (11, 20, 10))
# A coupon a sale and country, then welcome, year-round and friend; the discount in percent.
COUPONS = words(
    "OCAK20 BAHAR15 YAZ20 EYLUL10 KASIM25 JANUAR20 FORAAR15 SOMMER20 SEPTEMBER10 BLACK25 HOSGELDIN10 "
    "VELKOMMEN10 EVIM10 HJEM10 ARKADAS10 VEN10"
)
COUPON_PERCENT = np.array([20, 15, 20, 10, 25, 20, 15, 20, 10, 25, 10, 10, 10, 10, 10, 10])
WELCOME, YEAR_ROUND, FRIEND = 10, 12, 14


def sale_starts(first_year: int, last_year: int) -> Column:
    """UTC seconds at which each sale of these years begins, in order; five a year."""
    starts = [
        np.datetime64(f"{year}-{month:02d}-{day:02d}", "s").astype(np.int64)
        for year in range(first_year, last_year + 1)
        for month, day, _ in SALES
    ]
    return np.array(starts, dtype=np.int64)


SALE_SECONDS = np.array([days * DAY for _, _, days in SALES])


def prices(product: Column, country: Column, months: Column) -> Column:
    """Price in hundredths of TRY or DKK, `months` after the start of the history; TRY prices inflate."""
    lira = np.round(_PRICE_TRY[product] * (1 + MONTHLY_INFLATION_TRY) ** months) * 100 - 10
    return np.where(country == 0, lira, _PRICE_DKK[product] * 100 - 5).astype(np.int64)


def costs(product: Column) -> Column:
    """What one costs the retailer, in hundredths of EUR: two fifths of its Danish price."""
    return np.asarray(_PRICE_DKK[product] * 100 * 2 // 5 * 134 // 1000, dtype=np.int64)
