{{ config(enabled='hubspot' in var('vendors')) }}

with campaign_touches as (

    select * from {{ ref('base_hubspot__campaign_touches') }}
    where recipient is not null

),

-- A bounce closes the point it went to, until something arrives there again.
points as (

    select
        recipient,
        channel,
        max(occurred_at) filter (where event_type = 'bounced') as bounced_at,
        max(occurred_at) filter (where event_type in ('delivered', 'opened', 'clicked')) as arrived_at
    from campaign_touches
    group by recipient, channel

),

final as (

    select
        'hubspot' as vendor,
        'hubspot:bounces:' || md5(recipient || '|' || channel) as source_record_id,
        case channel when 'email' then 'email' else 'phone' end as contact_type,
        recipient as contact_raw,
        cast(null as text) as first_name_raw,
        cast(null as text) as last_name_raw,
        cast(null as text) as street_address,
        cast(null as text) as postal_code,
        cast(null as text) as country_code,
        channel,
        'bounced' as reason,
        bounced_at as suppressed_at
    from points
    where bounced_at is not null and (arrived_at is null or arrived_at < bounced_at)

)

select * from final
