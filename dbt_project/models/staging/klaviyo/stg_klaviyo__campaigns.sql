{{ config(enabled='klaviyo' in var('vendors')) }}

with source as (

    {{ loaded(source('klaviyo', 'campaigns')) }}

),

-- Older exports have no id: then name and time make one.
keyed as (

    select
        *,
        coalesce({{ blank_to_null('campaign_id') }}, md5(campaign_name || '|' || send_time)) as campaign_key
    from source

),

latest as (

    {{ latest_export('keyed', ['campaign_key'], one_row=true) }}

),

renamed as (

    select
        'klaviyo' as vendor,
        'klaviyo:campaigns:' || campaign_key as source_record_id,
        campaign_key as campaign_id,
        {{ blank_to_null('campaign_name') }} as campaign_name,
        {{ blank_to_null('subject') }} as subject,
        {{ blank_to_null('list') }} as audience,
        lower(coalesce({{ blank_to_null('campaign_channel') }}, 'email')) as channel,
        {{ to_timestamp_utc('send_time', 'Europe/Istanbul') }} as sent_at,
        cast(cast(total_recipients as numeric) as integer) as n_recipients,
        cast(cast(successful_deliveries as numeric) as integer) as n_delivered,
        cast(cast(bounces as numeric) as integer) as n_bounced,
        cast(cast(unique_opens as numeric) as integer) as n_opened,
        cast(cast(unique_clicks as numeric) as integer) as n_clicked,
        cast(cast(unsubscribes as numeric) as integer) as n_unsubscribed,
        cast(cast(spam_complaints as numeric) as integer) as n_complained,
        cast(cast(unique_placed_order as numeric) as integer) as n_buyers,
        {{ to_decimal('revenue') }} as attributed_revenue_amount
    from latest

)

select * from renamed
