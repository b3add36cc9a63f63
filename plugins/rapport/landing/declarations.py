"""What a source's export looks like, as declared in its vendor's _<vendor>__sources.yml.

dbt ignores keys it does not know in silence, so everything read from its manifest is validated here.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable
from typing import Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from rapport.businesses import Business, Kind, is_time_zone, load_business
from rapport.errors import LandingError
from rapport.landing import value_forms

Check = Literal["integer", "decimal", "date", "timestamp", "boolean", "email"]
DataType = Literal["text", "integer", "decimal", "date", "timestamp", "boolean", "email"]
# name: what columns are known by; label: the same in words; metadata: what only the vendor reads;
# question, choice: a survey's question over the columns of its choices.
HeaderRow = Literal["name", "label", "metadata", "question", "choice"]
Pii = Literal["name", "email", "phone", "address", "birthday", "ip", "free_text"]

# How a file's name says its format and packing; its content decides.
_ENDING = re.compile(r"(\.(csv|tsv|tab|txt|dat|xlsx|xlsm|json|jsonl|ndjson|parquet))?(\.(gz|zip))?$", re.IGNORECASE)


def snake_case(header: str) -> str:
    """Column name of a header: lower case, every run of non-alphanumerics one underscore, trimmed.

    A header of nothing else, such as `#`, stays as it is.
    """
    return re.sub(r"[\W_]+", "_", header.lower()).strip("_") or header.strip()


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Formats(_Strict):
    """How typed values are written, where a file's own values cannot tell."""

    timestamp: list[str] = Field(default=[], description="strftime formats that are not read anyway")
    date: list[str] = Field(default=[], description="strftime formats that are not read anyway")
    decimal: Literal[".", ","] | None = Field(default=None, description="what stands before the decimals")
    date_order: Literal["dmy", "mdy"] | None = Field(default=None, description="how 03/04/2026 is meant")
    currency_signs: list[str] = Field(default=[], description="what may stand before or after an amount, as in $36.39")

    @field_validator("timestamp", "date")
    @classmethod
    def _understood(cls, value: list[str]) -> list[str]:
        for written in value:
            value_forms.declared_steps(written)
        return value


class FixedField(_Strict):
    """Where a column lies in a line of fixed width: characters, counted from 1."""

    header: str
    start: int = Field(ge=1)
    length: int = Field(ge=1)


