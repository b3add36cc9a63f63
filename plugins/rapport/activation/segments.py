"""Segments as declared: one dbt model each under models/activation/segments, with `config.meta.segment`.

dbt ignores keys it does not know, so a misspelt `holdout_shar` would vanish in silence: every declaration is
checked here against a schema, and the macros that read the same keys see only what has passed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rapport.businesses import Kind
from rapport.errors import DeliveryError

FOLDER = "activation/segments/"
PREFIX = "seg_"
COLUMNS = ("customer_id", "reason", "offer", "valid_until")
HOW_TO = "docs/how-to/add-a-segment.md"

# advertising: to be found again by advertisers' own means (ad_user_data, ad_personalization); no other yes includes it.
Purpose = Literal["marketing", "service", "survey", "advertising"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,60}$")]


class SegmentMeta(BaseModel):
    """`config.meta.segment` of a segment's model: why the list exists and what it may do."""

    model_config = ConfigDict(extra="forbid", strict=True)

    purpose: str = Field(min_length=10, description="one sentence: what the contact is for")
    channel: Literal["email", "sms", "phone", "post"]
    contact_type: Literal["email", "phone"] = Field(description="which kind of contact point the list carries")
    audience: Literal["customer", "service_staff"] = Field(
        description="customer: they are written to; service_staff: colleagues get the list and act by hand"
    )
    consent_purpose: Purpose = Field(description="the permission that (contact point, channel) must carry")
    priority: int = Field(ge=1, le=999, description="1 goes first where lists compete for a person")
    cap_days: int = Field(ge=0, le=3660, description="days in which a customer is on this list once; 0: no cap")
    holdout_share: float = Field(ge=0, lt=0.5, description="share of customers never contacted, to measure the lift")
    destinations: list[Name] = Field(min_length=1, description="mapping files in rapport/activation/destinations")
    sources: list[Kind] = Field(
        default_factory=list, description="kinds of exports that tell who is on it; while one is stale, the list waits"
    )
    pauses_promotion: bool = Field(False, description="whoever is on this list gets no marketing message that night")

    @property
    def is_marketing(self) -> bool:
        """Written to customers for marketing: such lists compete for a person and count for the caps of a channel."""
        return self.audience == "customer" and self.consent_purpose == "marketing"

    @model_validator(mode="after")
    def _consistent(self) -> SegmentMeta:
        wanted = "email" if self.channel == "email" else "phone"
        if self.channel != "post" and self.contact_type != wanted:
            raise ValueError(f"contact_type: expected {wanted!r} for channel {self.channel!r}")
        if self.audience == "service_staff" and self.consent_purpose != "service":
            raise ValueError("consent_purpose: expected 'service' for a list that goes to service_staff")
        if len(set(self.destinations)) != len(self.destinations):
            raise ValueError("destinations: expected each destination once")
        return self


class Segment(SegmentMeta):
    """A declared segment: its name (the model's without `seg_`), owner, and where it is written down."""

    name: Name
    owner: str = Field(min_length=2)
    description: str = Field(min_length=10)
    path: str


def read_manifest(path: Path) -> dict[str, Any]:
    """dbt's manifest.json. Raises DeliveryError when it is not there."""
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DeliveryError(
            "dbt has not parsed the project yet, so the segments are not known.",
            where=str(path),
            fix="run `rapport dbt -- parse`",
        ) from None
    return manifest


def declared_segments(manifest: Mapping[str, Any]) -> list[Segment]:
    """All segments of the manifest, by priority and name.

    Raises DeliveryError naming file, key and what was expected; all faults of all segments at once.
    """
    segments, faults = [], []
    for node in manifest.get("nodes", {}).values():
        if node.get("resource_type") != "model":
            continue
        path = str(node.get("original_file_path", ""))
        meta = node.get("config", {}).get("meta", {})
        if "segment" not in meta and FOLDER not in path:
            continue
        try:
            segments.append(_segment_of(node, meta))
        except ValidationError as error:
            faults += [f"{_declaration_file(node)}: {fault}" for fault in _explain(error)]
        except ValueError as error:
            faults.append(f"{_declaration_file(node)}: {error}")
    if faults:
        raise DeliveryError(
            "A segment's declaration is not as it must be:\n  " + "\n  ".join(faults),
            where="config.meta of the models above",
            fix=f"correct the keys named; {HOW_TO} explains each",
        )
    return sorted(segments, key=lambda segment: (segment.priority, segment.name))


def _segment_of(node: Mapping[str, Any], meta: Mapping[str, Any]) -> Segment:
    model, path = str(node["name"]), str(node["original_file_path"])
    if FOLDER not in path:
        raise ValueError(f"config.meta.segment: expected only in models/{FOLDER}")
    if not model.startswith(PREFIX):
        raise ValueError(f"name: expected {PREFIX}<segment>, got {model!r}")
    declaration = meta.get("segment")
    if not isinstance(declaration, Mapping):
        raise ValueError("config.meta.segment: missing; expected the segment's purpose, channel, audience …")
    missing = [name for name in COLUMNS if name not in node.get("columns", {})]
    if missing:
        raise ValueError(f"columns: expected {', '.join(COLUMNS)}; not described: {', '.join(missing)}")
    return Segment.model_validate(
        {
            "name": model.removeprefix(PREFIX),
            "owner": meta.get("owner", ""),
            "description": node.get("description", ""),
            "path": path,
            **declaration,
        }
    )


def _declaration_file(node: Mapping[str, Any]) -> str:
    patch = str(node.get("patch_path") or "").split("://")[-1]
    return patch or str(node.get("original_file_path", ""))


def _explain(error: ValidationError) -> list[str]:
    lines = []
    for problem in error.errors():
        key = ".".join(str(part) for part in problem["loc"])
        where = f"config.meta.{key}" if key == "owner" else f"config.meta.segment.{key}".rstrip(".")
        if key in ("description", "name"):
            where = key
        if problem["type"] == "extra_forbidden":
            lines.append(f"{where}: unknown key; expected one of {', '.join(SegmentMeta.model_fields)}")
            continue
        field = Segment.model_fields.get(str(problem["loc"][0])) if problem["loc"] else None
        hint = f" ({field.description})" if field is not None and field.description else ""
        message = problem["msg"].removeprefix("Value error, ")
        lines.append(f"{where}: missing{hint}" if problem["type"] == "missing" else f"{where}: {message}{hint}")
    return lines
