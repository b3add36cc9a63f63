"""A person who asks to be forgotten is, everywhere; nobody else loses anything, and nights go on."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from privacy.conftest import (
    EMAIL,
    MEMBER,
    NEXT,
    NIGHT,
    PHONE,
    TRACES,
    Retailer,
    append_person,
    build_and_publish,
    copy_of,
)
from psycopg import sql

from rapport import settings
from rapport.activation.lists import ListOf
from rapport.activation.memberships import rebuild
from rapport.errors import NightError, UsageError
from rapport.identity.decisions import Decisions, read_decisions
from rapport.identity.review_commands import add_decision
from rapport.landing import ensure_raw_tables, ingest_path, load_declarations
from rapport.nights import open_night
from rapport.privacy.erasing import EarlierProof, erase
from rapport.privacy.finding import find_person
from rapport.privacy.proof import Proof
from rapport.warehouse import connect

EARLIER = NIGHT - timedelta(days=1)
pytestmark = pytest.mark.timeout(900)
Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Erased:
    """A business from which the person was erased, with what was there before."""

    retailer: Retailer
    customer_id: str
    records: tuple[str, ...]
    tables: dict[str, list[str]]
    files: dict[Path, list[str]]
    loads: list[Any]
    n_sent: int
    log: Path
    proof: Proof


@pytest.fixture(scope="module")
def erased(server: str, built: Retailer) -> Iterator[Erased]:
    """One erasure for all who only look at what it did."""
    with pytest.MonkeyPatch.context() as patch, copy_of(server, built, patch) as retailer:
        docs = retailer.folder / "work" / "data_docs"
        docs.mkdir(parents=True)
        (docs / "page.html").write_text(f"<td>{EMAIL}</td><td>other@example.com</td>")
        log = settings.state_dir() / "airflow" / "logs" / retailer.business.name / "task.log"
        log.parent.mkdir(parents=True)
        log.write_text(f"row of {EMAIL} and of +45 31 22 33 44\nanother line\n")
        with connect(retailer.business.name) as conn:
            tables = rows_of_all_tables(conn)
            files = {path: rows_of_file(path) for path in retailer.landing.rglob("*.csv")}
            customer_id, records = persons_ids(conn)
            loads = conn.execute("select load_id, rows_read from ops.loads order by 1").fetchall()
            (n_sent,) = conn.execute("select count(*) from activation.delivery_members").fetchone()  # type: ignore[misc]
            conn.commit()
            assert {
                "raw.shopify__orders",
                "quality.quarantine",
                "customer_360.customers",
                "build_activation.lists",
                "activation.memberships",
                "history.consents",
            } <= {name for name, rows in tables.items() if any(traces_in(row) for row in rows)}
            assert len(traced_files(retailer.landing, retailer.drop)) > 6
            proof = erase(retailer.business, retailer.tables, EMAIL)
        yield Erased(retailer, customer_id, tuple(records), tables, files, loads, n_sent, log, proof)


def rows_of_all_tables(conn: Connection) -> dict[str, list[str]]:
    """Every row of every table as text, sorted."""
    names = conn.execute(
        "select nspname, relname from pg_class join pg_namespace on relnamespace = pg_namespace.oid"
        " where relkind in ('r', 'p') and nspname !~ '^(pg_|information_schema)' order by 1, 2"
    ).fetchall()
    return {
        f"{schema}.{name}": sorted(
            text
            for (text,) in conn.execute(
                sql.SQL("select to_jsonb(stored)::text from {} as stored").format(sql.Identifier(schema, name))
            )
        )
        for schema, name in names
    }


def rows_of_file(path: Path) -> list[str]:
    """Every record of a CSV file as text: a cell may hold line ends."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return ["|".join(cells) for cells in csv.reader(file)]


def traces_in(text: str) -> set[str]:
    return {trace for trace in TRACES if trace.lower() in text.lower()}


def tables_with(conn: Connection, *ids: str) -> set[str]:
    return {name for name, rows in rows_of_all_tables(conn).items() if any(one in row for row in rows for one in ids)}


