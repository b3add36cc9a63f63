{{ config(enabled='magento' in var('vendors')) }}

with source as (

    {{ loaded(source('magento', 'customer_addresses'), newest_only=true) }}

),

latest as (

    {{ latest_export('source', ['entity_id'], one_row=true) }}

),

renamed as (

    select
        entity_id as address_number,
        {{ magento_customer_record_id('email') }} as customer_record_id,
        {{ blank_to_null('email') }} as email,
        {{ blank_to_null('firstname') }} as first_name,
        {{ blank_to_null('lastname') }} as last_name,
        {{ without_apostrophe('telephone') }} as phone,
        {{ blank_to_null('street') }} as street_address,
        {{ blank_to_null('city') }} as city,
        {{ without_apostrophe('postcode') }} as postal_code,
        upper({{ blank_to_null('country_id') }}) as country_code,
        coalesce(default_billing = '1', false) as is_default_billing,
        file_date,
        first_file_date
    from latest

)

select * from renamed
