with

shopper_style as (
    select * from {{ live('shopper_style') }}
),

customers as (
    select * from {{ live('customers') }}
),

final as (
    select
        shopper_style.customer_id,
        'Relational shopper, ' || cast(shopper_style.score as text)
        || ' on the scale from 0 (transactional) to 100 (relational), above all by '
        || replace(shopper_style.first_reason, '_', ' ') as reason,
        cast(null as text) as offer,
        {{ valid_for_days(var("relational_nurture_valid_days", 7)) }} as valid_until
    from shopper_style
    inner join customers
        on shopper_style.customer_id = customers.customer_id
    where
        shopper_style.shopper_style = 'relational'
        and customers.lifecycle_stage not in ('prospect', 'lapsed')
)

select * from final
