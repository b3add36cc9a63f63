{#-
    The list of a night is read the day after it: whose birthday is then.
-#}
with

customers as (
    select * from {{ live('customers') }}
),

final as (
    select
        customer_id,
        'Birthday on ' || to_char({{ business_date() }} + 1, 'FMDD FMMonth') as reason,
        '{{ var("birthday_offer", "BIRTHDAY") }}' as offer,
        {{ valid_for_days(var("birthday_valid_days", 14)) }} as valid_until
    from customers
    where
        {{ recurs_on('birth_date', business_date() ~ ' + 1') }}
)

select * from final
