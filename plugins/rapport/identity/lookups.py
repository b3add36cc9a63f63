"""Records of a warehouse by whatever somebody knows of them, and why two of them are one person or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from rapport.contacts import normalise
from rapport.errors import IdentityError
from rapport.identity.matching import Explanation, explain
from rapport.identity.models import load_model
from rapport.identity.records import read_records
from rapport.identity.tables import Connection

# Of two persons with many records the pair that has most in common is explained; so many are looked at.
_MOST_PAIRS = 400


@dataclass(frozen=True)
class Explained:
    """Two records, whether they are one person tonight, and what speaks for it and against."""

    one: str
    other: str
    is_one_person: bool
    explanation: Explanation


def records_of(records: pa.Table, customers: dict[str, str], known: str, default_country: str) -> list[str]:
    """Ids of the records that a source_record_id, customer_id, external id, e-mail or phone stands for.

    Raises IdentityError where there is none.
    """
    ids = records["id"]
    if known in customers:
        return [known]
    if found := [record for record, customer in customers.items() if customer == known]:
        return sorted(found)
    points = {
        "external_ids": known,
        **{f"{kind}s": normalise(kind, [known], default_country)[0].normalised for kind in ("email", "phone")},
    }
    is_meant = [
        any(value in (held[i].as_py() or ()) for name, value in points.items() if value for held in (records[name],))
        for i in range(records.num_rows)
    ]
    found = ids.filter(pa.array(is_meant)).to_pylist()
    if not found:
        raise IdentityError(
            "No record of the last night is known by that.",
            fix="give a source_record_id or customer_id of customer_360.customer_identities, an e-mail or a phone",
        )
    return sorted(found)


def explain_two(conn: Connection, one: str, other: str, default_country: str) -> Explained:
    """Why what `one` and `other` stand for is one person or not, by the records of the last build.

    Raises IdentityError where one is unknown, both are the same record, or no night has matched people yet.
    """
    row = conn.execute("select model_version from build_identity.linked_with").fetchone()
    if row is None:
        raise IdentityError("No night has matched people yet.", fix="run a night: `make run`")
    records = read_records(conn)
    customers = dict(conn.execute("select source_record_id, customer_id from build_identity.customer_records"))
    sides = [records_of(records, customers, known, default_country) for known in (one, other)]
    pairs = [(a, b) for a in sides[0] for b in sides[1] if a != b][:_MOST_PAIRS]
    if not pairs:
        raise IdentityError("Both stand for the same single record.", fix="name two records")
    left, right = _strongest(conn, pairs)
    model = load_model(conn, row[0])
    rows = [_record(records, record) for record in (left, right)]
    return Explained(left, right, customers[left] == customers[right], explain(rows[0], rows[1], model))


def _strongest(conn: Connection, pairs: list[tuple[str, str]]) -> tuple[str, str]:
    """The pair that matching gave the greatest weight; the first where it compared none."""
    found = conn.execute(
        "select one_record_id, other_record_id from build_identity.linked_pairs"
        " inner join unnest(%s::text[], %s::text[]) as asked (one_record_id, other_record_id)"
        " using (one_record_id, other_record_id)"
        " order by weight desc limit 1",
        [[min(pair) for pair in pairs], [max(pair) for pair in pairs]],
    ).fetchone()
    return found or pairs[0]


def _record(records: pa.Table, record: str) -> dict[str, Any]:
    found: dict[str, Any] = records.filter(pc.equal(records["id"], record)).drop_columns("fingerprint").to_pylist()[0]
    return found
