{{ config(enabled='hubspot' in var('vendors')) }}

with source as (

    {{ loaded(source('hubspot', 'campaign_touches')) }}

),

latest as (

    {{ latest_export('source', ['event_id'], one_row=true) }}

),

renamed as (

    select
        event_id,
        record_id,
        campaign_id,
        {{ blank_to_null('campaign_name') }} as campaign_name,
        lower({{ blank_to_null('channel') }}) as channel,
        {{ blank_to_null('recipient') }} as recipient,
        case upper(btrim(event_type))
            when 'SENT' then 'sent'
            when 'DELIVERED' then 'delivered'
            when 'OPEN' then 'opened'
            when 'CLICK' then 'clicked'
            when 'BOUNCE' then 'bounced'
            when 'UNSUBSCRIBE' then 'unsubscribed'
        end as event_type,
        {{ to_timestamp_utc('created', 'Europe/Istanbul') }} as occurred_at
    from latest

)

select * from renamed
