"""The files of each night, in the vendors' folders.

Night 1 exports the whole history. Later nights export contacts and shop customers in full, of the rest what
happened since the night before. A survey file in windows-1252 and one with late answers are part of the dirt.

Measured: `rapport samples generate --customers 1000000 --nights 1 --out DIR` writes 11.7 million rows
(3.2 GB, 4.6 million of them order lines) in 300 s of one core, with at most 1.95 GB of memory.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from rapport.samples import employees, generic, headers, hubspot, shopify, surveymonkey
from rapport.samples.accounts import accounts_at
from rapport.samples.arrays import Column
from rapport.samples.files import UTF8, UTF8_WITH_BOM, WINDOWS_1252, Written
from rapport.samples.retailer import Retailer
from rapport.samples.surveys import SMS_LINK, WEB_LINK
from rapport.samples.tables import Planted, write_table
from rapport.samples.truth import write_truth

ALWAYS = -(2**62)


def generate(
    n_customers: int,
    n_nights: int,
    seed: int,
    start: date,
    out: Path,
    on_night: Callable[[int, date], None] = lambda night, day: None,
) -> Written:
    """Write `n_nights` nights of exports of a retailer with `n_customers` at the start, and the truth.

    `on_night` is told before each night is written. Files already there with the same bytes keep their time.
    """
    written, planted = Written(out), Planted()
    retailer = Retailer(n_customers, seed, start)
    since = ALWAYS
    for night in range(1, n_nights + 1):
        day = start + timedelta(days=night - 1)
        on_night(night, day)
        retailer.live_a_day()
        _write_night(retailer, night, day, since, written, planted)
        since = retailer.clock
    write_truth(retailer, written, planted)
    return written


def _write_night(retailer: Retailer, night: int, day: date, since: int, written: Written, planted: Planted) -> None:
    """Events of (since, retailer.clock] as files of `day`. One of them has a byte-order mark, in turn."""
    with_bom = ("shopify_customers", "hubspot_contacts", "shopify_orders")[(night - 1) % 3]

    def encoding(table: str) -> str:
        return UTF8_WITH_BOM if table == with_bom else UTF8

    _write_shopify(retailer, day, since, written, planted, encoding)
    _write_hubspot(retailer, day, since, written, planted, encoding)
    _write_surveys(retailer, night, day, since, written, planted)
    _write_survey_of_staff(retailer, day, since, written, planted)
    for table, (selected, make) in generic.tables(retailer, since).items():
        if len(selected):  # a side system has no file where it has no news
            path = written.root / "generic" / f"{table}_{day}.csv"
            write_table(path, generic.HEADERS[table], selected, make, written, planted)


def _write_shopify(
    retailer: Retailer,
    day: date,
    since: int,
    written: Written,
    planted: Planted,
    encoding: Callable[[str], str],
) -> None:
    folder, clock = written.root / "shopify", retailer.clock
    row, nth = shopify.line_rows(retailer.orders, shopify.touched_orders(retailer, since, clock))
    write_table(
        folder / f"orders_export_{day}.csv",
        headers.SHOPIFY_ORDERS,
        np.arange(len(row)),
        lambda piece: shopify.orders_block(retailer, row[piece], nth[piece], since, clock),
        written,
        planted,
        encoding=encoding("shopify_orders"),
    )
    accounts = accounts_at(clock, retailer.people, retailer.orders)
    write_table(
        folder / f"customers_export_{day}.csv",
        headers.SHOPIFY_CUSTOMERS,
        np.arange(len(accounts.person)),
        lambda piece: shopify.customers_block(retailer, accounts, piece),
        written,
        planted,
        encoding=encoding("shopify_customers"),
    )


def _write_hubspot(
    retailer: Retailer,
    day: date,
    since: int,
    written: Written,
    planted: Planted,
    encoding: Callable[[str], str],
) -> None:
    clock = retailer.clock

    def happened(at: Column) -> Column:
        return np.flatnonzero((at > since) & (at <= clock))

    views = (
        (
            "all-contacts",
            headers.HUBSPOT_CONTACTS,
            hubspot.contacts_at(retailer, clock),
            lambda piece: hubspot.contacts_block(retailer, piece),
        ),
        (
            "communication-subscriptions",
            headers.HUBSPOT_CONSENTS,
            happened(retailer.consents.at),
            lambda piece: hubspot.consents_block(retailer, piece),
        ),
        (
            "all-tickets",
            headers.HUBSPOT_TICKETS,
            hubspot.touched_tickets(retailer, since, clock),
            lambda piece: hubspot.tickets_block(retailer, piece, since, clock),
        ),
        (
            "email-events",
            headers.HUBSPOT_EVENTS,
            happened(retailer.events.at),
            lambda piece: hubspot.events_block(retailer, piece),
        ),
    )
    for view, header, selected, make in views:
        write_table(
            written.root / "hubspot" / f"hubspot-crm-exports-{view}-{day}.csv",
            header,
            selected,
            make,
            written,
            planted,
            encoding=encoding("hubspot_contacts") if view == "all-contacts" else UTF8,
        )


def _write_surveys(retailer: Retailer, night: int, day: date, since: int, written: Written, planted: Planted) -> None:
    """One survey a country, and the one asked by text message, whose answers come a day late."""
    clock = retailer.clock
    day_before = since - (clock - since) if night > 1 else ALWAYS
    sms_until = since if night > 1 else clock - 86_400
    surveys = (
        ("Customer_Experience_TR", surveymonkey.ended(retailer, since, clock, WEB_LINK, 0), UTF8),
        # A Danish desktop saves in its own encoding now and then.
        (
            "Kundeoplevelse_DK",
            surveymonkey.ended(retailer, since, clock, WEB_LINK, 1),
            WINDOWS_1252 if night % 3 == 2 else UTF8,
        ),
        ("Customer_Experience_SMS", surveymonkey.ended(retailer, day_before, sms_until, SMS_LINK), UTF8),
    )
    for name, selected, encoding in surveys:
        path = written.root / "surveymonkey" / f"{name}_{day}.csv"
        write_table(
            path,
            surveymonkey.HEADER,
            selected,
            lambda piece: surveymonkey.responses_block(retailer, piece),
            written,
            planted,
            encoding=encoding,
            second_header=surveymonkey.SECOND_HEADER,
        )
        if name.endswith("SMS") and night > 1:
            planted.facts.append((path.relative_to(written.root).as_posix(), None, "late_file", ""))


def _write_survey_of_staff(retailer: Retailer, day: date, since: int, written: Written, planted: Planted) -> None:
    """On nights of a quarter's survey, and all earlier ones on the first."""
    found = employees.answers(retailer.seed, max(since, retailer.history_from), retailer.clock)
    if len(found[0]):
        write_table(
            written.root / "surveymonkey" / f"{employees.NAME}_{day}.csv",
            employees.HEADER,
            np.arange(len(found[0])),
            lambda piece: employees.block(*(column[piece] for column in found)),
            written,
            planted,
            second_header=employees.SECOND_HEADER,
        )
