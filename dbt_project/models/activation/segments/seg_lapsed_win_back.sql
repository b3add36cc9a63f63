with

lifecycle as (
    select * from {{ live('lifecycle') }}
),

customers as (
    select * from {{ live('customers') }}
),

final as (
    select
        lifecycle.customer_id,
        'Lapsed on ' || to_char(lifecycle.stage_since_date, 'YYYY-MM-DD') || ': last order on '
        || to_char(customers.last_order_date, 'YYYY-MM-DD') || ', usual gap '
        || cast(round(lifecycle.usual_gap_days) as text) || ' days' as reason,
        '{{ var("win_back_offer", "COMEBACK15") }}' as offer,
        {{ valid_for_days(var("win_back_valid_days", 14)) }} as valid_until
    from lifecycle
    inner join customers
        on lifecycle.customer_id = customers.customer_id
    where
        lifecycle.is_current
        and lifecycle.lifecycle_stage = 'lapsed'
        and lifecycle.stage_since_date > {{ business_date() }} - {{ var("win_back_window_days", 30) }}
)

select * from final
