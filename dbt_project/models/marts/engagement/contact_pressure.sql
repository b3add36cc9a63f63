{#-
    Each message of the last pressure_period_days, by how many the person had been sent on its channel in the window that ends
    with it, this one included. A message without a campaign cannot be told from its answers, and is left out.
-#}
with messages as (

    select * from {{ ref('messages') }}
    where campaign_id is not null

),

per_campaign as (

    select
        customer_id,
        channel,
        campaign_id,
        min(occurred_at) filter (where event_type = 'sent') as sent_at,
        bool_or(event_type in ('opened', 'clicked')) as is_opened,
        bool_or(event_type = 'clicked') as is_clicked,
        bool_or(event_type in ('unsubscribed', 'complained')) as is_unsubscribed
    from messages
    group by customer_id, channel, campaign_id

),

sent as (

    select
        *,
        count(*) over (
            partition by customer_id, channel
            order by sent_at
            range between interval '{{ var("pressure_window_days") }} days' preceding and current row
        ) as n_in_window
    from per_campaign
    where sent_at is not null

),

counted as (

    select
        channel,
        cast(least(n_in_window, {{ var('pressure_most_messages') }}) as integer) as n_in_window,
        count(*) as n_messages,
        count(distinct customer_id) as n_customers,
        count(*) filter (where is_opened) as n_opened,
        count(*) filter (where is_clicked) as n_clicked,
        count(*) filter (where is_unsubscribed) as n_unsubscribed
    from sent
    where
        sent_at > {{ clock() }} - interval '{{ var("pressure_period_days") }} days'
        -- Answers take a while; a message of yesterday has none.
        and sent_at <= {{ clock() }} - interval '{{ var("pressure_answer_days") }} days'
    group by channel, least(n_in_window, {{ var('pressure_most_messages') }})

),

shares as (

    select
        *,
        cast(n_opened as numeric) / n_messages as opened_share,
        cast(n_clicked as numeric) / n_messages as clicked_share,
        cast(n_unsubscribed as numeric) / n_messages as unsubscribed_share,
        sum(n_messages) over with_fewer as n_messages_of_fewer,
        sum(n_unsubscribed) over with_fewer / nullif(sum(n_messages) over with_fewer, 0) as unsubscribed_share_of_fewer
    from counted
    window with_fewer as (
        partition by channel order by n_in_window rows between unbounded preceding and 1 preceding
    )

),

bounded as (

    select
        channel,
        n_in_window,
        cast(n_messages as integer) as n_messages,
        cast(n_customers as integer) as n_customers,
        cast(n_opened as integer) as n_opened,
        cast(n_clicked as integer) as n_clicked,
        cast(n_unsubscribed as integer) as n_unsubscribed,
        {% for share in ['opened_share', 'clicked_share', 'unsubscribed_share'] -%}
            cast(round({{ share }}, 4) as numeric(9, 4)) as {{ share }},
            {{ wilson_interval(share, 'n_messages') }},
        {% endfor -%}
        {{ is_share_above(
            'unsubscribed_share', 'n_messages', 'unsubscribed_share_of_fewer', 'n_messages_of_fewer'
        ) }} as is_above_fewer,
        n_messages < {{ var('min_customers_for_a_share') }} as is_too_thin
    from shares

),

final as (

    select
        channel,
        n_in_window,
        n_messages,
        n_customers,
        n_opened,
        n_clicked,
        n_unsubscribed,
        opened_share,
        opened_share_low,
        opened_share_high,
        clicked_share,
        clicked_share_low,
        clicked_share_high,
        unsubscribed_share,
        unsubscribed_share_low,
        unsubscribed_share_high,
        is_above_fewer and not is_too_thin as is_intrusive,
        is_too_thin
    from bounded

)

select * from final
