"""`make bench-publish`: Rapport's publication of a mart beside a bare MERGE of the same rows."""

from __future__ import annotations

import sys
from datetime import timedelta

from benchmarks.harness import NIGHT, Measured, scratch, show, timed
from rapport.businesses import load_business
from rapport.nights import open_night
from rapport.publishing import Column, publish
from rapport.publishing import Table as Mart
from rapport.warehouse import connect

MEASURES = [f"c{i}" for i in range(12)]


def main(n_rows: int) -> None:
    """Publish `n_rows` rows of 14 columns, ten a customer, of which 0.5 % changed, each of another customer."""
    with scratch() as name:
        show(f"publishing {n_rows:,} rows of 14 columns, 0.5 % changed", publishing(name, n_rows), n_rows)


def publishing(name: str, n_rows: int) -> list[Measured]:
    columns = ", ".join(f"round(random()::numeric * 1000, 2) as {measure}" for measure in MEASURES)
    mart = Mart(
        mart="loyalty",
        name="bench",
        primary_key=("id",),
        columns=tuple(Column(column) for column in ["id", "customer_id", *MEASURES]),
        description="",
    )
    with connect(name) as conn:
        conn.execute("create schema build_loyalty")
        conn.execute(
            f"create table build_loyalty.bench as select id, 'c_' || id / 10 as customer_id, {columns}"
            f" from generate_series(1, {n_rows}) as id"
        )
        conn.execute("update ops.nights set state = 'built', claimed_at = now()")
        publish(conn, name, NIGHT, [mart])
        conn.execute("create table raw.bare as select * from loyalty.bench; alter table raw.bare add primary key (id)")
        conn.execute("update build_loyalty.bench set c0 = c0 + 1 where id % 200 = 0")
        conn.execute("analyze build_loyalty.bench; analyze raw.bare; analyze loyalty.bench")
        conn.commit()
        merge = (
            "merge into raw.bare as live using build_loyalty.bench as built on live.id = built.id"
            f" when matched and ({', '.join(f'live.{measure}' for measure in MEASURES)}) is distinct from"
            f" ({', '.join(f'built.{measure}' for measure in MEASURES)})"
            f" then update set {', '.join(f'{measure} = built.{measure}' for measure in MEASURES)}"
            " when not matched then insert values"
            f" (built.id, built.customer_id, {', '.join(f'built.{one}' for one in MEASURES)})"
            " when not matched by source then delete"
        )

        def bare() -> None:
            conn.execute(merge)
            conn.commit()

        floor = timed(bare)
        open_night(conn, load_business("sample"), NIGHT + timedelta(days=1))
        conn.execute("update ops.nights set state = 'sent' where business_date = %s", [NIGHT])
        conn.execute("update ops.nights set state = 'built', claimed_at = now() where state = 'open'")
        conn.commit()
        rapport = timed(lambda: publish(conn, name, NIGHT + timedelta(days=1), [mart]))
    return [Measured("bare MERGE (floor)", floor), Measured("Rapport, with checksum and grants", rapport)]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500_000)
