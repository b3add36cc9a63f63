with

advocacy as (
    select * from {{ live('advocacy') }}
),

final as (
    select
        customer_id,
        'Buys little (' || cast(own_value_amount as text) || ' ' || reporting_currency
        || '), but whom they won is worth '
        || cast(referral_value_amount as text) || ' ' || reporting_currency as reason,
        cast(null as text) as offer,
        {{ valid_for_days(var("ambassadors_valid_days", 14)) }} as valid_until
    from advocacy
    where is_quiet_ambassador
)

select * from final
