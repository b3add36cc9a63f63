"""Suites: one YAML file a table under expectations/, in Great Expectations' own schema."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rapport import settings
from rapport.errors import RapportError

Stage = Literal["landing", "marts", "lists"]
STAGES: tuple[Stage, ...] = get_args(Stage)
_HELP = "see docs/how-to/write-expectations.md"

Text = Annotated[str, Field(min_length=1)]


class Expectation(BaseModel):
    """One expectation: type and arguments as Great Expectations names them, and what a failure does."""

    model_config = ConfigDict(extra="forbid")

    type: Text
    kwargs: dict[str, Any] = Field(default_factory=dict)
    severity: Literal["critical", "warning"] = Field(description="critical stops the night, warning does not")
    meta: dict[str, Any] = Field(default_factory=dict)


class SuiteMeta(BaseModel):
    """What the gate needs to know of a suite beyond its expectations."""

    model_config = ConfigDict(extra="forbid")

    table: Text = Field(description="schema.table that is checked")
    key: list[str] = Field(min_length=1, description="columns that name a failing row; never personal data")
    told: Text = Field(description="team that is told")
    notes: Text = Field(description="what the suite is for")
    may_be_empty: bool = Field(False, description="no rows is a normal outcome for this table")


class Suite(BaseModel):
    """One file under expectations/<stage>/."""

    model_config = ConfigDict(extra="forbid")

    name: Text
    meta: SuiteMeta
    expectations: list[Expectation] = Field(min_length=1)


@dataclass(frozen=True)
class Target:
    """A table to check, by its suite's file name; for landing, the loads whose rows are checked.

    `records_as_of`: of a full export that names its records, what is listed as of that night is checked instead, as the
    rows that changed tell nothing of the whole.
    """

    table: str
    load_ids: tuple[int, ...] = ()
    records_as_of: date | None = None


def suite_path(stage: Stage, table: str, root: Path | None = None) -> Path:
    """Where the suite of a table is; `root` defaults to expectations/."""
    return (root or settings.EXPECTATIONS) / stage / f"{table}.yml"


def declared_targets(stage: Stage, root: Path | None = None) -> list[Target]:
    """A target for each suite of the stage, sorted by name."""
    return [Target(path.stem) for path in sorted(((root or settings.EXPECTATIONS) / stage).glob("*.yml"))]


def load_suite(stage: Stage, table: str, root: Path | None = None) -> Suite:
    """Read and check a suite. Raises RapportError naming the file, the key and what was expected."""
    path = suite_path(stage, table, root)
    where = f"expectations/{stage}/{path.name}"
    if not path.is_file():
        raise RapportError(f"{table} has no expectations.", where=where, fix=f"write that file; {_HELP}")
    try:
        suite = Suite.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise RapportError("This is not YAML.", where=where + line, fix=_HELP) from None
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors())
        raise RapportError(problems, where=where, fix=_HELP) from None
    if suite.name != f"{stage}.{table}":
        raise RapportError(f"name: expected {stage}.{table}, as the file is called.", where=where, fix=_HELP)
    return suite
