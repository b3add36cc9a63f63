"""What is true about the invented retailer, beside the landing folder's vendors and never one of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np

from rapport.samples import contact_points as points
from rapport.samples import generic
from rapport.samples.accounts import account_number, accounts_at
from rapport.samples.arrays import NEVER, Column, chosen, local_dates, rows, shown, size, text
from rapport.samples.files import Written, write_rows
from rapport.samples.headers import TRUE_PERSONS
from rapport.samples.names import COUNTRY_CODES, FAMILIES, GIVEN
from rapport.samples.retailer import ZONE, Retailer
from rapport.samples.shopify import order_names
from rapport.samples.tables import Planted, blocks

FOLDER = "_truth"
RECORDS = ["vendor", "table", "key", "person_id"]
PLANTED = ["file", "row", "kind", "key"]


def write_truth(retailer: Retailer, written: Written, planted: Planted) -> None:
    """Write persons.csv, records.csv (record to person) and planted.csv (what is wrong where)."""
    folder = written.root / FOLDER
    for name, header, chunks in (
        ("persons", TRUE_PERSONS, _persons(retailer)),
        ("records", RECORDS, _records(retailer)),
        ("planted", PLANTED, iter([planted.facts])),
    ):
        path = folder / f"{name}.csv"
        write_rows(path, [header], chunks)


def _persons(retailer: Retailer) -> Iterator[list[tuple[object, ...]]]:
    orders = rows(retailer.orders, _placed(retailer))
    n = size(retailer.people)
    n_orders = np.bincount(orders.person, minlength=n)
    n_coupons = np.bincount(orders.person[orders.coupon >= 0], minlength=n)
    first, last = np.full(n, NEVER), np.zeros(n, dtype=np.int64)
    np.minimum.at(first, orders.person, orders.created_at)
    np.maximum.at(last, orders.person, orders.created_at)
    for piece in blocks(np.arange(n)):
        person = rows(retailer.people, piece)
        own = np.zeros(len(piece), dtype=np.int8)
        bought = n_orders[piece] > 0
        columns = (
            person.person,
            person.household,
            GIVEN[person.given],
            FAMILIES[person.family],
            np.array(COUNTRY_CODES, dtype=object)[person.country],
            person.birth_day.astype("datetime64[D]").astype(str),
            points.towns(person),
            points.emails(person, own, own),
            points.mobiles(person, own + 1),
            chosen(person.is_relational, "relational", "transactional"),
            person.is_vip.astype(int),
            person.is_advocate.astype(int),
            person.is_prospect.astype(int),
            (person.left_at <= retailer.clock).astype(int),
            shown(bought, local_dates(np.where(bought, first[piece], 0), ZONE)),
            shown(bought, local_dates(last[piece], ZONE)),
            n_orders[piece],
            n_coupons[piece],
        )
        yield list(zip(*(column.tolist() for column in columns), strict=True))


def _records(retailer: Retailer) -> Iterator[list[tuple[object, ...]]]:
    clock = retailer.clock
    contacts = rows(retailer.contacts, retailer.contacts.created_at < clock)
    accounts = accounts_at(clock, retailer.people, retailer.orders)
    orders = rows(retailer.orders, _exported(retailer))
    responses = rows(retailer.responses, retailer.responses.ended_at <= clock)
    tables: tuple[tuple[str, str, Column, Column], ...] = (
        ("hubspot", "contacts", text(contacts.number), contacts.person),
        ("shopify", "customers", text(account_number(accounts.person, accounts.slot)), accounts.person),
        ("shopify", "orders", order_names(orders), np.where(orders.is_test, -1, orders.person)),
        ("surveymonkey", "responses", text(responses.number), responses.person),
        ("generic", "emails", *_addresses(retailer)),
    )
    for vendor, table, key, person in tables:
        for piece in blocks(np.arange(len(key))):
            persons = person[piece].tolist()
            yield [(vendor, table, k, None if p < 0 else p) for k, p in zip(key[piece].tolist(), persons, strict=True)]


def _addresses(retailer: Retailer) -> tuple[Column, Column]:
    """Records that side systems know by an address alone: its MD5, and whose it is."""
    known: dict[str, int] = {}
    for address, person in generic.known_addresses(retailer):
        known.update(zip(address.tolist(), person.tolist(), strict=True))
    keys = [hashlib.md5(address.encode(), usedforsecurity=False).hexdigest() for address in known]
    return np.array(keys, dtype=object), np.array(list(known.values()), dtype=np.int64)


def _exported(retailer: Retailer) -> Column:
    return np.asarray(retailer.orders.exported_from <= retailer.clock)


def _placed(retailer: Retailer) -> Column:
    return _exported(retailer) & ~retailer.orders.is_test
