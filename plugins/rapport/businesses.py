"""A business is one file, businesses/<name>.yml: what a user edits first."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from rapport import settings
from rapport.errors import BusinessError

Kind = Literal["crm", "ecommerce", "survey"]
KINDS: tuple[Kind, ...] = ("crm", "ecommerce", "survey")

_MAILBOX = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"

ClockTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="HH:MM, 24 hours")]


class DropDestination(BaseModel):
    """Where lists go: a local folder, or an Airflow connection to an SFTP server, an S3-compatible store, a URL."""

    model_config = ConfigDict(extra="forbid")

    transport: Literal["local", "sftp", "s3", "https"] = "local"
    folder: str | None = Field(
        default=None,
        description="local path or remote folder, for s3 <bucket>/<prefix>, for https the path of the URL;"
        " the business's drop folder if left out",
    )
    connection: str | None = Field(default=None, description="Airflow connection id, for all but local")
    encrypt_to: str | None = Field(
        default=None, description="file of the recipient's public OpenPGP key; a relative path counts from businesses/"
    )


class Summary(BaseModel):
    """Who is told each night what was sent; without recipients the page is kept and no e-mail goes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    recipients: list[Annotated[str, Field(pattern=_MAILBOX)]] = Field(
        default_factory=list, description="e-mail addresses; they all see each other"
    )
    sender: str | None = Field(
        default=None, pattern=_MAILBOX, description="address it comes from; default: the connection's"
    )
    connection: str = Field(default="rapport_smtp", description="Airflow connection id of the mail server")
    attach_report: bool = Field(
        default=False, description="true: the night's report goes with it; else a link for who can sign in to Airflow"
    )


class Dialect(BaseModel):
    """How a business's own programs write a vendor's exports, where that is not as the vendor declares it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    encodings: list[str] = Field(default_factory=list, description="in place of the declared ones")
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    quote: str | None = Field(default=None, max_length=1, description="around values; '' where there is none")
    escape: str | None = Field(default=None, max_length=1, description="before quotes within quotes; '' for none")
    decimal: Literal[".", ","] | None = None
    date_order: Literal["dmy", "mdy"] | None = Field(default=None, description="how 03/04/2026 is meant")
    time_zone: str | None = Field(default=None, description="of times without an offset; else the business's own")
    currency: str | None = Field(
        default=None, pattern=r"^[A-Z]{3}$", description="of amounts that name none; else the reporting currency"
    )
    country: str | None = Field(
        default=None, pattern=r"^[A-Z]{2}$", description="ISO 3166 code of where its numbers are written"
    )

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        return None if value is None else _known_zone(value)

    @field_validator("encodings")
    @classmethod
    def _known_encodings(cls, value: list[str]) -> list[str]:
        for encoding in value:
            try:
                "".encode(encoding)
            except LookupError:
                raise ValueError(f"expected an encoding Python knows, such as windows-1254; got {encoding!r}") from None
        return value


# The dialect of a business that has nothing to add.
AS_DECLARED = Dialect()


class DriftLimits(BaseModel):
    """How far an export may be from those of the nights before until somebody is told; it is loaded all the same.

    Shares are of rows, 0 to 1. Beside each limit, what chance alone would do is never told.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    nights: int = Field(default=56, ge=1, description="exports before it that it is compared with, at most")
    least_nights: int = Field(
        default=4, ge=1, description="with fewer nothing is told; or, of its own weekday, all count"
    )
    rows: float = Field(default=2.0, gt=1, description="times the usual number of rows, or that fraction of it")
    empty: float = Field(default=0.1, gt=0, description="change of the share of a column's cells that are empty")
    quarantined: float = Field(default=0.02, gt=0, description="rise of the share of rows quarantined for a column")
    spreads: float = Field(default=4.0, gt=0, description="times the usual spread (standard deviations, by the median)")
    chance: float = Field(default=5.0, gt=0, description="times the standard error of a count or share of that size")


class Arrival(BaseModel):
    """A remote folder that exports are fetched from."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    source: str = Field(
        alias="from",
        pattern=r"^(sftp|s3)://[A-Za-z0-9_.-]+@[^\s@]+$",
        description="sftp://<connection>@/folder or s3://<connection>@bucket/prefix: the id of an Airflow connection",
    )
    into: str = Field("", pattern=r"^[A-Za-z0-9_-]*$", description="folder in the landing folder, such as the vendor's")
    complete: Literal["settled", "marker", "atomic"] = Field(
        "settled",
        description="settled: unchanged for settle_seconds; marker: <name>.done lies beside it; atomic: whole at once",
    )


class IdentityLimits(BaseModel):
    """How sure is sure enough to take records for one person, and how much one person may hold.

    Merging at a probability p is right where a false merge costs p / (1 - p) times what a missed one does.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    merge: float = Field(default=0.5, gt=0, lt=1, description="probability from which two records are one person")
    review: float = Field(default=0.1, gt=0, lt=1, description="probability from which somebody should look")
    most_emails: int = Field(default=12, ge=1, description="different mailboxes of one person")
    most_phones: int = Field(default=12, ge=1, description="different numbers of one person")
    most_birth_dates: int = Field(default=4, ge=1, description="different birthdays, slips included, of one person")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.review > self.merge:
            raise ValueError("review: expected no more than merge")
        return self