def traced_tables(conn: Connection) -> dict[str, set[str]]:
    return {
        name: found
        for name, rows in rows_of_all_tables(conn).items()
        if (found := {trace for row in rows for trace in traces_in(row)})
    }


def traced_files(*folders: Path) -> dict[str, set[str]]:
    return {
        path.name: found
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and (found := traces_in(path.read_bytes().decode("utf-8", "replace")))
    }


def test_nothing_that_names_the_person_is_left_in_any_table_or_file(erased: Erased) -> None:
    with connect(erased.retailer.business.name) as conn:
        assert traced_tables(conn) == {}
    folder = erased.retailer.folder
    assert traced_files(folder, erased.log.parent) == {}
    assert erased.log.read_text() == "row of (erased) and of (erased)\nanother line\n"
    assert "other@example.com" in (folder / "work" / "data_docs" / "page.html").read_text()


def test_no_table_knows_the_persons_ids(erased: Erased) -> None:
    ids = (erased.customer_id, *erased.records)
    had = {name for name, rows in erased.tables.items() if any(one in row for row in rows for one in ids)}
    assert {"history.identity_assignments", "history.customer_headlines", "build_identity.linked_pairs"} <= had
    with connect(erased.retailer.business.name) as conn:
        assert tables_with(conn, *ids) == set()


def test_the_proof_says_what_went_and_names_nobody(erased: Erased) -> None:
    assert erased.proof.found_by_scan == {}
    assert erased.proof.removed_rows["customer_360.customers"] == 1
    assert traces_in(erased.proof.as_text() + json.dumps(erased.proof.as_json())) == set()


def test_other_persons_keep_every_row(erased: Erased) -> None:
    with connect(erased.retailer.business.name) as conn:
        after = rows_of_all_tables(conn)
    texts = [json.loads(row) for row in erased.tables["build_engagement.feedback"] if erased.customer_id in row]
    theirs = (*TRACES, erased.customer_id, *erased.records, *(text["text_id"] for text in texts))
    assert texts
    # A model that forgot a name is another version, and pairs say by which they were linked.
    books = {
        "build_identity.linked_with",
        "live_fingerprints.service_contacts",  # of whom something was put out nothing is known until the next night
        "history.identity_models",
        "history.identity_model_files",
        "ops.loads",
        "ops.erasures",
        "ops.tombstones",
        "quality.results",
        "activation.deliveries",
    }
    changed = {}
    for name in erased.tables.keys() - books:
        others = [row for row in erased.tables[name] if not any(trace.lower() in row.lower() for trace in theirs)]
        kept = [row for row in after[name] if "(erased)" not in row and '"erased_' not in row]
        if kept != others:
            changed[name] = (sorted(set(others) - set(kept))[:3], sorted(set(kept) - set(others))[:3])
    assert changed == {}
    for path, rows in erased.files.items():
        others = [row for row in rows if not traces_in(row) and "Second line" not in row]
        assert [row for row in rows_of_file(path) if "(erased)" not in row] == others, path.name


def test_who_only_mentions_the_person_keeps_the_row_without_the_mention(erased: Erased) -> None:
    with connect(erased.retailer.business.name) as conn:
        told = conn.execute(
            "select ticket_description from raw.hubspot__tickets where ticket_id = '3499999998'"
        ).fetchone()
    assert told == ('"Write to (erased), or call (erased)", she said',)


def test_ledgers_keep_keyed_hashes_only(erased: Erased) -> None:
    with connect(erased.retailer.business.name) as conn:
        assert conn.execute("select count(*) from activation.delivery_members").fetchone() == (erased.n_sent,)
        hashed = conn.execute(
            "select count(*) from activation.delivery_members where customer_id ~ '^erased_[0-9a-f]{32}$'"
        )
        assert hashed.fetchone() == (1,)


