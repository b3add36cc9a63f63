"""What no list may do, worked out from the worlds' own rows and not from the project's SQL."""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from worlds import ADULT_AGE, CLOCK, GLOBAL_SHARE, NIGHT, TIME_ZONE, Decision, Member, Worlds

from rapport import settings

CAPS = {"email": (2, 7), "sms": (1, 7)}
HOURS = {"email": (time(8), time(21)), "sms": (time(9), time(20))}


@dataclass
class Listed:
    """A row of lists, whatever its destination."""

    segment: str
    customer_id: str
    channel: str
    contact: str
    send_not_before: datetime
    send_not_after: datetime


class Promises:
    """Each method counts the rows that break one promise."""

    def __init__(self, worlds: Worlds, salt: str) -> None:
        self.worlds = worlds
        self.salt = salt
        self.member: dict[tuple[str, str], Member] = {(row.segment, row.customer_id): row for row in worlds.members}
        self.marketing: dict[str, list[Member]] = defaultdict(list)
        for member in worlds.members:
            if member.is_marketing:
                self.marketing[member.customer_id].append(member)
        self.parts: dict[str, list[str]] = defaultdict(list)
        for alias, person in worlds.aliases.items():
            self.parts[person].append(alias)
        self.of_person: dict[tuple[str, str, str], list[Decision]] = defaultdict(list)
        self.at_point: dict[tuple[str, str, str], list[Decision]] = defaultdict(list)
        for row in worlds.decisions:
            self.of_person[row.customer_id, row.channel, row.purpose].append(row)
            self.at_point[row.contact, row.channel, row.purpose].append(row)
        self.closed_points: dict[tuple[str, str], set[str]] = defaultdict(set)
        self.registered = set()
        for _, person, _, contact, channel, reason in worlds.suppressions:
            if contact is None:
                self.registered.add((person, channel))
            else:
                self.closed_points[contact, channel].add(reason)
        self.sent: dict[str, list[tuple[date, str, str, bool]]] = defaultdict(list)
        for (night, segment, person), (channel, is_marketing) in worlds.sends.items():
            self.sent[worlds.aliases.get(person, person)].append((night, segment, channel, is_marketing))

    def broken(self, rows: list[Listed], held_out: list[tuple[str, str, str]]) -> dict[str, int]:
        """Number of rows against each promise; `held_out`: segment, customer and reason of those left out for it."""
        promises = {
            "consent": self._without_consent,
            "suppression": self._suppressed,
            "standing": self._out_of_bounds,
            "segment cap": self._within_segment_cap,
            "channel cap": self._over_channel_cap,
            "holdout": self._held_out,
            "global holdout": self._held_out_globally,
            "hours": self._out_of_hours,
        }
        found = {name: sum(map(breaks, rows)) for name, breaks in promises.items()}
        found |= {"once": self._twice(rows), "pause": self._paused(rows), "kept": self._kept(rows)}
        return found | {"draw": sum(map(self._undrawn, held_out))}

    def _without_consent(self, row: Listed) -> bool:
        member = self.member[row.segment, row.customer_id]
        if member.audience != "customer":
            return row.contact != self.worlds.customers[row.customer_id]["email"]
        decisions = self.of_person[row.customer_id, row.channel, member.consent_purpose]
        yes = [
            one.changed_at
            for one in decisions
            if one.contact == row.contact and one.status == "granted" and not one.is_lapsed and not one.is_shared
        ]
        no = [one.changed_at for one in decisions if one.status == "refused"] + [
            one.changed_at
            for one in self.at_point[row.contact, row.channel, member.consent_purpose]
            if one.status == "refused"
        ]
        return not yes or (bool(no) and max(no) >= max(yes))

    def _suppressed(self, row: Listed) -> bool:
        member = self.member[row.segment, row.customer_id]
        if member.audience != "customer":
            return False
        reasons = self.closed_points[row.contact, row.channel]
        if member.consent_purpose == "service":
            return bool(reasons & {"bounced"}) or reasons == {"suppressed"}
        own = {
            one.contact
            for purpose in ("marketing", "survey", "service", "advertising")
            for one in self.of_person[row.customer_id, row.channel, purpose]
        }
        complained = any("complained" in self.closed_points[point, row.channel] for point in own)
        return bool(reasons) or complained or (row.customer_id, row.channel) in self.registered

    def _out_of_bounds(self, row: Listed) -> bool:
        member, person = self.member[row.segment, row.customer_id], self.worlds.customers[row.customer_id]
        born = person["birth_date"]
        if born is not None:
            age = NIGHT.year - born.year - ((NIGHT.month, NIGHT.day) < (born.month, born.day))
            if age < ADULT_AGE and member.audience == "customer" and member.consent_purpose != "service":
                return True
        return person["closed_on"] is not None or (member.is_promotion and row.customer_id in self.worlds.open_cases)

    def _within_segment_cap(self, row: Listed) -> bool:
        days = self.member[row.segment, row.customer_id].cap_days
        first = NIGHT - timedelta(days=days)
        return any(segment == row.segment and night > first for night, segment, _, _ in self.sent[row.customer_id])

    def _over_channel_cap(self, row: Listed) -> bool:
        if not self.member[row.segment, row.customer_id].is_marketing:
            return False
        most, days = CAPS[row.channel]
        earlier = sum(
            is_marketing and channel == row.channel and night > NIGHT - timedelta(days=days)
            for night, _, channel, is_marketing in self.sent[row.customer_id]
        )
        return earlier + 1 > most

    def _is_drawn(self, scope: str, person: str, share: float) -> bool:
        draws = self.worlds.draws
        if any(draws.get((scope, part)) for part in self.parts[person]):
            return True
        if (scope, person) in draws:
            return draws[scope, person]
        digest = hashlib.md5(f"{self.salt}:{scope}:{person}".encode()).hexdigest()
        return int(digest[:8], 16) / 2**32 < share

    def _held_out(self, row: Listed) -> bool:
        member = self.member[row.segment, row.customer_id]
        is_open = member.audience == "customer" and member.holdout_share > 0
        return is_open and self._is_drawn(f"segment:{row.segment}", row.customer_id, member.holdout_share)

    def _held_out_globally(self, row: Listed) -> bool:
        is_promotion = self.member[row.segment, row.customer_id].is_promotion
        return is_promotion and self._is_drawn("global", row.customer_id, GLOBAL_SHARE)

    def _undrawn(self, row: tuple[str, str, str]) -> bool:
        segment, person, reason = row
        if reason == "held_out_globally":
            return not self._is_drawn("global", person, GLOBAL_SHARE)
        return not self._is_drawn(f"segment:{segment}", person, self.member[segment, person].holdout_share)

    def _out_of_hours(self, row: Listed) -> bool:
        start, end = HOURS[row.channel]
        member = self.member[row.segment, row.customer_id]
        if not CLOCK <= row.send_not_before < row.send_not_after <= member.valid_until:
            return True
        for zone in _zones(self.worlds.customers[row.customer_id]["country_code"]):
            first, last = row.send_not_before.astimezone(zone), row.send_not_after.astimezone(zone)
            if first.time() < start or last.time() > end or first.date() != last.date():
                return True
        return False

    def _twice(self, rows: list[Listed]) -> int:
        marketing = [row.customer_id for row in rows if self.member[row.segment, row.customer_id].is_marketing]
        pairs = [(row.segment, row.customer_id) for row in rows]
        return len(marketing) - len(set(marketing)) + len(pairs) - len(set(pairs))

    def _paused(self, rows: list[Listed]) -> int:
        paused = {row.customer_id for row in rows if self.member[row.segment, row.customer_id].is_pausing_promotion}
        return sum(row.customer_id in paused and self.member[row.segment, row.customer_id].is_promotion for row in rows)

    def _kept(self, rows: list[Listed]) -> int:
        """Rows of somebody held out of a list that goes before it and that nothing else kept from them."""
        n = 0
        for row in rows:
            got = self.member[row.segment, row.customer_id]
            n += got.is_marketing and any(
                (other.priority, other.segment) < (got.priority, got.segment)
                # As good as the list they got: the same channel and of use as long, so that it had the same answers.
                and other.channel == got.channel
                and other.valid_until >= got.valid_until
                and self._held_out(replace(row, segment=other.segment))
                and not self._within_segment_cap(replace(row, segment=other.segment))
                for other in self.marketing[row.customer_id]
            )
        return n


@cache
def _zones(country: str | None) -> list[ZoneInfo]:
    with (settings.DBT_PROJECT / "seeds/country_time_zones.csv").open(encoding="utf-8") as file:
        found = [ZoneInfo(row["time_zone"]) for row in csv.DictReader(file) if row["country_code"] == country]
    return found or [ZoneInfo(TIME_ZONE)]
