{#-
    One marketing message per person and night: the segment with the lowest priority number has them, the name decides
    a tie. A list that pauses promotion, such as recovery, takes its people out of every marketing list. Lists that go
    to colleagues, and those under another purpose, do not compete.
-#}
with

eligible as (
    select * from {{ ref('eligibility') }}
    where is_eligible
),

paused as (
    select distinct customer_id
    from eligible
    where is_pausing_promotion
),

competing as (
    select
        eligible.*,
        eligible.audience = 'customer' and eligible.consent_purpose = 'marketing' as is_marketing,
        paused.customer_id is not null as is_paused
    from eligible
    left join paused
        on eligible.customer_id = paused.customer_id
),

ranked as (
    select
        *,
        row_number() over marketing_of_person as marketing_rank,
        first_value(segment) over marketing_of_person as winning_segment
    from competing
    window marketing_of_person as (partition by customer_id, is_marketing order by priority, segment)
),

final as (
    select
        segment,
        customer_id,
        channel,
        contact,
        case
            when not is_marketing then null
            when is_paused then 'promotion_paused'
            when marketing_rank > 1 then 'another_segment_goes_first'
        end as given_up_reason,
        case when is_marketing and not is_paused and marketing_rank > 1 then winning_segment end as given_up_for,
        not is_marketing or (not is_paused and marketing_rank = 1) as is_allocated
    from ranked
)

select * from final