def test_a_list_that_is_made_again_is_the_one_without_the_person(erased: Erased) -> None:
    with connect(erased.retailer.business.name) as conn:
        delivered = conn.execute(
            "select business_date, segment, destination, list_kind, location, n_rows from activation.deliveries"
            " where status = 'delivered'"
        ).fetchall()
        assert sum(row[-1] for row in delivered) == erased.n_sent - 1
        for *which, location, _ in delivered:
            (path,) = erased.retailer.drop.rglob(Path(location).name)  # the ledger of a copy names the first one's
            assert rebuild(conn, ListOf(*which)) == path.read_bytes(), which


def test_asking_twice_gives_the_first_proof(erased: Erased) -> None:
    again = erase(erased.retailer.business, erased.retailer.tables, f" {EMAIL.upper()}")
    assert isinstance(again, EarlierProof)
    assert again.as_json() == erased.proof.as_json()


def test_the_books_balance_and_rewritten_files_are_the_same_loads(erased: Erased) -> None:
    retailer = erased.retailer
    with connect(retailer.business.name) as conn:
        assert conn.execute("select load_id, rows_read from ops.loads order by 1").fetchall() == erased.loads
        unbalanced = conn.execute(
            "select file_name from ops.loads where rows_read <> rows_loaded + rows_quarantined + rows_skipped"
        ).fetchall()
        assert unbalanced == []
        conn.execute("update ops.loads set finished_at = finished_at")  # each load counts its rows again
        conn.commit()
        n_erased = conn.execute("select sum(rows_erased) from ops.loads").fetchone()
        assert n_erased is not None
        assert n_erased[0] >= 9
        conn.execute("update ops.nights set state = 'open', claimed_at = null")
        again = ingest_path(conn, retailer.business, retailer.landing, NIGHT)
        conn.rollback()
    assert {result.status for result in again} == {"unchanged"}


def test_a_file_that_is_dropped_again_brings_nobody_back(retailer: Retailer, built: Retailer) -> None:
    with connect(retailer.business.name) as conn:
        erase(retailer.business, retailer.tables, EMAIL)
        conn.execute("update ops.nights set state = 'open', claimed_at = null")
        again = retailer.folder / "again"
        for path in built.landing.rglob("*.csv"):
            if "_truth" not in path.parts:
                (again / path.parent.name).mkdir(parents=True, exist_ok=True)
                (again / path.parent.name / path.name).write_bytes(path.read_bytes())
        results = ingest_path(conn, retailer.business, again, NIGHT)
        conn.commit()
        had_rows = {path.name for path in built.landing.rglob("*.csv") if traces_in(path.read_text("utf-8-sig"))}
        loaded = [result for result in results if result.status == "loaded"]
        assert {result.file for result in loaded} == had_rows - {"persons.csv"}
        assert {result.status for result in results} == {"loaded", "unchanged"}
        assert sum(result.erased for result in loaded) >= 9
        assert all(result.read == result.loaded + result.quarantined + result.skipped for result in loaded)
        mentions = {"raw.hubspot__tickets"}  # of a person who was not erased
        assert set(traced_tables(conn)) <= mentions


def test_another_spelling_of_an_erased_mailbox_brings_nobody_back(retailer: Retailer) -> None:
    with connect(retailer.business.name) as conn:
        erase(retailer.business, retailer.tables, EMAIL)
        append_person(retailer.folder / "later", EMAIL.replace("@", "+shop@"))
        (path,) = (retailer.folder / "later").glob("*all-contacts*")
        path.rename(retailer.landing / "hubspot" / path.name)
        open_night(conn, retailer.business, NEXT)
        results = ingest_path(conn, retailer.business, retailer.landing, NEXT)
        assert [(found.status, found.erased) for found in results if found.file == path.name] == [("loaded", 1)]
        assert traced_tables(conn) == {}


def test_a_mailbox_that_somebody_else_uses_too_is_not_the_persons_alone(retailer: Retailer) -> None:
    business, country = retailer.business, retailer.business.default_country
    tagged = EMAIL.replace("@", "+member@")
    with connect(business.name) as conn:
        assert find_person(conn, business, EMAIL).mailboxes == {EMAIL}
        conn.execute(
            "insert into build_contacts.normalised (kind, raw_value, default_country, normalised, is_valid, is_shared,"
            " match_key) values ('email', %s, %s, %s, true, false, %s)",
            [tagged, country, tagged, EMAIL],
        )
        conn.execute(
            "update build_intermediate.int_customers_unioned set email_raw = %s where email_raw = %s", [tagged, MEMBER]
        )
        person = find_person(conn, business, EMAIL)
        conn.rollback()
    assert (person.emails, person.mailboxes) == ({EMAIL}, set())


