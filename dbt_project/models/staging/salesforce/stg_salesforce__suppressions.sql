{{ config(enabled='salesforce' in var('vendors')) }}

with contacts as (

    select * from {{ ref('base_salesforce__contacts') }}

),

final as (

    select
        'salesforce' as vendor,
        'salesforce:bounces:' || contact_id as source_record_id,
        'email' as contact_type,
        email as contact_raw,
        cast(null as text) as first_name_raw,
        cast(null as text) as last_name_raw,
        cast(null as text) as street_address,
        cast(null as text) as postal_code,
        cast(null as text) as country_code,
        'email' as channel,
        'bounced' as reason,
        email_bounced_at as suppressed_at
    from contacts
    where email is not null and email_bounced_at is not null and closed_on is null

)

select * from final
