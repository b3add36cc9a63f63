"""HubSpot's exports: contacts, consents, tickets, e-mail events; Istanbul time, to the minute."""

from __future__ import annotations

import numpy as np

from rapport.samples import contact_points as points
from rapport.samples import contacts as crm
from rapport.samples import messages, service
from rapport.samples.arrays import NEVER, Column, Text, chosen, local_times, rows, shown, text
from rapport.samples.dirt import BAD_DATE, BAD_EMAIL, FINE, spoiled
from rapport.samples.names import words
from rapport.samples.people import is_danish
from rapport.samples.retailer import ZONE, Retailer
from rapport.samples.tables import Block

_OWNERS = words("Selin Aksoy, Kemal Duran, Freja Winther, ")
_COUNTRIES = words("Turkey Denmark")
_LANGUAGES = words("tr da")
_TEAMS = words("Müşteri Hizmetleri, Kundeservice")


def contacts_at(retailer: Retailer, clock: int) -> Column:
    """Rows of the contacts that exist at `clock`."""
    return np.flatnonzero(retailer.contacts.created_at < clock)


def contacts_block(retailer: Retailer, selected: Column) -> Block:
    """Rows of the all-contacts view."""
    contact = rows(retailer.contacts, selected)
    person = rows(retailer.people, contact.person)
    email, mobile = _email(retailer, contact), _mobile(retailer, contact)
    birthday = person.birth_day.astype("datetime64[D]").astype(str).astype(object)
    number = text(contact.number)
    cells: dict[str, Text] = {
        "Record ID": number,
        "First Name": points.given_names(person, contact.has_typo),
        "Last Name": points.family_names(person, contact.is_upper),
        "Email": spoiled(email, contact.bad, BAD_EMAIL),
        "Phone Number": shown(contact.has_landline, points.landlines(person, contact.phone_form)),
        "Mobile Phone Number": mobile,
        "Contact owner": _OWNERS[contact.owner],
        "Last Activity Date": _times(contact.modified_at),
        "Lead Status": chosen(person.is_prospect, "New", "Connected"),
        "Marketing contact status": chosen(contact.has_mobile, "Marketing contact", "Non-marketing contact"),
        "Create Date": spoiled(_times(contact.created_at), contact.bad, BAD_DATE),
        "Last Modified Date": _times(contact.modified_at),
        "Date of birth": shown(contact.has_birthday, birthday),
        "Preferred language": _LANGUAGES[person.country],
        "Street Address": points.streets(person),
        "City": points.towns(person),
        "Postal Code": points.zips(person),
        "Country/Region": _COUNTRIES[person.country],
    }
    return Block(cells, contact.bad, number)


def consents_block(retailer: Retailer, selected: Column) -> Block:
    """Rows of the communication-subscriptions export; each names the point that the permission belongs to."""
    consent = rows(retailer.consents, selected)
    contact = rows(retailer.contacts, consent.contact)
    number = text(contact.number)
    withdrawn = ~consent.is_granted
    cells: dict[str, Text] = {
        "Record ID": number,
        "Email": _email(retailer, contact),
        "Phone Number": _mobile(retailer, contact),
        "Channel": np.array(crm.CHANNELS, dtype=object)[consent.kind],
        "Purpose": np.array(crm.PURPOSES, dtype=object)[consent.kind],
        "Status": chosen(withdrawn, "OPT_OUT", "OPT_IN"),
        "Legal Basis": chosen(
            withdrawn,
            "Withdrawn",
            chosen(
                consent.source == 1,
                "Legitimate interest - existing customer",
                "Freely given consent from contact",
            ),
        ),
        "Source": np.array(crm.SOURCES, dtype=object)[consent.source],
        "Updated At": spoiled(_times(consent.at), consent.bad, BAD_DATE),
    }
    return Block(cells, consent.bad, number)


def touched_tickets(retailer: Retailer, since: int, clock: int) -> Column:
    """Rows of tickets opened, answered or closed after `since` and by `clock`."""
    tickets = retailer.tickets
    touched = np.zeros(len(tickets.number), dtype=bool)
    for at in (tickets.opened_at, tickets.replied_at, tickets.closed_at):
        touched |= (at > since) & (at <= clock)
    return np.flatnonzero(touched & (tickets.opened_at <= clock))


def tickets_block(retailer: Retailer, selected: Column, since: int, clock: int) -> Block:
    """Rows of the all-tickets view as of `clock`."""
    ticket = rows(retailer.tickets, selected)
    replied, closed = ticket.replied_at <= clock, ticket.closed_at <= clock
    bad = np.where(ticket.opened_at > since, ticket.bad, FINE)
    first = text(retailer.contacts.number[ticket.contact])
    second = text(retailer.contacts.number[ticket.second_contact])
    names = np.array(service.TICKET_NAMES, dtype=object)
    texts = np.array(service.TICKET_TEXTS, dtype=object)
    number = text(ticket.number)
    cells: dict[str, Text] = {
        "Ticket ID": number,
        "Ticket name": names[ticket.country, ticket.category],
        "Ticket description": texts[ticket.country, ticket.category],
        "Pipeline": chosen(is_danish(ticket.country), "Support DK", "Destek TR"),
        "Ticket status": np.select([closed, replied], np.array(["Closed", "Waiting on contact"], dtype=object), "New"),
        "Priority": words("LOW MEDIUM HIGH")[ticket.priority],
        "Source": np.array(service.CHANNELS, dtype=object)[ticket.channel],
        "Category": np.array(service.CATEGORIES, dtype=object)[ticket.category],
        "Create date": spoiled(_times(ticket.opened_at), bad, BAD_DATE),
        "First agent reply date": shown(replied, _times(ticket.replied_at)),
        "Close date": shown(closed, _times(ticket.closed_at)),
        "Associated Contact IDs": first + chosen(ticket.second_contact >= 0, ";" + second, ""),
        "Owner team": _TEAMS[ticket.country],
    }
    return Block(cells, bad, number)


def events_block(retailer: Retailer, selected: Column) -> Block:
    """Rows of the email-events export."""
    event = rows(retailer.events, selected)
    contact = rows(retailer.contacts, event.contact)
    number = text(event.number)
    cells: dict[str, Text] = {
        "Event ID": number,
        "Campaign ID": text(event.campaign),
        "Campaign Name": np.array(messages.CAMPAIGN_NAMES, dtype=object)[event.campaign % 10],
        "Channel": np.full(len(selected), "EMAIL", dtype=object),
        "Record ID": text(contact.number),
        "Recipient": _email(retailer, contact),
        "Event Type": np.array(messages.EVENTS, dtype=object)[event.event],
        "Created": spoiled(_times(event.at), event.bad, BAD_DATE),
    }
    return Block(cells, event.bad, number)


def _email(retailer: Retailer, contact: crm.Contacts) -> Text:
    person = rows(retailer.people, contact.person)
    email = points.emails(person, contact.which_email, contact.spelling)
    return chosen(contact.is_placeholder, points.PLACEHOLDER_MAIL, email)


def _mobile(retailer: Retailer, contact: crm.Contacts) -> Text:
    mobile = points.mobiles(rows(retailer.people, contact.person), contact.phone_form)
    mobile = shown(contact.has_mobile, mobile)
    return chosen(contact.is_placeholder, points.PLACEHOLDER_PHONES[contact.person % 3], mobile)


def _times(at: Column) -> Text:
    times = local_times(np.where(at < NEVER, at, 0), ZONE)
    return np.array([time[:16] for time in times], dtype=object)