class Export(_Strict):
    """How the files of one table look."""

    file_pattern: str = Field(
        description="regular expression for the file name without its ending (.csv, .xlsx, .csv.gz, ...);"
        " groups: date is the day of the export, part its number where an export is split over files"
    )
    needs_vendor_folder: bool = Field(False, description="the pattern counts only in a folder named after the vendor")
    needs_name: bool = Field(False, description="a header is not enough: other tables have the same")
    encodings: list[str] = Field(["utf-8"], min_length=1, description="tried in this order, strictly")
    delimiter: list[str] = Field(
        [",", ";", "\t", "|"],
        min_length=1,
        description="one character, or several of which the header decides",
    )
    quote: str | None = Field(
        None,
        max_length=1,
        description="the character around values that hold the delimiter, '' where there is none;"
        " undeclared, the header decides between \" and '",
    )
    escape: str | None = Field(
        None,
        max_length=1,
        description="the character before one that is meant as it is, '' where there is none, as where quotes are"
        ' doubled; undeclared, a file with \\" amid a value is refused',
    )
    skip_rows: int = Field(0, ge=0, description="lines above the header, or above the first record of fixed width")
    header_rows: list[HeaderRow] = Field(
        ["name"], min_length=1, max_length=3, description="what each header row holds; one may be missing in a file"
    )
    footer: str | None = Field(None, description="regular expression for the first cell of lines that end a report")
    fixed_width: list[FixedField] = Field([], description="columns of a file without delimiters or header")
    key: list[str] = Field(description="columns that identify a record; [] where a full export has none")
    key_fallback: list[str] = Field([], description="columns that identify a record whose key is empty")
    mode: Literal["delta", "full"]
    time_zone: str | None = Field(
        None, description="zone of times written without an offset; `business`: the one the business keeps"
    )
    default_country: str | None = Field(
        None,
        pattern=r"^[A-Z]{2}$",
        description="ISO 3166 code of where it is written: phones without a code are from there",
    )
    formats: Formats = Formats()
    is_optional: bool = Field(
        False, description="a business may do without it: until its first file nobody waits for it"
    )
    is_irregular: bool = Field(False, description="how many rows a file has says nothing: campaigns, not days")
    may_be_empty: bool = Field(False, description="a file with a header and no rows is whole")
    keep_superseded_days: int = Field(90, ge=1, description="nights that raw keeps rows of superseded files")

    @field_validator("delimiter", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @field_validator("delimiter")
    @classmethod
    def _single_characters(cls, value: list[str]) -> list[str]:
        if any(len(character) != 1 or not character.isascii() or character in '"\r\n' for character in value):
            raise ValueError("expected single ASCII characters, not a quote or a line end")
        return value

    @field_validator("encodings")
    @classmethod
    def _known_encodings(cls, value: list[str]) -> list[str]:
        for encoding in value:
            try:
                codecs.lookup(encoding)
            except LookupError:
                raise ValueError(f"expected an encoding Python knows, such as utf-8; got {encoding!r}") from None
        return value

    @field_validator("file_pattern", "footer")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            groups = re.compile(value).groupindex
        except re.error as error:
            raise ValueError(f"expected a regular expression: {error}") from None
        if set(groups) - {"date", "part"}:
            raise ValueError("expected no named groups but date and part")
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        if value not in (None, "business") and not is_time_zone(value):
            raise ValueError("expected an IANA time zone such as Europe/Istanbul, or `business`")
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.mode == "delta" and not self.key:
            raise ValueError("key: a delta export needs one, or a record exported again would count twice")
        if self.time_zone is None and any("%z" not in written for written in self.formats.timestamp):
            raise ValueError("time_zone: expected, as a format in formats.timestamp has no %z")
        return self

    def date_in(self, file_name: str) -> str | None:
        """The date in a file name, as YYYY-MM-DD, or None. Raises ValueError if the name does not match."""
        match = self._match(file_name)
        if match is None:
            raise ValueError(f"{file_name} is not named like {self.file_pattern}")
        return match.groupdict().get("date")

    def part_in(self, file_name: str) -> str | None:
        """The number of the part that a split export's file is, as in its name, or None."""
        match = self._match(file_name)
        return match.groupdict().get("part") if match else None

    def names(self, file_name: str) -> bool:
        """Whether a file of that name is, by its name, an export of this table."""
        return self._match(file_name) is not None

    def _match(self, file_name: str) -> re.Match[str] | None:
        own = file_name.rsplit("/", 1)[-1]  # a member of an archive is known by its own name
        return re.fullmatch(self.file_pattern, _ENDING.sub("", own), re.IGNORECASE)


class Age(_Strict):
    """A length of time, as dbt writes it."""

    count: int = Field(ge=1)
    period: Literal["minute", "hour", "day"]


class Freshness(_Strict):
    """How old a table's newest file may be on a night, dbt's `freshness`; counted from the end of the file's day."""

    warn_after: Age
    error_after: Age


class _ColumnMeta(_Strict):
    header: str | None = Field(
        None,
        description="as the vendor writes it; may be left out if its snake_case is the name",
    )
    aliases: list[str] = Field([], description="other headers of the same column, of other generations")
    required: bool = Field(False, description="a file without it is refused")
    not_null: bool = Field(False, description="a row without it is quarantined")
    check: Check | None = Field(None, description="a value that is not one quarantines its row")
    drop: bool = Field(False, description="never loaded, nowhere kept")
    is_category: bool = Field(False, description="few distinct values, none of them personal: a new one is reported")
    pii: Pii | None = None
    refers_to: str | None = Field(
        None,
        pattern=r"^[a-z][a-z0-9_]*$",
        description="what its ids are of: the middle word of the vendor's source_record_id, such as customers",
    )


class Column(_ColumnMeta):
    """One declared column; `name` is its name in raw."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    data_type: DataType
    description: str = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.drop and (self.required or self.not_null or self.check):
            raise ValueError("drop: a dropped column can be neither required nor checked")
        if self.is_category and self.pii:
            raise ValueError("is_category: its values are reported, so it cannot be personal data")
        return self

    @property
    def headers(self) -> list[str]:
        """Headers it is known by, the present one first."""
        return [self.header or self.name, *self.aliases]


class Declaration(_Strict):
    """One table of one vendor: its columns, and how its export looks."""

    vendor: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    table: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    kind: Kind
    concepts: list[str] = Field(description="what its staging feeds")
    owner: str | None = None
    freshness: Freshness
    export: Export
    columns: list[Column] = Field(min_length=1)
    source_file: str

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        by_name = {column.name: column for column in self.columns}
        for key in ("key", "key_fallback"):
            for name in getattr(self.export, key):
                if name not in by_name or by_name[name].drop:
                    raise ValueError(f"export.{key}: {name!r} is not one of the loaded columns")
        owners: dict[str, str] = {}
        for column in self.columns:
            for header in column.headers:
                other = owners.setdefault(snake_case(header), column.name)
                if other != column.name:
                    raise ValueError(f"column {column.name}: its header {header!r} is also that of {other}")
        return self

    @property
    def raw_table(self) -> str:
        """Name of its table in schema raw."""
        return f"{self.vendor}__{self.table}"

    @property
    def loaded_columns(self) -> list[Column]:
        return [column for column in self.columns if not column.drop]

    @property
    def own_id(self) -> str | None:
        """The column that alone identifies a record, if there is one."""
        return self.export.key[0] if len(self.export.key) == 1 else None

    @property
    def record_columns(self) -> dict[str, str]:
        """Columns whose ids are a person's records, or hang on them, with what the ids are of.

        The key counts as an id of the table's own records where the table holds anything of persons.
        """
        found = {column.name: column.refers_to for column in self.loaded_columns if column.refers_to}
        is_personal = bool(found) or any(column.pii for column in self.columns)
        if is_personal and self.own_id:
            found.setdefault(self.own_id, self.table)
        return found

    def __str__(self) -> str:
        return f"{self.vendor} {self.table}"


def load_declarations(business: Business | str) -> list[Declaration]:
    """Declarations of the business's vendors, from dbt's manifest, which is parsed anew where it is stale.

    Raises LandingError naming file, table, column and key of everything that is not as expected.
    """
    if isinstance(business, str):
        business = load_business(business)
    from rapport.building import sources_path

    declarations = read_declarations(json.loads(sources_path(business.name).read_text(encoding="utf-8")))
    return [declaration for declaration in declarations if declaration.vendor in business.vendors]


def read_declarations(manifest: dict[str, Any]) -> list[Declaration]:
    """Every declaration in a manifest, sorted by vendor and table. Raises LandingError with all faults."""
    declarations, faults = [], []
    for source in manifest["sources"].values():
        meta = dict(source["config"].get("meta") or {})
        if "export" not in meta and source["schema"] != "raw":
            continue  # a table that Rapport itself writes
        where = f"{source['original_file_path']}, table {source['name']}"
        if source["identifier"] != f"{source['source_name']}__{source['name']}" or source["schema"] != "raw":
            expected = f"raw.{source['source_name']}__{source['name']}"
            faults.append(f"{where}: schema and identifier: expected {expected}")
        columns = [_column(column) for column in source["columns"].values()]
        try:
            declarations.append(
                Declaration.model_validate(
                    {
                        **meta,
                        "vendor": source["source_name"],
                        "table": source["name"],
                        "source_file": source["original_file_path"],
                        "freshness": _freshness(source),
                        "columns": columns,
                    }
                )
            )
        except ValidationError as error:
            faults += [f"{where}{fault}" for fault in _explain(error, columns)]
    if faults:
        raise LandingError(
            "A source is not declared as it must be:\n" + "\n".join(f"  - {fault}" for fault in faults),
            where="dbt_project/models/staging",
            fix="correct the keys named above (docs/how-to/add-a-source.md explains each)",
        )
    return sorted(declarations, key=lambda declaration: (declaration.vendor, declaration.table))


def _freshness(source: dict[str, Any]) -> dict[str, Any]:
    declared = source.get("freshness") or {}
    ages = {key: declared.get(key) or {} for key in Freshness.model_fields}
    return {key: age for key, age in ages.items() if age.get("count") is not None}


def _column(column: dict[str, Any]) -> dict[str, Any]:
    meta = column.get("config", {}).get("meta") or {}
    return {
        **meta,
        **{key: column[key] for key in ("name", "data_type", "description") if column.get(key) is not None},
    }


def _explain(error: ValidationError, columns: list[dict[str, Any]]) -> Iterable[str]:
    for problem in error.errors():
        location = list(problem["loc"])
        model: type[BaseModel] = Declaration
        shown = ""
        if location[:1] == ["columns"] and len(location) > 1:
            shown = f", column {columns[int(location[1])]['name']}"
            location, model = location[2:], Column
        elif location[:1] == ["export"]:
            model = Formats if location[1:2] == ["formats"] and len(location) > 2 else Export
        key = ".".join(str(part) for part in location)
        shown += f", key {key}" if key else ""
        if problem["type"] == "extra_forbidden":
            yield f"{shown}: unknown key; expected one of {', '.join(model.model_fields)}"
            continue
        field = model.model_fields.get(str(location[-1])) if location else None
        hint = f" ({field.description})" if field is not None and field.description else ""
        message = "missing" if problem["type"] == "missing" else problem["msg"].removeprefix("Value error, ")
        yield f"{shown}: {message}{hint}"
