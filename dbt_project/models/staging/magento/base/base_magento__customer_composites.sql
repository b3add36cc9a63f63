{{ config(enabled='magento' in var('vendors')) }}

with source as (

    {{ loaded(source('magento', 'customer_composites')) }}

),

-- Only an account's first row names it; its other addresses follow. Behind a gap they may be another account's, whose
-- first row is in quarantine.
numbered as (

    select
        *,
        count({{ blank_to_null('email') }}) over (partition by load_order order by _row_number) as account_number
    from source

),

placed as (

    select
        *,
        lower(btrim(min(email) over (partition by load_order, account_number))) as known_by,
        _row_number - min(_row_number) over (partition by load_order, account_number) + 1 as place_in_file,
        row_number() over (partition by load_order, account_number order by _row_number) as place
    from numbered
    where account_number > 0

),

filled as (

    select * from placed
    where place = place_in_file

),

latest as (

    {{ latest_export('filled', ['known_by']) }}

),

renamed as (

    select
        {{ magento_customer_record_id('known_by') }} as customer_record_id,
        {{ blank_to_null('email') }} as email,
        coalesce({{ blank_to_null('firstname') }}, {{ blank_to_null('address_firstname') }}) as first_name,
        coalesce({{ blank_to_null('lastname') }}, {{ blank_to_null('address_lastname') }}) as last_name,
        {{ magento_birth_date('dob') }} as birth_date,
        {{ without_apostrophe('address_telephone') }} as phone,
        {{ blank_to_null('address_street') }} as street_address,
        {{ blank_to_null('address_city') }} as city,
        {{ without_apostrophe('address_postcode') }} as postal_code,
        upper({{ blank_to_null('address_country_id') }}) as country_code,
        {{ vendor_instant('created_at', 'magento') }} as created_at,
        coalesce(address_default_billing = '1', false) as is_default_billing,
        row_number() over (partition by known_by order by _row_number) as address_number,
        file_date,
        min(first_file_date) over (partition by known_by) as first_file_date
    from latest

)

select * from renamed
