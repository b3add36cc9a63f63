{{ config(enabled='iys' in var('vendors')) }}

with consents as (

    select * from {{ ref('base_iys__consents') }}

),

-- The register knows people by a contact point and nothing else: each is a record of its own, which identity joins to
-- whoever has that point.
final as (

    select
        'iys' as vendor,
        'iys:recipients:' || recipient_key as source_record_id,
        'contact' as record_type,
        cast(null as text) as external_id,
        min(case when channel = 'email' then recipient end) as email_raw,
        min(case when channel <> 'email' then recipient end) as phone_raw,
        cast(null as text) as phone_2_raw,
        cast(null as text) as first_name_raw,
        cast(null as text) as last_name_raw,
        cast(null as text) as full_name_raw,
        cast(null as date) as birth_date,
        cast(null as text) as language,
        cast(null as text) as street_address,
        cast(null as text) as city,
        cast(null as text) as postal_code,
        -- Numbers without a country code are Turkish.
        'TR' as country_code,
        min(decided_at) as created_at,
        max(decided_at) as updated_at,
        max(file_date) as file_date,
        min(first_file_date) as first_file_date,
        cast(null as date) as closed_on
    from consents
    where channel is not null
    group by recipient_key

)

select * from final
