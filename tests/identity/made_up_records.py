"""Records of made-up persons as dbt prepares them: households share a home and a telephone, persons have several."""

from __future__ import annotations

import random

GIVEN = [
    *("AYSE", "MEHMET", "FATMA", "ALI", "ZEYNEP", "MUSTAFA", "ELIF", "EMRE", "DERYA", "CAN"),
    *("METTE", "LARS", "ANNE", "JENS", "KIRSTEN", "SOEREN", "MARIE", "NIELS", "IDA", "PETER"),
]
SURNAMES = [
    *("YILMAZ", "KAYA", "DEMIR", "SAHIN", "CELIK", "AYDIN", "OZTURK", "ARSLAN", "DOGAN", "KILIC"),
    *("JENSEN", "NIELSEN", "HANSEN", "PEDERSEN", "ANDERSEN", "HOLM", "LUND", "MOELLER", "KOCH", "DAHL"),
]
TOWNS = [("8000", "AARHUS"), ("1000", "KOEBENHAVN"), ("34000", "ISTANBUL"), ("35000", "IZMIR"), ("06000", "ANKARA")]
Row = dict[str, str | None]


def made_up_records(n_households: int, seed: int = 1) -> tuple[list[Row], dict[str, int]]:
    """Rows of int_identity_records, and the person behind each by source_record_id."""
    drawn = random.Random(seed)
    rows: list[Row] = []
    truth: dict[str, int] = {}
    person = 0
    for _ in range(n_households):
        code, town = drawn.choice(TOWNS)
        surname, street = drawn.choice(SURNAMES), f"{drawn.choice(SURNAMES)} GADE {drawn.randint(1, 90)}"
        telephone = f"+90532{drawn.randint(1000000, 9999999)}"
        for given in drawn.sample(GIVEN, drawn.choice([1, 1, 2, 3])):
            person += 1
            born = f"{drawn.randint(1940, 2004)}{drawn.randint(1, 12):02d}{drawn.randint(1, 28):02d}"
            mailbox = f"{given.lower()}{drawn.randint(1, 10**6)}@example.org"
            for number in range(drawn.choice([1, 1, 2, 3])):
                record = f"shop:customers:{len(rows):05d}"
                truth[record] = person
                rows.append(
                    {
                        "source_record_id": record,
                        "given_name_key": given,
                        "surname_key": surname,
                        "birth_date_digits": born if drawn.random() < 0.8 else None,
                        "street_key": street if drawn.random() < 0.8 else None,
                        "city_key": town,
                        "postal_code_key": code,
                        "email_key": mailbox if number == 0 or drawn.random() < 0.6 else None,
                        "phone_key": telephone if drawn.random() < 0.6 else None,
                        "external_id": f"shop:{len(rows)}",
                    }
                )
    return rows, truth
