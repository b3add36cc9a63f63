"""Ids that last: a person takes over an id its records had, and mints one only when there is none."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rapport.identity.persons import Integers, Persons, positions


@dataclass(frozen=True)
class ChosenIds:
    """customer_id of each record, in the order of the persons' records; how many, and how many are new."""

    customer_id: pa.Array
    n_customers: int
    n_new: int


def choose_ids(found: Persons, past: pa.Table, used: Callable[[list[str]], set[str]]) -> ChosenIds:
    """Choose the customer_id of each person.

    `past` holds earlier nights, whole of every record that ever bore an id that one of the persons' records bore:
    source_record_id, customer_id (text, null where the record was gone), assigned_on (date32). `used` tells which of
    some ids anybody ever bore.

    1. A person keeps the id, of those its records bear now, that was published first (tie: the smallest).
    2. Two persons that want one id were one person before: it goes to the one whose records bore it first,
       then to the one with more such records, then to the one with the smallest record; the other goes on.
    3. A person left without takes back an id its records bore before a merge, if nobody bears it now.
    4. What is left gets a new id, made of its smallest record.
    """
    n_persons = int(found.person.max()) + 1
    known = pc.unique(past["customer_id"].combine_chunks()).drop_null()
    known = known.take(pc.array_sort_indices(known))  # sorted: the smaller number is the smaller id
    chosen = np.full(n_persons, -1, dtype=np.int64)
    if len(known):
        claims, borne_now = _claims(found, past, known)
        taken = np.zeros(len(known), dtype=bool)
        _settle(claims[claims["is_current"]], chosen, taken)
        _settle(claims[~borne_now[claims["customer"]]], chosen, taken)
    without = np.flatnonzero(chosen < 0)
    minted = _mint(found, without, used)
    chosen[without] = len(known) + np.arange(len(without))
    every = pa.concat_arrays([known, pa.array(minted, pa.string())])
    return ChosenIds(every.take(pa.array(chosen[found.person])), n_persons, len(without))


def _claims(found: Persons, past: pa.Table, known: pa.Array) -> tuple[pd.DataFrame, npt.NDArray[np.bool_]]:
    """What tonight's records bore, a row for each record and id; and which ids anybody bears now."""
    borne = past["source_record_id"].combine_chunks().dictionary_encode()
    bearer = borne.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    customer = positions(past["customer_id"], known)
    day = past["assigned_on"].combine_chunks().cast(pa.int32()).to_numpy(zero_copy_only=False)

    order = np.lexsort((day, bearer))
    is_last = np.ones(len(order), dtype=bool)
    is_last[:-1] = np.diff(bearer[order]) != 0
    is_current = np.zeros(len(order), dtype=bool)
    is_current[order[is_last]] = True
    was_there = customer >= 0
    borne_now = np.zeros(len(known), dtype=bool)
    borne_now[customer[is_current & was_there]] = True

    # of each known id, in their order
    published = pd.Series(day[was_there]).groupby(customer[was_there]).min().to_numpy()
    claims = pd.DataFrame({"record": positions(borne.dictionary, found.records)[bearer], "customer": customer})
    claims["since"], claims["is_current"] = day, is_current
    claims = claims[was_there & (claims["record"] >= 0)]
    claims = claims.groupby(["record", "customer"], sort=False, as_index=False).agg(
        since=("since", "min"), is_current=("is_current", "max")
    )
    claims["person"] = found.person[claims["record"].to_numpy()]
    claims["published"] = published[claims["customer"].to_numpy()]
    return claims, borne_now


def _settle(claims: pd.DataFrame, chosen: Integers, taken: npt.NDArray[np.bool_]) -> None:
    """Give each person without an id the best it claims; repeat until no claim can be met."""
    claims = claims[chosen[claims["person"]] < 0]
    bids = claims.groupby(["person", "customer"], sort=False, as_index=False).agg(
        published=("published", "min"),
        since=("since", "min"),
        n_records=("record", "size"),
        first=("record", "min"),
    )
    bids["n_records"] *= -1  # more records come first
    while len(bids):
        wanted = bids.sort_values(["published", "customer"]).drop_duplicates("person")
        won = wanted.sort_values(["since", "n_records", "first"]).drop_duplicates("customer")
        chosen[won["person"]] = won["customer"]
        taken[won["customer"]] = True
        bids = bids[(chosen[bids["person"]] < 0) & ~taken[bids["customer"]]]


def _mint(found: Persons, without: Integers, used: Callable[[list[str]], set[str]]) -> list[str]:
    """A new id for each person given."""
    _, first_record = np.unique(found.person, return_index=True)  # records are sorted: first is smallest
    records = found.records.take(pa.array(first_record[without])).to_pylist()
    minted = [_digest(record) for record in records]
    attempt, taken = 0, used(minted)
    while taken:
        attempt += 1
        for place in [place for place, customer_id in enumerate(minted) if customer_id in taken]:
            minted[place] = _digest(f"{records[place]}#{attempt}")
        taken = used(minted)
    return minted


def _digest(text: str) -> str:
    return "c_" + hashlib.sha256(text.encode()).hexdigest()[:16]
