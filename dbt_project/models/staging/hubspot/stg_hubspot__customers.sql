{{ config(enabled='hubspot' in var('vendors')) }}

with source as (

    {{ loaded(source('hubspot', 'contacts')) }}

),

latest as (

    {{ latest_export('source', ['record_id'], one_row=true) }}

),

countries as (

    select * from {{ ref('country_names') }}

),

renamed as (

    select
        'hubspot' as vendor,
        'hubspot:contacts:' || latest.record_id as source_record_id,
        'contact' as record_type,
        'hubspot:' || latest.record_id as external_id,
        {{ blank_to_null('latest.email') }} as email_raw,
        {{ blank_to_null('latest.mobile_phone_number') }} as phone_raw,
        {{ blank_to_null('latest.phone_number') }} as phone_2_raw,
        {{ blank_to_null('latest.first_name') }} as first_name_raw,
        {{ blank_to_null('latest.last_name') }} as last_name_raw,
        cast(null as text) as full_name_raw,
        cast(latest.date_of_birth as date) as birth_date,
        lower(left({{ blank_to_null('latest.preferred_language') }}, 2)) as language,
        {{ blank_to_null('latest.street_address') }} as street_address,
        {{ blank_to_null('latest.city') }} as city,
        {{ blank_to_null('latest.postal_code') }} as postal_code,
        countries.country_code,
        {{ to_timestamp_utc('latest.create_date', 'Europe/Istanbul') }} as created_at,
        {{ to_timestamp_utc('latest.last_modified_date', 'Europe/Istanbul') }} as updated_at,
        latest.file_date,
        latest.first_file_date,
        latest.closed_on
    from latest
    left join countries
        on {{ country_key('latest.country_region') }} = countries.country_name

)

select * from renamed
