{#-
    One marketing message per person and night: of the lists that could have them, the one with the lowest priority
    number, the name deciding a tie. Held-out people compete too: where their list would have gone first, nothing
    goes, so that no other list sells them the same moment. A list that pauses promotion, such as recovery, takes its
    people out of every promotion, lists for advertisers included. Lists for colleagues, and those under another
    purpose, do not compete. The order of the reasons is that of the seed exclusion_reasons.
-#}
with

eligible as (
    select * from {{ ref('eligibility') }}
    where is_eligible
),

capped_channels as (
    select * from {{ ref('capped_channels') }}
),

held_out as (
    select * from {{ ref('holdouts') }}
    where is_held_out
),

sending_hours as (
    select * from {{ ref('sending_hours') }}
),

paused as (
    select distinct customer_id
    from eligible
    where is_pausing_promotion
),

assembled as (
    select
        eligible.*,
        coalesce(hours_of_country.send_not_before, hours_of_business.send_not_before) as send_not_before,
        least(
            coalesce(hours_of_country.send_not_after, hours_of_business.send_not_after), eligible.valid_until
        ) as send_not_after,
        paused.customer_id is not null as is_paused,
        capped_channels.customer_id is not null as is_channel_capped,
        held_out_of_all.customer_id is not null as is_held_out_of_all,
        held_out_of_list.customer_id is not null as is_held_out_of_list
    from eligible
    left join sending_hours as hours_of_country
        on
            eligible.channel = hours_of_country.channel
            and eligible.country_code = hours_of_country.country_code
    left join sending_hours as hours_of_business
        on
            eligible.channel = hours_of_business.channel
            and hours_of_business.country_code = ''
    left join paused
        on eligible.customer_id = paused.customer_id
    left join capped_channels
        on
            eligible.customer_id = capped_channels.customer_id
            and eligible.channel = capped_channels.channel
    left join held_out as held_out_of_all
        on
            eligible.customer_id = held_out_of_all.customer_id
            and held_out_of_all.scope = 'global'
    left join held_out as held_out_of_list
        on
            eligible.customer_id = held_out_of_list.customer_id
            and held_out_of_list.scope = 'segment:' || eligible.segment
),

barred as (
    select
        *,
        case
            when is_promotion and is_paused then 'promotion_paused'
            when is_marketing and is_channel_capped then 'frequency_capped'
            -- A channel without hours has none that fit.
            when send_not_before is null or send_not_before >= send_not_after then 'no_hours_left'
            when is_promotion and is_held_out_of_all then 'held_out_globally'
        end as barred_reason
    from assembled
),

ranked as (
    select
        *,
        row_number() over competing as competing_rank,
        first_value(segment) over competing as first_segment,
        first_value(is_held_out_of_list) over competing as is_kept_for_holdout
    from barred
    window
        competing as (partition by customer_id, is_marketing and barred_reason is null order by priority, segment)
),

decided as (
    select
        *,
        case
            when barred_reason is not null then barred_reason
            when is_held_out_of_list and (not is_marketing or competing_rank = 1) then 'held_out'
            when is_marketing and competing_rank > 1 and is_kept_for_holdout then 'kept_for_holdout'
            when is_marketing and competing_rank > 1 then 'another_segment_goes_first'
        end as given_up_reason
    from ranked
),

final as (
    select
        segment,
        customer_id,
        channel,
        contact,
        given_up_reason,
        case when given_up_reason in ('kept_for_holdout', 'another_segment_goes_first') then first_segment end
            as given_up_for,
        given_up_reason is null as is_allocated,
        send_not_before,
        send_not_after
    from decided
)

select * from final
