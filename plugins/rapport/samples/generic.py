"""The retailer's side systems as the generic exports.

Parcels, returns, reviews, referrals, points, baskets, members of groups, guests of events, products. They name
orders by the number people know and customers by their e-mail, as such systems do. Istanbul time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from rapport.samples import contact_points as points
from rapport.samples.aftersales import DAMAGE, DELIVERY, NO_REVIEW, POINTS_PER, PRICE, QUALITY, SIZE, STAFF
from rapport.samples.arrays import NEVER, Column, Text, chosen, local_dates, local_times, money, rows, shown, text
from rapport.samples.attendances import EVENT_NAMES, EVENT_TYPES, FATES, PLACES
from rapport.samples.communities import COMMUNITY, GROUPS
from rapport.samples.dirt import FINE
from rapport.samples.names import words
from rapport.samples.orders import SHOP, Orders
from rapport.samples.people import is_danish
from rapport.samples.products import CATEGORIES, PRODUCT_BRANDS, PRODUCT_CATEGORY, PRODUCT_NAMES, PRODUCT_SKUS, costs
from rapport.samples.products import prices as product_prices
from rapport.samples.referrals import REWARD
from rapport.samples.retailer import ZONE, Retailer
from rapport.samples.shopify import order_names
from rapport.samples.tables import Block, blocks

HEADERS: dict[str, list[str]] = {
    table: words(columns).tolist()
    for table, columns in {
        "deliveries": "order_id delivery_method carrier status promised_date shipped_at delivered_at",
        "returns": "return_id order_id reason comment status refunded_amount currency requested_at received_at"
        " refunded_at",
        "reviews": "review_id email product_id order_id rating title review_text status is_verified reviewed_at"
        " replied_at",
        "referrals": "referral_id referrer_email referred_email referral_code order_id status reward_amount currency"
        " referred_at reward_due_date rewarded_at",
        "loyalty_points": "entry_id email points event_type reason order_id occurred_at",
        "checkouts": "checkout_id email items n_items total_amount currency order_id started_at completed_at",
        "memberships": "membership_id email group_name group_type joined_at left_at",
        "event_attendances": "attendance_id email event_name event_type status occurred_at",
        "products": "product_id product_name category brand unit_cost",
    }.items()
}
_CARRIERS = (words("Yurtiçi Kargo, Aras Kargo, Hızlı Getir"), words("PostNord, GLS, Bring Nu"))
_CURRENCIES = words("TRY DKK")
_REASONS = {DELIVERY: "late", DAMAGE: "damaged", SIZE: "wrong size"}
# By what a text is about: Turkish, Danish.
_TITLES = {
    DELIVERY: ("Kargo gecikti", "Forsinket"),
    DAMAGE: ("Kırık geldi", "Gik i stykker"),
    SIZE: ("Ölçüsü farklı", "Forkert størrelse"),
    STAFF: ("Teşekkürler", "Tak for hjælpen"),
    QUALITY: ("Çok güzel", "Flot kvalitet"),
    PRICE: ("Fiyatına değer", "Pengene værd"),
}
_TEXTS = {
    DELIVERY: ("Kargo çok geç geldi, kimse haber vermedi.", "Leveringen var forsinket, og ingen gav besked."),
    DAMAGE: ("Ürün kırık geldi, paketleme kötüydü.", "Varen var beskadiget, dårligt pakket ind."),
    SIZE: ("Beklediğimden küçük, ölçüler yanlış yazılmış.", "Den er for lille, målene passer ikke."),
    STAFF: ("Müşteri hizmetleri çok ilgiliydi, teşekkür ederim.", "Personalet var venligt og hjælpsomt."),
    QUALITY: ("Kalitesi harika, severek kullanıyorum.", "Rigtig god kvalitet, jeg er meget tilfreds."),
    PRICE: ("Fiyatı uygun, yine alırım.", "God pris, jeg køber gerne igen."),
}
_EXPORTED_AFTER = 1800


def tables(retailer: Retailer, since: int) -> dict[str, tuple[Column, Callable[[Column], Block]]]:
    """Of each table of HEADERS the rows that changed in (since, retailer.clock], and what makes their cells."""
    orders, after, clock = retailer.orders, retailer.aftermath, retailer.clock

    def touched(*times: Column) -> Column:
        happened = np.zeros(len(times[0]), dtype=bool)
        for at in times:
            happened |= (at > since) & (at <= clock)
        return happened & (times[0] <= clock)

    sent = touched(orders.created_at + _EXPORTED_AFTER, orders.sent_at, orders.delivered_at, orders.cancelled_at)
    sent &= (orders.channel != SHOP) & ~orders.is_test
    returned = touched(after.return_requested_at, after.return_received_at, orders.refunded_at)
    earned = touched(orders.delivered_at) & ~orders.is_test & (orders.subtotal >= POINTS_PER)
    spent = touched(orders.created_at) & (after.points_spent > 0)
    entries = np.concatenate([np.flatnonzero(earned), -1 - np.flatnonzero(spent)])
    recommended, left = retailer.referrals, retailer.checkouts
    member, guest = retailer.memberships, retailer.attendances
    return {
        "deliveries": (np.flatnonzero(sent), lambda piece: _deliveries(retailer, piece)),
        "returns": (np.flatnonzero(returned), lambda piece: _returns(retailer, piece)),
        "reviews": (
            np.flatnonzero(touched(after.reviewed_at, after.review_replied_at) & (after.rating > NO_REVIEW)),
            lambda piece: _reviews(retailer, piece),
        ),
        "referrals": (
            np.flatnonzero(touched(recommended.referred_at, recommended.rewarded_at) | _converted(retailer, since)),
            lambda piece: _referrals(retailer, piece),
        ),
        "loyalty_points": (entries, lambda piece: _points(retailer, piece)),
        "checkouts": (
            np.flatnonzero(touched(left.started_at, left.completed_at)),
            lambda piece: _checkouts(retailer, piece),
        ),
        "memberships": (
            np.flatnonzero(touched(member.joined_at, member.left_at)),
            lambda piece: _memberships(retailer, piece),
        ),
        "event_attendances": (
            np.flatnonzero(touched(guest.registered_at, guest.ended_at)),
            lambda piece: _attendances(retailer, piece),
        ),
        "products": (np.arange(len(PRODUCT_SKUS)), _products),
    }


def _converted(retailer: Retailer, since: int) -> Column:
    """Referrals whose friend ordered in (since, retailer.clock]."""
    order = retailer.referrals.order
    at = np.where(order >= 0, retailer.orders.created_at[order], NEVER)
    return (at > since) & (at <= retailer.clock) & (retailer.referrals.referred_at <= retailer.clock)


def _deliveries(retailer: Retailer, row: Column) -> Block:
    order, after, clock = rows(retailer.orders, row), rows(retailer.aftermath, row), retailer.clock
    names = order_names(order)
    state = np.select(
        [order.cancelled_at <= clock, order.delivered_at <= clock, order.sent_at <= clock],
        np.array(["cancelled", "delivered", "shipped"], dtype=object),
        "promised",
    )
    carriers = np.stack(_CARRIERS)[order.country, after.carrier]
    return _block(
        names,
        {
            "order_id": names,
            "delivery_method": chosen(is_danish(order.country), "Til døren", "Kapıya teslim"),
            "carrier": carriers,
            "status": state,
            "promised_date": local_dates(order.promised_at, ZONE),
            "shipped_at": _times(order.sent_at, clock),
            "delivered_at": _times(order.delivered_at, clock),
        },
    )


def _returns(retailer: Retailer, row: Column) -> Block:
    order, after, clock = rows(retailer.orders, row), rows(retailer.aftermath, row), retailer.clock
    names = order_names(order)
    reasons = np.array([_REASONS.get(about, "") for about in range(PRICE + 1)], dtype=object)
    is_paid = order.refunded_at <= clock
    return _block(
        names,
        {
            "return_id": "R-" + names,
            "order_id": names,
            "reason": reasons[after.return_reason],
            "comment": _phrases(_TEXTS, after.return_reason, order.country),
            "status": np.select(
                [is_paid, after.return_received_at <= clock],
                np.array(["refunded", "received"], dtype=object),
                "requested",
            ),
            "refunded_amount": shown(is_paid, money(order.refund)),
            "currency": _CURRENCIES[order.country],
            "requested_at": _times(after.return_requested_at, clock),
            "received_at": _times(after.return_received_at, clock),
            "refunded_at": _times(order.refunded_at, clock),
        },
    )


def _reviews(retailer: Retailer, row: Column) -> Block:
    order, after, clock = rows(retailer.orders, row), rows(retailer.aftermath, row), retailer.clock
    names = order_names(order)
    return _block(
        names,
        {
            "review_id": "V-" + names,
            "email": _buyers(retailer, order),
            "product_id": PRODUCT_SKUS[retailer.lines.product[order.first_line]],
            "order_id": names,
            "rating": text(after.rating),
            "title": _phrases(_TITLES, after.about, order.country),
            "review_text": _phrases(_TEXTS, after.about, order.country),
            "status": np.full(len(names), "published", dtype=object),
            "is_verified": np.full(len(names), "true", dtype=object),
            "reviewed_at": _times(after.reviewed_at, clock),
            "replied_at": _times(after.review_replied_at, clock),
        },
    )


def _referrals(retailer: Retailer, row: Column) -> Block:
    referral, clock = rows(retailer.referrals, row), retailer.clock
    number = text(referral.number)
    referrer = rows(retailer.people, referral.referrer)
    is_known = referral.referred >= 0
    friends = _own_emails(retailer, np.where(is_known, referral.referred, 0))
    order = rows(retailer.orders, np.maximum(referral.order, 0))
    is_won = (referral.order >= 0) & (order.created_at <= clock)
    is_rewarded = referral.rewarded_at <= clock
    return _block(
        number,
        {
            "referral_id": number,
            "referrer_email": _own_emails(retailer, referral.referrer),
            "referred_email": chosen(is_known, friends, _strangers(referral.number)),
            "referral_code": chosen(is_danish(referrer.country), "VEN10", "ARKADAS10"),
            "order_id": shown(is_won, order_names(order)),
            "status": np.select([is_rewarded, is_won], np.array(["rewarded", "bought"], dtype=object), "invited"),
            "reward_amount": money(np.array(REWARD)[referrer.country]),
            "currency": _CURRENCIES[referrer.country],
            "referred_at": _times(referral.referred_at, clock),
            "reward_due_date": shown(
                is_won & (referral.due_at < NEVER), local_dates(np.minimum(referral.due_at, clock + 10**8), ZONE)
            ),
            "rewarded_at": _times(referral.rewarded_at, clock),
        },
    )


def _points(retailer: Retailer, entry: Column) -> Block:
    """Entries by the order's row if earned, by -1 less that row if spent."""
    is_spent = entry < 0
    row = np.where(is_spent, -1 - entry, entry)
    order, after = rows(retailer.orders, row), rows(retailer.aftermath, row)
    names = order_names(order)
    amount = np.where(is_spent, after.points_spent, order.subtotal // POINTS_PER)
    return _block(
        names,
        {
            "entry_id": names + chosen(is_spent, "-S", "-E"),
            "email": _buyers(retailer, order),
            "points": chosen(is_spent, "-", "") + text(amount),
            "event_type": chosen(is_spent, "redeemed", "earned"),
            "reason": chosen(is_spent, "discount", "purchase"),
            "order_id": names,
            "occurred_at": local_times(np.where(is_spent, order.created_at, order.delivered_at), ZONE),
        },
    )


def _checkouts(retailer: Retailer, row: Column) -> Block:
    left, clock = rows(retailer.checkouts, row), retailer.clock
    country = retailer.people.country[left.person]
    number = text(row + 1)
    is_done = left.completed_at <= clock
    months = np.maximum(left.started_at - retailer.history_from, 0) // (30 * 86_400)
    order = rows(retailer.orders, np.maximum(left.order, 0))
    return _block(
        number,
        {
            "checkout_id": "C-" + number,
            "email": _own_emails(retailer, left.person),
            "items": PRODUCT_NAMES[left.product],
            "n_items": text(left.quantity),
            "total_amount": money(product_prices(left.product, country, months) * left.quantity),
            "currency": _CURRENCIES[country],
            "order_id": shown(is_done, order_names(order)),
            "started_at": local_times(left.started_at, ZONE),
            "completed_at": _times(left.completed_at, clock),
        },
    )


def _memberships(retailer: Retailer, row: Column) -> Block:
    member, clock = rows(retailer.memberships, row), retailer.clock
    number = text(member.number)
    return _block(
        number,
        {
            "membership_id": "M-" + number,
            "email": _own_emails(retailer, member.person),
            "group_name": GROUPS[retailer.people.country[member.person], member.group],
            "group_type": chosen(member.group == COMMUNITY, "community", "affinity"),
            "joined_at": local_times(member.joined_at, ZONE),
            "left_at": _times(member.left_at, clock),
        },
    )


def _attendances(retailer: Retailer, row: Column) -> Block:
    guest, clock = rows(retailer.attendances, row), retailer.clock
    number = text(guest.number)
    return _block(
        number,
        {
            "attendance_id": "A-" + number,
            "email": _own_emails(retailer, guest.person),
            "event_name": EVENT_NAMES[guest.country, guest.event_type] + ", " + PLACES[guest.country, guest.place],
            "event_type": EVENT_TYPES[guest.event_type],
            "status": chosen(guest.ended_at <= clock, FATES[guest.fate], "registered"),
            "occurred_at": local_times(guest.starts_at, ZONE),
        },
    )


def _products(row: Column) -> Block:
    return _block(
        PRODUCT_SKUS[row],
        {
            "product_id": PRODUCT_SKUS[row],
            "product_name": PRODUCT_NAMES[row],
            "category": CATEGORIES[PRODUCT_CATEGORY[row]],
            "brand": PRODUCT_BRANDS[row],
            "unit_cost": money(costs(row)),
        },
    )


def known_addresses(retailer: Retailer) -> Iterator[tuple[Text, Column]]:
    """Every address by which the side systems know somebody by now, with the person's row; -1 for a stranger's."""
    listed = tables(retailer, -int(NEVER))
    for table, from_order in (("reviews", True), ("loyalty_points", True), ("checkouts", False)):
        row = listed[table][0]
        row = np.where(row < 0, -1 - row, row)
        for piece in blocks(row):
            if from_order:
                order = rows(retailer.orders, piece)
                yield _buyers(retailer, order), order.person
            else:
                person = retailer.checkouts.person[piece]
                yield _own_emails(retailer, person), person
    referral = rows(retailer.referrals, listed["referrals"][0])
    yield _own_emails(retailer, referral.referrer), referral.referrer
    is_known = referral.referred >= 0
    friends = _own_emails(retailer, referral.referred[is_known])
    yield friends, referral.referred[is_known]
    yield _strangers(referral.number[~is_known]), np.full(int((~is_known).sum()), -1)
    for table, persons in (
        ("memberships", retailer.memberships.person),
        ("event_attendances", retailer.attendances.person),
    ):
        person = persons[listed[table][0]]
        yield _own_emails(retailer, person), person


def _strangers(number: Column) -> Text:
    return np.asarray("friend" + text(number) + "@example.org", dtype=object)


def buyers_address(order: Orders) -> Column:
    """Which address of its buyer a side system has of an order: that on the order, or the buyer's own."""
    is_real = np.isin(order.which_email, (points.OWN, points.WORK))
    return np.where(is_real, order.which_email, points.OWN)


def _buyers(retailer: Retailer, order: Orders) -> Text:
    people = rows(retailer.people, order.person)
    return points.emails(people, buyers_address(order), np.full(len(order.person), points.PLAIN))


def _own_emails(retailer: Retailer, person: Column) -> Text:
    people = rows(retailer.people, person)
    return points.emails(people, np.full(len(person), points.OWN), np.full(len(person), points.PLAIN))


def _phrases(phrases: dict[int, tuple[str, str]], about: Column, country: Column) -> Text:
    texts = np.array([phrases[one] for one in sorted(phrases)], dtype=object)
    return np.asarray(texts[about, country])


def _times(at: Column, clock: int) -> Text:
    happened = at <= clock
    return shown(happened, local_times(np.where(happened, at, 0), ZONE))


def _block(key: Text, cells: dict[str, Text]) -> Block:
    return Block(cells, np.full(len(key), FINE, dtype=np.int8), key)
