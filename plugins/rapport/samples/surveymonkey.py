"""SurveyMonkey's exports: two header rows, the question and the kind of answer; times in UTC."""

from __future__ import annotations

import numpy as np

from rapport.samples import contact_points as points
from rapport.samples import surveys
from rapport.samples.arrays import Column, Text, local_times, rows, shown, text
from rapport.samples.dirt import BAD_DATE, BAD_EMAIL, spoiled
from rapport.samples.headers import SURVEYMONKEY_ABOUT
from rapport.samples.retailer import Retailer
from rapport.samples.shopify import order_names
from rapport.samples.tables import Block

HEADER = [*SURVEYMONKEY_ABOUT, surveys.NPS, surveys.CSAT, surveys.CES, surveys.WHY, surveys.TOUCHPOINT]
SECOND_HEADER = [""] * len(SURVEYMONKEY_ABOUT) + [
    "Response",
    "Response",
    "Response",
    "Open-Ended Response",
    "Response",
]


def ended(retailer: Retailer, since: int, clock: int, collector: int, country: int | None = None) -> Column:
    """Rows of responses that ended after `since` and by `clock`, of a collector and perhaps a country."""
    responses = retailer.responses
    chosen_ones = (responses.ended_at > since) & (responses.ended_at <= clock) & (responses.collector == collector)
    if country is not None:
        chosen_ones &= responses.country == country
    return np.flatnonzero(chosen_ones)


def responses_block(retailer: Retailer, selected: Column) -> Block:
    """Rows of a survey's export."""
    response = rows(retailer.responses, selected)
    person = rows(retailer.people, response.person)
    none = np.zeros(len(selected), dtype=bool)
    email = points.emails(person, response.which_email, response.spelling)
    order = order_names(rows(retailer.orders, response.order))
    collector = 400_001_000 + 10 * response.country.astype(np.int64) + response.collector
    ip = "203.0.113." + text(response.number % 250 + 1)
    texts = np.array([[text for mood in country for text in mood] for country in surveys.TEXTS], dtype=object)
    number = text(response.number)
    cells: dict[str, Text] = {
        "Respondent ID": number,
        "Collector ID": text(collector),
        "Start Date": spoiled(times(response.started_at), response.bad, BAD_DATE),
        "End Date": times(response.ended_at),
        "IP Address": ip,
        "Email Address": spoiled(email, response.bad, BAD_EMAIL),
        "First Name": shown(response.has_name, points.given_names(person, none)),
        "Last Name": shown(response.has_name, points.family_names(person, none)),
        "Custom Data 1": shown(response.order >= 0, order),
        surveys.NPS: text(response.nps),
        surveys.CSAT: shown(response.csat >= 0, text(response.csat)),
        surveys.CES: shown(response.ces >= 0, text(response.ces)),
        surveys.WHY: shown(response.words >= 0, texts[response.country, response.words]),
        surveys.TOUCHPOINT: np.array(surveys.TOUCHPOINTS, dtype=object)[response.touchpoint],
    }
    return Block(cells, response.bad, number)


def times(at: Column) -> Text:
    """UTC seconds as `MM/DD/YYYY HH:MM:SS`."""
    iso = local_times(at, "UTC")
    return np.array([f"{t[5:7]}/{t[8:10]}/{t[:4]}{t[10:]}" for t in iso], dtype=object)
