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

{{ differences('order_date', ['n_orders', 'total_amount', 'refunded_amount']) }}
