"""A file of persons, from anywhere, as records that can be matched: columns mapped, values normalised."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from rapport import settings
from rapport.contacts import normal_forms
from rapport.errors import IdentityError, UsageError
from rapport.identity.birth_dates import birth_dates
from rapport.identity.matching.records import SCHEMA

# field of --map -> kind of contact point that normalises it, and column of a record
_TEXTS = {
    "given_name": ("name", "given_name"),
    "surname": ("name", "surname"),
    "full_name": ("full_name", "full_name"),
    "street": ("street", "street"),
    "city": ("city", "city"),
    "postcode": ("postal_code", "postal_code"),
}
_POINTS = {"email": ("email", "emails"), "phone": ("phone", "phones")}
FIELDS = ("id", *_TEXTS, "state", "country", "birth_date", *_POINTS, "external_id")
_EMPTY = ["", "NULL", "null", "NaN", "nan", "None", "N/A", "#N/A"]
_DELIMITERS = ",;\t|"


def read_mapping(maps: Sequence[str]) -> dict[str, list[str]]:
    """Columns of each field, of texts such as `street=street_number+address_1`. Raises UsageError."""
    mapping: dict[str, list[str]] = {}
    for text in maps:
        field, separator, columns = text.partition("=")
        if not separator or not columns:
            raise UsageError(
                "A column is mapped as field=column.", where=f"--map {text}", fix="--map surname=last_name"
            )
        if field not in FIELDS:
            raise UsageError("There is no such field.", where=f"--map {text}", fix=f"choose of {', '.join(FIELDS)}")
        if field in mapping:
            raise UsageError(
                "A field is mapped twice.", where=f"--map {text}", fix=f"--map {field}=first+second joins columns"
            )
        mapping[field] = columns.split("+")
    if "id" not in mapping:
        raise UsageError("No column holds the record's id.", where="--map", fix="--map id=column")
    if set(mapping) <= {"id", "country", "state"}:
        raise UsageError(
            "Nothing is mapped by which people could be told.", where="--map", fix="map a name, an e-mail …"
        )
    return mapping


def read_persons(path: Path, mapping: Mapping[str, Sequence[str]], default_country: str, encoding: str) -> pa.Table:
    """Records (matching.records.SCHEMA) of a delimited file with a header.

    Raises IdentityError when the file cannot be read so, is empty, lacks a column, or ids are missing or not unique.
    """
    table = _read(path, mapping, encoding)
    ids = _joined(table, mapping["id"])
    if ids.null_count:
        line = pc.index(pc.is_null(ids), True).as_py() + 2
        raise IdentityError(
            f"{ids.null_count} records have no id.",
            where=f"{path.name}, column {'+'.join(mapping['id'])}, first in line {line}",
            fix="give each record an id, or map another column",
        )
    n_distinct = len(pc.unique(ids))
    if n_distinct < len(ids):
        raise IdentityError(
            f"{len(ids) - n_distinct} records have an id that another has too.",
            where=f"{path.name}, column {'+'.join(mapping['id'])}",
            fix="map the column whose values are unique",
        )
    countries = _countries(table, mapping, default_country)
    columns = {"id": ids}
    for field, (kind, column) in _TEXTS.items():
        if field in mapping:
            columns[column] = _normalised(kind, _joined(table, mapping[field]), countries)
    if "city" not in mapping and "state" in mapping:
        columns["city"] = _normalised("city", _joined(table, mapping["state"]), countries)
    if "birth_date" in mapping:
        columns["birth_date"] = birth_dates(_joined(table, mapping["birth_date"]))
    for field, (kind, column) in _POINTS.items():
        if field in mapping:
            columns[column] = _lists([_normalised(kind, table[name], countries) for name in mapping[field]])
    if "external_id" in mapping:
        columns["external_ids"] = _lists([table[name] for name in mapping["external_id"]])
    return pa.table({name: column for name, column in columns.items() if name in SCHEMA.names})


def _read(path: Path, mapping: Mapping[str, Sequence[str]], encoding: str) -> pa.Table:
    try:
        with path.open(encoding=encoding, newline="") as file:
            header = file.readline()
    except FileNotFoundError:
        raise IdentityError("There is no such file.", where=str(path), fix="name the file") from None
    except (OSError, LookupError, UnicodeError) as error:
        raise _unreadable(path, encoding, type(error).__name__) from None
    if not header.strip():
        raise IdentityError("The file is empty.", where=str(path), fix="name a file with a header and records")
    delimiter = max(_DELIMITERS, key=header.count)
    names = next(csv.reader([header.lstrip("\ufeff")], delimiter=delimiter))
    wanted = {name for columns in mapping.values() for name in columns}
    missing = sorted(wanted - set(names))
    if missing:
        raise IdentityError(
            f"The file has no column {', '.join(missing)}.",
            where=str(path),
            fix=f"map columns it has: {', '.join(names)}",
        )
    try:
        table = arrow_csv.read_csv(
            path,
            read_options=arrow_csv.ReadOptions(encoding=encoding, column_names=names, skip_rows=1),
            parse_options=arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=sorted(wanted),
                null_values=_EMPTY,
                strings_can_be_null=True,
            ),
        )
    except (pa.ArrowInvalid, UnicodeError) as error:
        raise _unreadable(path, encoding, type(error).__name__) from None
    if not table.num_rows:
        raise IdentityError("The file holds no records.", where=str(path), fix="name a file with a header and records")
    return table


def _unreadable(path: Path, encoding: str, kind: str) -> IdentityError:
    return IdentityError(
        f"The file cannot be read as delimited {encoding} text ({kind}).",
        where=str(path),
        fix="name its encoding (--encoding windows-1254), and see that each line has as many fields as the header",
    )


def _joined(table: pa.Table, columns: Sequence[str]) -> pa.ChunkedArray:
    """The columns' values with a blank between, null where all are."""
    trimmed = [pc.utf8_trim_whitespace(table[column]) for column in columns]
    if len(trimmed) == 1:
        return _without_blanks(trimmed[0])
    return _without_blanks(
        pc.utf8_trim_whitespace(
            pc.binary_join_element_wise(*trimmed, " ", null_handling="replace", null_replacement="")
        )
    )


