{{ config(enabled='klaviyo' in var('vendors')) }}

with profiles as (

    select * from {{ ref('base_klaviyo__profiles') }}

),

countries as (

    select * from {{ ref('country_names') }}

),

renamed as (

    select
        'klaviyo' as vendor,
        'klaviyo:profiles:' || profiles.profile_id as source_record_id,
        'contact' as record_type,
        'klaviyo:' || profiles.profile_id as external_id,
        profiles.email as email_raw,
        profiles.phone as phone_raw,
        cast(null as text) as phone_2_raw,
        profiles.first_name as first_name_raw,
        profiles.last_name as last_name_raw,
        cast(null as text) as full_name_raw,
        cast(null as date) as birth_date,
        cast(null as text) as language,
        profiles.street_address,
        profiles.city,
        profiles.postal_code,
        countries.country_code,
        profiles.created_at,
        profiles.last_active_at as updated_at,
        profiles.file_date,
        profiles.first_file_date,
        profiles.closed_on
    from profiles
    left join countries
        on profiles.country_key = countries.country_name

)

select * from renamed
