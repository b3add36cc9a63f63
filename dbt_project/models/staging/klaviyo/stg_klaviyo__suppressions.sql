{{ config(enabled='klaviyo' in var('vendors')) }}

with profiles as (

    select * from {{ ref('base_klaviyo__profiles') }}

),

-- Klaviyo gives reasons and no times: the first export that shows one dates it.
final as (

    select
        'klaviyo' as vendor,
        'klaviyo:suppressions:' || profile_id as source_record_id,
        'email' as contact_type,
        email as contact_raw,
        cast(null as text) as first_name_raw,
        cast(null as text) as last_name_raw,
        cast(null as text) as street_address,
        cast(null as text) as postal_code,
        cast(null as text) as country_code,
        'email' as channel,
        case
            when suppressions ~ 'SPAM|COMPLAINT' then 'complained'
            when suppressions ~ 'BOUNCE|INVALID' then 'bounced'
            else 'suppressed'
        end as reason,
        cast(first_file_date as timestamp) at time zone 'UTC' as suppressed_at
    from profiles
    where
        email is not null
        and suppressions is not null
        -- Empty lists, as programs write them.
        and suppressions not in ('[]', '{}', 'FALSE', 'NONE', 'NULL')

)

select * from final
