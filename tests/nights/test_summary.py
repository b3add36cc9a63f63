"""What the summary of a night tells beside its own figures."""

from __future__ import annotations

import io
from datetime import date

from rich.console import Console

from rapport.businesses import load_business
from rapport.nights.screen import show
from rapport.nights.summary import summarise
from rapport.warehouse import connect

FIRST, SECOND = date(2026, 3, 1), date(2026, 3, 2)


def test_a_live_table_that_no_model_builds_any_more_is_named_until_it_is_dropped(warehouse: str) -> None:
    business = load_business("sample").model_copy(update={"name": warehouse})

    def left_behind() -> list[tuple[str, date]]:
        rows = summarise(conn, business, SECOND)["left_behind"]
        return [(row["table"], row["last_published_date"]) for row in rows]

    with connect(warehouse) as conn:
        for business_date, names in ((FIRST, ("kept", "removed", "dropped")), (SECOND, ("kept",))):
            conn.execute(
                "insert into ops.nights (business_date, landing, clock) values (%s, '', %s)",
                [business_date, business_date],
            )
            for name in names:
                conn.execute(f"create table if not exists loyalty.{name} ()")  # type: ignore[arg-type]
                conn.execute(
                    "insert into ops.publications (business_date, table_schema, table_name, n_rows, n_inserted,"
                    " n_updated, n_deleted, checksum) values (%s, 'loyalty', %s, 0, 0, 0, 0, '0')",
                    [business_date, name],
                )
        conn.execute("drop table loyalty.dropped")
        assert left_behind() == [("loyalty.removed", FIRST)]
        screen = io.StringIO()
        show(summarise(conn, business, SECOND), Console(file=screen, width=200), url_command="")
        assert "loyalty.removed is as of 2026-03-01: no model builds it any more" in screen.getvalue()
        assert summarise(conn, business, FIRST)["left_behind"] == []
