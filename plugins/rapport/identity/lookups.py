"""Records of a warehouse by whatever somebody knows of them, and why two of them are one person or not."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from rapport.contacts import normalise
from rapport.errors import IdentityError
from rapport.identity.matching import Explanation, explain
from rapport.identity.models import load_model
from rapport.identity.records import read_records
from rapport.warehouse.arrow_tables import Connection

# Of two persons with many records the pair that has most in common is explained; so many are looked at.
_MOST_PAIRS = 400
_KNOWN_BY = """
    with earlier as (  -- an id that somebody bears is theirs alone, whoever bore it once
        select source_record_id
        from history.identity_assignments
        where
            customer_id = %(known)s
            and not exists (select from build_identity.customer_records where customer_id = %(known)s)
    )
    select records.source_record_id, persons.customer_id
    from build_intermediate.int_identity_records as records
    inner join build_identity.customer_records as persons on records.source_record_id = persons.source_record_id
    where
        %(known)s in (records.source_record_id, persons.customer_id, records.external_id, records.buyer_external_id)
        or nullif(split_part(records.external_id, ':', 2), '') = %(known)s
        or records.source_record_id in (select earlier.source_record_id from earlier)
        or records.email_key = %(email)s
        or %(phone)s in (records.phone_key, records.phone_2_key)
    order by 1
"""


@dataclass(frozen=True)
class Explained:
    """Two records, whether they are one person tonight, and what speaks for it and against."""

    one: str
    other: str
    is_one_person: bool
    explanation: Explanation


def records_of(conn: Connection, known: str, default_country: str) -> dict[str, str]:
    """customer_id of each record that a source_record_id, customer_id, external id, e-mail or phone stands for.

    A customer_id may be an earlier one, an external id may lack its vendor. Raises IdentityError where there is none.
    """
    email, phone = (normalise(kind, [known], default_country)[0].match_key for kind in ("email", "phone"))
    try:
        with conn.transaction():
            found = conn.execute(_KNOWN_BY, {"known": known, "email": email, "phone": phone}).fetchall()
    except psycopg.errors.UndefinedTable:
        found = []  # no night has been built yet
    if not found:
        raise IdentityError(
            "No record of the last night is known by that.",
            fix="give a source_record_id or customer_id of customer_360.customer_identities, an e-mail or a phone",
        )
    return dict(found)


def explain_two(conn: Connection, one: str, other: str, default_country: str) -> Explained:
    """Why what `one` and `other` stand for is one person or not, by the records of the last build.

    Raises IdentityError where one is unknown, both are the same record, or no night has matched people yet.
    """
    row = conn.execute("select model_version from build_identity.linked_with").fetchone()
    if row is None:
        raise IdentityError("No night has matched people yet.", fix="run a night: `make run`")
    sides = [records_of(conn, known, default_country) for known in (one, other)]
    customers = sides[0] | sides[1]
    pairs = [(a, b) for a in sides[0] for b in sides[1] if a != b][:_MOST_PAIRS]
    if not pairs:
        raise IdentityError("Both stand for the same single record.", fix="name two records")
    left, right = _strongest(conn, pairs)
    records = {record["id"]: record for record in read_records(conn, [left, right]).to_pylist()}
    explanation = explain(records[left], records[right], load_model(conn, row[0]))
    return Explained(left, right, customers[left] == customers[right], explanation)


def _strongest(conn: Connection, pairs: list[tuple[str, str]]) -> tuple[str, str]:
    """The pair, as asked for, that matching gave the greatest weight; the first where it compared none."""
    found = conn.execute(
        "select one_record_id, other_record_id from build_identity.linked_pairs"
        " inner join unnest(%s::text[], %s::text[]) as asked (one_record_id, other_record_id)"
        " using (one_record_id, other_record_id)"
        " order by weight desc limit 1",
        [[min(pair) for pair in pairs], [max(pair) for pair in pairs]],
    ).fetchone()
    return next((pair for pair in pairs if found and sorted(pair) == list(found)), pairs[0])
