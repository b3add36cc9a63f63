"""Ids that last: a component takes over an id its records had, and mints one only when there is none."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pyarrow as pa

from rapport.identity.components import Components


def choose_ids(found: Components, past: pd.DataFrame) -> pa.Array:
    """The customer_id of each record, in the order of `found.records`.

    `past` holds the assignments of earlier nights: source_record_id, customer_id, assigned_on.

    1. A component keeps the id, of those its records bear now, that was published first (tie: the smallest).
    2. Two components that want one id were one person before: it goes to the one whose records bore it first,
       then to the one with more such records, then to the one with the smallest record; the other goes on.
    3. A component left without takes back an id its records bore before a merge, if nobody bears it now.
    4. What is left gets a new id, made of its smallest record.
    """
    n_components = int(found.component.max()) + 1 if len(found.component) else 0
    chosen = np.full(n_components, None, dtype=object)
    if len(past):
        past = past.sort_values("assigned_on", kind="stable")
        published = past.groupby("customer_id", sort=False)["assigned_on"].first()
        is_current = ~past["source_record_id"].duplicated(keep="last")
        record = pd.Index(found.records.to_pandas()).get_indexer(pd.Index(past["source_record_id"]))
        claims = past.assign(record=record, is_current=is_current)
        borne_now = set(claims.loc[claims["is_current"], "customer_id"])
        claims = claims[claims["record"] >= 0]
        claims["component"] = found.component[claims["record"].to_numpy()]
        claims["published"] = claims["customer_id"].map(published)
        # when a record first bore an id, not when it was last confirmed
        claims["since"] = claims.groupby(["record", "customer_id"], sort=False)["assigned_on"].transform(
            "min"
        )
        taken: set[str] = set()
        _settle(claims[claims["is_current"]], chosen, taken)
        if pd.isna(chosen).any():
            _settle(claims[~claims["customer_id"].isin(borne_now)], chosen, taken)
    _mint(found, chosen, set(past["customer_id"]) if len(past) else set())
    return pa.array(chosen, pa.string()).take(pa.array(found.component))


def _settle(claims: pd.DataFrame, chosen: np.ndarray, taken: set[str]) -> None:
    """Give each component without an id the best it claims; repeat until no claim can be met."""
    bids = claims.groupby(["component", "customer_id"], sort=False).agg(
        published=("published", "min"),
        since=("since", "min"),
        n_records=("record", "nunique"),
        first=("record", "min"),
    )
    bids = bids.reset_index().assign(n_records=lambda frame: -frame["n_records"])
    while True:
        waiting = pd.isna(chosen[bids["component"].to_numpy()])
        bids = bids[waiting & ~bids["customer_id"].isin(taken)]
        if bids.empty:
            return
        wanted = bids.sort_values(["published", "customer_id"]).drop_duplicates("component")
        won = wanted.sort_values(["since", "n_records", "first"]).drop_duplicates("customer_id")
        chosen[won["component"].to_numpy()] = won["customer_id"].to_numpy()
        taken.update(won["customer_id"])


def _mint(found: Components, chosen: np.ndarray, used: set[str]) -> None:
    without = np.flatnonzero(pd.isna(chosen))
    if not len(without):
        return
    _, first_record = np.unique(
        found.component, return_index=True
    )  # records are sorted: the first is the smallest
    smallest = found.records.take(pa.array(first_record[without])).to_pylist()
    for component, record in zip(without, smallest, strict=True):
        attempt, customer_id = 0, _digest(record)
        while customer_id in used:
            attempt += 1
            customer_id = _digest(f"{record}#{attempt}")
        used.add(customer_id)
        chosen[component] = customer_id


def _digest(text: str) -> str:
    return "c_" + hashlib.sha256(text.encode()).hexdigest()[:16]
