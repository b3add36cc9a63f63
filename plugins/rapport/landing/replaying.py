"""Replaying quarantine: rows that can be read since their declaration was corrected go into raw, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from rapport.businesses import Business
from rapport.errors import LandingError, UsageError
from rapport.landing import ledger
from rapport.landing.copying import copy_rows, survey, told
from rapport.landing.declarations import Declaration
from rapport.landing.dialects import Evidence
from rapport.landing.held_rows import HeldRows, count_open, recorded_layout
from rapport.landing.loading import begin_anew
from rapport.landing.quoting import Quoting
from rapport.landing.raw_tables import analyse_raw_tables, ensure_raw_tables, lock_raw_table
from rapport.landing.results import NOT_KEPT, LoadResult, Quarantined
from rapport.landing.sorting import RowSorter
from rapport.privacy.tombstones import Tombstones
from rapport.warehouse import telling_a_full_disk

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Replayed:
    """What became of the rows of one load that waited in quarantine; tried = loaded + skipped + held.

    replayed: `load_id` took rows in. held: none can be read yet. nothing: no row waits. refused: the ledger's file
    has to come again, or the load counts no longer; `reason` and `fix` say so. `known` are those of the skipped rows
    that a full export only repeats; of `lost` rows nothing was kept but the reason, so that only their file helps.
    """

    file: str
    vendor: str
    table: str
    status: Literal["replayed", "held", "nothing", "refused"]
    replays: int
    load_id: int | None = None
    tried: int = 0
    loaded: int = 0
    skipped: int = 0
    known: int = 0
    held: int = 0
    lost: int = 0
    reason: str | None = None
    fix: str | None = None


def waiting_loads(conn: Connection, *, file_name: str | None = None) -> list[int]:
    """The loads, of one file or of all, of which rows wait in quarantine; the oldest export first."""
    found = conn.execute(
        "select load_id from ops.loads where (%(file)s::text is null or file_name = %(file)s) and exists"
        " (select from quality.quarantine where quarantine.load_id = loads.load_id and state = 'open')"
        " order by export_date, load_id",
        {"file": file_name},
    ).fetchall()
    return [load_id for (load_id,) in found]


def replay_loads(
    conn: Connection,
    business: Business,
    tables: Iterable[Declaration],
    load_ids: Sequence[int],
    business_date: date,
) -> list[Replayed]:
    """Take the quarantined rows of loads that can be read now into raw, for a night that is open.

    `tables` are all that are declared. Each load in one transaction; commits, including what the caller had not.
    Raises UsageError for a load there is not.
    """
    declared = {(table.vendor, table.table): table for table in tables}
    originals = {load_id: _find(conn, load_id, business_date) for load_id in load_ids}
    begin_anew(conn)
    results = []
    for original in originals.values():
        declaration = declared.get((original["vendor"], original["table_name"]))
        try:
            if declaration is None:
                raise LandingError("Its table is declared no longer.", fix="list its vendor in the business's file")
            with telling_a_full_disk(conn, f"the replay of {original['file_name']}"), conn.transaction():
                results.append(_replay(conn, business, declaration, original, business_date))
        except (LandingError, ledger.LaterNight) as error:
            results.append(replace(_outcome(original, "refused"), reason=error.what, fix=error.fix))
    analyse_raw_tables(conn, {(result.vendor, result.table) for result in results if result.loaded})
    return results


def _replay(
    conn: Connection, business: Business, declaration: Declaration, original: dict[str, Any], business_date: date
) -> Replayed:
    lock_raw_table(conn, declaration)
    load_id = original["load_id"]
    n_open, n_lost = count_open(conn, load_id)
    if not n_open:
        return replace(_outcome(original, "nothing"), lost=n_lost, reason=_where_they_are(conn, load_id))
    if not original["counts"]:
        raise LandingError(
            f"It is not among the loads that count as of the night of {business_date}.",
            fix="choose a later --date",
        )
    quoting = Quoting(original["quote_mark"] or "", original["escape_mark"])
    layout = recorded_layout(conn, declaration, load_id, original["delimiter"], quoting)
    ensure_raw_tables(conn, [declaration])
    file, export_date = original["file_name"], original["export_date"]
    found = ledger.loads_before(conn, declaration, file, export_date, business_date, is_replay=True)
    result = LoadResult(
        file, declaration.vendor, declaration.table, declaration.kind, "loaded", business_date,
        delimiter=layout.delimiter, scope=found.scope, replays=load_id,
    )  # fmt: skip
    ledger.hold_night_open(conn, result)
    result = replace(result, load_id=_open_load(conn, result))
    ledger.write_columns(conn, result, layout)
    rows = HeldRows(business.name, load_id, layout, declaration, original["digest"])
    # As the rest of the file was read; what that left open is as open for these rows.
    own = business.dialect_of(declaration.vendor)
    as_read = {"decimal": original["decimal_sign"], "date_order": original["date_order"]}
    own = own.model_copy(update={name: known for name, known in as_read.items() if known})
    dialect = survey(rows, layout, declaration, Evidence(declaration.export.formats, own), file)
    assert result.load_id is not None
    last_row = _last_row(conn, declaration, original)
    tombstones = Tombstones.read(conn, business.default_country)
    sorter = RowSorter(layout, declaration, result.load_id, dialect, None, last_row, tombstones)
    still = _StillHeld(conn, load_id)
    _, result = copy_rows(conn, declaration, rows, sorter, result, found, still.hold)
    outcome = replace(
        _outcome(original, "held"), tried=rows.n_rows, held=result.quarantined, lost=n_lost,
        reason=told(still.reasons, 0, 0, result.erased, found),
    )  # fmt: skip
    still.note()
    if result.quarantined == result.read:
        conn.execute("delete from ops.load_columns where load_id = %s", [result.load_id])
        conn.execute("delete from ops.loads where load_id = %s", [result.load_id])
        return outcome
    note = told(Counter(), result.known, result.closed, result.erased, found)
    result = replace(
        result,
        read=result.read - result.quarantined,
        quarantined=0,
        reason="; ".join(filter(None, [f"from the quarantine of load {load_id}", note])),
    )
    still.release_the_others(result.load_id)
    ledger.close_load(conn, result, original["digest"])
    return replace(
        outcome, status="replayed", load_id=result.load_id, loaded=result.loaded, skipped=result.skipped,
        known=result.known, reason="; ".join(filter(None, [outcome.reason, note])) or None,
    )  # fmt: skip


def _find(conn: Connection, load_id: int, business_date: date) -> dict[str, Any]:
    with conn.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(
            "select loads.*, load_id in (select ops.loads_as_of(%s)) as counts from ops.loads where load_id = %s",
            [business_date, load_id],
        ).fetchone()
    if found is None:
        raise UsageError(
            f"There is no load {load_id}.", where="ops.loads", fix="`rapport quarantine list` names those with rows"
        )
    return found


def _outcome(original: dict[str, Any], status: Literal["held", "nothing", "refused"]) -> Replayed:
    return Replayed(original["file_name"], original["vendor"], original["table_name"], status, original["load_id"])


def _where_they_are(conn: Connection, load_id: int) -> str:
    found = conn.execute(
        "select case state when 'open' then 'only their file can bring them' else state end"
        " || coalesce(' by load ' || nullif(state_by, load_id), ''), count(*)"
        " from quality.quarantine where load_id = %s group by 1 order by 1",
        [load_id],
    ).fetchall()
    return "; ".join(f"{count:,} rows: {state}" for state, count in found) or "no row of it was quarantined"


def _open_load(conn: Connection, result: LoadResult) -> int:
    """The ledger's row of a replay: of the same file and day as the load it replays."""
    row = conn.execute(
        "insert into ops.loads (business_date, kind, vendor, table_name, file_name, file_date, file_size,"
        " file_modified_at, digest, status, encoding, delimiter, quote_mark, escape_mark, format, scope, replays,"
        " started_at)"
        " select %s, %s, vendor, table_name, file_name, export_date, file_size, file_modified_at, digest, 'loaded',"
        " encoding, delimiter, quote_mark, escape_mark, format, %s, load_id, clock_timestamp() from ops.loads"
        " where load_id = %s"
        " returning load_id",
        [result.business_date, result.kind, result.scope, result.replays],
    ).fetchone()
    assert row is not None
    return int(row[0])


