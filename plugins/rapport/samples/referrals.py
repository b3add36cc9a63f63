"""Who recommended the shop to whom: friends who came with a code, friends who did not, and the odd loop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rapport.samples.arrays import DAY, NEVER, Column
from rapport.samples.orders import Orders
from rapport.samples.people import People

REWARD = (100_00, 50_00)  # hundredths of TRY and DKK
TERM_DAYS = 30


@dataclass(frozen=True)
class Referrals:
    """One row a referral; `referred` is a person or -1 for a stranger, `order` the row of their first order or -1."""

    number: Column
    referrer: Column
    referred: Column
    order: Column
    referred_at: Column
    due_at: Column
    rewarded_at: Column


def referrals(
    rng: np.random.Generator, people: People, orders: Orders, first_order: int, n_before: int, with_loops: bool
) -> Referrals:
    """Referrals behind a batch of orders, and half as many that came to nothing.

    With `with_loops` the two first advocates also name each other, and the first names themselves.
    """
    row = np.flatnonzero((orders.referrer >= 0) & (orders.cancelled_at == NEVER))
    n = len(row)
    at = orders.created_at[row] - rng.integers(DAY, 20 * DAY, n)
    due = np.minimum(orders.delivered_at[row], NEVER - 40 * DAY) + TERM_DAYS * DAY
    fate = rng.random(n)  # most rewards come in time, some late, some never
    rewarded = np.select([fate < 0.85, fate < 0.93], [due - 5 * DAY, due + 9 * DAY], NEVER)
    n_vain = n // 2
    vain = rng.integers(0, n, n_vain) if n else np.zeros(0, dtype=np.int64)
    loops = _loops(people) if with_loops else np.zeros((0, 2), dtype=np.int64)
    loop_at = np.full(len(loops), at.max(initial=0))
    none_vain, none_loop = np.full(n_vain, NEVER), np.full(len(loops), NEVER)
    return Referrals(
        number=n_before + np.arange(n + n_vain + len(loops)) + 1,
        referrer=np.concatenate([orders.referrer[row], orders.referrer[row][vain], loops[:, 0]]).astype(np.int64),
        referred=np.concatenate([orders.person[row], np.full(n_vain, -1), loops[:, 1]]).astype(np.int64),
        order=np.concatenate([first_order + row, np.full(n_vain + len(loops), -1)]).astype(np.int64),
        referred_at=np.concatenate([at, at[vain] + rng.integers(0, DAY, n_vain), loop_at]),
        due_at=np.concatenate([due, none_vain, none_loop]),
        rewarded_at=np.concatenate([rewarded, none_vain, none_loop]),
    )


def _loops(people: People) -> Column:
    advocates = people.person[np.flatnonzero(people.is_advocate)[:2]]
    if len(advocates) < 2:
        return np.zeros((0, 2), dtype=np.int64)
    first, second = advocates
    return np.array([(first, second), (second, first), (first, first)], dtype=np.int64)