def test_an_id_from_before_a_merge_names_the_person_and_goes_with_them(retailer: Retailer) -> None:
    with connect(retailer.business.name) as conn:
        customer_id, records = persons_ids(conn)
        (other,) = conn.execute(
            "select customer_id from build_identity.customer_records where customer_id <> %s limit 1", [customer_id]
        ).fetchone()  # type: ignore[misc]
        conn.cursor().executemany(
            "insert into history.identity_assignments values (%s, %s, %s, 'alone')",
            [
                (records[0], "c_before_the_merge", EARLIER),
                # Somebody else's once: two of them, in the same night.
                (records[1], other, EARLIER),
                (records[2], other, EARLIER),
            ],
        )
        conn.execute(
            "insert into history.customer_headlines values ('c_before_the_merge', %s, 'regular', 5)", [EARLIER]
        )
        conn.commit()
        erase(retailer.business, retailer.tables, "c_before_the_merge")
        assert tables_with(conn, "c_before_the_merge", customer_id, *records) == set()
        assert traced_tables(conn) == {}
        assert conn.execute(
            "select count(*) from history.identity_assignments where source_record_id = '(erased)'"
        ).fetchone() == (0,)
        assert conn.execute(
            "select count(*) from customer_360.customers where customer_id = %s", [other]
        ).fetchone() == (1,)
    assert isinstance(erase(retailer.business, retailer.tables, "c_before_the_merge"), EarlierProof)


def test_what_people_decided_of_the_persons_records_goes_and_decisions_of_others_stay(retailer: Retailer) -> None:
    seed = settings.SEEDS / "identity_decisions.csv"
    with connect(retailer.business.name) as conn:
        customer_id, records = persons_ids(conn)
        (others,) = conn.execute(
            "select array_agg(source_record_id) from (select source_record_id from build_identity.customer_records"
            " where customer_id <> %s order by 1 limit 3) as three",
            [customer_id],
        ).fetchone()  # type: ignore[misc]
        decided = [(others[0], others[1], "different"), (others[0], records[0], "different"),
                   (records[1], others[2], "same")]  # fmt: skip
        for one, other, decision in decided:
            add_decision(seed, one, other, decision, "looked at")
            conn.execute(
                "insert into build_seeds.identity_decisions (one_record_id, other_record_id, decision)"
                " values (%s, %s, %s)",
                [one, other, decision],
            )
        conn.execute("update build_identity.linked_with set decisions = %s", [read_decisions(conn).as_json()])
        conn.commit()
        erase(retailer.business, retailer.tables, EMAIL)
        assert tables_with(conn, customer_id, *records) == set()
        kept = Decisions(different=((others[0], others[1]),))
        assert read_decisions(conn) == kept
        (linked_with,) = conn.execute("select decisions from build_identity.linked_with").fetchone()  # type: ignore[misc]
        assert (others[0], others[1]) in Decisions.of(linked_with).different
    lines = seed.read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[:3] for line in lines[1:]] == [[others[0], others[1], "different"]]


def persons_ids(conn: Connection) -> tuple[str, list[str]]:
    found = conn.execute(
        "select customer_id, array_agg(source_record_id order by source_record_id)"
        " from customer_360.customer_identities"
        " where customer_id = (select customer_id from customer_360.customers where email = %s) group by 1",
        [EMAIL],
    ).fetchone()
    assert found is not None
    return found[0], found[1]


