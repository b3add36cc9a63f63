"""The proof of an erasure: where was looked, what was removed, what is kept and why. It holds no personal data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

KEPT = (
    "HMAC-SHA256 of the person's addresses, numbers, records and ids (ops.tombstones, ops.erasures): so that nothing of"
    " them is taken in again; useless without the key, which is kept outside of the warehouse",
    "the send ledger (activation.delivery_members): that a message was sent, with keyed hashes in place of the person",
    "counts, checksums and file names in ops and quality: they say nothing of a person",
    "lists of objections that name people without an address or number of ours (Robinson list): they are not the"
    " person's record with us",
)
NOT_OURS = (
    "backups: restored, they have to be followed by this erasure again (docs/how-to/erase-a-customer.md)",
    "earlier commits of the seed identity_decisions, which name records by their vendors' ids: commit it as it is now",
    "the vendors' own systems: they are told to erase by whoever answers the request",
)


@dataclass
class Proof:
    """What an erasure did. Counts are rows in tables and files in folders, by place."""

    erasure_id: int
    business: str
    asked_at: str
    warehouse_at: str = ""
    finished_at: str = ""
    removed_rows: dict[str, int] = field(default_factory=dict)
    words_put_out: dict[str, int] = field(default_factory=dict)
    hashed_rows: dict[str, int] = field(default_factory=dict)
    landing_files: list[dict[str, Any]] = field(default_factory=list)
    other_files: dict[str, int] = field(default_factory=dict)
    n_tombstones: int = 0
    n_shared_points: int = 0
    scanned: dict[str, int] = field(default_factory=dict)
    found_by_scan: dict[str, int] = field(default_factory=dict)
    recipients_duty: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=lambda: list(KEPT))
    not_ours: list[str] = field(default_factory=lambda: list(NOT_OURS))

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)

    def as_text(self) -> str:
        """For people, and for the file of the request."""
        lines = [f"Erasure {self.erasure_id}, business {self.business}", ""]
        lines += [f"asked     {self.asked_at}", f"warehouse {self.warehouse_at}", f"finished  {self.finished_at}"]
        lines += _listed("Rows removed, by table", self.removed_rows)
        lines += _listed("Rows of others in which the person was named, which no longer do", self.words_put_out)
        lines += _listed("Rows kept with keyed hashes", self.hashed_rows)
        files = {f"{file['file']}: {file['outcome']}" + (f", {file['note']}" if file["note"] else ""): file["n_rows"]
                 for file in self.landing_files}  # fmt: skip
        lines += _listed("Landed files, with the rows that were taken out", files)
        lines += _listed("Other files written anew, by place", self.other_files)
        lines += _listed("Final scan: tables and files looked through", self.scanned)
        found = self.found_by_scan or {"nothing was found": 0}
        lines += _listed("Final scan: where an identifier was found", found)
        shared = "addresses or numbers that other persons have as well: those are theirs, and stay with them"
        lines += ["", f"Tombstones: {self.n_tombstones}", f"{self.n_shared_points} {shared}"]
        lines += ["", "Copies of lists at their recipients, who have to erase them themselves:"]
        lines += [f"  {name}" for name in self.recipients_duty] or ["  none"]
        lines += ["", "Kept:", *(f"  {reason}" for reason in self.kept)]
        lines += ["", "Not reached from here:", *(f"  {reason}" for reason in self.not_ours)]
        return "\n".join(lines) + "\n"


def _listed(title: str, counts: dict[str, int]) -> list[str]:
    return ["", f"{title}:", *(f"  {count:>7,}  {name}" for name, count in sorted(counts.items()))] if counts else []
