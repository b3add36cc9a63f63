"""Shopify's exports: orders with a row a line item, and customers (the current generation of columns)."""

from __future__ import annotations

import numpy as np

from rapport.samples import contact_points as points
from rapport.samples.accounts import Accounts, account_number
from rapport.samples.arrays import (
    NEVER,
    Column,
    Text,
    chosen,
    local_dates,
    local_times,
    money,
    padded,
    rows,
    shown,
    text,
    utc_offset,
)
from rapport.samples.dirt import BAD_AMOUNT, BAD_DATE, BAD_EMAIL, FINE, spoiled
from rapport.samples.names import COUNTRY_CODES, words
from rapport.samples.orders import FIRST_ACCOUNT, SHOP, Orders, total
from rapport.samples.people import People, is_danish
from rapport.samples.products import (
    CATEGORIES,
    COUPONS,
    PRODUCT_BRANDS,
    PRODUCT_CATEGORY,
    PRODUCT_NAMES,
    PRODUCT_SKUS,
)
from rapport.samples.retailer import STORE_ZONES, Retailer
from rapport.samples.tables import Block

_SHOPS = words("İstanbul Nişantaşı, København Strøget")
_CURRENCIES = words("TRY DKK")
_CODES = words(" ".join(COUNTRY_CODES))
_CHANNELS = words("web iphone pos")
_PAYMENTS = (words("iyzico, Kapıda Ödeme, Kredi Kartı"), words("MobilePay, Dankort, Klarna"))


def touched_orders(retailer: Retailer, since: int, clock: int) -> Column:
    """Rows of orders that were placed or changed after `since` and by `clock`, oldest number first."""
    orders = retailer.orders
    touched = np.zeros(len(orders.number), dtype=bool)
    moments = ("exported_from", "paid_at", "sent_at", "delivered_at", "cancelled_at", "refunded_at")
    for moment in moments:
        at = getattr(orders, moment)
        touched |= (at > since) & (at <= clock)
    return np.flatnonzero(touched & (orders.exported_from <= clock))


def line_rows(orders: Orders, selected: Column) -> tuple[Column, Column]:
    """For each row of the file: the order's row, and the ordinal of the line in it from 0."""
    n_lines = orders.n_lines[selected]
    row = np.repeat(selected, n_lines)
    return row, np.arange(len(row)) - np.repeat(np.cumsum(n_lines) - n_lines, n_lines)


def order_names(orders: Orders) -> Text:
    """Names as the shops print them: TR1001, DK1001."""
    return np.asarray(_CODES[orders.country] + text(orders.number))


def orders_block(retailer: Retailer, row: Column, nth: Column, since: int, clock: int) -> Block:
    """Rows of the orders export as of `clock`; only the first row of an order carries what is the order's.

    A row that is bad in its order's first export is right in later ones.
    """
    every, lines = rows(retailer.orders, row), retailer.lines
    is_head = nth == 0
    item = rows(lines, every.first_line + nth)
    person = rows(retailer.people, every.person)
    account = every.account == FIRST_ACCOUNT
    email = points.emails(
        person,
        np.where(account, retailer.habits.which_email[every.person], every.which_email),
        np.where(account, retailer.habits.spelling[every.person], every.spelling),
    )
    bad = np.where(is_head & (every.exported_from > since), every.bad, FINE)
    names = order_names(every)
    cells: dict[str, Text] = {
        "Name": names,
        "Email": spoiled(email, bad, BAD_EMAIL),
        "Created at": spoiled(_store_times(every.created_at, every.country), bad, BAD_DATE),
        "Lineitem quantity": item.quantity,
        "Lineitem name": PRODUCT_NAMES[item.product] + " - " + CATEGORIES[PRODUCT_CATEGORY[item.product]],
        "Lineitem price": money(item.price),
        "Lineitem compare at price": shown(item.compare_price > 0, money(item.compare_price)),
        "Lineitem sku": PRODUCT_SKUS[item.product],
        "Lineitem requires shipping": chosen(every.channel == SHOP, "false", "true"),
        "Lineitem taxable": np.full(len(row), "true", dtype=object),
        "Lineitem fulfillment status": chosen(every.sent_at <= clock, "fulfilled", "pending"),
        "Lineitem discount": np.full(len(row), "0.00", dtype=object),
        "Vendor": PRODUCT_BRANDS[item.product],
    }
    head = np.flatnonzero(is_head)
    for header, values in _head_cells(retailer, rows(every, head), bad[head], clock).items():
        column = np.full(len(row), None, dtype=object)
        column[head] = values
        cells[header] = column
    return Block(cells, bad, names)


