-- What the orders came to at the vendors, and what was paid back on them, is what the mart shows, by currency and
-- business date: none lost, none counted twice.
with concept as (

    select
        currency,
        {{ to_business_date('ordered_at') }} as order_date,
        count(*) as n_orders,
        sum(total_amount) as total_amount,
        sum(refunded_amount) as refunded_amount
    from {{ ref('int_orders_unioned') }}
    group by currency, {{ to_business_date('ordered_at') }}

),

mart as (

    select
        original_currency as currency,
        order_date,
        count(*) as n_orders,
        sum(original_total_amount) as total_amount,
        sum(original_refunded_amount) as refunded_amount
    from {{ ref('orders') }}
    group by original_currency, order_date

)

select
    concept.currency as concept_currency,
    concept.order_date as concept_date,
    mart.currency as mart_currency,
    mart.order_date as mart_date
from concept
full outer join mart
    on
        concept.currency = mart.currency
        and concept.order_date = mart.order_date
where
    concept.n_orders is distinct from mart.n_orders
    or concept.total_amount is distinct from mart.total_amount
    or concept.refunded_amount is distinct from mart.refunded_amount
