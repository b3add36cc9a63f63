"""Events in the shops, three a quarter and country, and their guests.

An event's list opens three weeks before it. VIP evenings are for VIPs and advocates; the rest come to workshops and
open houses, bargain hunters seldom. One guest in ten calls off, one in eight just does not come.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from rapport.samples.arrays import DAY, Column, rows
from rapport.samples.names import words
from rapport.samples.people import People
from rapport.samples.streams import stream

EVENT_TYPES = words("vip workshop open_house")
VIP = 0
# By country and type.
EVENT_NAMES = np.stack(
    [words("VIP Akşamı, Kahve Atölyesi, Açık Kapı Günü"), words("VIP-aften, Kaffeworkshop, Åbent hus")]
)
# By country and place.
PLACES = np.stack([words("İstanbul Nişantaşı, İstanbul Kadıköy"), words("København Strøget, Aarhus Latinerkvarteret")])
FATES = words("attended no_show cancelled")
_OPEN_DAYS = 21
_LENGTH = 3 * 3600


@dataclass(frozen=True)
class Events:
    """One row an event, by the time its list opens; times are UTC seconds."""

    country: Column
    event_type: Column
    place: Column
    opens_at: Column
    starts_at: Column


@dataclass(frozen=True)
class Attendances:
    """One row a guest of an event; times are UTC seconds, `fate` (of FATES) holds from `ended_at`."""

    number: Column
    person: Column
    country: Column
    event_type: Column
    place: Column
    fate: Column
    registered_at: Column
    starts_at: Column
    ended_at: Column


def events(seed: int, opens_from: int, opens_until: int) -> Events:
    """Events whose list opens in [opens_from, opens_until) (UTC seconds)."""
    first, last = (datetime.fromtimestamp(at, UTC).year for at in (opens_from, opens_until + _OPEN_DAYS * DAY))
    quarters = [_of_quarter(seed, year, quarter) for year in range(first, last + 1) for quarter in range(4)]
    country, event_type, place, starts_at = (np.concatenate(column) for column in zip(*quarters, strict=True))
    opens_at = starts_at - _OPEN_DAYS * DAY
    order = np.argsort(opens_at, kind="stable")
    found = order[(opens_at[order] >= opens_from) & (opens_at[order] < opens_until)]
    return Events(country[found], event_type[found], place[found], opens_at[found], starts_at[found])


def _of_quarter(seed: int, year: int, quarter: int) -> tuple[Column, Column, Column, Column]:
    """Country, type, place and start of a quarter's six events: each country has one a month, in the afternoon."""
    rng = stream(seed, "shop events", year, quarter)
    n_types = len(EVENT_TYPES)
    month = np.datetime64(f"{year}-{1 + 3 * quarter:02d}", "M") + np.tile(np.arange(n_types), 2)
    day = month.astype("datetime64[D]") + rng.integers(0, 28, 2 * n_types)
    starts_at = day.astype("datetime64[s]").astype(np.int64) + 3600 * rng.integers(11, 17, 2 * n_types)
    event_type = np.concatenate([rng.permutation(n_types), rng.permutation(n_types)])
    return np.repeat([0, 1], n_types), event_type, rng.integers(0, 2, 2 * n_types), starts_at


def attendances(rng: np.random.Generator, people: People, of_events: Events, n_before: int) -> Attendances:
    """The guests of a batch of events among `people`, who may come to several of them."""
    guests = [_guests(rng, people, rows(of_events, np.array([nth]))) for nth in range(len(of_events.starts_at))]
    nobody = np.zeros(0, dtype=np.int64)
    row = np.concatenate([nobody, *(row for row, _ in guests)])
    event = np.repeat(np.arange(len(guests)), [len(row) for row, _ in guests])
    starts_at = of_events.starts_at[event]
    return Attendances(
        number=n_before + np.arange(len(row)) + 1,
        person=people.person[row],
        country=of_events.country[event].astype(np.int8),
        event_type=of_events.event_type[event].astype(np.int8),
        place=of_events.place[event].astype(np.int8),
        fate=rng.choice(len(FATES), len(row), p=[0.78, 0.12, 0.1]).astype(np.int8),
        registered_at=np.concatenate([nobody, *(at for _, at in guests)]),
        starts_at=starts_at,
        ended_at=starts_at + _LENGTH,
    )


def _guests(rng: np.random.Generator, people: People, event: Events) -> tuple[Column, Column]:
    """Rows of `people` and registration times of the guests of one event, by time; the last comes the day before."""
    n = len(people.person)
    at = event.opens_at + (rng.random(n) * (_OPEN_DAYS - 1) * DAY).astype(np.int64)
    is_close = people.is_advocate | people.is_vip
    odds = np.select([is_close, people.is_relational], [0.03, 0.006], 0.0015)
    if event.event_type[0] == VIP:
        odds = np.select([people.is_vip, people.is_advocate], [0.2, 0.04], 0.0)
    # Two days after somebody began, their first order is placed.
    is_known = ~people.is_prospect & (people.joined_at + 2 * DAY <= at) & (people.left_at > at)
    comes = (rng.random(n) < odds) & is_known & (people.country == event.country)
    row = np.flatnonzero(comes)
    row = row[np.argsort(at[row], kind="stable")]
    return row, at[row]
