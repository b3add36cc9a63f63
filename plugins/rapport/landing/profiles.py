"""What a file was like, counted while it streams by: empty cells, rows left out, categories; kept for comparison."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.compute as pc

from rapport.landing.declarations import Declaration
from rapport.landing.headers import Layout
from rapport.landing.results import Quarantined

# More distinct values are no categories, whatever is declared.
MOST_CATEGORIES = 500
_LONGEST_CATEGORY = 200


class Profile:
    """Counts of one file, by declared column; of faults of rows as a whole under ''.

    A column's categories are None where they turn out to be none.
    """

    def __init__(self, declaration: Declaration, layout: Layout) -> None:
        self.n_rows = 0
        self.n_empty = Counter(dict.fromkeys(layout.columns, 0))
        self.n_quarantined: Counter[str] = Counter()
        declared = [column.name for column in declaration.loaded_columns if column.is_category]
        self.categories: dict[str, set[str] | None] = {name: set() for name in declared if name in layout.columns}

    def add(self, rows: pa.Table, quarantined: Iterable[Quarantined]) -> None:
        """Count a block: the rows that are loaded, by raw column, and those that are not."""
        self.n_rows += rows.num_rows
        for name in self.n_empty:
            self.n_empty[name] += rows.column(name).null_count
        for name, known in self.categories.items():
            if known is not None:
                known.update(pc.unique(rows.column(name)).drop_null().to_pylist())
                if len(known) > MOST_CATEGORIES or any(len(value) > _LONGEST_CATEGORY for value in known):
                    self.categories[name] = None
        self.add_faults(quarantined)

    def add_faults(self, quarantined: Iterable[Quarantined]) -> None:
        """Count rows that are not loaded by the column to blame."""
        self.n_quarantined.update(row.fault.column for row in quarantined)


def write_profile(conn: psycopg.Connection[Any], declaration: Declaration, load_id: int, profile: Profile) -> None:
    """Keep the profile of a load, and which categories it is the first to have, in the load's transaction."""
    with conn.cursor() as cursor:
        statement = (
            "copy quality.load_profiles (load_id, column_name, n_rows, n_empty, n_quarantined, n_categories) from stdin"
        )
        with cursor.copy(statement) as copy:
            for name in sorted({*profile.n_empty, *profile.n_quarantined, ""}):
                known = profile.categories.get(name)
                n_categories = None
                if name in profile.categories:
                    n_categories = MOST_CATEGORIES + 1 if known is None else len(known)
                counts = (profile.n_empty[name], profile.n_quarantined[name], n_categories)
                copy.write_row((load_id, name, profile.n_rows, *counts))
        names = [name for name, known in profile.categories.items() for _ in known or ()]
        values = [value for known in profile.categories.values() for value in sorted(known or ())]
        cursor.execute(
            "insert into quality.categories (vendor, table_name, column_name, category, first_load_id)"
            " select %s, %s, found.column_name, found.category, %s"
            " from unnest(%s::text[], %s::text[]) as found (column_name, category) on conflict do nothing",
            [declaration.vendor, declaration.table, load_id, names, values],
        )
