"""Forgetting a person: the warehouse in one transaction, then files, then a proof. Killed anywhere, it goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql

from rapport.businesses import Business
from rapport.errors import NightError, RapportError
from rapport.files import write_whole
from rapport.identity.models import forget_values
from rapport.landing.declarations import Declaration
from rapport.privacy.finding import UnknownPerson, find_customers, find_person, require_latest_build, unknown
from rapport.privacy.landed_exports import LandedExports, landing_folders
from rapport.privacy.landing_files import erase_from_landing
from rapport.privacy.normal_keys import Kind, hashed, point_keys, privacy_key
from rapport.privacy.other_files import erase_from_files, kept_apart, remote_drops
from rapport.privacy.person import Person
from rapport.privacy.proof import Proof
from rapport.privacy.raw_rows import find_raw_rows, remove_raw_rows
from rapport.privacy.scan import scan
from rapport.privacy.sweeping import put_out
from rapport.privacy.tables import LEDGERS, learn_numbers, stored_tables
from rapport.privacy.tombstones import erect
from rapport.warehouse import connect, connect_to_airflow

Connection = psycopg.Connection[Any]
Say = Callable[[str], None]

_AT_WORK = ("building", "built", "published", "sending")


class EarlierProof(Proof):
    """The proof of an erasure that was done before it was asked for again."""


def erase(business: Business, tables: list[Declaration], key: str, say: Say = lambda _: None) -> Proof:
    """Forget the person a key names and prove it. A key of somebody forgotten already returns the earlier proof.

    `tables` are all that are declared. An erasure that was interrupted is completed. Raises UnknownPerson; NightError
    while a night is at work, and RapportError when the final scan finds something left, so that it has to be repeated.
    """
    with _nobody_builds(business), connect(business.name, application_name="rapport erasure") as conn:
        person, erasure_id, state = _begin(conn, business, tables, key)
        if person is None:
            return _earlier(conn, erasure_id)
        proof = _proof_of(conn, business, erasure_id)
        if state == "asked":
            say("the warehouse")
            _erase_from_warehouse(conn, business, tables, person, proof)
        say("unused space")
        _reclaim(business, proof)
        with connect_to_airflow() as airflow:
            say("landed files")
            exports, folders = LandedExports(business, tables, person), landing_folders(conn, business)
            changed = erase_from_landing(conn, exports, folders, erasure_id)
            proof.landing_files += [vars(file) for file in changed]
            say("lists, logs, docs")
            _add(proof.other_files, erase_from_files(conn, business, person, folders))
            if airflow is not None:
                say("Airflow's database")
                _add(proof.words_put_out, {f"airflow: {name}": n for name, n in put_out(airflow, person).items()})
                airflow.commit()
            _keep(conn, proof)
            say("final scan")
            proof.scanned, proof.found_by_scan = scan(conn, airflow, exports, folders)
        _finish(conn, business, proof)
        return proof


@contextmanager
def _nobody_builds(business: Business) -> Iterator[None]:
    """Hold off nights, replays and other erasures; a night that is at work is not interrupted."""
    with connect(business.name, application_name="rapport erasure", autocommit=True) as guard:
        is_free = guard.execute("select pg_try_advisory_lock(hashtext('rapport replay'))").fetchone() == (True,)
        busy = guard.execute(
            "select business_date from ops.nights where state = any(%s) limit 1", [list(_AT_WORK)]
        ).fetchone()
        if not is_free or busy is not None:
            raise NightError(
                f"The night of {busy[0]} is at work." if busy else "A night, a replay or another erasure is at work.",
                where=f"business {business.name}",
                fix="wait until it is done, and repeat the erasure; nothing was removed",
            )
        yield


def _begin(conn: Connection, business: Business, tables: list[Declaration], key: str) -> tuple[Person | None, int, str]:
    """The person, the erasure's id and state; no person where the erasure is done already."""
    hashes = _key_hashes(business, key)
    past = conn.execute(
        "select erasure_id, state from ops.erasures where key_hashes && %s order by state = 'done', erasure_id desc",
        [hashes],
    ).fetchone()
    if past is not None and past[1] != "done" and _is_the_same(conn, business, key, past[0]):
        erasure_id, state = past
        person = _read_unfinished(business, erasure_id)
        if state == "asked":
            find_raw_rows(conn, business, tables, person)
        return person, erasure_id, state
    require_latest_build(conn, business)
    try:
        person = find_person(conn, business, key)
        found = find_raw_rows(conn, business, tables, person)
        if not person.customer_ids and not any(found.loaded.values()) and not found.quarantined:
            raise unknown(business)
    except UnknownPerson:
        if past is None:
            raise
        return None, past[0], "done"
    row = conn.execute(
        "insert into ops.erasures (key_hashes) values (%s) returning erasure_id", [person.key_hashes(privacy_key())]
    ).fetchone()
    assert row is not None
    folder = kept_apart(business)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Once the warehouse has forgotten the person, only this file knows what files are to forget.
    write_whole(folder / f"{row[0]}.unfinished", person.as_text())
    conn.commit()
    return person, row[0], "asked"


def _is_the_same(conn: Connection, business: Business, key: str, erasure_id: int) -> bool:
    """Whether a key that an unfinished erasure knows still names its person: another may have the same order number."""
    return find_customers(conn, business, key.strip()) <= _read_unfinished(business, erasure_id).customer_ids