def _last_row(conn: Connection, declaration: Declaration, original: dict[str, Any]) -> int:
    """Number of the last row of the file that is known to be one: what reads like a footer above it is none."""
    row = conn.execute(
        sql.SQL(
            "with loads as (select load_id, rows_known from ops.loads where %(load)s in (load_id, replays))"
            " select (select max(_row_number) from {} where _load_id in (select load_id from loads)),"
            " (select sum(rows_known) from loads)"
        ).format(sql.Identifier("raw", declaration.raw_table)),
        {"load": original["load_id"]},
    ).fetchone()
    assert row is not None
    last, n_known = row
    # Which rows a full export only repeated is not written down.
    return int(original["rows_read"]) + 1 if n_known else int(last or 0)


class _StillHeld:
    """The rows of a load that cannot be read yet: they stay where they are, with what is wrong with them now."""

    def __init__(self, conn: Connection, load_id: int) -> None:
        self._conn, self._load_id = conn, load_id
        self.reasons: Counter[str] = Counter()
        conn.execute(
            "create temp table still_held (row_number bigint primary key, raw_row text, rule text, column_name text,"
            " reason text) on commit drop"
        )

    def hold(self, rows: Collection[Quarantined]) -> None:
        with self._conn.cursor().copy("copy pg_temp.still_held from stdin") as copy:
            for row in rows:
                fault = row.fault
                copy.write_row((row.row_number, row.raw_row, fault.rule, fault.column or None, fault.reason))
        self.reasons.update(row.fault.reason for row in rows)

    def note(self) -> None:
        self._conn.execute(
            "update quality.quarantine set raw_row = held.raw_row, rule = held.rule,"
            " column_name = held.column_name, reason = held.reason from pg_temp.still_held as held"
            " where quarantine.load_id = %s and quarantine.row_number = held.row_number and"
            " (quarantine.raw_row, quarantine.rule, quarantine.reason) is distinct from"
            " (held.raw_row, held.rule, held.reason)",
            [self._load_id],
        )

    def release_the_others(self, to_load_id: int | None) -> None:
        """Those that were tried and are not held."""
        self._conn.execute(
            "update quality.quarantine set state = 'replayed', state_by = %s"
            " where load_id = %s and state = 'open' and raw_row <> %s"
            " and not exists (select from pg_temp.still_held as held where held.row_number = quarantine.row_number)",
            [to_load_id, self._load_id, NOT_KEPT],
        )