def _head_cells(retailer: Retailer, orders: Orders, bad: Column, clock: int) -> dict[str, Text]:
    person = rows(retailer.people, orders.person)
    danish = is_danish(orders.country)
    paid, sent = orders.paid_at <= clock, orders.sent_at <= clock
    cancelled, refunded = orders.cancelled_at <= clock, orders.refunded_at <= clock
    owed = total(orders)
    whole = orders.refund >= owed
    status = np.select(
        [refunded & whole, refunded, cancelled, paid],
        ["refunded", "partially_refunded", "voided", "paid"],
        "pending",
    )
    tax_rate = np.where(danish, 25, 20)
    tax = money(owed * tax_rate // (100 + tax_rate))
    phone = points.mobiles(person, orders.phone_form)
    order_id = 5_500_000_000_000 + orders.number * 32_768 + orders.country.astype(np.int64) * 16_384
    cells: dict[str, Text] = {
        "Financial Status": status.astype(object),
        # Payments taken outside the checkout leave no time.
        "Paid at": shown(paid & (orders.number % 97 != 0), _store_times(orders.paid_at, orders.country)),
        "Fulfillment Status": chosen(sent, "fulfilled", "unfulfilled"),
        "Fulfilled at": shown(sent, _store_times(orders.sent_at, orders.country)),
        "Accepts Marketing": chosen(retailer.habits.accepts_email[orders.person], "yes", "no"),
        "Currency": _CURRENCIES[orders.country],
        "Subtotal": money(orders.subtotal),
        "Shipping": money(orders.shipping),
        "Taxes": tax,
        "Total": spoiled(money(owed), bad, BAD_AMOUNT),
        "Discount Code": shown(orders.coupon >= 0, COUPONS[orders.coupon]),
        "Discount Amount": money(orders.discount),
        "Shipping Method": shown(orders.channel != SHOP, chosen(danish, "PostNord", "Yurtiçi Kargo")),
        "Note Attributes": _note_attributes(orders, clock),
        "Cancelled at": shown(cancelled, _store_times(orders.cancelled_at, orders.country)),
        "Payment Method": _payment(orders, danish),
        "Payment Reference": shown(paid, "c" + text(order_id // 7) + ".1"),
        "Refunded Amount": money(np.where(refunded, orders.refund, 0)),
        "Outstanding Balance": money(np.where(paid | cancelled, 0, owed)),
        "Location": shown(orders.channel == SHOP, _SHOPS[orders.country]),
        "Id": text(order_id),
        "Tags": chosen(orders.is_test, "test", shown(orders.referrer >= 0, "referral")),
        "Risk Level": chosen(orders.number % 211 == 0, "Medium", "Low"),
        "Source": _CHANNELS[orders.channel],
        "Tax 1 Name": chosen(danish, "Moms 25%", "KDV 20%"),
        "Tax 1 Value": tax,
        "Phone": shown(orders.number % 4 == 0, phone),
    }
    return cells | _addresses(person, orders, phone)


def _addresses(person: People, orders: Orders, phone: Text) -> dict[str, Text]:
    name = points.given_names(person, np.zeros(len(phone), dtype=bool)) + " "
    name = name + points.family_names(person, np.zeros(len(phone), dtype=bool))
    first, second = points.address_lines(person)
    address = {
        "Name": name,
        "Street": points.streets(person),
        "Address1": first,
        "Address2": second,
        "City": points.towns(person),
        "Zip": "'" + points.zips(person),
        "Province": points.provinces(person),
        "Country": _CODES[person.country],
        "Phone": shown(orders.number % 3 > 0, phone),
    }
    ships = orders.channel != SHOP
    cells = {f"Billing {header}": values for header, values in address.items()}
    return cells | {f"Shipping {header}": shown(ships, values) for header, values in address.items()}


def _note_attributes(orders: Orders, clock: int) -> Text:
    """`name: value` lines: the promised day, the day it came, and the referring customer's number."""
    zone = STORE_ZONES[0]
    promised = "promised_delivery: " + local_dates(orders.promised_at, zone)
    delivered = orders.delivered_at <= clock
    came = "\ndelivered: " + local_dates(np.where(delivered, orders.delivered_at, 0), zone)
    friend = "\nreferred_by: " + text(account_number(orders.referrer, FIRST_ACCOUNT))
    notes = promised + chosen(delivered, came, "") + chosen(orders.referrer >= 0, friend, "")
    return shown(orders.channel != SHOP, notes)


def _payment(orders: Orders, danish: Column) -> Text:
    which = orders.number % 3
    method = chosen(danish, _PAYMENTS[1][which], _PAYMENTS[0][which])
    return chosen(orders.is_test, "(for testing) Bogus Gateway", method)


def _store_times(at: Column, country: Column) -> Text:
    """UTC seconds as the store writes them: `2025-12-06 10:37:33 +0300`."""
    result = np.empty(len(at), dtype=object)
    for code, zone in enumerate(STORE_ZONES):
        here = np.flatnonzero(country == code)
        seconds = np.where(at[here] < NEVER, at[here], 0)
        hours = utc_offset(seconds, zone) // 3600
        result[here] = local_times(seconds, zone) + " +" + padded(hours, 2) + "00"
    return result


def customers_block(retailer: Retailer, every: Accounts, selected: Column) -> Block:
    """Rows of the customers export; ids, phones and zips carry Shopify's apostrophe."""
    account = rows(every, selected)
    person, habits = (rows(retailer.people, account.person), rows(retailer.habits, account.person))
    is_second = account.slot != FIRST_ACCOUNT
    none = np.zeros(len(selected), dtype=bool)
    bad = np.where(is_second, FINE, habits.bad)
    email = points.emails(
        person,
        np.where(is_second, points.WORK, habits.which_email),
        np.where(is_second, points.PLAIN, habits.spelling),
    )
    phone = "'" + points.mobiles(person, habits.phone_form)
    number = text(account_number(account.person, account.slot))
    first, second = points.address_lines(person)
    tags = chosen(person.is_vip, "vip, newsletter", shown(person.is_advocate, "community"))
    cells: dict[str, Text] = {
        "Customer ID": "'" + number,
        "First Name": points.given_names(person, none),
        "Last Name": points.family_names(person, habits.is_upper),
        "Email": spoiled(email, bad, BAD_EMAIL),
        "Accepts Email Marketing": chosen(habits.accepts_email, "yes", "no"),
        "Default Address Address1": first,
        "Default Address Address2": second,
        "Default Address City": points.towns(person),
        "Default Address Province Code": points.provinces(person),
        "Default Address Country Code": _CODES[person.country],
        "Default Address Zip": "'" + points.zips(person),
        "Default Address Phone": shown(habits.has_phone, phone),
        "Phone": shown(habits.has_phone & (account.person % 2 == 0), phone),
        "Accepts SMS Marketing": chosen(habits.accepts_sms, "yes", "no"),
        "Total Spent": spoiled(money(account.spent), bad, BAD_AMOUNT),
        "Total Orders": account.n_orders,
        "Tax Exempt": np.full(len(none), "no", dtype=object),
        "Tags": tags,
    }
    return Block(cells, bad, number)
