"""Who only mentions an erased person keeps the row, in tables too whose rows are otherwise never changed."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from rapport.privacy.person import ERASED, Person
from rapport.privacy.sweeping import count_mentions, put_out
from rapport.warehouse import connect

EMAIL = "zebedee.quux@qwortz.example.com"
Connection = psycopg.Connection[Any]


@pytest.fixture
def conn(warehouse: str) -> Any:
    with connect(warehouse) as connection:
        connection.execute(
            "insert into history.consents values ('d1', '2026-03-01', null, 'other', 'email', 'other@example.com',"
            " 'email', 'marketing', 'granted', %s, false, false, '2026-02-01', null)",
            [f"Forwarded by {EMAIL}"],
        )
        connection.execute(
            "insert into activation.memberships (segment, destination, from_night, member_since, customer_id, channel,"
            " contact, reason)"
            " values ('vip', 'drop', '2026-03-01', '2026-03-01', 'other', 'email', 'other@example.com', %s)",
            [f"Recommended by {EMAIL}"],
        )
        yield connection
        connection.rollback()


def test_a_mention_is_put_out_of_what_nights_knew_and_of_what_stood_on_lists(conn: Connection) -> None:
    assert put_out(conn, Person(emails={EMAIL}, values={EMAIL})) == {
        "activation.memberships": 1,
        "history.consents": 1,
    }
    told = conn.execute("select source from history.consents union all select reason from activation.memberships")
    assert told.fetchall() == [(f"Forwarded by {ERASED}",), (f"Recommended by {ERASED}",)]


def test_after_it_these_rows_cannot_be_changed_as_before(conn: Connection) -> None:
    put_out(conn, Person(emails={EMAIL}, values={EMAIL}))
    for table in ("history.consents", "activation.memberships"):
        with pytest.raises(psycopg.errors.CheckViolation, match="never changed"), conn.transaction():
            conn.execute(f"update {table} set contact = 'new@example.com'")  # type: ignore[arg-type]


def test_a_mention_is_found_amid_many_rows_however_it_is_written(conn: Connection) -> None:
    known = {f"shop:orders:{n}" for n in range(600)}
    said = [f"To {EMAIL.upper()}\tat \\ once", "call +45 (31) 22/33-44\nor not", "about shop:orders:599.", r"c:\temp\x"]
    conn.execute("create table history.notes (note text, more jsonb)")
    conn.execute("insert into history.notes select repeat('nothing ', 20) || n, '{}' from generate_series(1, 20000) n")
    conn.execute("insert into history.notes select unnest(%s::text[]), '{}'", [said])
    conn.execute("""insert into history.notes values ('', '{"of": ["shop:orders:7"]}')""")
    person = Person(emails={EMAIL}, phones={"+4531223344"}, records={*known, r"shop:c:\temp"})
    assert count_mentions(conn, person) == put_out(conn, person) | {"history.notes": 4}
    assert count_mentions(conn, person) == {}
    told = conn.execute("select note from history.notes where note ~ %s", ["erased|temp"]).fetchall()
    assert sorted(note for (note,) in told) == sorted(
        [f"To {ERASED}\tat \\ once", f"call {ERASED}\nor not", f"about {ERASED}.", r"c:\temp\x"]
    )
