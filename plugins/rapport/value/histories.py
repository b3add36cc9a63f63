"""What both models need to know of each customer's purchases: how many again, until when, for how much."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rapport.value.likelihood import Floats

Ints = NDArray[np.int64]
WEEK = 7.0


@dataclass(frozen=True)
class Purchases:
    """One element per customer and day with a purchase, sorted by both: two orders on one day are one visit.

    `customer` counts from 0 without gaps, `day` is days since 1970, `amount` money spent that day.
    """

    customer: Ints
    day: Ints
    amount: Floats

    @classmethod
    def of(cls, customer: Ints, day: Ints, amount: Floats) -> Purchases:
        """From orders in any sequence."""
        order = np.lexsort((day, customer))
        customer, day, amount = customer[order], day[order], amount[order]
        is_first = np.ones(len(customer), dtype=bool)
        is_first[1:] = (customer[1:] != customer[:-1]) | (day[1:] != day[:-1])
        starts = np.flatnonzero(is_first)
        total = np.add.reduceat(amount, starts) if len(starts) else amount
        return cls(customer[starts], day[starts], total)

    def until(self, last_day: int) -> Purchases:
        """Those up to and including a day."""
        return self._where(self.day <= last_day)

    def after(self, day: int) -> Purchases:
        """Those after a day."""
        return self._where(self.day > day)

    def _where(self, chosen: NDArray[np.bool_]) -> Purchases:
        return Purchases(self.customer[chosen], self.day[chosen], self.amount[chosen])


@dataclass(frozen=True)
class Histories:
    """One element per customer who has bought by `last_day`.

    x: days with a purchase after the first; first_day and newest_day in days since 1970; mean_amount: of the x repeat
    purchases, nan where there is none. As in the papers the first purchase counts for neither x nor the mean.
    """

    customer: Ints
    x: Ints
    first_day: Ints
    newest_day: Ints
    mean_amount: Floats
    last_day: int

    @classmethod
    def of(cls, purchases: Purchases, last_day: int) -> Histories:
        """Histories as known at the end of a day."""
        known = purchases.until(last_day)
        is_first = np.ones(len(known.customer), dtype=bool)
        is_first[1:] = known.customer[1:] != known.customer[:-1]
        starts = np.flatnonzero(is_first)
        ends = np.append(starts[1:], len(known.customer)) - 1 if len(starts) else starts
        x = (ends - starts).astype(np.int64)
        total = np.add.reduceat(known.amount, starts) if len(starts) else np.zeros(0)
        repeat = total - known.amount[starts]
        mean = np.divide(repeat, x, out=np.full(len(x), np.nan), where=x > 0)
        return cls(known.customer[starts], x, known.day[starts], known.day[ends], mean, last_day)

    def __len__(self) -> int:
        return len(self.x)

    @property
    def span_days(self) -> int:
        """Days from the very first purchase to the last day."""
        return int(self.last_day - self.first_day.min()) if len(self) else 0


@dataclass(frozen=True)
class Groups:
    """Sufficient statistics: each (x, t_x, T) that occurs, in weeks, with how many customers have it.

    `of_customer` leads from a customer's position in the histories to their group.
    """

    x: Ints
    recency: Floats
    age: Floats
    n: Floats
    of_customer: Ints

    @classmethod
    def of(cls, histories: Histories) -> Groups:
        """Group the customers of these histories."""
        recency = histories.newest_day - histories.first_day
        age = histories.last_day - histories.first_day
        radix = int(age.max(initial=0)) + 1
        key = (histories.x * radix + recency) * radix + age
        keys, of_customer, n = np.unique(key, return_inverse=True, return_counts=True)
        rest, days = np.divmod(keys, radix)
        x, recency_days = np.divmod(rest, radix)
        return cls(x, recency_days / WEEK, days / WEEK, n.astype(np.float64), of_customer)

    @property
    def n_customers(self) -> int:
        return int(self.n.sum())