def _key_hashes(business: Business, key: str) -> list[str]:
    secret, key = privacy_key(), key.strip()
    found = {hashed("record", key, secret)}
    points: tuple[Kind, ...] = ("email", "mailbox", "phone")
    found |= {hashed(kind, one, secret) for kind in points for one in point_keys(kind, key, business.default_country)}
    return sorted(found)


def _read_unfinished(business: Business, erasure_id: int) -> Person:
    path = kept_apart(business) / f"{erasure_id}.unfinished"
    try:
        return Person.read(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RapportError(
            f"Erasure {erasure_id} was interrupted, and what it had still to remove is not known here.",
            where=str(path),
            fix="complete it on the machine where it began, or put that file back",
        ) from None


def _erase_from_warehouse(
    conn: Connection, business: Business, tables: list[Declaration], person: Person, proof: Proof
) -> None:
    conn.commit()  # what was looked up so far: else all of this would end with that transaction, not here
    with conn.transaction():
        found = find_raw_rows(conn, business, tables, person)
        proof.removed_rows = remove_raw_rows(conn, tables, found)
        for schema, name in LEDGERS:
            _hash_ledger(conn, schema, name, person, proof)
        tables_there = stored_tables(conn)
        learn_numbers(conn, tables_there, person)
        _add(proof.words_put_out, forget_values(conn, person.records))
        for table in tables_there:
            if (condition := table.condition(person)) is not None:
                n_rows = conn.execute(sql.SQL("delete from {} where {}").format(table.identifier, condition)).rowcount
                _add(proof.removed_rows, {table.label: n_rows} if n_rows else {})
        _add(proof.words_put_out, put_out(conn, person))
        erect(conn, proof.erasure_id, person.keys)
        proof.n_tombstones, proof.n_shared_points = sum(map(len, person.keys.values())), person.n_shared
        moment = datetime.now(UTC)
        proof.warehouse_at = _shown(moment)
        conn.execute(
            "update ops.erasures set state = 'warehouse', warehouse_at = %s, key_hashes = %s, report = %s"
            " where erasure_id = %s",
            [moment, person.key_hashes(privacy_key()), json.dumps(proof.as_json()), proof.erasure_id],
        )
        path = kept_apart(business) / f"{proof.erasure_id}.unfinished"
        write_whole(path, person.as_text())  # with what raw added


def _hash_ledger(conn: Connection, schema: str, name: str, person: Person, proof: Proof) -> None:
    for customer_id in sorted(person.customer_ids):
        n_rows = conn.execute(
            sql.SQL("update {} set customer_id = %s where customer_id = %s").format(sql.Identifier(schema, name)),
            [f"erased_{hashed('record', customer_id, privacy_key())[:32]}", customer_id],
        ).rowcount
        _add(proof.hashed_rows, {f"{schema}.{name}": n_rows} if n_rows else {})


def _reclaim(business: Business, proof: Proof) -> None:
    """What was deleted stays in a table's pages until they are vacuumed."""
    with connect(business.name, application_name="rapport erasure", autocommit=True) as conn:
        for label in sorted({*proof.removed_rows, *proof.words_put_out, *proof.hashed_rows}):
            schema, _, name = label.partition(".")
            if conn.execute("select to_regclass(format('%%I.%%I', %s::text, %s::text))", [schema, name]).fetchone() != (
                None,
            ):
                conn.execute(sql.SQL("vacuum {}").format(sql.Identifier(schema, name)))


def _proof_of(conn: Connection, business: Business, erasure_id: int) -> Proof:
    row = conn.execute("select asked_at, report from ops.erasures where erasure_id = %s", [erasure_id]).fetchone()
    assert row is not None
    proof = Proof(**row[1]) if row[1] else Proof(erasure_id, business.name, _shown(row[0]))
    proof.recipients_duty = remote_drops(business)
    return proof


def _earlier(conn: Connection, erasure_id: int) -> EarlierProof:
    row = conn.execute("select report from ops.erasures where erasure_id = %s", [erasure_id]).fetchone()
    assert row is not None
    return EarlierProof(**row[0])


def _keep(conn: Connection, proof: Proof) -> None:
    conn.execute(
        "update ops.erasures set report = %s where erasure_id = %s", [json.dumps(proof.as_json()), proof.erasure_id]
    )
    conn.commit()


def _finish(conn: Connection, business: Business, proof: Proof) -> None:
    moment = datetime.now(UTC)
    proof.finished_at = _shown(moment)
    _keep(conn, proof)
    folder = kept_apart(business)
    if proof.found_by_scan:
        raise RapportError(
            "Something of the person is left: "
            + ", ".join(f"{name} ({count})" for name, count in proof.found_by_scan.items()),
            where=f"erasure {proof.erasure_id}",
            fix="repeat the erasure: it goes on where it stopped; if it finds the same again, remove it by hand",
        )
    write_whole(folder / f"{proof.erasure_id}.json", json.dumps(proof.as_json(), indent=2, ensure_ascii=False) + "\n")
    write_whole(folder / f"{proof.erasure_id}.txt", proof.as_text())
    conn.execute(
        "update ops.erasures set state = 'done', finished_at = %s where erasure_id = %s", [moment, proof.erasure_id]
    )
    conn.commit()
    (folder / f"{proof.erasure_id}.unfinished").unlink(missing_ok=True)


def _add(counts: dict[str, int], more: dict[str, int]) -> None:
    for name, count in more.items():
        counts[name] = counts.get(name, 0) + count


def _shown(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
