"""Taking in what has landed: for a night, or by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import psycopg

from rapport.businesses import KINDS, Business, Kind, declared_vendors
from rapport.errors import LandingError
from rapport.landing import ledger
from rapport.landing.declarations import Declaration, load_declarations
from rapport.landing.loading import StillArriving, begin_anew, load_file, refuse_file
from rapport.landing.packing import exports_in
from rapport.landing.raw_tables import analyse_raw_tables, ensure_raw_tables
from rapport.landing.recognition import Recognised, is_whole, landed_files, recognise
from rapport.landing.results import LoadResult

Connection = psycopg.Connection[Any]


def landing_for_night(
    conn: Connection,
    business: Business,
    kind: Kind,
    business_date: date,
    folder: Path,
    declaration: Declaration | None = None,
) -> list[LoadResult]:
    """Take in the files of one kind that are due on a night, oldest first, and say what became of each.

    Files of later dates wait, and so do files that are still being written. Of files already in the ledger
    only this night's are told again, so that a repeated call gives the same answer. With a `declaration`, its
    table only; without one, files that belong to no table are refused too. The kind's raw tables exist
    afterwards, files or none. Commits. Raises what Postgres or the disk raise.
    """
    tables = load_declarations(business)
    begin_anew(conn)
    ensure_raw_tables(conn, [table for table in tables if table.kind == kind])
    due = _due(tables, kind, business_date, folder, declaration)
    results = _take_in_all(conn, business, due, business_date, tables)
    # Staging reads right after: without fresh statistics the planner takes the tables for empty.
    analyse_raw_tables(conn, {(found.vendor, found.table) for found in results if found.status == "loaded"})
    return results


def arriving_files(business: Business, kind: Kind, business_date: date, folder: Path) -> list[Path]:
    """Files due on a night that may still be written to: worth waiting for."""
    due = _due(load_declarations(business), kind, business_date, folder, None)
    arriving = [found.file.path for found in due if not is_whole(found.file.path, business)]
    return list(dict.fromkeys(arriving))


def missing_tables(business: Business, kind: Kind, business_date: date, folder: Path) -> list[str]:
    """Declared tables of a kind without a file of the day: dated so, or undated and changed since.

    Optional exports are not missed.
    """
    tables = load_declarations(business)
    begins = datetime.combine(business_date, time(), tzinfo=business.zone).timestamp()
    arrived = {
        (found.declaration.vendor, found.declaration.table)
        for found in _due(tables, kind, business_date, folder, None)
        if found.declaration is not None
        and (found.file_date == business_date or (found.file_date is None and found.file.modified_ns / 1e9 >= begins))
    }
    expected = [table for table in tables if table.kind == kind and not table.export.is_optional]
    declared = [(table.vendor, table.table) for table in expected]
    return [f"{vendor}.{table}" for vendor, table in declared if (vendor, table) not in arrived]


def refuse_unrecognised(
    conn: Connection, business: Business, kind: Kind, business_date: date, folder: Path
) -> list[LoadResult]:
    """Refuse the files this kind has to report that belong to no declared table; once each. Commits."""
    tables = load_declarations(business)
    due = _due(tables, kind, business_date, folder, None)
    strangers = [found for found in due if found.declaration is None]
    return _take_in_all(conn, business, strangers, business_date, tables)


def ingest_path(
    conn: Connection, business: Business, path: Path, business_date: date, vendor: str | None = None
) -> list[LoadResult]:
    """Take a file, or every file of a folder, in for an open night, whatever its date and however new it is.

    `vendor` says whose exports they are: any declared vendor's, though the business need not list it yet. Raises
    LandingError when there is no such path or vendor.
    """
    if not path.exists():
        raise LandingError("There is no such file or folder.", where=str(path), fix="check the path")
    is_listed = vendor is None or vendor in business.vendors
    known = business if is_listed else business.model_copy(update={"vendors": [*business.vendors, vendor]})
    tables = load_declarations(known)
    if vendor is not None and all(table.vendor != vendor for table in tables):
        raise LandingError(
            f"No vendor {vendor} is declared.",
            where="--vendor",
            fix=f"use one of: {', '.join(declared_vendors())}; or declare it (docs/how-to/add-a-source.md)",
        )
    folder = path if path.is_dir() else path.parent
    files = [file for found in (landed_files(path) if path.is_dir() else [path]) for file in exports_in(found)]
    results = []
    for recognised in sorted((recognise(file, folder, tables, vendor) for file in files), key=_age):
        try:
            result = _take_in(conn, business, recognised, business_date, tables)
        except StillArriving as error:
            kind = _kind_of(recognised, tables)
            table = recognised.declaration.table if recognised.declaration else ""
            name, of = recognised.file.name, recognised.vendor
            result = LoadResult(name, of, table, kind, "refused", business_date, reason=error.what, fix=error.fix)
        results.append(result if is_listed or result.status == "refused" else _waiting(result, business))
    return results


def _waiting(result: LoadResult, business: Business) -> LoadResult:
    """A load of a vendor that the business does not list."""
    note = f"no mart reads it until {result.vendor} is listed under `vendors` in businesses/{business.name}.yml"
    return replace(result, reason=f"{result.reason}; {note}" if result.reason else note)


def _take_in_all(
    conn: Connection,
    business: Business,
    due: Sequence[Recognised],
    business_date: date,
    tables: Sequence[Declaration],
) -> list[LoadResult]:
    known = ledger.known_files(conn, [recognised.file.name for recognised in due], business_date)
    results = []
    for recognised in due:
        entry = known.get(ledger.ledger_key(recognised.file))
        if entry is not None:
            results.append(entry)
        elif is_whole(recognised.file.path, business):
            try:
                results.append(_take_in(conn, business, recognised, business_date, tables))
            except StillArriving:
                continue  # the next look, or the next night, takes it
    # What earlier nights took in or refused is theirs to tell.
    return [result for result in results if result.business_date == business_date]


def _take_in(
    conn: Connection,
    business: Business,
    recognised: Recognised,
    business_date: date,
    tables: Sequence[Declaration],
) -> LoadResult:
    if recognised.declaration is None:
        return refuse_file(conn, recognised, business_date, _kind_of(recognised, tables))
    return load_file(
        conn,
        business,
        recognised.declaration,
        recognised.file,
        business_date,
        file_date=recognised.file_date,
        others=tables,
    )


def _due(
    tables: Sequence[Declaration],
    kind: Kind,
    business_date: date,
    folder: Path,
    declaration: Declaration | None,
) -> list[Recognised]:
    due = []
    for file in (file for path in landed_files(folder) for file in exports_in(path)):
        recognised = recognise(file, folder, tables)
        if declaration is not None and recognised.declaration != declaration:
            continue
        if _kind_of(recognised, tables) == kind and (recognised.file_date or business_date) <= business_date:
            due.append(recognised)
    return sorted(due, key=_age)


def _age(recognised: Recognised) -> tuple[date, int, str]:
    """Oldest export first; undated ones last, as they were changed."""
    return recognised.file_date or date.max, recognised.file.modified_ns, recognised.file.name


def _kind_of(recognised: Recognised, tables: Sequence[Declaration]) -> Kind:
    if recognised.declaration is not None:
        return recognised.declaration.kind
    # Somebody has to report a stranger: its vendor's first kind, or the business's first.
    kinds = {table.kind for table in tables if recognised.vendor in ("", table.vendor)}
    return next(kind for kind in KINDS if kind in kinds)