@pytest.mark.history
def test_the_next_night_is_built_and_published_without_the_person(retailer: Retailer, built: Retailer) -> None:
    business = retailer.business
    with connect(business.name) as conn:
        erase(business, retailer.tables, EMAIL)
        before = customers(conn)
        # The person's e-mail is still in the exports of the next night.
        append_person(retailer.folder / "later")
        for path in (retailer.folder / "later").iterdir():
            vendor = next(old.parent.name for old in built.landing.rglob("*.csv") if old.name[:12] == path.name[:12])
            path.rename(retailer.landing / vendor / path.name)
        night = open_night(conn, business, NEXT)
        ensure_raw_tables(conn, load_declarations(business))
        results = ingest_path(conn, business, retailer.landing, NEXT)
        conn.commit()
        assert sum(result.erased for result in results if result.business_date == NEXT) >= 2
        build_and_publish(business, night)
        assert traced_tables(conn) == {}
        assert customers(conn) >= before


def customers(conn: Connection) -> set[str]:
    return {found for (found,) in conn.execute("select customer_id from customer_360.customers").fetchall()}


class Killed(BaseException):
    """In place of a signal: nothing after it runs."""


def test_an_erasure_that_is_killed_at_each_step_in_turn_goes_on_when_it_is_asked_for_again(retailer: Retailer) -> None:
    def kill_at(step: str) -> Callable[[str], None]:
        def kill(what: str) -> None:
            if what == step:
                raise Killed

        return kill

    for step in ("the warehouse", "unused space", "landed files", "lists, logs, docs", "final scan"):
        with pytest.raises(Killed):
            erase(retailer.business, retailer.tables, EMAIL, say=kill_at(step))
    proof = erase(retailer.business, retailer.tables, PHONE)  # by another key of the same person
    assert not isinstance(proof, EarlierProof)
    with connect(retailer.business.name) as conn:
        assert traced_tables(conn) == {}
        assert conn.execute("select count(*), min(state) from ops.erasures").fetchone() == (1, "done")
    assert traced_files(retailer.folder) == {}


def test_a_night_at_work_is_not_disturbed(retailer: Retailer) -> None:
    with connect(retailer.business.name) as conn:
        conn.execute("update ops.nights set state = 'building'")
        conn.commit()
        with pytest.raises(NightError, match="is at work"):
            erase(retailer.business, retailer.tables, EMAIL)
        assert traced_tables(conn) != {}


def test_an_unknown_key_is_refused_without_repeating_it(retailer: Retailer) -> None:
    for key in ("nobody@nowhere.example.com", "+4539999999", "c_nobody", ""):
        with pytest.raises(UsageError) as raised:
            erase(retailer.business, retailer.tables, key)
        assert not key or key not in str(raised.value)


def test_tables_that_nobody_has_heard_of_are_covered_by_their_columns(retailer: Retailer) -> None:
    with connect(retailer.business.name) as conn:
        row = conn.execute(
            "select customer_id, source_record_id from customer_360.customer_identities"
            " where source_record_id like '%20199999999'"
        ).fetchone()
        assert row is not None
        customer_id, record = row
        conn.execute("create table history.identity_links (left_record_id text, right_record_id text, weight real)")
        conn.execute(
            "insert into history.identity_links values (%s, 'shopify:customers:1', 1), ('a:b:1', 'a:b:2', 2)", [record]
        )
        conn.execute("create table history.identity_events (customer_ids text[], evidence jsonb)")
        conn.execute(
            "insert into history.identity_events"
            " values (array[%s], jsonb_build_object('email', %s::text, 'records', array[%s]))",
            [customer_id, EMAIL, record],
        )
        conn.execute("create schema review")
        conn.execute("create table review.pairs (note text, customer_id varchar(80))")
        conn.execute("insert into review.pairs values ('a', %s), ('b', 'c_other')", [customer_id])
        conn.commit()
        erase(retailer.business, retailer.tables, EMAIL)
        assert conn.execute("select left_record_id from history.identity_links").fetchall() == [("a:b:1",)]
        assert conn.execute("select note from review.pairs").fetchall() == [("b",)]
        events = conn.execute("select customer_ids::text || evidence::text from history.identity_events").fetchall()
        assert not any(key in text for (text,) in events for key in (customer_id, record, EMAIL))
