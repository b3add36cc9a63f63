with

lifecycle as (
    select * from {{ live('lifecycle') }}
    where is_current and lifecycle_stage = 'loyal'
),

interests as (
    select * from {{ live('interests') }}
    where interest_kind = 'category' and place = 1
),

final as (
    select
        lifecycle.customer_id,
        'Loyal since ' || to_char(lifecycle.stage_since_date, 'YYYY-MM-DD') || ', interested in ' || interests.interest
            as reason,
        interests.interest as offer,
        {{ valid_for_days(var("early_access_valid_days", 7)) }} as valid_until
    from lifecycle
    inner join interests
        on lifecycle.customer_id = interests.customer_id
)

select * from final
