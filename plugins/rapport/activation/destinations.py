"""Where lists go and the form each place wants: one mapping file a destination, in destinations/*.yml."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rapport.activation.forms import Form
from rapport.activation.segments import Purpose, Segment
from rapport.errors import DeliveryError

MAPPINGS = Path(__file__).parent / "destinations"
HOW_TO = "docs/how-to/add-a-destination.md"

Source = Literal[
    "business_date",
    "segment",
    "customer_id",
    "channel",
    "contact",
    "locale",
    "first_name",
    "reason",
    "offer",
    "valid_until",
    "send_not_before",
    "send_not_after",
    "email",
    "phone",
    "last_name",
    "birth_date",
    "city",
    "postal_code",
    "country_code",
]


# full: everybody on the list tonight; add and remove: who is on it and was not before, and who was and is not.
ListKind = Literal["full", "add", "remove"]


class Column(BaseModel):
    """One column of the file: its header, where it comes from, and its form (forms.py; docs/how-to explains each).

    It comes from a column of build_activation.lists; `email` and `phone` are the contact where it is one.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    header: str = Field(min_length=1)
    source: Source = Field(alias="from")
    form: Form = "text"
    hash: Literal["sha256"] | None = Field(None, description="the SHA-256 (hex) of the form in its place")
    max_bytes: int | None = Field(None, ge=1, description="a longer text is cut, between characters")


class Destination(BaseModel):
    """A mapping file: which columns, under which headers, into which folder of the night."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,60}$")
    title: str
    owner: str
    schema_version: int = Field(ge=1, description="raise it whenever the columns change")
    folder: str = Field(pattern=r"^([a-z0-9_]+)?$", description="folder below the night's; '' for the night's own")
    purposes: list[Purpose] = Field(
        ["marketing", "service", "survey"],
        min_length=1,
        description="consent purposes of lists it may get; another purpose's list is refused",
    )
    list_kinds: list[ListKind] = Field(
        ["full"], min_length=1, description="what it gets each night: the full list, or who is to add and to remove"
    )
    max_bytes: int | None = Field(None, ge=1, description="a larger file is not taken there, and refused here")
    columns: list[Column] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> Destination:
        if len(set(self.headers)) != len(self.headers):
            raise ValueError("columns: expected each header once")
        if len(set(self.list_kinds)) != len(self.list_kinds):
            raise ValueError("list_kinds: expected each kind once")
        if self.list_kinds == ["remove"]:
            raise ValueError("list_kinds: expected full or add beside remove, or nobody would ever enter")
        return self

    @property
    def headers(self) -> list[str]:
        return [column.header for column in self.columns]


@cache
def declared_destinations(folder: Path = MAPPINGS) -> dict[str, Destination]:
    """All mapping files of the folder, by name. Raises DeliveryError naming file and key."""
    found: dict[str, Destination] = {}
    folders: dict[str, str] = {}
    for path in sorted(folder.glob("*.yml")):
        destination = parse_destination(path.read_text(encoding="utf-8"), path.stem, path.name)
        other = folders.setdefault(destination.folder, path.name)
        if other != path.name:
            raise DeliveryError(
                f"folder: {destination.folder!r} is {other}'s already; their files would clash.",
                where=f"destinations/{path.name}",
                fix="give each destination a folder of its own",
            )
        found[destination.name] = destination
    return found


def parse_destination(text: str, name: str, file_name: str) -> Destination:
    """Check the text of a mapping file; `name` is the file's stem."""
    where = f"destinations/{file_name}"
    try:
        content: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise DeliveryError("This is not YAML.", where=where + line, fix=f"see {HOW_TO}") from None
    if not isinstance(content, dict):
        raise DeliveryError("Expected a mapping of keys to values.", where=where, fix=f"see {HOW_TO}")
    try:
        return Destination.model_validate({"name": name, **content})
    except ValidationError as error:
        faults = [
            f"{'.'.join(str(part) for part in problem['loc']) or '(top)'}: {problem['msg']}"
            for problem in error.errors()
        ]
        raise DeliveryError(
            "This destination is not as it must be: " + "; ".join(faults),
            where=where,
            fix=f"correct the keys named; {HOW_TO} explains each",
        ) from None


def check_destinations(segments: Iterable[Segment], destinations: dict[str, Destination]) -> None:
    """Raise DeliveryError for a segment whose destination has no mapping file, or takes no lists of its purpose."""
    for segment in segments:
        for name in segment.destinations:
            if name not in destinations:
                raise DeliveryError(
                    f"config.meta.segment.destinations: there is no destination {name!r}.",
                    where=segment.path,
                    fix=f"use some of: {', '.join(sorted(destinations))}; or add one ({HOW_TO})",
                )
            purposes = destinations[name].purposes
            if segment.consent_purpose not in purposes:
                raise DeliveryError(
                    f"{destinations[name].title} takes lists under {' or '.join(purposes)},"
                    f" this one is under {segment.consent_purpose}: who agreed to one did not agree to the other.",
                    where=segment.path,
                    fix=f"take {name!r} out of config.meta.segment.destinations, or ask for that consent",
                )
