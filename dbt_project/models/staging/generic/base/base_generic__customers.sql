{{ config(enabled='generic' in var('vendors')) }}

with source as (

    {{ loaded(source('generic', 'customers')) }}

),

latest as (

    {{ latest_export('source', ['customer_id'], one_row=true) }}

),

countries as (

    select * from {{ ref('country_names') }}

),

listed as (

    select
        'generic' as vendor,
        'generic:customers:' || btrim(latest.customer_id) as source_record_id,
        'shop_customer' as record_type,
        'generic:' || btrim(latest.customer_id) as external_id,
        {{ blank_to_null('latest.email') }} as email_raw,
        {{ blank_to_null('latest.phone') }} as phone_raw,
        {{ blank_to_null('latest.phone_2') }} as phone_2_raw,
        {{ blank_to_null('latest.first_name') }} as first_name_raw,
        {{ blank_to_null('latest.last_name') }} as last_name_raw,
        {{ blank_to_null('latest.full_name') }} as full_name_raw,
        cast(left(btrim(latest.birth_date), 10) as date) as birth_date,
        lower(left({{ blank_to_null('latest.language') }}, 2)) as language,
        {{ blank_to_null('latest.street_address') }} as street_address,
        {{ blank_to_null('latest.city') }} as city,
        {{ blank_to_null('latest.postal_code') }} as postal_code,
        coalesce(
            countries.country_code,
            case when length(btrim(latest.country_code)) = 2 then upper(btrim(latest.country_code)) end
        ) as country_code,
        {{ vendor_instant('latest.created_at', 'generic') }} as created_at,
        {{ vendor_instant('latest.updated_at', 'generic') }} as updated_at,
        latest.file_date,
        latest.first_file_date,
        latest.closed_on
    from latest
    left join countries
        on {{ country_key('latest.country_code') }} = countries.country_name

)

select * from listed
