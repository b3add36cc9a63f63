"""What people have decided: records that are one person whatever they look like, and records that are not."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psycopg

from rapport.warehouse.arrow_tables import Connection

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Decisions:
    """Pairs of source_record_ids, the smaller first, sorted."""

    same: Pairs = ()
    different: Pairs = ()

    @classmethod
    def of(cls, found: dict[str, Any]) -> Decisions:
        """From what `as_json` wrote."""
        return cls(*(tuple((one, other) for one, other in found[key]) for key in ("same", "different")))

    def as_json(self) -> str:
        """JSON text."""
        return json.dumps({"same": self.same, "different": self.different})

    def undone_by(self, others: Decisions) -> set[str]:
        """Records that a decision names in the one and not in the other."""
        changed = (set(self.same) ^ set(others.same)) | (set(self.different) ^ set(others.different))
        return {record for pair in changed for record in pair}

    def partners(self, records: Iterable[str]) -> set[str]:
        """Whom a decision ties to one of these records."""
        named = set(records)
        return {other for pair in self.same for one, other in (pair, pair[::-1]) if one in named}


def read_decisions(conn: Connection) -> Decisions:
    """The decisions in the seed identity_decisions, as dbt has loaded it; none where it has not."""
    try:
        with conn.transaction():
            rows = conn.execute(
                "select distinct least(one_record_id, other_record_id),"
                " greatest(one_record_id, other_record_id), decision"
                " from build_seeds.identity_decisions order by 1, 2"
            ).fetchall()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        rows = []
    return Decisions(
        tuple((one, other) for one, other, decision in rows if decision == "same"),
        tuple((one, other) for one, other, decision in rows if decision == "different"),
    )
