with

advocacy as (
    select * from {{ live('advocacy') }}
),

interests as (
    select * from {{ live('interests') }}
    where interest_kind = 'category' and place = 1
),

members as (
    select * from {{ live('memberships') }}
    where is_member
),

final as (
    select
        advocacy.customer_id,
        'Wrote ' || cast(advocacy.n_reviews as text) || ' reviews, recommended us '
        || cast(advocacy.n_referrals as text) || ' times, interested in ' || interests.interest as reason,
        interests.interest as offer,
        {{ valid_for_days(var("community_valid_days", 30)) }} as valid_until
    from advocacy
    inner join interests
        on advocacy.customer_id = interests.customer_id
    where
        coalesce(advocacy.n_reviews, 0) + coalesce(advocacy.n_referrals, 0) >= {{ var("community_min_words", 2) }}
        and advocacy.n_reviews is not null
        and advocacy.n_referrals is not null
        and advocacy.customer_id not in (select members.customer_id from members)
)

select * from final
