{{ config(enabled='hubspot' in var('vendors')) }}

with campaign_touches as (

    select * from {{ ref('base_hubspot__campaign_touches') }}

),

renamed as (

    select
        'hubspot' as vendor,
        'hubspot:campaign_touches:' || event_id as source_record_id,
        'hubspot:' || event_id as message_id,
        'hubspot:contacts:' || record_id as customer_record_id,
        campaign_id,
        campaign_name,
        channel,
        event_type,
        occurred_at
    from campaign_touches

)

select * from renamed
