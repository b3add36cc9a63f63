with

customers as (
    select * from {{ live('customers') }}
),

final as (
    select
        customer_id,
        'Customer since ' || to_char(first_order_date, 'YYYY-MM-DD') || ': years '
        || cast(extract(year from {{ business_date() }} + 1) - extract(year from first_order_date) as text) as reason,
        cast(null as text) as offer,
        {{ valid_for_days(var("anniversary_valid_days", 7)) }} as valid_until
    from customers
    where
        {{ recurs_on('first_order_date', business_date() ~ ' + 1') }}
        and lifecycle_stage <> 'lapsed'
)

select * from final
