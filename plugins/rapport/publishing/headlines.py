"""What customers were called, night by night: a mart knows tonight only, and a shift needs what was."""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg

_MARTS = ("loyalty.shopper_style", "loyalty.loyalty_class")


def keep_headlines(conn: psycopg.Connection[Any], business_date: date) -> int:
    """Add a row to history.customer_headlines for each customer whose style or class is new; return how many.

    Reads the live tables, so it belongs into the transaction that publishes them. A night published again replaces
    what it had added. Returns 0 where a business's marts are not both live yet.
    """
    live = conn.execute("select to_regclass(%s) is not null and to_regclass(%s) is not null", _MARTS).fetchone()
    if live != (True,):
        return 0
    conn.execute("delete from history.customer_headlines where since_date >= %s", [business_date])
    return conn.execute(
        """
        insert into history.customer_headlines (customer_id, since_date, shopper_style, loyalty_class)
        select coalesce(tonight.customer_id, before.customer_id), %s, tonight.shopper_style, tonight.loyalty_class
        from (
            select customer_id, style.shopper_style, class.loyalty_class
            from loyalty.shopper_style as style
            left join loyalty.loyalty_class as class using (customer_id)
        ) as tonight
        full outer join (
            select distinct on (customer_id) customer_id, shopper_style, loyalty_class
            from history.customer_headlines
            order by customer_id, since_date desc
        ) as before on tonight.customer_id = before.customer_id
        where (tonight.shopper_style, tonight.loyalty_class)
            is distinct from (before.shopper_style, before.loyalty_class)
        """,
        [business_date],
    ).rowcount
