with

earlier_messages as (
    select * from {{ ref('earlier_messages') }}
    where is_marketing
),

channel_rules as (
    select * from {{ ref('channel_rules') }}
),

-- A window of 7 nights is tonight and the 6 before it.
final as (
    select
        earlier_messages.customer_id,
        earlier_messages.channel,
        cast(count(*) as integer) as n_messages
    from earlier_messages
    inner join channel_rules
        on earlier_messages.channel = channel_rules.channel
    where earlier_messages.business_date > {{ business_date() }} - channel_rules.window_days
    group by earlier_messages.customer_id, earlier_messages.channel, channel_rules.max_messages
    having count(*) >= channel_rules.max_messages
)

select * from final
