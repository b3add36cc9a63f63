{{ config(enabled='magento' in var('vendors')) }}

with source as (

    {{ loaded(source('magento', 'customers')) }}

),

keyed as (

    select
        *,
        lower(btrim(email)) as known_by
    from source
    where {{ blank_to_null('email') }} is not null

),

-- An address may have an account on each of several web sites: one person.
latest as (

    {{ latest_export('keyed', ['known_by'], one_row=true) }}

),

renamed as (

    select
        {{ magento_customer_record_id('known_by') }} as customer_record_id,
        {{ blank_to_null('email') }} as email,
        {{ blank_to_null('firstname') }} as first_name,
        {{ blank_to_null('lastname') }} as last_name,
        {{ magento_birth_date('dob') }} as birth_date,
        {{ vendor_instant('created_at', 'magento') }} as created_at,
        {{ vendor_instant('updated_at', 'magento') }} as updated_at,
        file_date,
        first_file_date,
        closed_on
    from latest

)

select * from renamed
