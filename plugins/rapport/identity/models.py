"""Models of matching, kept in the warehouse: which one a night uses, and its files with their charts."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet

from rapport.errors import IdentityError
from rapport.identity.matching import Model
from rapport.warehouse.arrow_tables import Connection

# A model was learned from so many records; from this many times as many one learns more.
OUTGROWN = 4


def model_for(conn: Connection, business_date: date, n_records: int) -> Model | None:
    """The model to use for a night with so many records: the newest trained before it, unless they have outgrown it.

    One that was trained in this very night counts, whatever has been outgrown or dismissed. None: train one.
    """
    row = conn.execute(
        "select version, trained_on, n_records, is_dismissed from history.identity_models where trained_on <= %s"
        " order by trained_on desc limit 1",
        [business_date],
    ).fetchone()
    if row is None:
        return None
    version, trained_on, n_trained_on, is_dismissed = row
    if trained_on < business_date and (is_dismissed or n_records >= OUTGROWN * n_trained_on):
        return None
    return load_model(conn, version)


def dismiss_model(conn: Connection) -> str | None:
    """Let the next night train a model of its own; returns the version of the one that it replaces, if there is one."""
    row = conn.execute(
        "update history.identity_models set is_dismissed = true"
        " where trained_on = (select max(trained_on) from history.identity_models) returning version"
    ).fetchone()
    return row[0] if row else None


def load_model(conn: Connection, version: str) -> Model:
    """The model of that version."""
    with tempfile.TemporaryDirectory() as folder:
        return Model.load(write_files(conn, version, Path(folder)))


def write_files(conn: Connection, version: str, folder: Path) -> Path:
    """Write a model's files, charts among them, to `folder`/<version>; returns that."""
    target = folder / version
    target.mkdir(parents=True, exist_ok=True)
    for name, content in conn.execute(
        "select file_name, content from history.identity_model_files where version = %s", [version]
    ):
        (target / name).write_bytes(content)
    return target


def keep_model(conn: Connection, business_date: date, model: Model, n_records: int) -> None:
    """Keep a model that this night has trained, in the place of one that it trained before."""
    conn.execute("delete from history.identity_models where trained_on = %s", [business_date])
    conn.execute(
        "insert into history.identity_models (version, trained_on, n_records, is_estimated) values (%s, %s, %s, %s)",
        [model.version, business_date, n_records, model.parameters.is_estimated],
    )
    with tempfile.TemporaryDirectory() as folder:
        files = sorted(path for path in model.save(Path(folder)).iterdir() if path.is_file())
        conn.cursor().executemany(
            "insert into history.identity_model_files (version, file_name, content) values (%s, %s, %s)"
            " on conflict do nothing",
            [(model.version, path.name, path.read_bytes()) for path in files],
        )


def forget_values(conn: Connection, records: Iterable[str]) -> dict[str, int]:
    """Take names, birthdays and streets that only these records bear out of what models say of frequencies.

    A model has another version then, by which the nights that used it know it; what nobody else bears, no pair of
    others agrees in, so that it judges as before. One of other comparisons, which no night uses any more, loses all
    its frequencies. In the caller's transaction. Returns how many models that changed, by table.
    """
    try:
        with conn.transaction():
            theirs = conn.execute(_ONLY_THEIRS, {"records": sorted(records)}).fetchall()
    except psycopg.errors.UndefinedTable:
        return {}  # no night has been built: no model has been trained
    only_theirs, n_changed = set(theirs), 0
    for (version,) in conn.execute("select distinct version from history.identity_models").fetchall():
        try:
            model = load_model(conn, version)
        except IdentityError:
            n_changed += conn.execute(
                "delete from history.identity_model_files where version = %s and file_name = %s",
                [version, _FREQUENCIES],
            ).rowcount
            continue
        listed = zip(model.frequencies["column"].to_pylist(), model.frequencies["value"].to_pylist(), strict=True)
        is_theirs = pa.array([pair in only_theirs for pair in listed], pa.bool_())
        if pc.any(is_theirs).as_py():
            _rename(conn, version, replace(model, frequencies=model.frequencies.filter(pc.invert(is_theirs))))
            n_changed += 1
    return {"history.identity_model_files": n_changed} if n_changed else {}


def _rename(conn: Connection, version: str, model: Model) -> None:
    content = pa.BufferOutputStream()
    parquet.write_table(model.frequencies, content)
    conn.execute(
        "update history.identity_model_files set content = %s where version = %s and file_name = %s",
        [content.getvalue().to_pybytes(), version, _FREQUENCIES],
    )
    for table, column in (
        ("history.identity_models", "version"),
        ("history.identity_model_files", "version"),
        ("build_identity.linked_with", "model_version"),
    ):
        conn.execute(f"update {table} set {column} = %s where {column} = %s", [model.version, version])  # type: ignore[arg-type]


_FREQUENCIES = "frequencies.parquet"
# Columns as matching names them (records.py).
_BORNE = """
    select told.name, told.value
    from build_intermediate.int_identity_records
    cross join lateral (
        values
        ('given_name', given_name_key), ('surname', surname_key), ('birth_date', birth_date_digits),
        ('street', street_key), ('postal_code', postal_code_key)
    ) as told (name, value)
    where told.value is not null and (source_record_id = any(%(records)s)) = {is_theirs}
"""
_ONLY_THEIRS = f"{_BORNE.format(is_theirs=True)} except {_BORNE.format(is_theirs=False)}"
