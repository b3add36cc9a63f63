with

interests as (
    select * from {{ live('interests') }}
),

customers as (
    select * from {{ live('customers') }}
),

final as (
    select
        interests.customer_id,
        'Interested in ' || interests.interest || ': ' || cast(interests.n_signs as text) || ' signs, '
        || cast(interests.n_bought as text) || ' of them bought, the last on '
        || to_char(interests.last_sign_date, 'YYYY-MM-DD') as reason,
        interests.interest as offer,
        {{ valid_for_days(var("newsletter_valid_days", 7)) }} as valid_until
    from interests
    inner join customers
        on interests.customer_id = customers.customer_id
    where
        interests.interest_kind = 'category'
        and interests.place = 1
        and not interests.is_too_thin
        and customers.lifecycle_stage not in ('prospect', 'lapsed')
)

select * from final
