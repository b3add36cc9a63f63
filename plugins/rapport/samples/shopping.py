"""When people shop: regulars at even intervals, bargain hunters when there is a sale."""

from __future__ import annotations

import numpy as np

from rapport.samples.arrays import DAY, Column
from rapport.samples.people import People
from rapport.samples.products import SALE_SECONDS, SALES, sale_starts


def history_times(rng: np.random.Generator, people: People, until: int) -> tuple[Column, Column, Column]:
    """Who orders when until `until`: (person's row, UTC seconds, is the person's first), sorted by time.

    Relational shoppers come at even intervals, bargain hunters wait for a sale; only prospects never order.
    """
    end = np.minimum(people.left_at, until)
    years = np.maximum(end - people.joined_at, 0) / (365 * DAY)
    n_more = rng.poisson(people.orders_a_year * years)
    n = np.where(people.is_prospect, 0, 1 + n_more)
    who = np.repeat(np.arange(len(n)), n)
    nth = np.arange(len(who)) - np.repeat(np.cumsum(n) - n, n)
    span = (end - people.joined_at)[who]
    # At any moment the next of a regular shopper's orders is some part of an interval away: the phase.
    phase = rng.random(len(n))[who]
    even = (nth - phase + rng.uniform(-0.2, 0.2, len(who))) / np.maximum(n_more[who], 1)
    place = np.where(people.is_relational[who], even, rng.random(len(who)))
    at = people.joined_at[who] + (np.clip(place, 0, 0.999) * span).astype(np.int64)
    at = np.where(~people.is_relational[who] & (rng.random(len(who)) < 0.7), _in_a_sale(rng, at, until), at)
    at = np.where(nth == 0, people.joined_at[who], np.maximum(at, people.joined_at[who] + DAY))
    at = np.minimum(_at_shopping_hours(rng, at, people.country[who]), until - 1)
    order = np.argsort(at, kind="stable")
    return who[order], at[order], nth[order] == 0


def day_times(
    rng: np.random.Generator, people: People, n_new: int, day_from: int, day_until: int
) -> tuple[Column, Column, Column]:
    """As `history_times`, for one day; the last `n_new` persons are new, and order unless prospects."""
    n = len(people.person)
    in_sale = _in_a_sale(rng, np.full(1, day_from), day_until)[0] >= day_from
    eager = np.where(people.is_relational, 1.0, 4.0 if in_sale else 0.4)
    can = ~people.is_prospect & (people.left_at > day_from)
    buys = can & (rng.random(n) < people.orders_a_year / 365 * eager)
    buys[n - n_new :] = ~people.is_prospect[n - n_new :]
    who = np.flatnonzero(buys)
    at = day_from + (rng.random(len(who)) * (day_until - day_from)).astype(np.int64)
    order = np.argsort(at, kind="stable")
    return who[order], at[order], who[order] >= n - n_new


def _in_a_sale(rng: np.random.Generator, at: Column, until: int) -> Column:
    """A moment in the last sale that began before `at`; at itself where that would be later than `until`."""
    first_year = int(np.datetime64(int(at.min(initial=until)), "s").astype("datetime64[Y]").astype(int)) + 1969
    last_year = int(np.datetime64(until, "s").astype("datetime64[Y]").astype(int)) + 1970
    starts = sale_starts(first_year, last_year)
    last = np.searchsorted(starts, at, side="right") - 1
    moment = starts[last] + (rng.random(len(at)) * SALE_SECONDS[last % len(SALES)]).astype(np.int64)
    return np.where(moment < until, moment, at)


def _at_shopping_hours(rng: np.random.Generator, at: Column, country: Column) -> Column:
    """Move to the same UTC day, at an hour people shop at (evenings most)."""
    hours = np.array([0.5, 0.2, 0.1, 0.1, 0.2, 0.5, 1, 2, 3, 3, 3, 4, 4, 3, 3, 3, 4, 5, 6, 6, 5, 3, 2, 1])
    hour = rng.choice(24, len(at), p=hours / hours.sum())
    return at // DAY * DAY + hour * 3600 + rng.integers(0, 3600, len(at))
