{#-
    Points of every signal (seed engagement_signals) fade by half in engagement_half_life_months. What is left of them at a
    month's end, b, scores 100 (1 - 0.5 ^ (b / half_score_points)) in its part, and 0 where it speaks against the bond; the
    index is the mean of the parts, weighted. Of whole months only: what a month says does not change once it is over.
-#}
{{ config(materialized='by_key') }}

with signals as (

    select * from {{ ref('engagement_signals') }}

),

weights as (

    select * from {{ ref('engagement_weights') }}

),

known_components as (

    select * from {{ ref('int_engagement_components') }}

),

purchases as (

    select * from {{ of_changed(ref('int_customer_purchases')) }}

),

messages as (

    select * from {{ of_changed(ref('messages')) }}

),

responses as (

    select * from {{ of_changed(ref('survey_responses')) }}
    where customer_id is not null

),

service_contacts as (

    select * from {{ of_changed(ref('service_contacts')) }}

),

unanswered as (

    select * from {{ of_changed(ref('promises')) }}
    where
        promise_type = 'reply'
        and status = 'broken'

),

reviews as (

    select * from {{ of_changed(ref('reviews')) }}

),

referrals as (

    select * from {{ of_changed(ref('referrals'), 'referrer_customer_id') }}
    where not is_self_referral

),

memberships as (

    select * from {{ of_changed(ref('memberships')) }}

),

attendances as (

    select * from {{ of_changed(ref('event_attendances')) }}
    where is_attended

),

happened as (

    select
        customer_id,
        'purchase' as signal,
        purchase_date as happened_date
    from purchases

    union all

    select
        customer_id,
        'message_' || event_type as signal,
        occurred_date as happened_date
    from messages

    union all

    select
        customer_id,
        'survey_answered' as signal,
        answered_date as happened_date
    from responses

    union all

    select
        customer_id,
        'survey_low_score' as signal,
        answered_date as happened_date
    from responses
    where {{ is_low_score() }}

    union all

    select
        customer_id,
        'contact_opened' as signal,
        opened_date as happened_date
    from service_contacts

    union all

    select
        customer_id,
        'contact_unanswered' as signal,
        {{ to_business_date('due_at') }} as happened_date
    from unanswered

    union all

    select
        customer_id,
        'review_written' as signal,
        review_date as happened_date
    from reviews

    union all

    select
        customer_id,
        'review_low_rating' as signal,
        review_date as happened_date
    from reviews
    where rating < {{ var('low_rating_below') }}

    union all

    select
        referrer_customer_id as customer_id,
        'referral_made' as signal,
        {{ to_business_date('referred_at') }} as happened_date
    from referrals

    union all

    select
        customer_id,
        'group_joined' as signal,
        joined_date as happened_date
    from memberships

    union all

    select
        customer_id,
        'group_left' as signal,
        {{ to_business_date('left_at') }} as happened_date
    from memberships
    where left_at is not null

    union all

    select
        customer_id,
        'event_attended' as signal,
        occurred_date as happened_date
    from attendances

),

in_months as (

    select
        customer_id,
        signal,
        cast(date_trunc('month', cast(happened_date as timestamp without time zone)) as date) as month
    from happened
    where happened_date < {{ start_of_month() }}

),

scored as (

    select
        in_months.customer_id,
        in_months.month,
        {{ part_points('purchases') }} as purchases_points,
        {{ part_points('messages') }} as messages_points,
        {{ part_points('surveys') }} as surveys_points,
        {{ part_points('service') }} as service_points,
        {{ part_points('advocacy') }} as advocacy_points,
        {{ part_points('community') }} as community_points,
        sum(greatest(signals.points, 0)) as for_points,
        sum(greatest(-signals.points, 0)) as against_points
    from in_months
    inner join signals
        on in_months.signal = signals.signal
    group by in_months.customer_id, in_months.month

),

spans as (

    select
        customer_id,
        min(month) as first_month,
        least(
            max(month) + interval '{{ var("engagement_fade_months") }} months',
            {{ start_of_month() }} - interval '1 month'
        ) as last_month
    from scored
    group by customer_id

),

months as (

    select
        spans.customer_id,
        cast(grid.month as date) as month,
        row_number() over (partition by spans.customer_id order by grid.month) - 1 as months_since
    from spans
    cross join lateral generate_series(
        cast(spans.first_month as timestamp without time zone), spans.last_month, interval '1 month'
    ) as grid (month)

),

left_over as (

    select
        months.customer_id,
        months.month,
        {{ faded('scored.purchases_points', 'months.months_since', 'so_far') }} as purchases_points,
        {{ faded('scored.messages_points', 'months.months_since', 'so_far') }} as messages_points,
        {{ faded('scored.surveys_points', 'months.months_since', 'so_far') }} as surveys_points,
        {{ faded('scored.service_points', 'months.months_since', 'so_far') }} as service_points,
        {{ faded('scored.advocacy_points', 'months.months_since', 'so_far') }} as advocacy_points,
        {{ faded('scored.community_points', 'months.months_since', 'so_far') }} as community_points,
        {{ faded('scored.for_points', 'months.months_since', 'so_far') }} as for_points,
        {{ faded('scored.against_points', 'months.months_since', 'so_far') }} as against_points
    from months
    left join scored
        on
            months.customer_id = scored.customer_id
            and months.month = scored.month
    window so_far as (partition by months.customer_id order by months.month)

),

known_weights as (

    select
        weights.component,
        weights.half_score_points,
        weights.weight / sum(weights.weight) over () as share
    from weights
    inner join known_components
        on weights.component = known_components.component

),

known_parts as (

    select
        {{ of_part('half_score_points', 'purchases') }} as purchases_half,
        {{ of_part('half_score_points', 'messages') }} as messages_half,
        {{ of_part('half_score_points', 'surveys') }} as surveys_half,
        {{ of_part('half_score_points', 'service') }} as service_half,
        {{ of_part('half_score_points', 'advocacy') }} as advocacy_half,
        {{ of_part('half_score_points', 'community') }} as community_half,
        {{ of_part('share', 'purchases') }} as purchases_share,
        {{ of_part('share', 'messages') }} as messages_share,
        {{ of_part('share', 'surveys') }} as surveys_share,
        {{ of_part('share', 'service') }} as service_share,
        {{ of_part('share', 'advocacy') }} as advocacy_share,
        {{ of_part('share', 'community') }} as community_share
    from known_weights

),

part_scores as (

    select
        left_over.customer_id,
        left_over.month,
        left_over.for_points,
        left_over.against_points,
        known_parts.purchases_share,
        known_parts.messages_share,
        known_parts.surveys_share,
        known_parts.service_share,
        known_parts.advocacy_share,
        known_parts.community_share,
        {{ part_score('left_over.purchases_points', 'known_parts.purchases_half') }} as purchases_score,
        {{ part_score('left_over.messages_points', 'known_parts.messages_half') }} as messages_score,
        {{ part_score('left_over.surveys_points', 'known_parts.surveys_half') }} as surveys_score,
        {{ part_score('left_over.service_points', 'known_parts.service_half') }} as service_score,
        {{ part_score('left_over.advocacy_points', 'known_parts.advocacy_half') }} as advocacy_score,
        {{ part_score('left_over.community_points', 'known_parts.community_half') }} as community_score
    from left_over
    cross join known_parts

),

indexed as (

    select
        *,
        coalesce(purchases_share * purchases_score, 0)
        + coalesce(messages_share * messages_score, 0)
        + coalesce(surveys_share * surveys_score, 0)
        + coalesce(service_share * service_score, 0)
        + coalesce(advocacy_share * advocacy_score, 0)
        + coalesce(community_share * community_score, 0) as engagement_score
    from part_scores

),

final as (

    select
        customer_id,
        month,
        case
            when engagement_score >= {{ var('fully_engaged_from') }} then 'fully_engaged'
            when engagement_score >= {{ var('engaged_from') }} then 'engaged'
            when against_points > for_points then 'actively_disengaged'
            else 'indifferent'
        end as engagement_tier,
        cast(engagement_score as numeric(18, 2)) as engagement_score,
        cast(purchases_score as numeric(18, 2)) as purchases_score,
        cast(messages_score as numeric(18, 2)) as messages_score,
        cast(surveys_score as numeric(18, 2)) as surveys_score,
        cast(service_score as numeric(18, 2)) as service_score,
        cast(advocacy_score as numeric(18, 2)) as advocacy_score,
        cast(community_score as numeric(18, 2)) as community_score
    from indexed

)

select * from final
