"""Candidate pairs: records that have something in common, block by block, no block larger than its rule can afford."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

# Up to here every record is compared with every other.
ALL_PAIRS_RECORDS = 1_000
# What a rule may cost, in pairs; its largest blocks are left to the rules that divide them further.
PAIRS_A_RECORD, LEAST_PAIRS = 0.8, 300_000
LARGEST_BLOCK = 5_000

_NAMES = ("least(given_name, surname)", "greatest(given_name, surname)")
_SOUND = "{0}[1] || regexp_replace({0}[2:], '[AEIOUYHW ]', '', 'g')[1:3]"
_GIVEN_SOUND, _SURNAME_SOUND = _SOUND.format("given_name"), _SOUND.format("surname")

# What must be equal in two records, all of it, for the rule to make them a pair.
RULES: dict[str, tuple[str, ...]] = {
    "email": ("unnest(emails)",),
    "phone": ("unnest(phones)",),
    "external_id": ("unnest(external_ids)",),
    "local_part": ("local_part",),
    "name": _NAMES,
    "name_and_year": (*_NAMES, "birth_year"),
    "name_and_code": (*_NAMES, "postal_code"),
    "name_and_town": (*_NAMES, "city"),
    "sounds": (f"least({_GIVEN_SOUND}, {_SURNAME_SOUND})", f"greatest({_GIVEN_SOUND}, {_SURNAME_SOUND})"),
    "sounds_and_town": (_GIVEN_SOUND, _SURNAME_SOUND, "city"),
    "birth_date": ("birth_date",),
    "birth_date_and_given": ("birth_date", "given_initial"),
    "birth_date_and_surname": ("birth_date", "surname[1:2]"),
    "birth_date_and_code": ("birth_date", "postal_code"),
    "surname_and_birthday": ("surname", "birth_date[5:8]"),
    "given_and_birthday": ("given_name", "birth_date[5:8]"),
    "surname_and_month": ("surname", "birth_date[1:6]"),
    "given_and_month": ("given_name", "birth_date[1:6]"),
    "surname_and_code": ("surname", "postal_code"),
    "given_and_code": ("given_name", "postal_code"),
    "street_and_code": ("street", "postal_code"),
    "street_and_town": ("street", "city"),
    "given_and_street": ("given_name", "street"),
    "surname_and_street": ("surname", "street"),
    "number_and_code": ("house_number", "postal_code", "given_initial"),
    # of these only what is rare, and in a small set nearly all
    "given_name": ("given_name",),
    "surname": ("surname",),
    "street_name": ("street_name",),
    "code": ("postal_code",),
    "birth_month": ("birth_date[1:6]",),
    "birthday": ("birth_date[5:8]",),
}


def block(conn: duckdb.DuckDBPyConnection, limits: Mapping[str, int] | None = None) -> dict[str, int]:
    """Fill the table `pairs` (l, r: row numbers, l < r) from `records`; returns the largest block of each rule.

    `limits` are those of an earlier call, to be kept to; without them they are chosen so that a rule costs at
    most PAIRS_A_RECORD pairs a record.
    """
    n_records = _count(conn, "records")
    if n_records <= ALL_PAIRS_RECORDS and limits is None:
        conn.execute(
            "create or replace table pairs as"
            " select one.row as l, other.row as r from records one join records other on one.row < other.row"
        )
        return dict.fromkeys(RULES, LARGEST_BLOCK)
    _start_keys(conn, "keys")
    for rule in RULES:
        _add_keys(conn, "keys", rule, "records")
    limits = _bound_blocks(conn, n_records, limits)
    _pair(conn, "keys")
    return limits


def block_new(conn: duckdb.DuckDBPyConnection, limits: Mapping[str, int]) -> None:
    """Fill the table `pairs` with those of which one record at least is in the table `new_rows` (row)."""
    _start_keys(conn, "new_keys")
    _start_keys(conn, "keys")
    for rule in RULES:
        _add_keys(conn, "new_keys", rule, "(select records.* from records semi join new_rows using (row))")
        _add_keys(
            conn, "keys", rule, "records", f"hash(key) in (select key from new_keys where rule = {_number(rule)})"
        )
    _bound_blocks(conn, 0, limits)
    _pair(conn, "new_keys")
    conn.execute("drop table new_keys")


def _count(conn: duckdb.DuckDBPyConnection, table: str) -> int:
    ((n_rows,),) = conn.execute(f"select count(*) from {table}").fetchall()
    return int(n_rows)


def _number(rule: str) -> int:
    return list(RULES).index(rule)


def _start_keys(conn: duckdb.DuckDBPyConnection, table: str) -> None:
    conn.execute(f"create or replace table {table} (rule utinyint, key ubigint, row integer)")


def _add_keys(conn: duckdb.DuckDBPyConnection, table: str, rule: str, records: str, condition: str = "true") -> None:
    key = " || '|' || ".join(f"({part})" for part in RULES[rule])  # null where any part is
    conn.execute(
        f"insert into {table} select {_number(rule)}, hash(key), row"
        f" from (select row, {key} as key from {records}) where key is not null and {condition}"
    )


def _bound_blocks(conn: duckdb.DuckDBPyConnection, n_records: int, limits: Mapping[str, int] | None) -> dict[str, int]:
    """Fill the table `blocks` (rule, key) with those of `keys` that hold several records, and not too many."""
    conn.execute(
        "create or replace table blocks as"
        " select rule, key, count(*) as size from keys group by all having count(*) > 1"
    )
    if limits is None:
        budget = max(LEAST_PAIRS, PAIRS_A_RECORD * n_records)
        found = conn.execute(
            f"""
            select rule, max(size) from (
                select rule, size, sum(sum(size * (size - 1) / 2)) over (partition by rule order by size) as cost
                from blocks where size <= {LARGEST_BLOCK} group by rule, size
            ) where cost <= {budget} group by rule
            """
        ).fetchall()
        largest = dict(found)
        # a rule without a block so far may hold pairs later
        limits = {rule: largest.get(_number(rule), 2) for rule in RULES}
    kept = " or ".join(f"(rule = {_number(rule)} and size <= {size})" for rule, size in limits.items())
    conn.execute(f"delete from blocks where not ({kept})")
    return dict(limits)


def _pair(conn: duckdb.DuckDBPyConnection, keys: str) -> None:
    """Fill `pairs` with the records of one block, of which one is among `keys`."""
    conn.execute(
        "create or replace table pairs as"
        " select distinct least(one.row, other.row) as l, greatest(one.row, other.row) as r"
        f" from {keys} as one join blocks using (rule, key) join keys as other using (rule, key)"
        f" where one.row {'<' if keys == 'keys' else '<>'} other.row"
    )
    conn.execute("drop table keys; drop table blocks")
