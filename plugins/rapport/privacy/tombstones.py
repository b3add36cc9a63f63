"""Tombstones: which rows of an export are of erased persons, told without knowing who they were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt
import psycopg
import pyarrow as pa
import pyarrow.compute as pc

from rapport.privacy.normal_keys import (
    AROUND_IDS,
    ID_LENGTHS,
    Kind,
    hashed,
    point_keys,
    privacy_key,
    record_key,
)
from rapport.privacy.probes import BITS, Prober

if TYPE_CHECKING:
    from rapport.landing.declarations import Declaration

Connection = psycopg.Connection[Any]
Bools = npt.NDArray[np.bool_]

_POINTS: tuple[Kind, ...] = ("email", "mailbox", "phone")
_TELLING_ID = 6


def erect(conn: Connection, erasure_id: int | None, keys: Mapping[Kind, Iterable[str]]) -> None:
    """Write the tombstones of keys in their one form, in the caller's transaction.

    Without an erasure they are of records that came later, of somebody who was erased before.
    """
    secret = privacy_key()
    prober = Prober(secret)
    for kind, found in keys.items():
        listed = sorted(found)
        probes = prober.of_keys(kind, [_probed(kind, key) for key in listed])
        conn.cursor().executemany(
            "insert into ops.tombstones (hash, kind, probe, erasure_id) values (%s, %s, %s, %s) on conflict do nothing",
            [
                (hashed(kind, key, secret), kind, int(probe), erasure_id)
                for key, probe in zip(listed, probes, strict=True)
            ],
        )


@dataclass(frozen=True)
class Tombstones:
    """The tombstones of a warehouse, as a load asks for them."""

    hashes: frozenset[str]
    known_probes: Mapping[Kind, Bools]
    secret: bytes
    default_country: str

    @classmethod
    def read(cls, conn: Connection, default_country: str) -> Self | None:
        """All of them, or None where nobody was erased."""
        rows = conn.execute("select hash, kind, probe from ops.tombstones").fetchall()
        if not rows:
            return None
        probes: dict[Kind, Bools] = {kind: np.zeros(1 << BITS, dtype=bool) for kind in {kind for _, kind, _ in rows}}
        for _, kind, probe in rows:
            probes[kind][probe] = True
        return cls(frozenset(row[0] for row in rows), probes, privacy_key(), default_country)

    def erased_rows(
        self, declaration: Declaration, declared: Mapping[str, pa.Array], extras: Mapping[str, pa.Array]
    ) -> set[int]:
        """Rows (from 0) of a block that belong to erased persons.

        Looked at are columns declared to hold an e-mail, a phone, or the id of a person's record; of undeclared ones
        those in which there are addresses.
        """
        found: set[int] = set()
        for column in declaration.loaded_columns:
            if column.name not in declared:
                continue
            if column.pii == "email":
                found |= self._of_email(declared[column.name])
            elif column.pii == "phone":
                found |= self._rows("phone", declared[column.name])
                found |= self._addresses(declared[column.name])  # some have one column for either
        for name, of in declaration.record_columns.items():
            if name in declared:
                found |= self._rows("record", declared[name], declaration.vendor, of)
        for values in extras.values():
            found |= self._addresses(values)
        return found

    def has(self, kind: Kind, raw: str, vendor: str = "", of: str = "") -> bool:
        """Whether a value as it is written is an erased person's."""
        is_record = kind == "record"
        keys = {record_key(vendor, of, raw)} if is_record else point_keys(kind, raw, self.default_country)
        return any(hashed(kind, key, self.secret) in self.hashes for key in keys)

    def know_any(self, cells: Iterable[str], declaration: Declaration) -> bool:
        """Whether one of the cells of a row is an erased person's, whichever column it belongs to.

        A short id proves nothing then: it may be a quantity.
        """
        ofs = set(declaration.record_columns.values())
        return any(
            any(self.has(kind, cell) for kind in _POINTS)
            or (len(cell) >= _TELLING_ID and any(self.has("record", cell, declaration.vendor, of) for of in ofs))
            for cell in cells
            if cell
        )

    def _addresses(self, values: pa.Array) -> set[int]:
        return self._of_email(values) if pc.any(pc.match_substring(values, "@")).as_py() else set()

    def _of_email(self, values: pa.Array) -> set[int]:
        return self._rows("email", values) | self._rows("mailbox", values)

    def _rows(self, kind: Kind, values: pa.Array, vendor: str = "", of: str = "") -> set[int]:
        if kind not in self.known_probes or values.null_count == len(values):
            return set()
        looked_at = values
        if kind == "record":
            # Of several records the first is whose row it is.
            if pc.any(pc.match_substring(values, ";")).as_py():
                looked_at = pc.list_element(pc.split_pattern(values, ";"), 0)
            if vendor in ID_LENGTHS:
                looked_at = pc.ascii_trim(looked_at, characters=AROUND_IDS)
                looked_at = pc.utf8_slice_codeunits(looked_at, 0, ID_LENGTHS[vendor])
        codes, odd = Prober(self.secret).of_values(kind, looked_at)
        candidates = np.flatnonzero((self.known_probes[kind][codes] & (codes >= 0)) | odd)
        if not len(candidates):
            return set()
        written = looked_at.take(pa.array(candidates)).to_pylist()
        verdicts = {raw: self.has(kind, raw, vendor, of) for raw in set(written) if raw is not None}
        return {int(row) for row, raw in zip(candidates, written, strict=True) if verdicts.get(raw)}


class ErasedRows:
    """Rows of erased persons in the blocks of one file; `ids` are those of their records that were met."""

    def __init__(self, tombstones: Tombstones, declaration: Declaration) -> None:
        self._tombstones, self._declaration = tombstones, declaration
        self.ids: set[str] = set()

    def of_block(self, declared: Mapping[str, pa.Array], extras: Mapping[str, pa.Array]) -> set[int]:
        """As `Tombstones.erased_rows`, and a record's other rows: an order's further lines do not name anybody."""
        found = self._tombstones.erased_rows(self._declaration, declared, extras)
        own = declared.get(self._declaration.own_id or "")
        if own is None or not (found or self.ids):
            return found
        self.ids |= set(own.take(pa.array(sorted(found), pa.int64())).drop_null().to_pylist())
        others = pc.is_in(own, value_set=pa.array(sorted(self.ids), pa.string()))
        return found | set(pc.indices_nonzero(others).to_pylist())

    def has_line(self, cells: Iterable[str]) -> bool:
        """Whether a line that cannot be split into columns is an erased person's."""
        return self._tombstones.know_any(cells, self._declaration)

    @property
    def keys(self) -> set[str]:
        """The keys of the records that were met."""
        own_id = self._declaration.own_id
        of = self._declaration.record_columns.get(own_id) if own_id else None
        return {record_key(self._declaration.vendor, of, value) for value in self.ids} if of else set()


def _probed(kind: Kind, key: str) -> str:
    """What of a key its spellings show: of a record the id alone."""
    return key.split(":", 2)[2] if kind == "record" else key
