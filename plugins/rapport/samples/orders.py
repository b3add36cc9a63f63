"""Orders and their lines: who buys what when, what is paid, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from rapport.samples import dirt
from rapport.samples.arrays import DAY, NEVER, Column
from rapport.samples.contact_points import NONE, OWN, PLACEHOLDER
from rapport.samples.names import DENMARK, TURKEY
from rapport.samples.people import People, is_danish
from rapport.samples.products import (
    COUPON_PERCENT,
    FRIEND,
    PRODUCT_CATEGORY,
    SALE_SECONDS,
    SALES,
    WELCOME,
    YEAR_ROUND,
    prices,
    sale_starts,
)

WEB, APP, SHOP = range(3)
GUEST, FIRST_ACCOUNT, SECOND_ACCOUNT = range(3)
FIRST_NUMBER = 1001
# The shop's export is taken half an hour before midnight: later orders come with the next night's.
EXPORT_LAG = 1800


@dataclass(frozen=True)
class Orders:
    """One row an order; money in hundredths of its currency, times UTC seconds (NEVER if never)."""

    person: Column
    number: Column
    country: Column
    first_line: Column
    n_lines: Column
    subtotal: Column
    discount: Column
    shipping: Column
    refund: Column
    coupon: Column
    referrer: Column
    channel: Column
    account: Column
    which_email: Column
    spelling: Column
    phone_form: Column
    is_test: Column
    is_first: Column
    bad: Column
    created_at: Column
    exported_from: Column
    paid_at: Column
    sent_at: Column
    promised_at: Column
    delivered_at: Column
    cancelled_at: Column
    refunded_at: Column


@dataclass(frozen=True)
class Lines:
    """One row a line item; prices in hundredths, `compare_price` 0 unless it is marked down."""

    product: Column
    quantity: Column
    price: Column
    compare_price: Column


def total(orders: Orders) -> Column:
    """What the customer owes: subtotal (after discount, tax included) and shipping."""
    return np.asarray(orders.subtotal + orders.shipping)


def is_late(orders: Orders) -> Column:
    """Delivered a day or more after the promised day."""
    return np.asarray((orders.delivered_at < NEVER) & (orders.delivered_at > orders.promised_at + DAY))


def place_orders(
    rng: np.random.Generator,
    people: People,
    who: Column,
    at: Column,
    is_first: Column,
    *,
    history_from: int,
    n_lines_before: int,
    numbers_before: tuple[int, int],
    at_least_bad: int,
) -> tuple[Orders, Lines]:
    """Fill the baskets of orders at given times, and decide their fate up to a refund.

    `numbers_before` are how many order numbers Turkey and Denmark have given out; `who` are rows of `people`.
    """
    n = len(who)
    buyer_country = people.country[who]
    relational = people.is_relational[who]
    lines, n_lines, gross = _fill_baskets(rng, people, who, at, history_from)
    first_line = n_lines_before + np.cumsum(n_lines) - n_lines

    has_referrer = is_first & (rng.random(n) < 0.08) & people.is_advocate.any()
    advocates = np.flatnonzero(people.is_advocate)
    referrer = rng.choice(advocates, n) if len(advocates) else np.full(n, -1)
    has_referrer &= (people.joined_at[referrer] < at) & (people.country[referrer] == buyer_country)
    coupon = _coupons(rng, people, who, at, is_first, has_referrer)
    discount = np.where(coupon >= 0, gross * COUPON_PERCENT[coupon] // 100, 0)

    channel = rng.choice(3, n, p=[0.72, 0.2, 0.08]).astype(np.int8)
    in_shop = channel == SHOP
    danish = is_danish(buyer_country)
    subtotal = gross - discount
    free_from = np.where(danish, 499_00, 750_00)
    shipping = np.where(in_shop | (subtotal >= free_from), 0, np.where(danish, 39_00, 49_90))

    number = np.empty(n, dtype=np.int64)
    for country in (TURKEY, DENMARK):
        of_country = buyer_country == country
        number[of_country] = FIRST_NUMBER + numbers_before[country] + np.arange(of_country.sum())

    orders = Orders(
        person=who.astype(np.int64),
        number=number,
        country=buyer_country,
        first_line=first_line,
        n_lines=n_lines,
        subtotal=subtotal,
        discount=discount,
        shipping=shipping,
        refund=np.zeros(n, dtype=np.int64),
        coupon=coupon,
        referrer=np.where(has_referrer, referrer, -1),
        channel=channel,
        account=np.where(rng.random(n) < 0.12, GUEST, np.where(rng.random(n) < 0.01, SECOND_ACCOUNT, 1)).astype(
            np.int8
        ),
        which_email=np.zeros(n, dtype=np.int8),
        spelling=dirt.spellings(rng, n, 0.03),
        phone_form=rng.integers(0, 8, n).astype(np.int8),
        is_test=(rng.random(n) < 0.002) & ~is_first,
        is_first=is_first,
        bad=dirt.bad_rows(rng, n_lines == 1, (dirt.BAD_DATE, dirt.BAD_AMOUNT, dirt.BAD_EMAIL), at_least_bad),
        created_at=at,
        exported_from=at + EXPORT_LAG,
        paid_at=at,
        sent_at=at,
        promised_at=at,
        delivered_at=at,
        cancelled_at=at,
        refunded_at=at,
    )
    return _with_contact(rng, _with_fate(rng, orders, relational)), lines


def _fill_baskets(
    rng: np.random.Generator, people: People, who: Column, at: Column, history_from: int
) -> tuple[Lines, Column, Column]:
    relational = people.is_relational[who]
    n_lines = 1 + rng.poisson(np.where(relational, 0.9, 0.5) + np.where(people.is_vip[who], 1.0, 0.0))
    order = np.repeat(np.arange(len(who)), n_lines)
    n = len(order)
    category = np.where(
        rng.random(n) < 0.55,
        people.favourite_category[who[order]],
        rng.integers(0, PRODUCT_CATEGORY.max() + 1, n),
    )
    product = (category * 6 + rng.choice(6, n, p=[0.3, 0.22, 0.18, 0.14, 0.1, 0.06])).astype(np.int16)
    quantity = rng.choice([1, 2, 3, 6], n, p=[0.84, 0.11, 0.03, 0.02]).astype(np.int8)
    months = np.maximum(at[order] - history_from, 0) // (30 * DAY)
    full = prices(product, people.country[who[order]], months)
    marked_down = rng.random(n) < np.where(relational[order], 0.05, 0.4)
    price = np.where(marked_down, full * 8 // 10, full)
    compare_price = np.where(marked_down, full, 0)
    gross = np.bincount(order, weights=price * quantity, minlength=len(who)).astype(np.int64)
    return (Lines(product, quantity, price, compare_price), n_lines.astype(np.int16), gross)


def _coupons(
    rng: np.random.Generator, people: People, who: Column, at: Column, is_first: Column, has_referrer: Column
) -> Column:
    """Index into COUPONS or -1: a friend's code, the sale's, the welcome or the year-round one."""
    country = people.country[who]
    years = at.astype("datetime64[s]").astype("datetime64[Y]").astype(np.int64)
    starts = sale_starts(int(years.min(initial=56)) + 1969, int(years.max(initial=56)) + 1970)
    last = np.searchsorted(starts, at, side="right") - 1
    in_sale = at < starts[last] + SALE_SECONDS[last % len(SALES)]
    coupon = np.where(in_sale, last % len(SALES) + 5 * country, YEAR_ROUND + country)
    coupon = np.where(is_first & ~in_sale, WELCOME + country, coupon)
    uses = rng.random(len(who)) < people.coupon_share[who]
    return np.where(has_referrer, FRIEND + country, np.where(uses, coupon, -1)).astype(np.int8)


def _with_fate(rng: np.random.Generator, orders: Orders, relational: Column) -> Orders:
    """Payment, dispatch, delivery (6 % late), cancellation (3 %), refunds (bargain hunters more)."""
    n = len(orders.number)
    at, in_shop = orders.created_at, orders.channel == SHOP
    cancelled = (rng.random(n) < 0.03) & ~in_shop
    cancelled_at = np.where(cancelled, at + rng.integers(600, DAY, n), NEVER)
    by_transfer = (rng.random(n) < 0.03) & ~in_shop
    paid_at = at + np.where(by_transfer, rng.integers(DAY // 2, 2 * DAY, n), rng.integers(5, 90, n))
    paid_at = np.where(paid_at < cancelled_at, paid_at, NEVER)
    late = (rng.random(n) < 0.06) & ~in_shop
    sent_at = at + np.where(in_shop, 0, rng.integers(DAY // 3, 2 * DAY, n) + np.where(late, 4 * DAY, 0))
    sent_at = np.where(cancelled, NEVER, np.maximum(sent_at, np.where(paid_at < NEVER, paid_at, at)))
    promised_at = np.where(in_shop, at, at // DAY * DAY + 5 * DAY)
    on_way = rng.integers(DAY, 2 * DAY, n) + np.where(late, rng.integers(2 * DAY, 7 * DAY, n), 0)
    delivered_at = np.where(cancelled, NEVER, np.where(in_shop, at, sent_at + on_way))
    refunded = (rng.random(n) < np.where(relational, 0.035, 0.07)) & ~cancelled
    refunded_at = np.where(refunded, delivered_at + rng.integers(DAY, 14 * DAY, n), NEVER)
    # A cancelled order that was paid is paid back at once.
    refunded_at = np.where(cancelled & (paid_at < NEVER), cancelled_at, refunded_at)
    owed = total(orders)
    part = np.where(rng.random(n) < 0.5, owed, orders.subtotal // 2)
    return replace(
        orders,
        paid_at=paid_at,
        sent_at=sent_at,
        promised_at=promised_at,
        delivered_at=delivered_at,
        cancelled_at=cancelled_at,
        refunded_at=refunded_at,
        refund=np.where(refunded_at < NEVER, np.where(cancelled, owed, part), 0),
    )


def _with_contact(rng: np.random.Generator, orders: Orders) -> Orders:
    """The address on the order: the account's; a guest's own, work or made-up one; none in some sales."""
    n = len(orders.number)
    guest = np.where(orders.is_test, PLACEHOLDER, rng.choice([OWN, 1, PLACEHOLDER], n, p=[0.85, 0.13, 0.02]))
    account = np.where(orders.is_test, GUEST, orders.account)
    which = np.where(account == SECOND_ACCOUNT, 1, np.where(account == GUEST, guest, OWN))
    nameless = (orders.channel == SHOP) & (rng.random(n) < 0.5) & ~orders.is_test & (account == GUEST)
    return replace(orders, account=account.astype(np.int8), which_email=np.where(nameless, NONE, which).astype(np.int8))
