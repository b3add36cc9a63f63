"""Models of matching, kept in the warehouse: which one a night uses, and its files with their charts."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

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
