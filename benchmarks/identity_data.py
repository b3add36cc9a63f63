"""Sets of person records with their truth: FEBRL's, the sample retailer's, made-up households."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from benchmarks.made_up_people import MadeUp, make_up

PEERS = Path(".venv/peers/bin/python")
_FEBRL_MAPS = [
    "id=id",
    "given_name=given_name",
    "surname=surname",
    "birth_date=date_of_birth",
    "street=street_number+address_1",
    "city=suburb",
    "postcode=postcode",
    "state=state",
]


@dataclass(frozen=True)
class PersonSet:
    """A file of records, how its columns are mapped, and who each record is of (index: id)."""

    name: str
    path: Path
    maps: list[str]
    country: str
    truth: pd.Series


def febrl(folder: Path) -> list[PersonSet]:
    """FEBRL 1 to 3. Ids give the truth away and are hashed; the number of social insurance is left out."""
    subprocess.run([PEERS, "benchmarks/identity_ecm.py", "febrl", folder], check=True)
    found = []
    for number in (1, 2, 3):
        frame = pd.read_csv(folder / f"febrl{number}.csv", dtype=str).drop(columns="soc_sec_id")
        person = frame.pop("rec_id")
        frame.insert(0, "id", [hashlib.sha256(text.encode()).hexdigest()[:16] for text in person])
        truth = pd.Series(person.str.extract(r"rec-(\d+)-")[0].to_numpy(), frame["id"])
        found.append(_written(f"FEBRL {number}", folder, frame.sort_values("id"), _FEBRL_MAPS, "", truth))
    return found


def made_up(folder: Path, n_records: int, repeats: float) -> PersonSet:
    """Households of Turkey and Denmark, of made_up_people.py."""
    made: MadeUp = make_up(n_records, repeats=repeats)
    maps = [f"{name}={name}" for name in made.records.columns]
    return _written(f"households ({n_records:,})", folder, made.records, maps, "TR", made.person)


def sample(folder: Path, n_customers: int) -> PersonSet:
    """The sample retailer's contacts, accounts, orders and answers of the first night."""
    from rapport.samples.nights import generate

    generate(n_customers, 1, 7, date(2026, 3, 1), folder / "exports")
    parts = [_part(folder / "exports", *source) for source in _SOURCES]
    frame = pd.concat(parts, ignore_index=True)
    told = pd.read_csv(folder / "exports/_truth/records.csv", dtype=str)
    truth = pd.Series(told["person_id"].to_numpy(), told["vendor"] + ":" + told["table"] + ":" + told["key"])
    truth = truth[truth != ""].dropna()
    frame = frame[frame["id"].isin(truth.index)]
    maps = [
        *(f"{name}={name}" for name in frame.columns if name not in ("phone", "phone_2")),
        "phone=phone+phone_2",
    ]
    return _written(f"sample retailer ({n_customers:,})", folder, frame, maps, "TR", truth[frame["id"]])


# files, vendor and table in the truth, column of the key, and the columns of each field
_SOURCES: list[tuple[str, str, str, dict[str, str]]] = [
    (
        "hubspot/*all-contacts*.csv", "hubspot:contacts", "Record ID",
        {"given_name": "First Name", "surname": "Last Name", "birth_date": "Date of birth", "street": "Street Address",
         "city": "City", "postcode": "Postal Code", "country": "Country/Region", "email": "Email",
         "phone": "Mobile Phone Number", "phone_2": "Phone Number"},
    ),
    (
        "shopify/customers*.csv", "shopify:customers", "Customer ID",
        {"given_name": "First Name", "surname": "Last Name", "street": "Default Address Address1",
         "city": "Default Address City", "postcode": "Default Address Zip", "country": "Default Address Country Code",
         "email": "Email", "phone": "Phone", "phone_2": "Default Address Phone"},
    ),
    (
        "shopify/orders*.csv", "shopify:orders", "Name",
        {"full_name": "Billing Name", "street": "Billing Address1", "city": "Billing City", "postcode": "Billing Zip",
         "country": "Billing Country", "email": "Email", "phone": "Billing Phone", "external_id": "Name"},
    ),
    (
        "surveymonkey/*.csv", "surveymonkey:responses", "Respondent ID",
        {"given_name": "First Name", "surname": "Last Name", "email": "Email Address", "external_id": "Custom Data 1"},
    ),
]  # fmt: skip


def _part(exports: Path, pattern: str, source: str, key: str, columns: dict[str, str]) -> pd.DataFrame:
    frames = [pd.read_csv(path, dtype=str) for path in sorted(exports.glob(pattern))]
    frame = pd.concat(frames, ignore_index=True).dropna(subset=[key]).drop_duplicates(key)
    unquoted = frame.apply(lambda column: column.str.removeprefix("'"))  # a spreadsheet's guard
    part = pd.DataFrame({name: unquoted[column] for name, column in columns.items()})
    part.insert(0, "id", source + ":" + unquoted[key])
    return part


def _written(
    name: str, folder: Path, frame: pd.DataFrame, maps: list[str], country: str, truth: pd.Series
) -> PersonSet:
    path = folder / f"{''.join(filter(str.isalnum, name))}.csv"
    frame.to_csv(path, index=False)
    return PersonSet(name, path, maps, country, truth)
