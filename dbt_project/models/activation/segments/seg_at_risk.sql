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
        'At risk since ' || to_char(lifecycle.stage_since_date, 'YYYY-MM-DD') || ': last order '
        || cast({{ business_date() }} - customers.last_order_date as text) || ' days ago, usual gap '
        || cast(round(lifecycle.usual_gap_days) as text) || ' days' as reason,
        cast(null as text) as offer,
        {{ valid_for_days(var("at_risk_valid_days", 7)) }} as valid_until
    from lifecycle
    inner join customers
        on lifecycle.customer_id = customers.customer_id
    where
        lifecycle.is_current
        and lifecycle.lifecycle_stage = 'at_risk'
)

select * from final
