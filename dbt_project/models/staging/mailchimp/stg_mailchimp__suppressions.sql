{{ config(enabled='mailchimp' in var('vendors')) }}

with members as (

    select * from {{ ref('base_mailchimp__members') }}

),

final as (

    select
        'mailchimp' as vendor,
        'mailchimp:cleaned:' || member_id as source_record_id,
        'email' as contact_type,
        email as contact_raw,
        cast(null as text) as first_name_raw,
        cast(null as text) as last_name_raw,
        cast(null as text) as street_address,
        cast(null as text) as postal_code,
        cast(null as text) as country_code,
        'email' as channel,
        'bounced' as reason,
        status_since as suppressed_at
    from members
    where listed_as = 'cleaned' and closed_on is null

)

select * from final
