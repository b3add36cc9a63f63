"""Shoppers of two styles whose every trait is only a weak sign of it, as the intermediates would hold their history."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

NIGHT = pd.Timestamp("2025-12-31", tz="UTC")
HISTORY_DAYS = 730
N_PRODUCTS = 40


@dataclass(frozen=True)
class World:
    """What differs between invented businesses; `contrast` scales how far the styles are apart in each trait."""

    seed: int
    n_persons: int = 3000
    share_relational: float = 0.5
    noise: float = 0.9
    contrast: float = 1.0
    orders_a_person: float = 3.5
    without: frozenset[str] = field(default_factory=frozenset)


def invent(world: World) -> tuple[dict[str, pd.DataFrame], pd.Series]:
    """Rows by intermediate table, and who is relational by customer_id."""
    draw = np.random.default_rng(world.seed)
    n = world.n_persons
    names = np.array([f"c{i:05d}" for i in range(n)])
    relational = draw.random(n) < world.share_relational

    def trait(transactional: float, of_relational: float) -> Any:
        """A share per person: the style's own in the middle, persons scattered around it in log-odds."""
        middle = (logit(transactional) + logit(of_relational)) / 2
        half = (logit(of_relational) - logit(transactional)) / 2 * world.contrast
        return 1 / (1 + np.exp(-(middle + np.where(relational, half, -half) + draw.normal(0, world.noise, n))))

    first = NIGHT - pd.to_timedelta(draw.integers(60, HISTORY_DAYS, n), unit="D")
    stay = trait(0.45, 0.65)
    n_orders = 1 + draw.poisson(world.orders_a_person * draw.gamma(2, 0.5, n))
    shape = np.where(relational, 1 + 0.9 * world.contrast, 1.0) * np.exp(draw.normal(0, world.noise / 2, n))
    who = np.repeat(np.arange(n), n_orders)
    nth = np.arange(len(who)) - np.repeat(np.cumsum(n_orders) - n_orders, n_orders)
    gaps = np.where(nth == 0, 0.0, draw.gamma(shape[who]) + 1e-3)
    run = np.cumsum(gaps)
    run -= np.repeat(run[np.cumsum(n_orders) - n_orders], n_orders)
    whole = np.repeat(np.maximum.reduceat(run, np.cumsum(n_orders) - n_orders), n_orders)
    life = ((NIGHT - first).days.to_numpy() * stay)[who]
    at = first[who] + pd.to_timedelta(np.where(whole > 0, run / np.where(whole > 0, whole, 1), 0) * life, unit="D")
    in_sale = draw.random(len(who)) < trait(0.22, 0.10)[who]
    at = at.where(~in_sale | (nth == 0), sale_near(draw, at))
    orders = pd.DataFrame({"person": who, "ordered_at": at})
    orders = orders.sort_values(["person", "ordered_at"], kind="stable").reset_index(drop=True)
    orders["order_rank"] = orders.groupby("person").cumcount() + 1
    orders["order_id"] = [f"o{i}" for i in range(len(orders))]
    orders["customer_id"] = names[orders["person"]]
    orders["order_date"] = orders["ordered_at"].dt.date
    p = orders["person"].to_numpy()
    discounted = draw.random(len(orders)) < np.where(is_sale(orders["ordered_at"]), 0.8, trait(0.40, 0.27)[p])
    with_coupon = draw.random(len(orders)) < trait(0.28, 0.17)[p]

    lines, products = baskets(draw, orders, trait(0.42, 0.66), trait(0.40, 0.58))
    gross = lines.groupby("order_id")["gross_amount"].sum().reindex(orders["order_id"]).to_numpy()
    orders["gross_amount"] = gross
    orders["discount_amount"] = np.where(discounted, gross * draw.uniform(0.05, 0.3, len(orders)), 0).round(2)
    orders["total_amount"] = orders["gross_amount"] - orders["discount_amount"]
    orders["coupon_code"] = np.where(with_coupon, "CODE", None)
    orders = orders.assign(refunded_amount=0, exchange_rate=1, original_currency="EUR", is_counted=True)

    first_at = orders.groupby("person")["ordered_at"].min()
    waited = draw.exponential(np.where(relational, 22, 22 - 15 * world.contrast)) * np.exp(draw.normal(0, 0.4, n))
    known = first_at - pd.to_timedelta(np.where(draw.random(n) < 0.3, 0, waited), unit="D")
    tables = {
        "int_orders_converted": orders.drop(columns="person"),
        "int_order_lines_unioned": lines,
        "int_products_merged": products,
        "int_customer_records": pd.DataFrame({"source_record_id": names, "customer_id": names}),
        "int_customer_profiles": pd.DataFrame({"customer_id": names, "first_seen_at": known.to_numpy()}),
        "int_messages_unioned": pd.concat(
            [
                campaigns(draw, names, first_at, trait(0.18, 0.36), 12, "Newsletter"),
                campaigns(draw, names, first_at, trait(0.45, 0.24), 8, "Special offer"),
            ],
            ignore_index=True,
        ),
        "int_service_contacts_timed": questions(draw, names, first_at, draw.poisson(trait(0.14, 0.40))),
        "int_survey_responses_scored": acts(draw, orders, trait(0.10, 0.26), "response_id", "answered_at"),
        "int_reviews_unioned": acts(draw, orders, trait(0.08, 0.24), "review_id", "reviewed_at"),
        "int_referrals_unioned": acts(draw, orders, trait(0.05, 0.17), "referral_id", "referred_at"),
    }
    tables["int_reviews_unioned"] = tables["int_reviews_unioned"].rename(columns={"customer_id": "customer_record_id"})
    tables["int_referrals_unioned"] = tables["int_referrals_unioned"].rename(
        columns={"customer_id": "referrer_record_id"}
    )
    return {name: table for name, table in tables.items() if name not in world.without}, pd.Series(relational, names)