def _without_blanks(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)


def _countries(table: pa.Table, mapping: Mapping[str, Sequence[str]], default_country: str) -> pa.ChunkedArray:
    """ISO 3166 code of each record, of a code or a name that the seed country_names knows; else the default."""
    if "country" not in mapping:
        return pa.chunked_array([pa.repeat(pa.scalar(default_country), table.num_rows)])
    encoded = pc.dictionary_encode(_joined(table, mapping["country"])).combine_chunks()
    names = _country_names()
    codes = [
        names.get(written.replace("İ", "i").replace("I", "i").lower(), written.upper() if len(written) == 2 else None)
        for written in encoded.dictionary.to_pylist()
    ]
    found = pa.array(codes, pa.string()).take(encoded.indices)
    return pa.chunked_array([pc.fill_null(found, default_country)])


def _country_names() -> dict[str, str]:
    with (settings.SEEDS / "country_names.csv").open(encoding="utf-8", newline="") as file:
        return {row["country_name"]: row["country_code"] for row in csv.DictReader(file)}


def _normalised(kind: str, values: pa.ChunkedArray, countries: pa.ChunkedArray) -> pa.Array:
    """The match key of each value, null where it is invalid or a desk's. Each distinct value is worked on once."""
    encoded = pc.dictionary_encode(values).combine_chunks()
    code = np.asarray(pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False))
    country = np.asarray(countries.combine_chunks().to_numpy(zero_copy_only=False))
    keys = np.full(len(code), None, dtype=object)
    for name in sorted(set(country.tolist())):
        rows = np.flatnonzero((country == name) & (code >= 0))
        codes, position = np.unique(code[rows], return_inverse=True)
        found = _match_keys(kind, encoded.dictionary.take(pa.array(codes)), name)
        keys[rows] = found.to_numpy(zero_copy_only=False)[position]
    return pa.array(keys, pa.string())


def _match_keys(kind: str, written: pa.Array, country: str) -> pa.Array:
    forms = normal_forms(kind, written, country)
    is_usable = pc.and_not(forms["is_valid"], forms["is_shared"])
    keys = pc.if_else(is_usable, pc.coalesce(forms["match_key"], forms["normalised"]), pa.scalar(None, pa.string()))
    if kind == "phone":
        keys = pc.coalesce(keys, _digits(written, forms["reason"]))
    return keys.combine_chunks() if isinstance(keys, pa.ChunkedArray) else keys


def _digits(written: pa.Array, reason: pa.ChunkedArray) -> pa.Array:
    """Digits of numbers of unknown countries or with a slip in them: no number to call, but one to compare."""
    digits = pc.utf8_ltrim(pc.replace_substring_regex(written, r"\D", ""), "0")
    is_one = pc.and_(
        pc.is_in(reason, pa.array(["no_country_code", "not_in_use_in_that_country"])),
        pc.match_substring_regex(digits, r"^\d{7,}$"),
    )
    return pc.if_else(is_one, digits, pa.scalar(None, pa.string()))


def _lists(columns: Sequence[pa.Array | pa.ChunkedArray]) -> pa.Array:
    """Per record the list of the columns' values, null where all are missing."""
    n_rows = len(columns[0])
    values = pa.concat_arrays([_one_chunk(column) for column in columns])
    is_there = np.asarray(pc.is_valid(values))
    rows = np.tile(np.arange(n_rows), len(columns))[is_there]
    order = np.argsort(rows, kind="stable")
    n_values = np.bincount(rows, minlength=n_rows)
    offsets = pa.array(np.concatenate([[0], np.cumsum(n_values)]), pa.int32(), mask=np.append(n_values == 0, False))
    return pa.ListArray.from_arrays(offsets, values.drop_null().take(pa.array(order)))


def _one_chunk(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
