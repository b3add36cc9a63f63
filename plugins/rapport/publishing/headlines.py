"""What customers were called, night by night: a mart knows tonight only, and a shift needs what was."""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg

_HEADLINES = ("lifecycle_stage", "shopper_style", "loyalty_class", "engagement_tier", "value_so_far_amount")


def keep_headlines(conn: psycopg.Connection[Any], business_date: date) -> int:
    """Add a row to history.customer_headlines for each customer with a headline that is new; return how many.

    Reads the live customers, so it belongs into the transaction that publishes them. A night published again replaces
    what it had added. Returns 0 while live customers do not carry them.
    """
    carried = conn.execute(
        "select count(*) from information_schema.columns where table_schema = 'customer_360'"
        " and table_name = 'customers' and column_name = any(%s)",
        [list(_HEADLINES)],
    ).fetchone()
    if carried != (len(_HEADLINES),):
        return 0
    conn.execute("delete from history.customer_headlines where since_date >= %s", [business_date])
    tonight, before = (", ".join(f"{table}.{name}" for name in _HEADLINES) for table in ("tonight", "before"))
    return conn.execute(
        f"""
        insert into history.customer_headlines (customer_id, since_date, {", ".join(_HEADLINES)})
        select coalesce(tonight.customer_id, before.customer_id), %s, {tonight}
        from customer_360.customers as tonight
        full outer join (
            select distinct on (customer_id) * from history.customer_headlines order by customer_id, since_date desc
        ) as before on tonight.customer_id = before.customer_id
        where ({tonight}) is distinct from ({before})
        """,
        [business_date],
    ).rowcount