def logit(share: float) -> float:
    return float(np.log(share / (1 - share)))


def is_sale(at: pd.Series) -> Any:
    """Black Friday's week, and ten days in June that no rule names."""
    day = at.dt.month * 100 + at.dt.day
    return day.between(1125, 1201) | day.between(610, 619)


def sale_near(draw: np.random.Generator, at: pd.Series) -> pd.Series:
    """A moment in one of the two sales of the same year, before the night."""
    june = draw.random(len(at)) < 0.5
    start = np.where(june, 610, 1125)
    text = [f"{year}-{s // 100:02d}-{s % 100:02d}" for year, s in zip(pd.Series(at).dt.year, start, strict=True)]
    moved = pd.Series(pd.to_datetime(text, utc=True)) + pd.to_timedelta(draw.random(len(at)) * 6.5, unit="D")
    return moved.set_axis(pd.Series(at).index)


def baskets(
    draw: np.random.Generator, orders: pd.DataFrame, breadth: Any, dearness: Any
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Order lines; a person mostly keeps to a category, and to dear or cheap products of it."""
    n_lines = 1 + draw.poisson(0.8, len(orders))
    order = np.repeat(np.arange(len(orders)), n_lines)
    person = orders["person"].to_numpy()[order]
    favourite = (person * 7919) % 8
    category = np.where(draw.random(len(order)) < breadth[person], draw.integers(0, 8, len(order)), favourite)
    within = np.minimum((np.clip(draw.normal(dearness[person], 0.25), 0, 0.999) * 5).astype(int), 4)
    product = category * 5 + within
    price = 10.0 + 8 * within + category
    numbers = np.arange(len(order)) - np.repeat(np.cumsum(n_lines) - n_lines, n_lines) + 1
    ids = orders["order_id"].to_numpy()[order]
    lines = pd.DataFrame(
        {
            "order_line_id": [f"{o}:{k}" for o, k in zip(ids, numbers, strict=True)],
            "order_id": ids,
            "line_number": numbers,
            "product_id": [f"p{i}" for i in product],
            "quantity": 1,
            "unit_price": price,
            "gross_amount": price,
            "discount_amount": 0,
            "net_amount": price,
        }
    )
    products = pd.DataFrame(
        {"product_id": [f"p{i}" for i in range(N_PRODUCTS)], "category": [f"k{i // 5}" for i in range(N_PRODUCTS)]}
    )
    return lines, products


def campaigns(
    draw: np.random.Generator, names: Any, first_at: pd.Series, share: Any, n_campaigns: int, name: str
) -> pd.DataFrame:
    """Messages of some campaigns, to half of the persons each, opened by a share of them."""
    frames = []
    for nth in range(n_campaigns):
        at = NIGHT - pd.Timedelta(days=10 + 30 * nth)
        to = np.flatnonzero(draw.random(len(names)) < 0.5)
        opened = to[draw.random(len(to)) < share[to]]
        for event, who in (("delivered", to), ("opened", opened)):
            frames.append(
                pd.DataFrame(
                    {
                        "message_id": [f"{name}{nth}{event}{i}" for i in who],
                        "customer_record_id": names[who],
                        "campaign_id": f"{name} {nth}",
                        "campaign_name": f"{name} {nth}",
                        "event_type": event,
                        "occurred_at": at + pd.Timedelta(hours=int(event == "opened")),
                    }
                )
            )
    return pd.concat(frames, ignore_index=True)


def questions(draw: np.random.Generator, names: Any, first_at: pd.Series, n: Any) -> pd.DataFrame:
    """Service contacts in the month before the first order."""
    who = np.repeat(np.arange(len(names)), n)
    before = pd.to_timedelta(draw.uniform(0.1, 30, len(who)), unit="D")
    return pd.DataFrame(
        {
            "service_contact_id": [f"s{i}" for i in range(len(who))],
            "customer_id": names[who],
            "opened_at": pd.Series(first_at.iloc[who].to_numpy()) - before,
        }
    )


def acts(draw: np.random.Generator, orders: pd.DataFrame, share: Any, key: str, when: str) -> pd.DataFrame:
    """Something done after a share of a person's orders."""
    done = orders[draw.random(len(orders)) < share[orders["person"].to_numpy()]]
    return pd.DataFrame(
        {
            key: [f"{key}{i}" for i in done.index],
            "customer_id": done["customer_id"].to_numpy(),
            when: (done["ordered_at"] + pd.Timedelta(days=5)).to_numpy(),
        }
    )
