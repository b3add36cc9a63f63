"""The declared metrics, and a small business that is worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from rapport.metrics.definitions import live_manifest
from rapport.metrics.engine import MetricEngine
from rapport.warehouse import connect

# Columns that the metrics under test read, as the marts name them.
LIVE_TABLES = """
create table customer_360.customers (
    customer_id text, country_code text, language text, lifecycle_stage text, rfm_segment text, email text,
    customer_since_date date, first_order_date date, n_orders integer
);
create table customer_360.orders (
    order_id text, customer_id text, order_date date, order_rank integer, is_counted boolean, total_amount numeric,
    refunded_amount numeric default 0, sales_channel text default 'web', is_full_price boolean default true
);
create table customer_360.days (day date);
create table customer_360.survey_responses (
    response_id text, customer_id text, answered_date date, nps_score integer, touchpoint text
);
create table loyalty.lifecycle (customer_id text, lifecycle_stage text, stage_since_date date, stage_until_date date);
grant select on all tables in schema customer_360, loyalty to rapport_analyst;
revoke select on customer_360.customers from rapport_analyst;
grant select (
    customer_id, country_code, language, lifecycle_stage, rfm_segment, customer_since_date, first_order_date, n_orders
) on customer_360.customers to rapport_analyst;
"""
# Until the night of 15 March 2026. Ada comes each spring, Bo came once in 2024, Can in 2024 and again in 2026 only;
# Dua is new.
ROWS = """
insert into customer_360.days select generate_series(timestamp '2024-03-01', timestamp '2026-03-15', interval '1 day');
insert into customer_360.customers
    (customer_id, country_code, lifecycle_stage, email, first_order_date, n_orders)
values
    ('ada', 'DK', 'loyal', 'ada@example.com', '2024-03-10', 3), ('bo', 'DK', 'lapsed', null, '2024-03-20', 1),
    ('can', 'TR', 'won_back', null, '2024-04-05', 2), ('dua', 'TR', 'first_order', null, '2026-02-02', 1),
    ('eli', 'TR', 'prospect', null, null, 0);
insert into customer_360.orders (order_id, customer_id, order_date, order_rank, is_counted, total_amount) values
    ('o1', 'ada', '2024-03-10', 1, true, 100), ('o2', 'bo', '2024-03-20', 1, true, 50),
    ('o3', 'can', '2024-04-05', 1, true, 80), ('o4', 'ada', '2025-03-12', 2, true, 60),
    ('o5', 'dua', '2026-02-02', 1, true, 40), ('o6', 'can', '2026-02-10', 2, true, 20),
    ('o7', 'dua', '2026-02-11', null, false, 999), ('o8', 'ada', '2026-03-14', 3, true, 30);
update customer_360.orders set refunded_amount = 10, is_full_price = false where order_id = 'o5';
insert into customer_360.survey_responses values
    ('r1', 'ada', '2026-02-01', 10, null), ('r2', 'can', '2026-02-09', 6, null), ('r3', 'can', '2026-02-10', 9, null),
    ('r4', 'dua', '2026-02-20', null, 'delivery');
insert into loyalty.lifecycle values
    ('ada', 'loyal', '2025-03-12', null), ('can', 'lapsed', '2025-01-01', '2026-02-09'),
    ('can', 'won_back', '2026-02-10', null);
"""


@pytest.fixture(scope="session")
def engine() -> MetricEngine:
    return MetricEngine(live_manifest("sample"))


@pytest.fixture(scope="module")
def small_business(shared_warehouse: str) -> str:
    """Name of a business whose live tables hold a few people."""
    with connect(shared_warehouse) as conn:
        conn.execute(LIVE_TABLES)  # type: ignore[arg-type]
        conn.execute(ROWS)  # type: ignore[arg-type]
    return shared_warehouse


@pytest.fixture
def analyst(small_business: str) -> Iterator[psycopg.Connection[Any]]:
    from rapport.metrics.asking import connected_as_analyst

    with connected_as_analyst(small_business) as conn:
        yield conn
