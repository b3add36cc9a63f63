"""The final scan: every table and file again, for what identified the person."""

from __future__ import annotations

import contextlib
from typing import Any

import psycopg

from rapport.businesses import Business
from rapport.errors import LandingError
from rapport.landing.packing import exports_in
from rapport.privacy.landing_files import landing_folders
from rapport.privacy.other_files import files_in, kept_apart, places
from rapport.privacy.person import Person
from rapport.privacy.rewriting import content_of, text_of
from rapport.privacy.sweeping import count_mentions, text_tables

Connection = psycopg.Connection[Any]


def scan(
    conn: Connection, airflow: Connection | None, business: Business, person: Person
) -> tuple[dict[str, int], dict[str, int]]:
    """What was looked through (tables, files), and where the person is still named (rows, files), by place."""
    looked_at = {"tables of the warehouse": len(text_tables(conn))}
    found = count_mentions(conn, person)
    if airflow is not None:
        looked_at["tables of Airflow"] = len(text_tables(airflow))
        found |= {f"airflow: {name}": count for name, count in count_mentions(airflow, person).items()}
    for folder in landing_folders(conn, business):
        for path in files_in(folder):
            looked_at["landed files"] = looked_at.get("landed files", 0) + 1
            texts = [text_of(path)[0]]
            with contextlib.suppress(LandingError):  # an archive that cannot be opened shows nothing
                texts += [content_of(file).decode("latin-1") for file in exports_in(path) if file.packing != "plain"]
            if any(map(person.is_in, texts)):
                found["landed files"] = found.get("landed files", 0) + 1
    for place in places(business):
        for path in files_in(place.folder, kept_apart(business)):
            looked_at[place.name] = looked_at.get(place.name, 0) + 1
            if person.is_in(text_of(path)[0]):
                found[place.name] = found.get(place.name, 0) + 1
    return looked_at, found
