"""The invented retailer as a whole: two years of history, then one day after another."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from rapport.samples import (
    accounts,
    aftersales,
    attendances,
    communities,
    contacts,
    messages,
    orders,
    referrals,
    service,
    shopping,
    surveys,
)
from rapport.samples.arrays import DAY, Column, appended, size
from rapport.samples.contacts import Consents, Contacts
from rapport.samples.names import DENMARK
from rapport.samples.orders import Lines, Orders
from rapport.samples.people import HISTORY_DAYS, People, people
from rapport.samples.streams import stream

ZONE = "Europe/Istanbul"
STORE_ZONES = (ZONE, "Europe/Copenhagen")
N_HISTORIC_CAMPAIGNS = 8


def midnight(day: date) -> int:
    """UTC seconds at which a business date begins."""
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(ZONE)).astimezone(UTC).timestamp())


class Retailer:
    """What has happened by the end of the last lived day; what a table says is fixed once it is drawn.

    Person p is row p of `people` and of `habits`. Rows of every table stand in batches (the history, then a
    day each) and may lie in the future: an order's ticket, say. Exports show what happened by their clock.
    Draws of a day depend on the seed, the day's ordinal and the days before, never on how many days follow.
    """

    people: People
    habits: accounts.Habits
    contacts: Contacts
    consents: Consents
    orders: Orders
    lines: Lines
    aftermath: aftersales.Aftermath
    checkouts: aftersales.Checkouts
    referrals: referrals.Referrals
    memberships: communities.Memberships
    attendances: attendances.Attendances
    tickets: service.Tickets
    responses: surveys.Responses
    events: messages.Events

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
        day_from, day_until = (self.clock, midnight(self.start + timedelta(days=self.night)))
        newcomers = people(
            self._stream("people"),
            max(6, round(self._n_customers * 0.0012)),
            size(self.people),
            day_from,
            day_until,
        )
        self.people = appended(self.people, newcomers)
        self.habits = appended(self.habits, accounts.habits(self._stream("habits"), newcomers, 0))
        n_new = size(newcomers)
        who, at, is_first = shopping.day_times(self._stream("times"), self.people, n_new, day_from, day_until)
        self._add_contacts(
            contacts.first_contacts(self._stream("contacts"), newcomers, size(self.contacts), day_until, 0),
            day_until,
        )
        few = max(2, round(self._n_customers * 0.0004))
        self._add_contacts(
            contacts.copies(self._stream("copies"), self.people, few, size(self.contacts), day_from, day_until),
            day_until,
        )
        self._add_orders(who, at, is_first)
        self._add_members_and_guests(newcomers, day_from, day_until)
        self.consents = appended(
            self.consents,
            contacts.changes_of_mind(self._stream("opt-outs"), size(self.contacts), few + 1, day_from, day_until),
        )
        panel = surveys.panel_of_the_day(
            self._stream("panel"), self.people, max(8, few), size(self.responses), day_from, day_until
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
        self.people = people(self._stream("people"), self._n_customers, 0, self.history_from, self.clock)
        self.habits = accounts.habits(self._stream("habits"), self.people, 1)
        self.contacts = contacts.first_contacts(self._stream("contacts"), self.people, 0, self.clock, 1)
        self.consents = contacts.first_consents(self._stream("consents"), self.contacts, self.people, 0, self.clock, 1)
        who, at, is_first = shopping.history_times(self._stream("times"), self.people, self.clock)
        self.orders, self.lines = self._orders(who, at, is_first, (0, 0), 0)
        self.aftermath = aftersales.aftermath(self._stream("aftermath"), self.people, self.orders)
        self.checkouts = aftersales.checkouts(self._stream("checkouts"), self.people, self.orders, 0)
        self.referrals = referrals.referrals(self._stream("referrals"), self.people, self.orders, 0, 0, with_loops=True)
        self.memberships = communities.memberships(self._stream("memberships"), self.people, 0)
        opened = attendances.events(self.seed, self.history_from, self.clock)
        self.attendances = attendances.attendances(self._stream("attendances"), self.people, opened, 0)
        self.tickets = self._tickets(self.orders, 0, 0)
        self.responses = surveys.responses_to_orders(
            self._stream("responses"), self.people, self.orders, 0, 0, at_least_bad=1
        )
        fortnights = [self.clock - 14 * DAY * n + 10 * 3600 for n in range(N_HISTORIC_CAMPAIGNS, 0, -1)]
        self.events = self._campaign(messages.NEWSLETTER, 0.25, fortnights[0], 0)
        for nth, sent_at in enumerate(fortnights[1:]):
            self._send(messages.OFFER if nth % 3 == 0 else messages.NEWSLETTER, 0.25, sent_at)

    def _add_contacts(self, more: Contacts, until: int) -> None:
        n_before = size(self.contacts)
        given = contacts.first_consents(self._stream(f"consents {n_before}"), more, self.people, n_before, until, 0)
        self.contacts = appended(self.contacts, more)
        self.consents = appended(self.consents, given)

    def _add_orders(self, who: Column, at: Column, is_first: Column) -> None:
        """A day's orders, and the tickets and answers they will bring."""
        n_before, n_danish = size(self.orders), int((self.orders.country == DENMARK).sum())
        more, lines = self._orders(who, at, is_first, (n_before - n_danish, n_danish), size(self.lines))
        after = aftersales.aftermath(self._stream("aftermath"), self.people, more)
        left = aftersales.checkouts(self._stream("checkouts"), self.people, more, n_before)
        recommended = referrals.referrals(
            self._stream("referrals"), self.people, more, n_before, size(self.referrals), with_loops=False
        )
        self.aftermath, self.checkouts = appended(self.aftermath, after), appended(self.checkouts, left)
        self.referrals = appended(self.referrals, recommended)
        tickets = self._tickets(more, n_before, size(self.tickets))
        responses = surveys.responses_to_orders(
            self._stream("responses"), self.people, more, n_before, size(self.responses), at_least_bad=0
        )
        self.orders, self.lines = appended(self.orders, more), appended(self.lines, lines)
        self.tickets, self.responses = appended(self.tickets, tickets), appended(self.responses, responses)

    def _add_members_and_guests(self, newcomers: People, day_from: int, day_until: int) -> None:
        """The groups that newcomers will join, and the guests of events whose list opens on this day."""
        joined = communities.memberships(self._stream("memberships"), newcomers, size(self.memberships))
        self.memberships = appended(self.memberships, joined)
        opened = attendances.events(self.seed, day_from, day_until)
        guests = attendances.attendances(self._stream("attendances"), self.people, opened, size(self.attendances))
        self.attendances = appended(self.attendances, guests)

    def _orders(
        self, who: Column, at: Column, is_first: Column, numbers_before: tuple[int, int], n_lines_before: int
    ) -> tuple[Orders, Lines]:
        return orders.place_orders(
            self._stream("orders"),
            self.people,
            who,
            at,
            is_first,
            history_from=self.history_from,
            n_lines_before=n_lines_before,
            numbers_before=numbers_before,
            at_least_bad=1 if self.night == 0 else 0,
        )

    def _tickets(self, of_orders: Orders, first_order: int, n_before: int) -> service.Tickets:
        n_contacts, n_people = size(self.contacts), size(self.people)
        first = service.contact_of_person(self.contacts.person, n_people)
        from_behind = service.contact_of_person(self.contacts.person[::-1], n_people)
        last = np.where(from_behind >= 0, n_contacts - 1 - from_behind, -1)
        return service.tickets_of_orders(
            self._stream("tickets"),
            of_orders,
            first_order,
            first,
            np.where(last == first, -1, last),
            n_before,
            at_least_bad=1 if self.night == 0 else 0,
        )

    def _send(self, kind: int, share: float, sent_at: int) -> None:
        """A campaign and the opt-outs that follow from it."""
        events = self._campaign(kind, share, sent_at, size(self.events))
        self.events = appended(self.events, events)
        left = events.event == messages.UNSUBSCRIBE
        self.consents = appended(self.consents, contacts.unsubscribed(events.contact[left], events.at[left]))

    def _campaign(self, kind: int, share: float, sent_at: int, n_before: int) -> messages.Events:
        allowed = messages.may_be_mailed(self.consents, size(self.contacts), sent_at)
        stream_ = self._stream(f"campaign {kind} {sent_at}")
        return messages.campaign(stream_, self.people, self.contacts, allowed, kind, share, sent_at, n_before)
