-- Joining lines to orders and products neither drops a line nor repeats one, and what they come to stays the same, by
-- currency and business date. A line whose order nobody exports has neither, and fails.
with concept as (

    select
        orders.currency,
        {{ to_business_date('orders.ordered_at') }} as order_date,
        count(*) as n_lines,
        sum(lines.net_amount) as net_amount
    from {{ ref('int_order_lines_unioned') }} as lines
    left join {{ ref('int_orders_unioned') }} as orders
        on lines.order_id = orders.order_id
    group by orders.currency, {{ to_business_date('orders.ordered_at') }}

),

mart as (

    select
        original_currency as currency,
        order_date,
        count(*) as n_lines,
        sum(original_net_amount) as net_amount
    from {{ ref('order_lines') }}
    group by original_currency, order_date

)

{{ differences('order_date', ['n_lines', 'net_amount']) }}
