{{ config(enabled='magento' in var('vendors')) }}

with source as (

    {{ loaded(source('magento', 'customer_grid')) }}

),

keyed as (

    select
        *,
        lower(btrim(email)) as known_by
    from source
    where {{ blank_to_null('email') }} is not null

),

latest as (

    {{ latest_export('keyed', ['known_by'], one_row=true) }}

),

countries as (

    select * from {{ ref('country_names') }}

),

renamed as (

    select
        {{ magento_customer_record_id('latest.known_by') }} as customer_record_id,
        btrim(latest.id) as account_id,
        {{ blank_to_null('latest.email') }} as email,
        {{ blank_to_null('latest.name') }} as full_name,
        {{ magento_birth_date('latest.date_of_birth') }} as birth_date,
        {{ without_apostrophe('latest.phone') }} as phone,
        {{ blank_to_null('latest.street_address') }} as street_address,
        {{ blank_to_null('latest.city') }} as city,
        {{ without_apostrophe('latest.zip') }} as postal_code,
        coalesce(
            countries.country_code,
            case when length(btrim(latest.country)) = 2 then upper(btrim(latest.country)) end
        ) as country_code,
        {{ vendor_instant('latest.customer_since', 'magento') }} as created_at,
        latest.file_date,
        latest.first_file_date
    from latest
    left join countries
        on {{ country_key('latest.country') }} = countries.country_name

)

select * from renamed