class ValueLimits(BaseModel):
    """From where on customers' future value is predicted, and how the prediction is held against what came.

    The limits are ours; what the predictions of fewer customers are worth was measured:
    docs/decisions/0019-predicted-value.md.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    least_customers: int = Field(default=200, ge=1, description="customers with a purchase")
    least_repeaters: int = Field(default=50, ge=1, description="customers who bought on more than one day")
    least_days: int = Field(default=90, ge=7, description="days from the very first purchase to the last")
    most_correlation: float = Field(
        default=0.3, gt=0, le=1, description="of repeat purchases and their mean amount, which have to be independent"
    )
    holdout_share: float = Field(
        default=0.5, gt=0, lt=1, description="of the history, kept from a second model that is compared with it"
    )
    most_holdout_days: int = Field(default=365, ge=7, description="the holdout period at its longest")


class ChangeBrake(BaseModel):
    """When a list changed so much that somebody has to look at it before it goes; nobody's answer is a no."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    times: float = Field(default=2.0, gt=1, description="times the usual number of people, or that fraction of it")
    least_people: int = Field(default=50, ge=1, description="more or fewer than usual; below it no change is unusual")
    lists: int = Field(default=7, ge=1, description="delivered before it, whose median is what is usual")
    hours: float = Field(default=12, gt=0, le=24, description="in which somebody has to approve it")


# Age from which somebody may be marketed to, by regime: GDPR article 8(1), where a country may go down to 13; majority
# by article 11 of the Turkish civil code; opting in to sales of data, California civil code 1798.120(c).
_ADULT_AGES = {"gdpr": 16, "kvkk": 18, "gdpr+kvkk": 18, "ccpa": 16, "none": 18}


class Business(BaseModel):
    """Settings of one business; each has its own warehouse database, landing and drop folders."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")
    title: str
    vendors: list[str] = Field(min_length=1, description="folder names under dbt_project/models/staging")
    reporting_currency: str = Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code")
    time_zone: str = Field(description="IANA name of the store's time zone")
    default_country: str = Field(pattern=r"^[A-Z]{2}$", description="ISO 3166 code for phones without a country")
    legal_regime: Literal["gdpr", "kvkk", "gdpr+kvkk", "ccpa", "none"] = Field(
        description="documentation for those who approve lists; not legal advice"
    )
    deadlines: dict[Kind, ClockTime] = Field(
        default_factory=dict, description="local time, the morning after the business date"
    )
    landing: str | None = Field(None, description="folder of exports; default: landing/<name> in the state folder")
    arrivals: list[Arrival] = Field(
        default_factory=list, description="remote folders whose files are fetched into the landing folder"
    )
    drop: str | None = Field(None, description="folder of delivered lists; default: drop/<name> in the state folder")
    destinations: dict[str, DropDestination] = Field(default_factory=lambda: {"drop": DropDestination()})
    dialects: dict[str, Dialect] = Field(
        default_factory=dict, description="per vendor, how this business's programs write its exports"
    )
    max_names_per_contact: int = Field(
        10, ge=1, description="an e-mail or phone borne by more differently named people identifies nobody"
    )
    drift: DriftLimits = Field(DriftLimits(), description="when an export unlike the last nights' is told")
    identity: IdentityLimits = Field(IdentityLimits(), description="when records are one person")
    value: ValueLimits = Field(ValueLimits(), description="from where on future value is predicted")
    is_scheduled: bool = Field(True, description="false: no nightly clock, nights run only when asked for")
    landing_complete: Literal["settled", "marker"] = Field(
        "settled", description="settled: unchanged for settle_seconds; marker: <name>.done lies beside it"
    )
    settle_seconds: float = Field(10, ge=0, description="a file younger than this may still be written")
    adult_age: int | None = Field(
        None, ge=0, le=25, description="age from which customers may be marketed to; default: by legal_regime"
    )
    holdout_share: float = Field(
        0.0, ge=0, lt=0.5, description="share of customers who get no marketing at all, to measure what it achieves"
    )
    exclusions_kept_days: int = Field(
        400, ge=1, description="nights for which it is kept who was left out of which list, and why"
    )
    live_from: date | None = Field(
        None, description="first business date whose lists are delivered; nights before it are rehearsals (shadow mode)"
    )
    brake: ChangeBrake = Field(ChangeBrake(), description="when a list waits for somebody's approval")
    summary: Summary = Field(Summary(), description="e-mail to marketing about the lists of each night")
    data_owner: str = Field("data-engineering", description="team told when a night needs attention")

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        return _known_zone(value)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def age_limit(self) -> int:
        """Age in completed years from which customers may be sent more than service."""
        return _ADULT_AGES[self.legal_regime] if self.adult_age is None else self.adult_age

    def dialect_of(self, vendor: str) -> Dialect:
        """What the business says of a vendor's exports; all of it open where it says nothing."""
        return self.dialects.get(vendor, Dialect())

    def deadline_of(self, kind: Kind) -> str:
        return self.deadlines.get(kind, "02:00")

    def key_file_of(self, destination: str) -> Path | None:
        """File of the public key a destination's lists are encrypted to; None where they go as they are."""
        where = self.destinations.get(destination)
        return settings.BUSINESSES / Path(where.encrypt_to).expanduser() if where and where.encrypt_to else None

    def landing_folder(self) -> Path:
        return Path(self.landing).expanduser() if self.landing else settings.landing_dir(self.name)

    def drop_folder(self) -> Path:
        return Path(self.drop).expanduser() if self.drop else settings.drop_dir(self.name)

    def settings_fingerprint(self) -> dict[str, Any]:
        """What of the settings can change a night's tables or lists."""
        leave_out = {
            "landing",
            "landing_complete",
            "arrivals",
            "drop",
            "settle_seconds",
            "deadlines",
            "drift",
            "brake",
            "summary",
            "data_owner",
            "exclusions_kept_days",
            "is_scheduled",
        }
        return self.model_dump(exclude=leave_out)


