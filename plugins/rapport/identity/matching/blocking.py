"""Candidate pairs: records that have something in common, block by block, no block larger than its rule can afford."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

# Up to here every record is compared with every other.
ALL_PAIRS_RECORDS = 1_000
# What a rule may cost, in pairs; its largest blocks are left to the rules that divide them further.
PAIRS_A_RECORD, LEAST_PAIRS = 0.4, 300_000
LARGEST_BLOCK = 5_000

_NAMES = ("least(given_name, surname)", "greatest(given_name, surname)")

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
    "sounds": ("least(given_sound, surname_sound)", "greatest(given_sound, surname_sound)"),
    "sounds_and_town": ("given_sound", "surname_sound", "city"),
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
    "given_name": ("given_name",),
    "surname": ("surname",),
    "street_name": ("street_name",),
    "code": ("postal_code",),
    "birth_month": ("birth_date[1:6]",),
    "birthday": ("birth_date[5:8]",),
}


# Too coarse for many records; in few they find whoever differs in nearly all.
COARSE = ("given_name", "surname", "street_name", "code", "birth_month", "birthday")
COARSE_RECORDS = 20_000


# What a person gives as their own: of a block that is too large, neighbours at least are compared.
OWN_KEYS = ("email", "phone", "external_id")
OWN_KEY_PAIRS_A_RECORD, N_NEIGHBOURS = 4.0, 3


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
    conn.execute("create or replace table found (l integer, r integer)")
    chosen = {}
    for rule in RULES:
        if rule in COARSE and n_records > COARSE_RECORDS and limits is None:
            chosen[rule] = 0
            continue
        _find_keys(conn, rule, "records", "keys")
        limit = limits[rule] if limits else _limit(conn, n_records, rule)
        chosen[rule] = limit
        _pair(conn, rule, "keys", limit)
    _finish(conn)
    return chosen


def block_new(conn: duckdb.DuckDBPyConnection, limits: Mapping[str, int]) -> None:
    """Fill the table `pairs` with those of which one record at least is in the table `new_rows` (row)."""
    conn.execute("create or replace table found (l integer, r integer)")
    conn.execute("create or replace table new_records as select records.* from records semi join new_rows using (row)")
    for rule, limit in limits.items():
        if limit < 2:
            continue
        _find_keys(conn, rule, "new_records", "new_keys")
        _find_keys(conn, rule, "records", "keys", "key in (select key from new_keys)")
        _pair(conn, rule, "new_keys", limit)
    conn.execute("drop table if exists new_keys; drop table new_records")
    _finish(conn)


def _count(conn: duckdb.DuckDBPyConnection, table: str) -> int:
    ((n_rows,),) = conn.execute(f"select count(*) from {table}").fetchall()
    return int(n_rows)


def _find_keys(conn: duckdb.DuckDBPyConnection, rule: str, records: str, into: str, condition: str = "true") -> None:
    names = [f"part_{number}" for number in range(len(RULES[rule]))]
    parts = ", ".join(f"{part} as {name}" for name, part in zip(names, RULES[rule], strict=True))
    is_there = " and ".join(f"{name} is not null" for name in names)
    conn.execute(
        f"create or replace table {into} as select key, row from ("
        f" select hash({', '.join(names)}) as key, row from (select row, {parts} from {records}) where {is_there})"
        f" where {condition}"
    )


def _limit(conn: duckdb.DuckDBPyConnection, n_records: int, rule: str) -> int:
    """The largest block of `keys` that the rule can afford, all smaller ones with it."""
    budget = max(LEAST_PAIRS, (OWN_KEY_PAIRS_A_RECORD if rule in OWN_KEYS else PAIRS_A_RECORD) * n_records)
    ((largest, affordable),) = conn.execute(
        f"""
        select max(size), max(size) filter (where cost <= {budget}) from (
            select size, sum(count(*) * size * (size - 1) / 2) over (order by size) as cost
            from (select count(*) as size from keys group by key)
            where size > 1 group by size
        )
        """
    ).fetchall()
    # where all is affordable, so are larger ones that come later
    return LARGEST_BLOCK if largest == affordable else min(affordable or 1, LARGEST_BLOCK)


def _pair(conn: duckdb.DuckDBPyConnection, rule: str, one_side: str, limit: int) -> None:
    """Add to `found` the records of one block of `keys`, of which one is in the table `one_side`."""
    order = "<" if one_side == "keys" else "<>"
    conn.execute(
        f"""
        insert into found
        with blocks as (select key from keys group by key having count(*) between 2 and {limit}),
        blocked as (select keys.* from keys semi join blocks using (key)),
        one_side as (select one.* from {one_side} as one semi join blocks using (key))
        select least(one.row, other.row), greatest(one.row, other.row)
        from one_side as one join blocked as other using (key) where one.row {order} other.row
        """
    )
    if rule not in OWN_KEYS:
        return
    next_rows = ", ".join(
        f"lead(row, {step}) over (partition by key order by row)" for step in range(1, N_NEIGHBOURS + 1)
    )
    conn.execute(
        f"""
        insert into found
        with crowded as (select key from keys group by key having count(*) > {limit}),
        neighbours as (select row, unnest([{next_rows}]) as other from keys semi join crowded using (key))
        select row, other from neighbours
        where other is not null
            and (row in (select row from {one_side}) or other in (select row from {one_side}))
        """
    )


def _finish(conn: duckdb.DuckDBPyConnection) -> None:
    # in the order of the left record, of which there are many pairs
    conn.execute("create or replace table pairs as select distinct l, r from found order by l, r")
    conn.execute("drop table found; drop table keys")
