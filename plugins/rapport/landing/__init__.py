"""Landing: declared exports become rows of raw, with a ledger row a file and bad rows in quarantine."""

from rapport.landing.declarations import Declaration, load_declarations, read_declarations
from rapport.landing.loading import StillArriving, load_file
from rapport.landing.night import (
    arriving_files,
    ingest_path,
    landing_for_night,
    missing_tables,
    refuse_unrecognised,
)
from rapport.landing.raw_tables import ensure_raw_tables
from rapport.landing.results import LoadResult

__all__ = [
    "Declaration",
    "LoadResult",
    "StillArriving",
    "arriving_files",
    "ensure_raw_tables",
    "ingest_path",
    "landing_for_night",
    "load_declarations",
    "load_file",
    "missing_tables",
    "read_declarations",
    "refuse_unrecognised",
]
