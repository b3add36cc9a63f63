{{ config(enabled='hubspot' in var('vendors')) }}

with consents as (

    select * from {{ ref('base_hubspot__consents') }}

),

campaign_touches as (

    select * from {{ ref('base_hubspot__campaign_touches') }}

),

declared as (

    select
        'hubspot:consents:'
        || md5(concat_ws('|', record_id, channel, purpose, email, phone_number, changed_at at time zone 'UTC'))
            as source_record_id,
        'hubspot:contacts:' || record_id as customer_record_id,
        -- The point on the row that the channel reaches; a postal decision is filed under the address it came with.
        case when channel in ('sms', 'phone') then 'phone' else 'email' end as contact_type,
        case when channel in ('sms', 'phone') then phone_number else email end as contact_raw,
        channel,
        purpose,
        status,
        source_name as source,
        changed_at
    from consents

),

-- Leaving a mailing refuses marketing to the point it went to.
unsubscribed as (

    select
        'hubspot:campaign_touches:' || event_id as source_record_id,
        'hubspot:contacts:' || record_id as customer_record_id,
        case when channel = 'email' then 'email' else 'phone' end as contact_type,
        recipient as contact_raw,
        channel,
        'marketing' as purpose,
        'refused' as status,
        'Unsubscribed from a message' as source,
        occurred_at as changed_at
    from campaign_touches
    where event_type = 'unsubscribed'

),

combined as (

    select * from declared
    union all
    select * from unsubscribed

),

final as (

    select
        'hubspot' as vendor,
        *
    from combined

)

select * from final