@cache
def is_time_zone(name: str) -> bool:
    """Whether there is a time zone of that name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _known_zone(value: str) -> str:
    if not is_time_zone(value):
        raise ValueError("expected an IANA time zone such as Europe/Istanbul")
    return value


def business_names() -> list[str]:
    """Names of all businesses of this project, sorted."""
    return sorted(path.stem for path in settings.BUSINESSES.glob("*.yml"))


@cache
def load_business(name: str) -> Business:
    """Read and check businesses/<name>.yml.

    Raises BusinessError naming the file, the key and what was expected.
    """
    path = settings.BUSINESSES / f"{name}.yml"
    shown = f"businesses/{path.name}"
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", name) or not path.is_file():
        raise BusinessError(
            f"There is no business called {name!r}.",
            where=shown,
            fix=f"use one of: {', '.join(business_names()) or 'none yet'}; or add one (docs/how-to/add-a-business.md)",
        )
    return parse_business(path.read_text(encoding="utf-8"), name, shown)


def parse_business(text: str, name: str, where: str) -> Business:
    """Check the text of a business file; `name` is the file's stem, `where` is shown in errors."""
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise BusinessError("This is not YAML.", where=where + line, fix="see docs/how-to/add-a-business.md") from error
    if not isinstance(content, dict):
        raise BusinessError(
            "Expected a mapping of keys to values.", where=where, fix="start from businesses/sample.yml"
        )
    try:
        business = Business.model_validate({"name": name, **content})
    except ValidationError as error:
        raise BusinessError(_explain(error), where=where, fix="correct the keys named above") from None
    if business.name != name:
        raise BusinessError(f"name: expected {name!r}, as the file is called.", where=where, fix="leave `name` out")
    unknown = [vendor for vendor in business.vendors if not _declares(vendor)]
    if unknown:
        raise BusinessError(
            f"vendors: no export declaration for {', '.join(unknown)}.",
            where=where,
            fix=f"use some of: {', '.join(declared_vendors())}; or declare it (docs/how-to/add-a-source.md)",
        )
    return business


@cache
def declared_vendors() -> tuple[str, ...]:
    """Vendors with an export declaration in dbt's staging folder, sorted."""
    found = (settings.DBT_PROJECT / "models/staging").glob("*/_*__sources.yml")
    # Other sources (the nights' ledger, contact points) are declared there too, but nobody exports them.
    return tuple(sorted(path.parent.name for path in found if "\n            export:" in path.read_text("utf-8")))


def _declares(vendor: str) -> bool:
    return vendor in declared_vendors()


def _explain(error: ValidationError) -> str:
    lines = []
    for problem in error.errors():
        key = ".".join(str(part) for part in problem["loc"]) or "(top)"
        field = Business.model_fields.get(str(problem["loc"][0])) if problem["loc"] else None
        hint = f" ({field.description})" if field is not None and field.description else ""
        if problem["type"] == "extra_forbidden":
            known = ", ".join(Business.model_fields)
            lines.append(f"{key}: unknown key; expected one of {known}")
        elif problem["type"] == "missing":
            lines.append(f"{key}: missing{hint}")
        else:
            lines.append(f"{key}: {problem['msg']}{hint}")
    return "; ".join(lines)
