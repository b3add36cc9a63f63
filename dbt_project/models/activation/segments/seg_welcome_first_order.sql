{#-
    A moment that passed before the business's first live night is past: loading years of history, or switching a new
    business on, welcomes nobody late. The first night still welcomes those of the day or so before it
    (welcome_grace_days), because a night's exports hold the day before.
-#}
with

orders as (
    select * from {{ live('orders') }}
),

first_live_night as (
    select * from {{ ref('first_live_night') }}
),

first_orders as (
    select
        customer_id,
        ordered_at,
        {{ to_business_date('ordered_at') }} as first_order_date
    from orders
    where
        is_first_order
        and is_counted
        and ordered_at <= {{ clock() }}
),

final as (
    select
        first_orders.customer_id,
        'First order on ' || to_char(first_orders.first_order_date, 'YYYY-MM-DD') as reason,
        '{{ var("welcome_offer", "WELCOME10") }}' as offer,
        first_orders.ordered_at + interval '{{ 24 * var("welcome_valid_days", 30) }} hours' as valid_until
    from first_orders
    cross join first_live_night
    where
        first_orders.first_order_date > {{ business_date() }} - {{ var("welcome_window_days", 7) }}
        and first_orders.first_order_date
        >= first_live_night.first_live_date - {{ var("welcome_grace_days", 1) }}
)

select * from final
