"""Records of persons as they are compared: columns derived from normalised values, in DuckDB.

Each derived column is a plain function of the record, but for values that too many bear to tell anything.
"""

from __future__ import annotations

import os
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rapport.contacts.nicknames import formal_names

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("given_name", pa.string()),
        ("surname", pa.string()),
        ("full_name", pa.string()),
        ("birth_date", pa.string()),
        ("street", pa.string()),
        ("city", pa.string()),
        ("postal_code", pa.string()),
        ("country_code", pa.string()),
        ("emails", pa.list_(pa.string())),
        ("phones", pa.list_(pa.string())),
        ("external_ids", pa.list_(pa.string())),
    ]
)
# More people than this on one mailbox or number are an office, a shop, or a form that somebody wanted to get past;
# a business says its own number (max_names_per_contact).
MOST_BEARERS = 10
MOST_NAMELESS_BEARERS = 30
# A birthday that so many names have, and that share of all records, is a default (1900-01-01).
COMMON_BIRTH_DATE_SHARE, COMMON_BIRTH_DATE_NAMES = 0.01, 30

# Whole names come as `SURNAME, GIVEN NAMES`, or as the one word there is.
_SURNAME_OF_WHOLE = "if(contains(full_name, ', '), split_part(full_name, ', ', 1), null)"
_GIVEN_OF_WHOLE = "if(contains(full_name, ', '), split_part(full_name, ', ', 2), full_name)"


def _in_order(values: str) -> str:
    """Each value of a list once, sorted; null for none. Of most records it is a single one: nothing has to be done."""
    return (
        f"case when len({values}) = 1 and {values}[1] is not null then {values}"
        f" else nullif(list_sort(list_distinct({values})), []) end"
    )


_GIVEN = f"coalesce(given_name, if(surname is null, {_GIVEN_OF_WHOLE}, null))"

_DERIVE = f"""
create or replace table records as
with given as (
    select
        id,
        row,
        {_GIVEN} as given_name,
        coalesce(surname, if(given_name is null, {_SURNAME_OF_WHOLE}, null)) as surname,
        nullif(regexp_replace(birth_date, '[^0-9]', '', 'g'), '') as birth_date,
        nullif(trim(street), '') as street,
        nullif(trim(city), '') as city,
        nullif(trim(postal_code), '') as postal_code,
        {_in_order("emails")} as emails,
        {_in_order("phones")} as phones,
        {_in_order("external_ids")} as external_ids
    from arrived
),
told as (
    select
        *,
        split_part(given_name, ' ', 1) as first_word,
        emails[1] as email,
        nullif(split_part(emails[1], '@', 1), '') as local_part
    from given
)
select
    *,
    nullif(trim(regexp_replace(street, '\\b[0-9]+[A-Z]?\\b', '', 'g')), '') as street_name,
    nullif(regexp_extract(street, '\\b[0-9]+[A-Z]?\\b'), '') as house_number,
    given_name[1] || regexp_replace(given_name[2:], '[AEIOUYHW ]+', '', 'g')[1:3] as given_sound,
    surname[1] || regexp_replace(surname[2:], '[AEIOUYHW ]+', '', 'g')[1:3] as surname_sound,
    given_name[1] as given_initial,
    surname[1] as surname_initial,
    if(length(birth_date) = 8, birth_date[1:4], null) as birth_year,
    if(length(birth_date) = 8, birth_date[5:6], null) as birth_month,
    if(length(birth_date) = 8, birth_date[7:8], null) as birth_day,
    phones[1] as phone,
    regexp_replace(email, '[a-z@._+-]+', '', 'g') as email_digits,
    case
        when length(local_part) >= 5  -- shorter ones are anybody's
            and not coalesce(contains(upper(local_part), string_split(given_name, ' ')[1]), false)
            and not coalesce(contains(upper(local_part), string_split(surname, ' ')[-1]), false)
        then local_part
    end as mailbox,
    formal_names
from told
left join short_forms using (first_word)
"""

_TOO_COMMON_POINTS = f"""
select list(point) from (
    select point from (select unnest({{points}}) as point, given_name from records) group by point
    having count(distinct given_name[1:3]) > {{most_bearers}}
        or (count(given_name) = 0 and count(*) > {MOST_NAMELESS_BEARERS})
)
"""

_TOO_COMMON_BIRTH_DATES = f"""
update records set birth_date = null, birth_year = null, birth_month = null, birth_day = null where birth_date in (
    select birth_date from records where birth_date is not null group by birth_date
    having count(distinct (given_name, surname)) > greatest(
        {COMMON_BIRTH_DATE_NAMES}, {COMMON_BIRTH_DATE_SHARE} * (select count(*) from records)
    )
)
"""


def connect() -> duckdb.DuckDBPyConnection:
    """A database in memory, for one matching."""
    conn = duckdb.connect()
    conn.execute(f"set threads = {min(os.cpu_count() or 1, 8)}; set preserve_insertion_order = false")
    return conn


def fetch(conn: duckdb.DuckDBPyConnection, query: str) -> dict[str, npt.NDArray[Any]]:
    """The columns of a query's answer, whose values are never null."""
    return {name: np.asarray(values) for name, values in conn.execute(query).fetchnumpy().items()}


def prepare(conn: duckdb.DuckDBPyConnection, records: pa.Table, most_bearers: int = MOST_BEARERS) -> int:
    """Fill the table `records` of the connection, rows numbered in the order of ids; returns how many there are.

    `records` has the columns of SCHEMA, any of them left out but id: names, streets and towns as
    the match keys of rapport.contacts, birth dates as YYYYMMDD or as close to it as was written, no value that
    contacts calls invalid or shared. A mailbox or number of more than `most_bearers` given names counts for nobody.
    """
    missing = [field for field in SCHEMA if field.name not in records.column_names]
    for field in missing:
        records = records.append_column(field, pa.nulls(records.num_rows, field.type))
    order = pc.sort_indices(records["id"]).to_numpy()
    row = np.empty(len(order), dtype=np.int32)
    row[order] = np.arange(len(order))
    arrived = records.select(SCHEMA.names).cast(SCHEMA).append_column("row", pa.array(row))
    conn.register("arrived", arrived)
    conn.register("short_forms", _short_forms(conn))
    conn.execute(_DERIVE)
    conn.unregister("arrived")
    conn.unregister("short_forms")
    for points in ("emails", "phones"):
        ((too_common,),) = conn.execute(_TOO_COMMON_POINTS.format(points=points, most_bearers=most_bearers)).fetchall()
        if too_common:
            conn.execute(
                f"update records set {points} = nullif(list_filter({points}, lambda x: not list_contains($1, x)), []),"
                f" {points[:-1]} = null where list_has_any({points}, $1)",
                [too_common],
            )
    conn.execute(_TOO_COMMON_BIRTH_DATES)
    return int(records.num_rows)


def _short_forms(conn: duckdb.DuckDBPyConnection) -> pa.Table:
    """first_word of the given names that are short forms, and the formal_names they may stand for."""
    words = fetch(conn, f"select distinct split_part({_GIVEN}, ' ', 1) as word from arrived where {_GIVEN} is not null")
    formal = {word: sorted(formal_names(word) - {word}) for word in words["word"].tolist()}
    known = {word: names for word, names in formal.items() if names}
    columns = [pa.array(known.keys(), pa.string()), pa.array(known.values(), pa.list_(pa.string()))]
    return pa.table(columns, ["first_word", "formal_names"])
