"""The invented retailer as a whole: two years of history, then one day after another."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from rapport.samples import accounts, contacts, messages, orders, service, surveys
from rapport.samples.arrays import DAY, Column, appended, rows, size
from rapport.samples.people import HISTORY_DAYS, people
from rapport.samples.streams import stream

ZONE = "Europe/Istanbul"
STORE_ZONES = (ZONE, "Europe/Copenhagen")
N_HISTORIC_CAMPAIGNS = 8


def midnight(day: date) -> int:
    """UTC seconds at which a business date begins."""
    return int(
        datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(ZONE))
        .astimezone(UTC)
        .timestamp()
    )


class Retailer:
    """Everything that has happened by the end of the last lived day; what a table says is fixed once it is drawn.

    Person p is row p of `people` and of `habits`. Rows of every table stand in batches (the history, then a day each)
    and may lie in the future: an order's ticket, say. Exports show what has happened by their clock.
    Draws of a day depend on the seed, the day's ordinal and the days before, never on how many days follow.
    """

    def __init__(self, n_customers: int, seed: int, start: date) -> None:
        self.seed = seed
        self.start = start
        self.history_from = midnight(start - timedelta(days=HISTORY_DAYS))
        self.clock = midnight(start)
        self.night = 0
        self._n_customers = n_customers
        self._live_history()

    def live_a_day(self) -> None:
        """Go on by one business date; night 1 is the start date."""
        self.night += 1
        day_from, day_until = (
            self.clock,
            midnight(self.start + timedelta(days=self.night)),
        )
        newcomers = people(
            self._stream("people"),
            max(6, round(self._n_customers * 0.0012)),
            size(self.people),
            day_from,
            day_until,
        )
        self.people = appended(self.people, newcomers)
        self.habits = appended(
            self.habits, accounts.habits(self._stream("habits"), newcomers, 0)
        )
        n_new = size(newcomers)
        who, at, is_first = orders.day_times(
            self._stream("times"), self.people, n_new, day_from, day_until
        )
        self._add_contacts(
            contacts.first_contacts(
                self._stream("contacts"), newcomers, size(self.contacts), day_until, 0
            ),
            day_until,
        )
        few = max(2, round(self._n_customers * 0.0004))
        self._add_contacts(
            contacts.copies(
                self._stream("copies"),
                self.people,
                few,
                size(self.contacts),
                day_from,
                day_until,
            ),
            day_until,
        )
        self._add_orders(who, at, is_first, at_least_bad=0)
        self.consents = appended(
            self.consents,
            contacts.changes_of_mind(
                self._stream("opt-outs"),
                size(self.contacts),
                few + 1,
                day_from,
                day_until,
            ),
        )
        panel = surveys.panel_of_the_day(
            self._stream("panel"),
            self.people,
            max(8, few),
            size(self.responses),
            day_from,
            day_until,
        )
        self.responses = appended(self.responses, panel)
        on_thursday = (self.start + timedelta(days=self.night - 1)).weekday() == 3
        self._send(messages.CARE, 0.02, day_from + 8 * 3600)
        if on_thursday:
            self._send(messages.NEWSLETTER, 0.25, day_from + 10 * 3600)
        self.clock = day_until

    def _stream(self, name: str) -> np.random.Generator:
        return stream(self.seed, self.night, name)

    def _live_history(self) -> None:
        joined_from = self.history_from
        self.people = people(
            self._stream("people"), self._n_customers, 0, joined_from, self.clock
        )
        self.habits = accounts.habits(self._stream("habits"), self.people, 1)
        self.contacts = contacts.first_contacts(
            self._stream("contacts"), self.people, 0, self.clock, 1
        )
        self.consents = contacts.first_consents(
            self._stream("consents"), self.contacts, self.people, 0, self.clock, 1
        )
        who, at, is_first = orders.history_times(
            self._stream("times"), self.people, self.clock
        )
        self._add_orders(who, at, is_first, at_least_bad=1)
        for week in range(N_HISTORIC_CAMPAIGNS, 0, -1):
            kind = messages.OFFER if week % 3 == 0 else messages.NEWSLETTER
            self._send(kind, 0.25, self.clock - 14 * DAY * week + 10 * 3600)

    def _add_contacts(self, more: contacts.Contacts, until: int) -> None:
        given = contacts.first_consents(
            self._stream(f"consents {size(self.contacts)}"),
            more,
            self.people,
            size(self.contacts),
            until,
            0,
        )
        self.contacts = appended(self.contacts, more)
        self.consents = appended(self.consents, given)

    def _add_orders(
        self, who: Column, at: Column, is_first: Column, at_least_bad: int
    ) -> None:
        is_history = self.night == 0
        more, lines = orders.place_orders(
            self._stream("orders"),
            self.people,
            who,
            at,
            is_first,
            history_from=self.history_from,
            n_lines_before=0 if is_history else size(self.lines),
            numbers_before=(0, 0) if is_history else self._numbers_given(),
            at_least_bad=at_least_bad,
        )
        n_before = 0 if is_history else size(self.orders)
        first = service.contact_of_person(self.contacts, size(self.people))
        last = service.contact_of_person(
            rows(self.contacts, slice(None, None, -1)), size(self.people)
        )
        last = np.where(last >= 0, size(self.contacts) - 1 - last, -1)
        second = np.where(last == first, -1, last)
        tickets = service.tickets_of_orders(
            self._stream("tickets"),
            more,
            n_before,
            first,
            second,
            0 if is_history else size(self.tickets),
            at_least_bad,
        )
        responses = surveys.responses_to_orders(
            self._stream("responses"),
            self.people,
            more,
            n_before,
            0 if is_history else size(self.responses),
            at_least_bad,
        )
        if is_history:
            self.orders, self.lines, self.tickets, self.responses = (
                more,
                lines,
                tickets,
                responses,
            )
            return
        self.orders, self.lines = (
            appended(self.orders, more),
            appended(self.lines, lines),
        )
        self.tickets, self.responses = (
            appended(self.tickets, tickets),
            appended(self.responses, responses),
        )

    def _numbers_given(self) -> tuple[int, int]:
        danish = int((self.orders.country == 1).sum())
        return size(self.orders) - danish, danish

    def _send(self, kind: int, share: float, sent_at: int) -> None:
        allowed = messages.may_be_mailed(self.consents, size(self.contacts), sent_at)
        has_events = hasattr(self, "events")
        events = messages.campaign(
            self._stream(f"campaign {kind} {sent_at}"),
            self.people,
            self.contacts,
            allowed,
            kind,
            share,
            sent_at,
            size(self.events) if has_events else 0,
        )
        self.events = appended(self.events, events) if has_events else events
        left = events.event == messages.UNSUBSCRIBE
        self.consents = appended(
            self.consents, contacts.unsubscribed(events.contact[left], events.at[left])
        )
