with

loyalty_class as (
    select * from {{ live('loyalty_class') }}
),

customers as (
    select * from {{ live('customers') }}
),

final as (
    select
        loyalty_class.customer_id,
        'Loyal without being paid for it: ' || cast(loyalty_class.n_without_incentive as text) || ' of '
        || cast(loyalty_class.n_repeat_orders as text) || ' repeat orders at full price' as reason,
        cast(null as text) as offer,
        {{ valid_for_days(var("appreciation_valid_days", 14)) }} as valid_until
    from loyalty_class
    inner join customers
        on loyalty_class.customer_id = customers.customer_id
    where
        loyalty_class.loyalty_class = 3.0
        and customers.lifecycle_stage not in ('prospect', 'lapsed')
)

select * from final
