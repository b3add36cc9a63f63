{#-
    A campaign that reached a person is an occasion, an opening or a click its answer. Shares are drawn towards the
    business's own by affinity_prior_messages, so that one message opened of one is no love of a channel.
-#}
with messages as (

    select
        *,
        occurred_at at time zone '{{ var("time_zone") }}' as local_at
    from {{ ref('messages') }}

),

per_campaign as (

    select
        customer_id,
        channel,
        coalesce(campaign_id, campaign_name, message_id) as campaign,
        bool_or(event_type in ('opened', 'clicked')) as is_answered,
        bool_or(event_type in ('unsubscribed', 'complained')) as is_unsubscribed,
        bool_or(event_type = 'bounced') as is_bounced,
        min(local_at) filter (where event_type in ('opened', 'clicked')) as answered_at
    from messages
    group by customer_id, channel, campaign

),

reached as (

    select * from per_campaign
    where is_answered or not is_bounced

),

usual as (

    select
        channel,
        avg(case when is_answered then 1 else 0 end) as answered_share
    from reached
    group by channel

),

counted as (

    select
        customer_id,
        channel,
        count(*) as n_messages,
        count(*) filter (where is_answered) as n_answered,
        count(*) filter (where is_unsubscribed) as n_unsubscribed,
        mode() within group (order by cast(extract(isodow from answered_at) as integer)) as answer_weekday,
        mode() within group (order by cast(extract(hour from answered_at) as integer)) as answer_hour,
        cast(max(answered_at) as date) as last_answered_date
    from reached
    group by customer_id, channel

),

scored as (

    select
        counted.*,
        (counted.n_answered + {{ var('affinity_prior_messages') }} * usual.answered_share)
        / (counted.n_messages + {{ var('affinity_prior_messages') }}) as affinity
    from counted
    inner join usual
        on counted.channel = usual.channel

),

final as (

    select
        customer_id,
        channel,
        cast(n_messages as integer) as n_messages,
        cast(n_answered as integer) as n_answered,
        cast(n_unsubscribed as integer) as n_unsubscribed,
        case when n_answered >= {{ var('favourite_min_orders') }} then answer_weekday end as answer_weekday,
        case when n_answered >= {{ var('favourite_min_orders') }} then answer_hour end as answer_hour,
        cast(round(affinity, 4) as numeric(9, 4)) as affinity,
        cast(
            row_number() over (partition by customer_id order by affinity desc, n_answered desc, channel asc) as integer
        ) as place,
        n_messages < {{ var('preference_min_occasions') }} as is_too_thin,
        last_answered_date
    from scored

)

select * from final
